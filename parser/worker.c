#include "parser/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crashpoint.h"
#include "common/document.h"
#include "common/emit.h"
#include "common/item.h"
#include "common/log.h"
#include "common/wire.h"
#include "parser/parse.h"

enum {
	HINT_BYTES_MAX = 64 * 1024,
	HINT_WARNINGS_BYTES_MAX = 4096,
	HINT_HUBS_BYTES_MAX = 4096,
	WHO_BYTES = 128,
	TAP_BYTES_MAX = 2 * ITEM_BYTES_MAX
};

struct worker {
	struct stage *stage;
	struct emit *emit;
	struct parser *parser;
	struct arena *arena; /* of the document at hand */
	struct buf body;     /* of the item at hand */
	struct buf hint;
	struct buf tap;
	char who[WHO_BYTES];  /* "parser@1" */
	const char *abort_on; /* FEEDMILL_TEST_ABORT_ON */
	int64_t documents, items, dropped, warnings;
};

static void
worker_close(void *self)
{
	struct worker *w = self;

	if (!w)
		return;
	buf_done(&w->tap);
	buf_done(&w->hint);
	buf_done(&w->body);
	arena_free(w->arena);
	parser_free(w->parser);
	emit_free(w->emit);
	free(w);
}

SCOPED_DEFINE(struct worker, worker_close)

static int
worker_open(struct stage *stage, const void *conf, void **self_out, struct err *err)
{
	SCOPED(worker_close) struct worker *w = calloc(1, sizeof(*w));

	(void)conf;
	if (!w)
		return err_sys(err, "parser");
	w->stage = stage;
	(void)snprintf(w->who, sizeof(w->who), "parser@%s", stage_instance(stage));
	w->parser = parser_new();
	w->arena = arena_new(PARSE_ARENA_BYTES_MAX);
	w->body = buf_init(ITEM_BYTES_MAX);
	w->hint = buf_init(HINT_BYTES_MAX);
	w->tap = buf_init(TAP_BYTES_MAX);
	/* For the tests of the quarantine: a document that holds this text brings the parser
	 * down, as a fault in it would. Nothing sets it but they. */
	w->abort_on = getenv("FEEDMILL_TEST_ABORT_ON");
	if (!w->parser || !w->arena)
		return err_sys(err, "parser");
	w->emit = emit_new(stage, "classifier", err);
	if (!w->emit)
		return -1;
	*self_out = TAKE(w);
	return 0;
}

/* What goes out. */

static void
tap_item(struct worker *w, const struct item *item)
{
	struct json j;

	if (!stage_tapped(w->stage))
		return;
	buf_reset(&w->tap);
	j = json_into(&w->tap);
	item_json(item, &j);
	if (buf_failed(&w->tap, NULL) == 0)
		stage_tap(w->stage, buf_str(&w->tap), w->tap.len);
}

/* All revisions of an item meet the same classifier. */
static uint64_t
key_hash(const struct item *item)
{
	char hex[17];

	memcpy(hex, item->id, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	return strtoull(hex, NULL, 16);
}

/* An item that fits into no message is left out: it must not hold up the others. */
static void
drop_item(struct worker *w, const struct item *item, const struct err *why)
{
	w->dropped++;
	log_event(LOG_WARNING, "item_dropped", LOG_TEXT("feed", item->feed.url),
		  LOG_TEXT("id", item->id), LOG_TEXT("reason", why->text));
}

static int
emit_items(struct worker *w, uint64_t ticket, const struct parse_result *result, struct err *err)
{
	for (size_t i = 0; i < result->entry_count; i++) {
		const struct item *item = &result->entries[i].item;
		struct err why;

		buf_reset(&w->body);
		if (item_encode(item, &w->body, &why) < 0) {
			if (why.kind != ERR_REJECT) {
				*err = why;
				return -1;
			}
			drop_item(w, item, &why);
			continue;
		}
		if (emit_item(w->emit, ticket, buf_bytes(&w->body), key_hash(item), err) < 0)
			return -1;
		CRASHPOINT("emitted");
		w->items++;
		tap_item(w, item);
	}
	return 0;
}

static void
put_uint(struct wire_map *map, const char *key, uint64_t n)
{
	wire_map_key(map, key);
	wire_put_uint(map->out, n);
}

/* What was wrong with the document and was mended, for people; as much of it as fits. */
static void
put_warnings(struct worker *w, struct wire_map *map, const struct parse_result *result)
{
	buf_reset(&w->tap);
	for (size_t i = 0; i < result->warning_count; i++) {
		const size_t len = strlen(result->warnings[i]);

		if (w->tap.len + len + 1 > HINT_WARNINGS_BYTES_MAX)
			break;
		(void)buf_addf(&w->tap, NULL, "%s%s", i ? "\n" : "", result->warnings[i]);
	}
	wire_map_str(map, "warnings", buf_str(&w->tap));
}

/* The hubs, a line each, the first ones first; as many as fit. */
static void
put_hubs(struct worker *w, struct wire_map *map, const struct parse_result *result)
{
	buf_reset(&w->tap);
	for (size_t i = 0; i < result->feed.hub_count; i++) {
		const char *hub = result->feed.hubs[i];

		if (w->tap.len + strlen(hub) + 1 > HINT_HUBS_BYTES_MAX)
			break;
		(void)buf_addf(&w->tap, NULL, "%s%s", i ? "\n" : "", hub);
	}
	wire_map_str(map, "hub", w->tap.len > 0 ? buf_str(&w->tap) : NULL);
}

/* What concerns the next fetch, and what became of this document. A publisher who gives <ttl> and
 * sy: means the former. */
static void
send_hint(struct worker *w, uint64_t ticket, const struct document *doc,
	  const struct parse_result *result)
{
	const struct parse_hints *hints = &result->hints;
	struct wire_map map;

	buf_reset(&w->hint);
	map = wire_map_begin(&w->hint);
	wire_map_str(&map, "feed", doc->feed_id);
	wire_map_int(&map, "ttl_s", hints->ttl_min > 0 ? hints->ttl_min * 60 : hints->update_s);
	put_uint(&map, "skip_hours", hints->skip_hours);
	put_uint(&map, "skip_days", hints->skip_days);
	wire_map_int(&map, "newest_s", hints->newest_s == ITEM_NO_TIME ? 0 : hints->newest_s);
	wire_map_int(&map, "items", (int64_t)result->entry_count);
	wire_map_str(&map, "title", result->feed.title);
	wire_map_str(&map, "link", result->feed.link);
	wire_map_str(&map, "self", result->feed.self);
	put_hubs(w, &map, result);
	wire_map_str(&map, "prev_archive", hints->prev_archive);
	put_uint(&map, "document", doc->seq);
	wire_map_str(&map, "parser", w->who);
	put_warnings(w, &map, result);
	wire_map_end(&map);
	if (buf_failed(&w->hint, NULL) == 0)
		stage_hint(w->stage, ticket, buf_bytes(&w->hint));
}

/* A document. */

static void
test_abort(const struct worker *w, struct bytes body)
{
	if (w->abort_on && *w->abort_on && body.len > 0 &&
	    memmem(body.data, body.len, w->abort_on, strlen(w->abort_on)))
		abort();
}

/* What was wrong with a document is its publisher's to know, and the operator's to tell him. */
static void
log_warnings(const struct document *doc, const struct parse_result *result)
{
	if (result->warning_count > 0)
		log_event(LOG_NOTICE, "document_mended",
			  LOG_TEXT("feed", doc->url ? doc->url : doc->feed_url),
			  LOG_NUM("items", (int64_t)result->entry_count),
			  LOG_NUM("warnings", (int64_t)result->warning_count),
			  LOG_TEXT("reason", result->warnings[0]));
}

static int
handle_document(struct worker *w, const struct delivery *delivery, struct err *err)
{
	struct document doc;
	struct parse_result result;

	if (document_decode(delivery->body, w->arena, &doc, err) < 0)
		return -1;
	test_abort(w, doc.body);
	if (parse_document(w->parser, &doc, w->arena, &result, err) < 0)
		return err_in(err, "'%s'", doc.url ? doc.url : doc.feed_url);
	w->warnings += (int64_t)result.warning_count;
	log_warnings(&doc, &result);
	if (emit_items(w, delivery->ticket, &result, err) < 0)
		return -1;
	send_hint(w, delivery->ticket, &doc, &result);
	return 0;
}

static int
worker_handle(void *self, const struct delivery *delivery, struct err *err)
{
	struct worker *w = self;
	int rc;

	arena_reset(w->arena);
	w->documents++;
	rc = handle_document(w, delivery, err);
	if (rc < 0) {
		/* Half of a document's items must not go out: it comes again as a whole. */
		emit_cancel(w->emit, delivery->ticket);
		return -1;
	}
	return emit_pending(w->emit, delivery->ticket) ? STAGE_LATER : 0;
}

static void
worker_status(void *self, struct json *j)
{
	const struct worker *w = self;

	json_member_int(j, "documents", w->documents);
	json_member_int(j, "items", w->items);
	json_member_int(j, "items_dropped", w->dropped);
	json_member_int(j, "warnings", w->warnings);
	emit_status(w->emit, j);
}

/* Its section has no keys: whatever stands there is a mistake. */
static int
worker_check(const struct config *config, const void *conf, struct err *err)
{
	char nothing;

	(void)conf;
	return config_read(config, config_section_find(config, "parser", ""), NULL, 0, &nothing,
			   err);
}

const struct stage_ops worker_ops = {
	.name = "parser",
	.default_instance = "1",
	.window_messages = WORKER_WINDOW_MESSAGES,
	.window_bytes = WORKER_WINDOW_BYTES,
	.message_bytes_max = DOCUMENT_BYTES_MAX,
	.check = worker_check,
	.open = worker_open,
	.close = worker_close,
	.handle = worker_handle,
	/* No commit: nothing is on disk here; what was emitted is the classifier's to keep. */
	.status = worker_status,
};
