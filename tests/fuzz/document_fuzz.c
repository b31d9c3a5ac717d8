/* A document as it may come from a socket or a disk. What was read can be written and read again.
 */
#include <string.h>

#include "common/document.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 8 * 1024 * 1024 };

static int
same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(arena_free) struct arena *again = arena_new(ARENA_BYTES);
	SCOPED(buf_done) struct buf out = buf_init(DOCUMENT_BYTES_MAX + 65536);
	struct document doc, copy;
	struct err err = {.kind = ERR_NONE};

	FUZZ_CHECK(arena && again);
	if (document_decode((struct bytes){data, len}, arena, &doc, &err) < 0) {
		FUZZ_CHECK(err.kind == ERR_REJECT && err.text[0]);
		return 0;
	}
	FUZZ_CHECK(doc.feed_id && doc.feed_url);
	FUZZ_CHECK(document_encode(&doc, &out, NULL) == 0);
	FUZZ_CHECK(document_decode(buf_bytes(&out), again, &copy, NULL) == 0);
	FUZZ_CHECK(same(doc.feed_id, copy.feed_id) && same(doc.feed_url, copy.feed_url) &&
		   same(doc.url, copy.url) && same(doc.content_type, copy.content_type) &&
		   same(doc.content_language, copy.content_language) &&
		   same(doc.content_location, copy.content_location));
	FUZZ_CHECK(doc.seq == copy.seq && doc.fetched_s == copy.fetched_s &&
		   doc.status == copy.status && doc.body.len == copy.body.len);
	FUZZ_CHECK(doc.body.len == 0 || memcmp(doc.body.data, copy.body.data, doc.body.len) == 0);
	return 0;
}
