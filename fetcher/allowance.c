#include "fetcher/allowance.h"

static int64_t
within(int64_t n, int64_t least, int64_t most)
{
	return n < least ? least : n > most ? most : n;
}

static int64_t
length_ms(const struct allowance *a)
{
	return a->budget > 0 ? a->window_ms : ALLOWANCE_WINDOW_MS;
}

/* The window was used up, and no 429 came. */
static void
go_easier(struct allowance *a)
{
	a->good++;
	if (a->good % ALLOWANCE_SHORTER == 0)
		a->window_ms = within(a->window_ms - a->window_ms / 8, ALLOWANCE_LEAST_MS,
				      ALLOWANCE_MOST_MS);
	if (a->good % ALLOWANCE_LARGER == 0)
		a->budget++;
	if (a->good >= ALLOWANCE_FORGOTTEN)
		*a = (struct allowance){.began_ms = a->began_ms};
}

int64_t
allowance_spend(struct allowance *a, int64_t now_ms)
{
	if (a->used == 0 || now_ms - a->began_ms >= length_ms(a)) {
		if (a->budget > 0 && a->used >= a->budget && !a->closed)
			go_easier(a);
		a->began_ms = now_ms;
		a->used = 0;
		a->closed = false;
	}
	a->used++;
	return a->budget > 0 && a->used >= a->budget ? a->began_ms + a->window_ms : 0;
}

int64_t
allowance_refused(struct allowance *a, int64_t now_ms, int64_t hold_ms)
{
	const int64_t went_well = a->used - 1;

	hold_ms = within(hold_ms, ALLOWANCE_LEAST_MS, ALLOWANCE_MOST_MS);
	if (!a->closed && a->budget > 0 && went_well < 1) {
		/* The first one already: it is not their number, they come too soon. */
		a->window_ms = within(a->window_ms * 2, ALLOWANCE_LEAST_MS, ALLOWANCE_MOST_MS);
	} else if (!a->closed && went_well >= 1) {
		if (a->budget == 0)
			a->window_ms = hold_ms;
		a->budget = a->budget > 0 && a->budget < went_well ? a->budget : went_well;
	}
	/* A lone request that is refused teaches nothing of numbers: the host is silent, no more.
	 */
	a->closed = true;
	a->good = 0;
	a->began_ms = now_ms;
	if (a->used < a->budget)
		a->used = a->budget;
	return now_ms + (a->budget > 0 && a->window_ms > hold_ms ? a->window_ms : hold_ms);
}

int64_t
allowance_turn_ms(const struct allowance *a, int64_t before)
{
	if (a->budget <= 0 || a->used + before < a->budget)
		return 0;
	return a->began_ms + (a->used + before) / a->budget * a->window_ms;
}
