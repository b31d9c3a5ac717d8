#include "fetcher/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/crashpoint.h"
#include "common/document.h"
#include "common/httphead.h"
#include "fetcher/archive.h"
#include "fetcher/host.h"
#include "fetcher/hostbook.h"
#include "fetcher/intake.h"
#include "fetcher/learn.h"
#include "fetcher/outage.h"
#include "fetcher/window.h"

enum {
	RETREAT_FIRST_MS = 5 * 1000,
	RETREAT_MOST_MS = 60 * 1000,
	HOSTS_SWEEP_MS = 60 * 1000,
	PORTIONS_A_TURN = 4,
};

/* What a commit serves at the most. Nobody waits for the news that there is none: after a crash
 * those polls are asked again, and the more of them share a commit, the fewer pages are written. */
static const struct group {
	int64_t ms, polls, bytes;
} group_of_news = {10, 256, 4 * 1024 * 1024}, group_of_none = {500, 1024, 0};

struct sweep {
	struct sweep_options options;
	struct hosts *hosts;
	struct window *window;
	size_t in_flight;
	int64_t expected_bytes; /* of all in flight */
	bool paused;
	int64_t retreat_ms, retreat_until_ms; /* monotonic */
	int64_t hosts_sweep_ms;
	struct outage outage;
	uint32_t random;
	int64_t written, written_bytes; /* polls and bytes in the open transaction */
	int64_t written_ms;             /* monotonic: since when; 0: nothing */
	bool news;                      /* one of them found something else than "unchanged" */
	struct sweep_counts counts;
};

static uint32_t
next_random(struct sweep *s)
{
	s->random ^= s->random << 13; /* xorshift: it has to spread, not to be secret */
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return s->random;
}

struct lesson
sweep_lesson(struct sweep *s)
{
	return (struct lesson){.pace = &s->options.pace,
			       .now_s = clock_wall_s(),
			       .random = next_random(s),
			       .offline = outage_is(&s->outage)};
}

struct feed *
sweep_feed(struct sweep *s, const char *id)
{
	struct job *job = window_find(s->window, id);

	return job && job->poll ? poll_feed(job->poll) : NULL;
}

void
sweep_ask_whole(struct sweep *s)
{
	window_each_feed(s->window, learn_to_ask_whole);
	sweep_look_anew(s);
}

/* The job's request is over, or its poll is. */
static void
end_transfer(struct sweep *s, struct job *job)
{
	if (!job->transfer)
		return;
	http_transfer_free(job->transfer);
	job->transfer = NULL;
	s->in_flight--;
	s->expected_bytes -= job->expected_bytes;
}

static void
drop_job(struct sweep *s, struct job *job)
{
	end_transfer(s, job);
	window_drop(s->window, job);
}

/* One poll. */

/* The feed's row, once more: it may have changed while the job waited. 0: it is not due any more.
 */
static int
load_poll(struct sweep *s, struct job *job, struct err *err)
{
	const int64_t now_s = clock_wall_s();
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	const int got = state_load(s->options.state, job->id, &feed, err);
	int64_t open_s;

	if (got <= 0 || feed.due_s == 0 || feed.due_s > now_s)
		return got < 0 ? -1 : 0;
	open_s = schedule_open(&feed, now_s);
	if (open_s > now_s) {
		window_look_by(s->window, open_s);
		return state_postpone(s->options.state, job->id, open_s, err);
	}
	job->poll = poll_new(&feed, now_s, err);
	return job->poll ? 1 : -1;
}

/* A host that wants TLS is not asked in the clear, whatever the list or a redirect says. */
static int
mind_tls(struct sweep *s, struct job *job, struct err *err)
{
	int wanted;

	if (strncmp(poll_url(job->poll), "http:", 5) != 0)
		return 0;
	wanted = hostbook_wants_tls(s->options.state, hosts_name(&job->waiting), clock_wall_s(),
				    err);
	return wanted == 1 ? poll_use_tls(job->poll, err) : wanted;
}

/* What a response over TLS says of that. */
static int
learn_tls(struct sweep *s, const struct job *job, const char *host, const struct http_response *r,
	  struct err *err)
{
	const int64_t now_s = clock_wall_s();
	bool below = false;
	const int64_t wanted_s = httphead_tls_s(r->head, &below);

	if (wanted_s < 0 || r->end != HTTP_DONE || strncmp(poll_url(job->poll), "https:", 6) != 0)
		return 0;
	return hostbook_want_tls(s->options.state, host, wanted_s > 0 ? now_s + wanted_s : 0, below,
				 now_s, err);
}

static int
start_job(struct sweep *s, struct job *job, struct err *err)
{
	struct http_request request;

	if (!job->poll) {
		const int loaded = load_poll(s, job, err);

		if (loaded <= 0) {
			hosts_done(s->hosts, &job->waiting);
			drop_job(s, job);
			return loaded;
		}
	}
	if (mind_tls(s, job, err) == 0 &&
	    poll_request(job->poll, s->options.body_bytes_max, &request, err) == 0) {
		request.alone = hosts_waiting_with(&job->waiting) == 0;
		job->transfer = http_start(s->options.http, &request, job, err);
	}
	if (!job->transfer) {
		hosts_done(s->hosts, &job->waiting);
		drop_job(s, job);
		return -1;
	}
	s->in_flight++;
	s->expected_bytes += job->expected_bytes;
	s->counts.polls += poll_redirects(job->poll) == 0;
	return 0;
}

/* What is known of a host's patience, for the next life. */
static int
keep_host(struct sweep *s, const char *host, int64_t held_until_s, int64_t now_s, struct err *err)
{
	const struct allowance *a = hosts_allowance(s->hosts, host);
	struct host_row row = {.host = host, .held_until_s = held_until_s};

	if (a) {
		row.budget = a->budget;
		row.window_s = a->window_ms / 1000;
		row.began_s = now_s - (clock_mono_ms() - a->began_ms) / 1000;
		row.used = a->used;
		row.good = a->good;
	}
	return hostbook_save(s->options.state, &row, err);
}

/* A 429 is about us, not about the feed: its sisters wait as well. */
static int
hold_host(struct sweep *s, struct feed *feed, const char *host, int64_t now_s, struct err *err)
{
	const int64_t now_ms = clock_mono_ms();
	int64_t until_ms, held_until_s;

	if (hosts_refused(s->hosts, host, now_ms, (feed->due_s - now_s) * 1000, &until_ms, err) < 0)
		return -1;
	held_until_s = now_s + (until_ms - now_ms + 999) / 1000;
	if (feed->due_s < held_until_s)
		feed->due_s = held_until_s;
	return keep_host(s, host, held_until_s, now_s, err);
}

/* What the response says about us and its host. */
static int
learn_of_host(struct sweep *s, struct feed *feed, const struct outcome *o, const char *host,
	      int64_t now_s, struct err *err)
{
	if (o->kind == OUTCOME_LIMITED)
		return hold_host(s, feed, host, now_s, err);
	return hosts_allowance(s->hosts, host) ? keep_host(s, host, 0, now_s, err) : 0;
}

static void
count(struct sweep *s, const struct outcome *o, const struct http_response *r, bool fresh)
{
	s->counts.wire_bytes += r->wire_bytes;
	s->counts.body_bytes += (int64_t)o->body.len;
	s->counts.documents += o->kind == OUTCOME_DOCUMENT && fresh;
	s->counts.documents_same += o->kind == OUTCOME_DOCUMENT && !fresh;
	s->counts.unchanged += o->kind == OUTCOME_UNCHANGED;
	s->counts.failed += o->kind != OUTCOME_DOCUMENT && o->kind != OUTCOME_UNCHANGED;
}

/* The poll is over: everything that came of it goes into the open transaction. */
static int
keep(struct sweep *s, struct job *job, const char *host, const struct outcome *o,
     const struct http_response *r, struct err *err)
{
	struct feed *feed = poll_feed(job->poll);
	SCOPED(buf_done) struct buf document = buf_init(DOCUMENT_BYTES_MAX);
	struct lesson lesson;
	bool fresh = false;

	lesson = sweep_lesson(s);
	if (outage_notice(&s->outage, s->options.state, feed, o, &lesson, err) < 0)
		return -1;
	lesson.offline = outage_is(&s->outage);
	if (learn_outcome(feed, o, &lesson, &fresh, err) < 0)
		return -1;
	if (fresh && intake_encode(s->options.state, feed, o, lesson.now_s, &document, err) < 0)
		return -1;
	if (learn_of_host(s, feed, o, host, lesson.now_s, err) < 0)
		return -1;
	if (feed->archive_of &&
	    archive_is_done(feed, o->kind == OUTCOME_DOCUMENT || o->kind == OUTCOME_UNCHANGED))
		feed->due_s = 0;
	if (s->options.polled && s->options.polled(s->options.arg, feed, o, fresh, err) < 0)
		return -1;
	window_look_by(s->window, feed->due_s);
	count(s, o, r, fresh);
	if (s->options.told)
		s->options.told(s->options.arg, feed, o);
	/* SQLite is about to make a copy of its own: three of a large body are too many. */
	http_drop_body(job->transfer);
	if (s->written++ == 0)
		s->written_ms = clock_mono_ms();
	s->written_bytes += (int64_t)document.len;
	s->news |= o->kind != OUTCOME_UNCHANGED;
	return intake_write(s->options.state, feed, &document, err);
}

/* A redirect, or the same again without a coding: its own turn at its own host. */
static int
go_on(struct sweep *s, struct job *job, struct err *err)
{
	char host[WINDOW_HOST_BYTES_MAX];

	s->counts.redirects++;
	if (window_host(poll_url(job->poll), host, err) < 0)
		return -1;
	return hosts_put(s->hosts, host, &job->waiting, true, err);
}

static void
retreat(struct sweep *s)
{
	const int64_t now_ms = clock_mono_ms(), next_ms = s->retreat_ms * 2;

	/* All that is in flight meets the same full disk: that is one reason to wait, and only what
	 * was asked after the wait makes the next one longer. */
	if (now_ms < s->retreat_until_ms)
		return;
	s->retreat_ms = next_ms < RETREAT_FIRST_MS  ? RETREAT_FIRST_MS
			: next_ms > RETREAT_MOST_MS ? RETREAT_MOST_MS
						    : next_ms;
	s->retreat_until_ms = now_ms + s->retreat_ms;
	sweep_look_anew(s);
}

static int
finish(struct sweep *s, struct http_transfer *transfer, struct err *err)
{
	struct job *job = http_owner(transfer);
	const struct http_response response = http_response(transfer);
	struct outcome outcome;
	char host[WINDOW_HOST_BYTES_MAX];
	enum poll_step step;
	int rc;

	(void)snprintf(host, sizeof(host), "%s", hosts_name(&job->waiting));
	hosts_done(s->hosts, &job->waiting);
	if (learn_tls(s, job, host, &response, err) < 0) {
		drop_job(s, job);
		return -1;
	}
	CRASHPOINT("fetched");
	step = poll_answer(job->poll, &response, clock_wall_s(), &outcome);
	if (step == POLL_AGAIN) {
		end_transfer(s, job);
		rc = go_on(s, job, err);
		if (rc == 0)
			return 0;
	} else if (outcome.kind == OUTCOME_DOCUMENT &&
		   db_room(state_db(s->options.state), outcome.body.len, NULL) < 0) {
		/* As if it had not been asked: it is due still when there is room again. */
		drop_job(s, job);
		retreat(s);
		return 0;
	} else {
		rc = keep(s, job, host, &outcome, &response, err);
	}
	drop_job(s, job);
	return rc;
}

/* The sweep. */

/* No more polls at once. What is expected is a guess by the last body; what really arrives is
 * counted by http. */
static bool
is_full(const struct sweep *s)
{
	return s->in_flight >= (size_t)s->options.polls_max ||
	       (s->in_flight > 0 && s->expected_bytes > (int64_t)s->options.bodies_bytes_max);
}

static bool
is_resting(const struct sweep *s, int64_t now_ms)
{
	return s->paused || now_ms < s->retreat_until_ms;
}

/* Whoever waits for a host that has come to be silent for long gives its place to others. */
static int
send_back_late(struct sweep *s, int64_t now_ms, struct err *err)
{
	const int64_t now_s = clock_wall_s();
	int64_t start_ms;

	for (struct waiting *w; (w = hosts_take_late(s->hosts, now_ms, &start_ms));) {
		struct job *job = (struct job *)w; /* as in start_some */
		const int64_t due_s = now_s + 1 + (start_ms - now_ms) / 1000 +
				      schedule_turn(job->polled_s, now_s);

		if (state_postpone(s->options.state, job->id, due_s, err) < 0)
			return -1;
		window_look_by(s->window, due_s);
		drop_job(s, job);
	}
	return 0;
}

static int
start_some(struct sweep *s, struct err *err)
{
	const int64_t now_ms = clock_mono_ms();
	int portions = 0;
	bool more = true;

	while (!is_full(s)) {
		struct waiting *next;

		if (send_back_late(s, now_ms, err) < 0)
			return -1;
		next = hosts_next(s->hosts, now_ms);
		if (next) {
			/* hosts only holds what is at the head of a job. */
			if (start_job(s, (struct job *)next, err) < 0)
				return -1;
			continue;
		}
		if (!more || portions++ == PORTIONS_A_TURN)
			return 0;
		if (window_fill(s->window, now_ms, &more, err) < 0)
			return -1;
	}
	return 0;
}

int
sweep_turn(struct sweep *s, struct err *err)
{
	const int64_t now_ms = clock_mono_ms();

	if (http_run(s->options.http, err) < 0)
		return -1;
	for (struct http_transfer *t; (t = http_take_done(s->options.http));)
		if (finish(s, t, err) < 0)
			return -1;
	if (now_ms >= s->hosts_sweep_ms) {
		hosts_sweep(s->hosts, now_ms);
		s->hosts_sweep_ms = now_ms + HOSTS_SWEEP_MS;
	}
	return is_resting(s, now_ms) ? 0 : start_some(s, err);
}

static void
lower(int *timeout_ms, int64_t wanted_ms)
{
	if (wanted_ms < 0)
		wanted_ms = 0;
	if (*timeout_ms < 0 || wanted_ms < *timeout_ms)
		*timeout_ms = wanted_ms > INT32_MAX ? INT32_MAX : (int)wanted_ms;
}

void
sweep_timeout(const struct sweep *s, int *timeout_ms)
{
	const int64_t now_ms = clock_mono_ms();
	const int http_ms = http_timeout_ms(s->options.http);
	const int64_t next_ms = hosts_next_ms(s->hosts);

	if (http_ms >= 0)
		lower(timeout_ms, http_ms);
	if (s->paused || is_full(s))
		return;
	if (now_ms < s->retreat_until_ms) {
		lower(timeout_ms, s->retreat_until_ms - now_ms);
		return;
	}
	if (next_ms >= 0)
		lower(timeout_ms, next_ms - now_ms);
	/* To the whole second that the due times are counted in. */
	if (!window_is_full(s->window) && window_look_s(s->window) < INT64_MAX) {
		const int64_t left_s = window_look_s(s->window) - clock_wall_s();

		lower(timeout_ms, left_s > 3600 ? 3600 * 1000 : left_s * 1000);
	}
}

int
sweep_may_wait_ms(const struct sweep *s)
{
	const struct group *most = s->news ? &group_of_news : &group_of_none;
	const int64_t left_ms = s->written_ms + most->ms - clock_mono_ms();

	/* One that may take longer than the wait is no reason to wait: but some of many is soon
	 * over. */
	if (s->written == 0 || s->written >= most->polls || s->written_bytes > most->bytes ||
	    s->in_flight == 0 || left_ms <= 0)
		return 0;
	return (int)left_ms;
}

static void
nothing_written(struct sweep *s)
{
	s->written = s->written_bytes = s->written_ms = 0;
	s->news = false;
}

void
sweep_committed(struct sweep *s)
{
	nothing_written(s);
	if (clock_mono_ms() >= s->retreat_until_ms)
		s->retreat_ms = 0;
}

void
sweep_rolled_back(struct sweep *s)
{
	nothing_written(s);
	retreat(s);
}

void
sweep_pause(struct sweep *s, bool pause)
{
	s->paused = pause;
}

void
sweep_set_pace(struct sweep *s, struct pace pace)
{
	s->options.pace = pace;
}

void
sweep_look_anew(struct sweep *s)
{
	window_look_anew(s->window);
}

size_t
sweep_in_flight(const struct sweep *s)
{
	return s->in_flight;
}

size_t
sweep_waiting(const struct sweep *s)
{
	return hosts_waiting(s->hosts);
}

struct sweep_counts
sweep_counts(const struct sweep *s)
{
	return s->counts;
}

static int
know_again(void *arg, const struct host_row *row)
{
	struct sweep *s = arg;
	const int64_t now_s = clock_wall_s(), now_ms = clock_mono_ms();
	int64_t left_s = row->held_until_s - now_s, ago_s = now_s - row->began_s;

	/* The clock may have jumped since. */
	if (left_s > SCHEDULE_WISH_MAX_S)
		left_s = SCHEDULE_WISH_MAX_S;
	if (ago_s < 0 || ago_s > SCHEDULE_WISH_MAX_S)
		ago_s = ago_s < 0 ? 0 : SCHEDULE_WISH_MAX_S;
	const struct allowance allowance = {.budget = row->budget,
					    .window_ms = row->window_s * 1000,
					    .began_ms = now_ms - ago_s * 1000,
					    .used = row->used,
					    .good = row->good};

	if (row->budget > 0 && hosts_set_allowance(s->hosts, row->host, &allowance, NULL) < 0)
		return -1;
	return left_s > 0 ? hosts_hold(s->hosts, row->host, now_ms + left_s * 1000, NULL) : 0;
}

struct sweep *
sweep_new(const struct sweep_options *options, struct err *err)
{
	SCOPED(sweep_free) struct sweep *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)err_sys(err, "sweep");
		return NULL;
	}
	s->options = *options;
	s->hosts = hosts_new(options->polls_a_host, options->spacing_ms, err);
	s->window = s->hosts ? window_new(options->state, s->hosts, err) : NULL;
	if (!s->window)
		return NULL;
	if (getrandom(&s->random, sizeof(s->random), GRND_NONBLOCK) < 0 || s->random == 0)
		s->random = (uint32_t)clock_mono_us() | 1;
	if (hostbook_each(options->state, clock_wall_s(), know_again, s, err) < 0)
		return NULL;
	return TAKE(s);
}

void
sweep_free(struct sweep *s)
{
	if (!s)
		return;
	window_free(s->window);
	hosts_free(s->hosts);
	free(s);
}
