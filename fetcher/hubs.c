#include "fetcher/hubs.h"

#include <stdbool.h>

#include "common/hash.h"

enum { SECOND_MS = 1000 };

uint64_t
hubs_name(const char *host)
{
	const uint64_t h = hash_text(HASH_BASIS, host);

	return h ? h : 1;
}

/* When nothing holds it back any more. */
static int64_t
free_ms(const struct hub *h)
{
	return h->next_ms > h->after_ms ? h->next_ms : h->after_ms;
}

/* Whether a gives its place away before b does. */
static bool
gives_way(const struct hub *a, const struct hub *b)
{
	if (!a->name || !b->name)
		return !a->name && b->name;
	if ((a->running > 0) != (b->running > 0))
		return a->running == 0;
	return free_ms(a) < free_ms(b);
}

static struct hub *
find(struct hubs *hubs, uint64_t name)
{
	struct hub *place = &hubs->known[0];

	for (size_t i = 0; i < HUBS_KNOWN; i++) {
		struct hub *h = &hubs->known[i];

		if (h->name == name)
			return h;
		if (gives_way(h, place))
			place = h;
	}
	*place = (struct hub){.name = name};
	return place;
}

void
hubs_look(struct hubs *hubs)
{
	hubs->look++;
}

enum hubs_turn
hubs_ask(struct hubs *hubs, uint64_t name, int64_t now_ms, int64_t *at_ms)
{
	struct hub *h = find(hubs, name);
	const int64_t second_ms = now_ms + SECOND_MS;

	if (h->look != hubs->look) {
		h->look = hubs->look;
		h->waiting = 0;
	}
	if (h->next_ms <= now_ms && h->running < HUBS_AT_ONCE) {
		h->running++;
		h->next_ms = now_ms + HUBS_SPACING_MS;
		return HUBS_NOW;
	}
	if (h->next_ms < second_ms && h->waiting < HUBS_WAITING) {
		h->waiting++;
		*at_ms = h->next_ms > now_ms ? h->next_ms : second_ms;
		return HUBS_WAIT;
	}
	if (h->after_ms < h->next_ms)
		h->after_ms = h->next_ms;
	if (h->after_ms < second_ms)
		h->after_ms = second_ms;
	*at_ms = h->after_ms;
	h->after_ms += HUBS_SPACING_MS;
	return HUBS_LATER;
}

void
hubs_done(struct hubs *hubs, uint64_t name)
{
	struct hub *h = find(hubs, name);

	if (h->running > 0)
		h->running--;
}

void
hubs_rest(struct hubs *hubs, uint64_t name, int64_t until_ms)
{
	struct hub *h = find(hubs, name);

	if (h->next_ms < until_ms)
		h->next_ms = until_ms;
}
