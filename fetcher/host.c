#include "fetcher/host.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, HEAP_FIRST = 64, NOT_IN_HEAP = -1 };

struct host {
	struct host *next; /* in the bucket */
	struct waiting *first, **last;
	size_t waiting;
	int64_t running;
	int64_t start_ms; /* the next poll starts at that time or later */
	uint64_t turn;    /* when it last had one */
	long place;       /* in the heap */
	struct allowance allowance;
	struct host *next_late;
	bool late; /* in the list of those that may be late */
	char name[];
};

struct hosts {
	int64_t at_once, spacing_ms;
	struct host *buckets[BUCKETS];
	size_t count, waiting;
	uint64_t turns;
	/* The hosts that only wait for their time: something queued, a place free. The earliest is
	 * at the top. */
	struct host **heap;
	size_t heap_len, heap_cap;
	struct host *late; /* whose waiting may be late */
};

struct hosts *
hosts_new(int64_t at_once, int64_t spacing_ms, struct err *err)
{
	struct hosts *hosts = calloc(1, sizeof(*hosts));

	if (!hosts) {
		(void)err_sys(err, "hosts");
		return NULL;
	}
	hosts->at_once = at_once;
	hosts->spacing_ms = spacing_ms;
	return hosts;
}

void
hosts_free(struct hosts *hosts)
{
	if (!hosts)
		return;
	for (size_t b = 0; b < BUCKETS; b++) {
		while (hosts->buckets[b]) {
			struct host *h = hosts->buckets[b];

			hosts->buckets[b] = h->next;
			free(h);
		}
	}
	free(hosts->heap);
	free(hosts);
}

/* The heap. */

static void
place(struct hosts *hosts, size_t at, struct host *h)
{
	hosts->heap[at] = h;
	h->place = (long)at;
}

/* Of two that may start at the same time the one that was not let go for longer: so that each has
 * few at once, which all find a connection that is kept. */
static bool
before(const struct host *a, const struct host *b)
{
	return a->start_ms != b->start_ms ? a->start_ms < b->start_ms : a->turn < b->turn;
}

static void
sift_up(struct hosts *hosts, size_t at)
{
	struct host *h = hosts->heap[at];

	for (; at > 0 && before(h, hosts->heap[(at - 1) / 2]); at = (at - 1) / 2)
		place(hosts, at, hosts->heap[(at - 1) / 2]);
	place(hosts, at, h);
}

static void
sift_down(struct hosts *hosts, size_t at)
{
	struct host *h = hosts->heap[at];

	for (;;) {
		size_t child = at * 2 + 1;

		if (child + 1 < hosts->heap_len &&
		    before(hosts->heap[child + 1], hosts->heap[child]))
			child++;
		if (child >= hosts->heap_len || !before(hosts->heap[child], h))
			break;
		place(hosts, at, hosts->heap[child]);
		at = child;
	}
	place(hosts, at, h);
}

static void
heap_out(struct hosts *hosts, struct host *h)
{
	const size_t at = (size_t)h->place;
	struct host *last;

	if (h->place == NOT_IN_HEAP)
		return;
	h->place = NOT_IN_HEAP;
	last = hosts->heap[--hosts->heap_len];
	if (last == h)
		return;
	place(hosts, at, last);
	sift_up(hosts, at);
	sift_down(hosts, (size_t)last->place);
}

/* Room was made when the host was: every host fits. */
static void
heap_in(struct hosts *hosts, struct host *h)
{
	if (h->place != NOT_IN_HEAP || h->waiting == 0 || h->running >= hosts->at_once)
		return;
	place(hosts, hosts->heap_len++, h);
	sift_up(hosts, hosts->heap_len - 1);
}

/* The hosts. */

static struct host **
find(struct hosts *hosts, const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	struct host **link;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	for (link = &hosts->buckets[hash % BUCKETS]; *link; link = &(*link)->next)
		if (strcmp((*link)->name, name) == 0)
			break;
	return link;
}

static const struct host *
look(const struct hosts *hosts, const char *name)
{
	struct hosts *same;

	memcpy(&same, &hosts, sizeof(same)); /* find changes nothing */
	return *find(same, name);
}

static struct host *
get(struct hosts *hosts, const char *name, struct err *err)
{
	struct host **link = find(hosts, name), *h = *link;

	if (h)
		return h;
	if (hosts->count >= hosts->heap_cap) {
		const size_t cap = hosts->heap_cap ? hosts->heap_cap * 2 : HEAP_FIRST;
		struct host **heap = realloc(hosts->heap, cap * sizeof(*heap));

		if (!heap) {
			(void)err_sys(err, "host '%s'", name);
			return NULL;
		}
		hosts->heap = heap;
		hosts->heap_cap = cap;
	}
	h = calloc(1, sizeof(*h) + strlen(name) + 1);
	if (!h) {
		(void)err_sys(err, "host '%s'", name);
		return NULL;
	}
	memcpy(h->name, name, strlen(name) + 1);
	h->last = &h->first;
	h->place = NOT_IN_HEAP;
	*link = h;
	hosts->count++;
	return h;
}

/* The host's time was moved, or somebody came without looking at it. */
static void
note_late(struct hosts *hosts, struct host *h)
{
	if (h->late || h->waiting == 0)
		return;
	h->late = true;
	h->next_late = hosts->late;
	hosts->late = h;
}

static void
hold(struct hosts *hosts, struct host *h, int64_t until_ms)
{
	if (until_ms <= h->start_ms)
		return;
	h->start_ms = until_ms;
	if (h->place != NOT_IN_HEAP)
		sift_down(hosts, (size_t)h->place);
	note_late(hosts, h);
}

int
hosts_put(struct hosts *hosts, const char *name, struct waiting *w, bool front, struct err *err)
{
	struct host *h = get(hosts, name, err);

	if (!h)
		return -1;
	w->host = h;
	w->next = front ? h->first : NULL;
	if (front)
		h->first = w;
	else
		*h->last = w;
	if (!w->next)
		h->last = &w->next;
	h->waiting++;
	hosts->waiting++;
	heap_in(hosts, h);
	if (front)
		note_late(hosts, h);
	return 0;
}

static struct waiting *
take_first(struct hosts *hosts, struct host *h)
{
	struct waiting *w = h->first;

	h->first = w->next;
	if (!h->first)
		h->last = &h->first;
	w->next = NULL;
	h->waiting--;
	hosts->waiting--;
	return w;
}

struct waiting *
hosts_next(struct hosts *hosts, int64_t now_ms)
{
	struct host *h = hosts->heap_len > 0 ? hosts->heap[0] : NULL;
	struct waiting *w;

	if (!h || h->start_ms > now_ms)
		return NULL;
	heap_out(hosts, h);
	w = take_first(hosts, h);
	h->running++;
	h->start_ms = now_ms + hosts->spacing_ms;
	h->turn = ++hosts->turns;
	hold(hosts, h, allowance_spend(&h->allowance, now_ms));
	heap_in(hosts, h);
	return w;
}

void
hosts_done(struct hosts *hosts, struct waiting *w)
{
	struct host *h = w->host;

	w->host = NULL;
	h->running--;
	heap_in(hosts, h);
}

const char *
hosts_name(const struct waiting *w)
{
	return w->host->name;
}

size_t
hosts_waiting_with(const struct waiting *w)
{
	return w->host->waiting;
}

int64_t
hosts_next_ms(const struct hosts *hosts)
{
	return hosts->heap_len > 0 ? hosts->heap[0]->start_ms : -1;
}

int
hosts_hold(struct hosts *hosts, const char *name, int64_t until_ms, struct err *err)
{
	struct host *h = get(hosts, name, err);

	if (!h)
		return -1;
	hold(hosts, h, until_ms);
	return 0;
}

int
hosts_refused(struct hosts *hosts, const char *name, int64_t now_ms, int64_t hold_ms,
	      int64_t *until_ms_out, struct err *err)
{
	struct host *h = get(hosts, name, err);

	if (!h)
		return -1;
	hold(hosts, h, allowance_refused(&h->allowance, now_ms, hold_ms));
	*until_ms_out = h->start_ms;
	return 0;
}

const struct allowance *
hosts_allowance(const struct hosts *hosts, const char *name)
{
	const struct host *h = look(hosts, name);

	return h && h->allowance.budget > 0 ? &h->allowance : NULL;
}

int
hosts_set_allowance(struct hosts *hosts, const char *name, const struct allowance *allowance,
		    struct err *err)
{
	struct host *h = get(hosts, name, err);

	if (!h)
		return -1;
	h->allowance = *allowance;
	hold(hosts, h, allowance_turn_ms(allowance, 0));
	return 0;
}

struct waiting *
hosts_take_late(struct hosts *hosts, int64_t now_ms, int64_t *start_ms_out)
{
	for (struct host *h; (h = hosts->late); hosts->late = h->next_late, h->late = false) {
		struct waiting *w;

		if (h->waiting == 0 || h->start_ms - now_ms <= HOSTS_LATE_MS)
			continue;
		w = take_first(hosts, h);
		w->host = NULL;
		if (h->waiting == 0)
			heap_out(hosts, h);
		*start_ms_out = h->start_ms;
		return w;
	}
	return NULL;
}

int64_t
hosts_delay_ms(const struct hosts *hosts, const char *name, int64_t now_ms)
{
	const struct host *h = look(hosts, name);
	int64_t wait_ms, turn_ms;

	if (!h)
		return 0;
	wait_ms = h->start_ms > now_ms ? h->start_ms - now_ms : 0;
	wait_ms += (int64_t)h->waiting * hosts->spacing_ms;
	turn_ms = allowance_turn_ms(&h->allowance, (int64_t)h->waiting) - now_ms;
	return turn_ms > wait_ms ? turn_ms : wait_ms;
}

size_t
hosts_waiting(const struct hosts *hosts)
{
	return hosts->waiting;
}

size_t
hosts_waiting_at(const struct hosts *hosts, const char *name)
{
	const struct host *h = look(hosts, name);

	return h ? h->waiting : 0;
}

size_t
hosts_count(const struct hosts *hosts)
{
	return hosts->count;
}

struct waiting *
hosts_drain(struct hosts *hosts)
{
	for (size_t b = 0; b < BUCKETS && hosts->waiting > 0; b++)
		for (struct host *h = hosts->buckets[b]; h; h = h->next)
			if (h->waiting > 0) {
				struct waiting *w = take_first(hosts, h);

				w->host = NULL;
				if (h->waiting == 0)
					heap_out(hosts, h);
				return w;
			}
	return NULL;
}

/* A host with an allowance is kept, and so is one whose requests may be about to show it. */
static bool
is_counted(const struct allowance *a, int64_t now_ms)
{
	return a->budget > 0 || (a->used > 1 && now_ms - a->began_ms < ALLOWANCE_WINDOW_MS);
}

void
hosts_sweep(struct hosts *hosts, int64_t now_ms)
{
	for (size_t b = 0; b < BUCKETS; b++) {
		struct host **link = &hosts->buckets[b];

		while (*link) {
			struct host *h = *link;

			if (h->waiting > 0 || h->running > 0 || h->start_ms > now_ms || h->late ||
			    is_counted(&h->allowance, now_ms)) {
				link = &h->next;
				continue;
			}
			*link = h->next;
			hosts->count--;
			free(h);
		}
	}
}
