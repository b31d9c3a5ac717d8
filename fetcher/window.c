#include "fetcher/window.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/url.h"
#include "fetcher/schedule.h"

enum { BUCKETS = 1024 };

struct window {
	struct state *state;
	struct hosts *hosts;
	struct job *buckets[BUCKETS];
	size_t jobs;
	struct due_cursor cursor;
	int64_t look_s; /* wall clock: nothing new is due before */
};

struct window *
window_new(struct state *state, struct hosts *hosts, struct err *err)
{
	struct window *w = calloc(1, sizeof(*w));

	if (!w) {
		(void)err_sys(err, "window");
		return NULL;
	}
	w->state = state;
	w->hosts = hosts;
	return w;
}

void
window_free(struct window *w)
{
	if (!w)
		return;
	for (size_t b = 0; b < BUCKETS; b++)
		while (w->buckets[b])
			window_drop(w, w->buckets[b]);
	free(w);
}

static struct job **
link_of(struct window *w, const char *id)
{
	uint32_t hash = 0;
	struct job **link;

	for (size_t i = 0; i < 8 && id[i]; i++)
		hash = hash * 31 + (unsigned char)id[i];
	for (link = &w->buckets[hash % BUCKETS]; *link; link = &(*link)->next)
		if (strcmp((*link)->id, id) == 0)
			break;
	return link;
}

struct job *
window_find(struct window *w, const char *id)
{
	return *link_of(w, id);
}

void
window_each_feed(const struct window *w, void (*each)(struct feed *feed))
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct job *job = w->buckets[i]; job; job = job->next)
			if (job->poll)
				each(poll_feed(job->poll));
}

void
window_drop(struct window *w, struct job *job)
{
	*link_of(w, job->id) = job->next;
	w->jobs--;
	http_transfer_free(job->transfer);
	poll_free(job->poll);
	free(job);
}

int
window_host(const char *url, char out[WINDOW_HOST_BYTES_MAX], struct err *err)
{
	SCOPED(buf_done) struct buf host = buf_init(WINDOW_HOST_BYTES_MAX - 1);

	if (url_host(url, strlen(url), &host, err) < 0)
		return -1;
	memcpy(out, buf_str(&host), host.len + 1);
	return 0;
}

bool
window_is_full(const struct window *w)
{
	return w->jobs >= WINDOW_JOBS;
}

int64_t
window_look_s(const struct window *w)
{
	return w->look_s;
}

void
window_look_by(struct window *w, int64_t due_s)
{
	if (due_s > 0 && due_s < w->look_s)
		w->look_s = due_s;
}

/* A poll that a redirect has led to another queue has begun: it goes on, or a window that is looked
 * at anew time and again would ask its first address for ever. */
static void
put_again(struct window *w, struct job *job)
{
	char host[WINDOW_HOST_BYTES_MAX];

	if (window_host(poll_url(job->poll), host, NULL) < 0 ||
	    hosts_put(w->hosts, host, &job->waiting, true, NULL) < 0)
		window_drop(w, job);
}

void
window_look_anew(struct window *w)
{
	struct waiting *begun = NULL;

	for (struct waiting *waiting; (waiting = hosts_drain(w->hosts));) {
		struct job *job = (struct job *)waiting;

		if (!job->poll) {
			window_drop(w, job);
			continue;
		}
		waiting->next = begun;
		begun = waiting;
	}
	while (begun) {
		struct job *job = (struct job *)begun;

		begun = begun->next;
		put_again(w, job);
	}
	w->cursor = (struct due_cursor){.due_s = 0};
	w->look_s = 0;
}

/* Taking feeds out of the state. */

struct postponed {
	char id[FEED_ID_HEX + 1];
	int64_t due_s;
};

struct portion {
	struct window *window;
	int64_t now_ms, now_s;
	struct postponed later[WINDOW_PORTION];
	size_t later_count;
	struct err *err;
	bool failed;
};

static int
add_job(struct window *w, const struct due *due, const char *host, struct err *err)
{
	struct job *job = calloc(1, sizeof(*job));
	struct job **link = link_of(w, due->id);

	if (!job)
		return err_sys(err, "poll");
	if (hosts_put(w->hosts, host, &job->waiting, false, err) < 0) {
		free(job);
		return -1;
	}
	memcpy(job->id, due->id, sizeof(job->id));
	job->expected_bytes = due->body_bytes;
	job->polled_s = due->polled_s;
	*link = job;
	w->jobs++;
	return 0;
}

static int
take(void *arg, const struct due *due)
{
	struct portion *p = arg;
	struct window *w = p->window;
	char host[WINDOW_HOST_BYTES_MAX];
	int64_t delay_ms;

	if (window_find(w, due->id))
		return 0;
	if (window_is_full(w))
		return 1;
	p->failed = window_host(due->start_url, host, p->err) < 0;
	if (p->failed)
		return 1;
	delay_ms = hosts_delay_ms(w->hosts, host, p->now_ms);
	if (delay_ms > WINDOW_WAIT_MS ||
	    (w->jobs > WINDOW_JOBS / 2 && hosts_waiting_at(w->hosts, host) >= WINDOW_HOST_JOBS)) {
		/* Back to when the host may have room. */
		struct postponed *later = &p->later[p->later_count++];

		memcpy(later->id, due->id, sizeof(later->id));
		later->due_s =
			p->now_s + 1 + delay_ms / 1000 + schedule_turn(due->polled_s, p->now_s);
		return 0;
	}
	p->failed = add_job(w, due, host, p->err) < 0;
	return p->failed;
}

int
window_fill(struct window *w, int64_t now_ms, bool *more_out, struct err *err)
{
	const int64_t now_s = clock_wall_s();
	struct portion p = {.window = w, .now_ms = now_ms, .now_s = now_s, .err = err};
	int64_t next_s = 0;
	int given;

	*more_out = false;
	if (now_s < w->look_s || window_is_full(w))
		return 0;
	given = state_due(w->state, now_s, &w->cursor, WINDOW_PORTION, take, &p, err);
	if (given < 0 || p.failed)
		return -1;
	for (size_t i = 0; i < p.later_count; i++)
		if (state_postpone(w->state, p.later[i].id, p.later[i].due_s, err) < 0)
			return -1;
	*more_out = given == WINDOW_PORTION;
	if (*more_out || window_is_full(w))
		return 0;
	/* The end: from the beginning again when the next one is due. */
	if (state_next_due(w->state, now_s, &next_s, err) < 0)
		return -1;
	w->cursor = (struct due_cursor){.due_s = 0};
	w->look_s = next_s > 0 ? next_s : INT64_MAX;
	return 0;
}
