#include "fetcher/intake.h"

#include <string.h>

#include "common/arena.h"
#include "common/document.h"
#include "common/utf8.h"

enum {
	TEXT_BYTES_MAX = 2048, /* of a header line that goes into the document */
	ARENA_BYTES_MAX = 64 * 1024,
};

/* A header's bytes as text for the document: what is not UTF-8 is left out. */
static const char *
text_of(struct arena *arena, struct bytes value)
{
	if (value.len == 0 || value.len > TEXT_BYTES_MAX || memchr(value.data, '\0', value.len) ||
	    !utf8_valid(value.data, value.len))
		return NULL;
	return arena_strndup(arena, value.data, value.len);
}

int
intake_encode(struct state *state, const struct feed *feed, const struct outcome *o, int64_t now_s,
	      struct buf *out, struct err *err)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	SCOPED(feed_done) struct feed whose = {.due_s = 0};
	const struct feed *of = feed;

	if (!arena)
		return err_set(err, ERR_RETRY, "out of memory");
	if (feed->archive_of) {
		const int got = state_load(state, feed->archive_of, &whose, err);

		if (got <= 0)
			return got;
		of = &whose;
	}
	const struct document doc = {
		.feed_id = of->id,
		.feed_url = of->url,
		.folder = of->category,
		.url = o->url,
		.content_type = text_of(arena, o->content_type),
		.content_language = text_of(arena, o->content_language),
		.content_location = text_of(arena, o->content_location),
		.seq = spool_next_seq(state_spool(state)),
		.fetched_s = now_s,
		.status = o->status,
		.body = o->body,
	};
	return document_encode(&doc, out, err);
}

/* Body and validators in one transaction: stored validators promise that the body will arrive. */
int
intake_write(struct state *state, struct feed *feed, const struct buf *document, struct err *err)
{
	uint64_t seq;

	if (db_begin(state_db(state), err) < 0)
		return -1;
	if (document->len > 0 &&
	    spool_append(state_spool(state), feed->id, buf_bytes(document), &seq, err) < 0)
		return -1;
	return state_save(state, feed, err);
}
