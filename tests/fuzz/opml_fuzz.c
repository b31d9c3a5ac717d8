/* An OPML document: whatever it holds, what is handed on is within its ceilings. */
#include <string.h>

#include "common/utf8.h"
#include "fetcher/opml.h"
#include "tests/fuzz/fuzz.h"

static int
check_feed(void *arg, const struct opml_feed *f, struct err *err)
{
	(void)err;
	(*(size_t *)arg)++;
	FUZZ_CHECK(f->url && *f->url && strlen(f->url) <= OPML_TEXT_BYTES_MAX);
	FUZZ_CHECK(utf8_valid(f->url, strlen(f->url)) && f->line > 0);
	FUZZ_CHECK(!f->title || strlen(f->title) <= OPML_TEXT_BYTES_MAX);
	FUZZ_CHECK(!f->folder || (*f->folder && strlen(f->folder) <= OPML_FOLDER_BYTES_MAX &&
				  utf8_valid(f->folder, strlen(f->folder))));
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {.kind = ERR_NONE};
	size_t count = 0;

	if (opml_parse("fuzz.opml", (const char *)data, size, check_feed, &count, &err) < 0)
		FUZZ_CHECK(err.kind == ERR_USAGE && strncmp(err.text, "fuzz.opml", 9) == 0);
	FUZZ_CHECK(count <= size / 8);
	return 0;
}
