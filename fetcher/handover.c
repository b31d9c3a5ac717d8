#include "fetcher/handover.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/document.h"
#include "common/log.h"
#include "common/loss.h"
#include "common/quarantine.h"
#include "common/wire.h"
#include "fetcher/archive.h"
#include "fetcher/description.h"
#include "fetcher/learn.h"

enum { ARENA_BYTES_MAX = 256 * 1024, SKIP_HOURS = 0xffffff, SKIP_DAYS = 0x7f };

struct handover {
	struct state *state;
	struct sweep *sweep;
	struct websub *websub;
	struct arena *arena;
	uint64_t committed; /* rows up to here are on the disk */
	uint64_t offered;   /* rows up to here were offered */
	struct handover_counts counts;
	struct losses_heard heard;
};

struct handover *
handover_new(struct state *state, struct sweep *sweep, struct err *err)
{
	SCOPED(handover_free) struct handover *h = calloc(1, sizeof(*h));

	if (h)
		h->arena = arena_new(ARENA_BYTES_MAX);
	if (!h || !h->arena) {
		(void)err_set(err, ERR_RETRY, "out of memory");
		return NULL;
	}
	h->state = state;
	h->sweep = sweep;
	handover_committed(h);
	return TAKE(h);
}

void
handover_free(struct handover *h)
{
	if (!h)
		return;
	arena_free(h->arena);
	free(h);
}

void
handover_tell(struct handover *h, struct websub *websub)
{
	h->websub = websub;
}

void
handover_committed(struct handover *h)
{
	h->committed = spool_next_seq(state_spool(h->state)) - 1;
}

struct handover_counts
handover_counts(const struct handover *h)
{
	return h->counts;
}

int
handover_fill(struct handover *h, struct route *route, struct err *err)
{
	struct spool *spool = state_spool(h->state);

	/* A row that is not committed may never have existed after a crash, and its number be given
	 * to another document: it must not be seen outside. */
	while (route_room(route) > 0 && h->offered < h->committed) {
		uint64_t seq;
		size_t len;
		const int got = spool_after(spool, h->offered, &seq, &len, err);

		if (got < 0)
			return -1;
		if (got == 0 || seq > h->committed) {
			h->offered = h->committed;
			return 0;
		}
		if (route_offer(route, seq, len, 0, err) < 0)
			return -1;
		h->offered = seq;
	}
	return 0;
}

int
handover_load(struct handover *h, uint64_t id, struct buf *out, struct err *err)
{
	return spool_load(state_spool(h->state), id, out, err);
}

int
handover_acked(struct handover *h, uint64_t id, struct err *err)
{
	h->counts.acked++;
	return db_begin(state_db(h->state), err) < 0 ? -1
						     : spool_done(state_spool(h->state), id, err);
}

/* What no parser can read. */

/* The feed, where a poll of it is in flight, else from the state; NULL where there is none.
 * *loaded must be released. */
static int
feed_of(struct handover *h, const char *id, struct feed *loaded, struct feed **out, struct err *err)
{
	*out = sweep_feed(h->sweep, id);
	if (*out)
		return 0;
	switch (state_load(h->state, id, loaded, err)) {
	case 1:
		*out = loaded;
		return 0;
	case 0:
		return 0;
	default:
		return -1;
	}
}

/* The digest of the document in a spool row, as learn_digest made it when it came in. */
static int
digest_of(struct handover *h, struct bytes body, struct feed_digest *out, struct err *err)
{
	struct document doc;
	struct bytes type = {"", 0};

	arena_reset(h->arena);
	if (document_decode(body, h->arena, &doc, err) < 0)
		return -1;
	if (doc.content_type)
		type = (struct bytes){doc.content_type, strlen(doc.content_type)};
	return learn_digest(type, doc.body, out, err);
}

/* Everybody who brought something since then; how many they are. */
static int64_t
ask_all(struct handover *h, int64_t since_s, int64_t now_s, struct err *err)
{
	int64_t feeds = 0;

	if (state_ask_whole(h->state, since_s, now_s, &feeds, err) < 0)
		return -1;
	sweep_ask_whole(h->sweep);
	return feeds;
}

/* The disk spoiled the document, not its publisher. */
static int
fetch_anew(struct handover *h, struct feed *feed, int64_t now_s, struct err *err)
{
	learn_to_ask_whole(feed);
	if (feed->due_s > now_s)
		feed->due_s = now_s;
	if (state_save(h->state, feed, err) < 0)
		return -1;
	sweep_look_anew(h->sweep);
	return 0;
}

/* Moves row id to the quarantine and makes its feed ask for everything next time. */
static int
set_aside(struct handover *h, uint64_t id, const char *who, const char *reason, int64_t attempts,
	  struct err *err)
{
	struct spool *spool = state_spool(h->state);
	SCOPED(buf_done) struct buf body = buf_init(DOCUMENT_BYTES_MAX);
	SCOPED(buf_done) struct buf ref = buf_init(FEED_ID_HEX);
	SCOPED(feed_done) struct feed loaded = {.due_s = 0};
	struct feed_digest digest = {.set = false};
	struct feed *feed = NULL;
	struct err unread = {.kind = ERR_NONE};
	struct lesson lesson;
	int64_t quarantined = 0;

	if (db_begin(state_db(h->state), err) < 0 || spool_ref(spool, id, &ref, err) < 0)
		return -1;
	/* A row whose bytes are damaged is kept as far as it can be read: not at all. */
	if (spool_load(spool, id, &body, &unread) < 0 && unread.kind != ERR_REJECT)
		return err_set(err, unread.kind, "%s", unread.text);
	if (unread.kind == ERR_NONE)
		(void)digest_of(h, buf_bytes(&body), &digest, NULL);
	if (feed_of(h, buf_str(&ref), &loaded, &feed, err) < 0)
		return -1;
	/* The last document that was refused makes room for this one: a site that answers with
	 * another page each time must not fill the disk. */
	if (feed && feed->quarantined > 0 &&
	    quarantine_drop(state_db(h->state), feed->quarantined, err) < 0)
		return -1;
	if (spool_done(spool, id, err) < 0)
		return -1;
	if (unread.kind == ERR_NONE &&
	    quarantine_add(state_db(h->state),
			   &(struct quarantined){.kind = "document",
						 .ref = buf_str(&ref),
						 .stage = who,
						 .reason = reason,
						 .attempts = attempts,
						 .body = buf_bytes(&body)},
			   &quarantined, err) < 0)
		return -1;
	lesson = sweep_lesson(h->sweep);
	/* Whose it was is past finding out as well. */
	if (!feed && unread.kind != ERR_NONE)
		return ask_all(h, 0, lesson.now_s, err) < 0 ? -1 : 0;
	if (!feed)
		return 0;
	if (unread.kind != ERR_NONE)
		return fetch_anew(h, feed, lesson.now_s, err);
	if (learn_rejected(feed, &digest, reason, &lesson, err) < 0)
		return -1;
	feed->quarantined = quarantined;
	return state_save(h->state, feed, err);
}

int
handover_rejected(struct handover *h, uint64_t id, const char *who, const char *reason,
		  struct err *err)
{
	h->counts.rejected++;
	return set_aside(h, id, who, reason, 1, err);
}

int
handover_crashed(struct handover *h, uint64_t id, const char *who, int64_t points, struct err *err)
{
	int64_t blame = 0;

	h->counts.crashed++;
	if (db_begin(state_db(h->state), err) < 0 ||
	    spool_blame(state_spool(h->state), id, points, &blame, err) < 0)
		return -1;
	if (blame < ROUTE_BLAME_MAX)
		return 0;
	return set_aside(h, id, who, "it has brought down its parser time and again",
			 blame / ROUTE_BLAME_CRASH, err) < 0
		       ? -1
		       : 1;
}

/* Hints. */

static bool
take_number(int64_t *field, int64_t value)
{
	const bool changed = *field != value;

	*field = value;
	return changed;
}

static bool
take_bits(uint32_t *field, uint64_t value, uint32_t all)
{
	const uint32_t bits = (uint32_t)value & all;
	const bool changed = *field != bits;

	*field = bits;
	return changed;
}

struct wishes {
	int64_t ttl_s, newest_s;
	uint64_t skip_hours, skip_days;
};

/* ttl, skipHours and the like: the poll that brought the document was scheduled without them. */
static bool
take_wishes(struct feed *feed, const struct wishes *w, const struct lesson *l)
{
	const bool first = feed->newest_s == 0;
	const int64_t ttl_s = w->ttl_s < SCHEDULE_WISH_MAX_S ? w->ttl_s : SCHEDULE_WISH_MAX_S;
	bool changed;

	changed = take_number(&feed->ttl_s, ttl_s > 0 ? ttl_s : 0);
	changed |= take_number(&feed->newest_s, w->newest_s);
	changed |= take_bits(&feed->skip_hours, w->skip_hours, SKIP_HOURS);
	changed |= take_bits(&feed->skip_days, w->skip_days, SKIP_DAYS);
	if (changed && feed->due_s > l->now_s) {
		int64_t wait_s = feed->ttl_s;

		/* How old a feed is that was just taken up is only known now. */
		if (first && schedule_quiet_s(l->pace, feed, l->now_s) > wait_s)
			wait_s = schedule_quiet_s(l->pace, feed, l->now_s);
		if (feed->polled_s + wait_s > feed->due_s)
			feed->due_s = feed->polled_s + wait_s;
		feed->due_s = schedule_open(feed, feed->due_s);
	}
	return changed;
}

/* What a document says of its past. 1: it is an archive's, and says nothing of the feed today. */
static int
look_back(struct handover *h, const char *feed, const struct description *d, int64_t now_s,
	  struct err *err)
{
	SCOPED(buf_done) struct buf ref = buf_init(FEED_ID_HEX);
	bool archive;
	int got;

	if (d->document > 0 &&
	    spool_ref(state_spool(h->state), (uint64_t)d->document, &ref, err) < 0)
		return -1;
	archive = ref.len > 0 && strcmp(buf_str(&ref), feed) != 0;
	got = archive ? archive_next(h->state, buf_str(&ref), d->prev_archive, now_s, err)
		      : archive_named(h->state, feed, d->prev_archive, now_s, err);
	if (got == 1)
		sweep_look_anew(h->sweep);
	return got < 0 ? -1 : archive;
}

/* A stage on the way has lost what it had acked: the feeds have it still. */
static int
make_good(struct handover *h, const struct loss *loss, struct err *err)
{
	const int64_t feeds = ask_all(h, loss->since_s, sweep_lesson(h->sweep).now_s, err);

	if (feeds < 0)
		return -1;
	(void)losses_hear(&h->heard, loss);
	log_event(LOG_WARNING, "items_lost", LOG_TEXT("loss", loss->id),
		  LOG_NUM("since", loss->since_s), LOG_NUM("feeds_asked_again", feeds));
	return 0;
}

int
handover_hint(struct handover *h, struct bytes hint, struct err *err)
{
	struct loss loss;

	SCOPED(feed_done) struct feed loaded = {.due_s = 0};
	struct feed *feed = NULL;
	struct wire_in *in;
	struct description description;
	struct wishes wishes;
	struct lesson lesson;
	const char *id;
	bool changed;
	int archive;

	arena_reset(h->arena);
	if (loss_get(hint, h->arena, &loss))
		return losses_known(&h->heard, &loss) ? 0 : make_good(h, &loss, err);
	in = wire_in(hint, h->arena);
	id = wire_str(in, "feed", FEED_ID_HEX);
	description = (struct description){
		.title = wire_str(in, "title", DOCUMENT_TEXT_BYTES_MAX),
		.link = wire_str(in, "link", DOCUMENT_TEXT_BYTES_MAX),
		.self = wire_str(in, "self", DOCUMENT_TEXT_BYTES_MAX),
		.hub = wire_str(in, "hub", DOCUMENT_TEXT_BYTES_MAX),
		.prev_archive = wire_str(in, "prev_archive", DOCUMENT_TEXT_BYTES_MAX),
	};
	description.document = wire_int(in, "document");
	description.parser = wire_str(in, "parser", DOCUMENT_TEXT_BYTES_MAX);
	description.items = wire_int(in, "items");
	description.warnings = wire_str(in, "warnings", DOCUMENT_TEXT_BYTES_MAX);
	wishes = (struct wishes){
		.ttl_s = wire_int(in, "ttl_s"),
		.newest_s = wire_int(in, "newest_s"),
		.skip_hours = wire_uint(in, "skip_hours"),
		.skip_days = wire_uint(in, "skip_days"),
	};
	if (wire_fault(in, NULL) < 0 || !id)
		return 0;
	if (feed_of(h, id, &loaded, &feed, err) < 0)
		return -1;
	if (!feed)
		return 0;
	lesson = sweep_lesson(h->sweep);
	archive = look_back(h, id, &description, lesson.now_s, err);
	if (archive != 0)
		return archive < 0 ? -1 : 0;
	changed = take_wishes(feed, &wishes, &lesson);
	if (description_save(h->state, id, &description, err) < 0)
		return -1;
	if (h->websub && websub_described(h->websub, feed, &description, err) < 0)
		return -1;
	return changed ? state_save(h->state, feed, err) : 0;
}

/* The quarantine, for people. */

struct kept {
	struct handover *h;
	char ref[FEED_ID_HEX + 1];
	bool again; /* into the spool */
	bool failed;
	struct err *err;
};

/* The same document under a new number: document_encode puts the number inside. */
static int
spool_again(struct kept *k, struct bytes body)
{
	struct spool *spool = state_spool(k->h->state);
	SCOPED(buf_done) struct buf encoded = buf_init(DOCUMENT_BYTES_MAX);
	struct document doc;
	uint64_t seq;

	arena_reset(k->h->arena);
	if (document_decode(body, k->h->arena, &doc, k->err) < 0)
		return -1;
	doc.seq = spool_next_seq(spool);
	if (document_encode(&doc, &encoded, k->err) < 0)
		return -1;
	return spool_append(spool, k->ref, buf_bytes(&encoded), &seq, k->err);
}

static int
take_kept(void *arg, const struct quarantined *row)
{
	struct kept *k = arg;

	if (row->ref && strlen(row->ref) == FEED_ID_HEX)
		memcpy(k->ref, row->ref, sizeof(k->ref));
	k->failed = k->again && spool_again(k, row->body) < 0;
	return 0;
}

static int
let_go(struct handover *h, int64_t quarantine_id, bool again, struct err *err)
{
	struct kept k = {.h = h, .again = again, .err = err};
	SCOPED(feed_done) struct feed loaded = {.due_s = 0};
	struct feed *feed = NULL;
	struct err damaged = {.kind = ERR_NONE};
	int got;

	if (db_begin(state_db(h->state), err) < 0)
		return -1;
	got = quarantine_get(state_db(h->state), quarantine_id, take_kept, &k, &damaged);
	/* What is damaged can be dropped, but not tried again. */
	if (got < 0 && (again || damaged.kind != ERR_REJECT))
		return err_set(err, damaged.kind, "%s", damaged.text);
	if (got == 0)
		return 0;
	if (k.failed || quarantine_drop(state_db(h->state), quarantine_id, err) < 0)
		return -1;
	if (feed_of(h, k.ref, &loaded, &feed, err) < 0)
		return -1;
	if (!feed)
		return 1;
	if (!again)
		learn_to_ask_whole(feed);
	feed->rejected.set = false;
	if (feed->quarantined == quarantine_id)
		feed->quarantined = 0;
	return state_save(h->state, feed, err) < 0 ? -1 : 1;
}

int
handover_retry(struct handover *h, int64_t quarantine_id, struct err *err)
{
	return let_go(h, quarantine_id, true, err);
}

int
handover_drop(struct handover *h, int64_t quarantine_id, struct err *err)
{
	return let_go(h, quarantine_id, false, err);
}
