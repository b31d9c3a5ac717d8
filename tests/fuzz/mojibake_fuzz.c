/* Text that may be UTF-8 encoded twice: what is undone is UTF-8 again, never longer than it was,
 * and encoding it once more gives the text back. The same for the bytes of a whole document, whose
 * stray ones the repair of encodings meets. */
#include <string.h>

#include "common/utf8.h"
#include "parser/charset.h"
#include "parser/mojibake.h"
#include "tests/fuzz/fuzz.h"

/* Appends the bytes of text, each taken for a character of windows-1252, as UTF-8. */
static void
encode_twice(struct bytes text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char byte = ((const unsigned char *)text.data)[i];
		char c[4];

		(void)buf_add(out, c, utf8_put(charset_windows_1252(byte), c), NULL);
	}
}

static void
check_undone(struct bytes text)
{
	SCOPED(buf_done) struct buf once = buf_init(text.len + 16);
	SCOPED(buf_done) struct buf twice = buf_init(4 * text.len + 16);

	if (!mojibake_undo(text, &once))
		return;
	FUZZ_CHECK(once.len < text.len && utf8_valid(buf_str(&once), once.len));
	encode_twice(buf_bytes(&once), &twice);
	/* A control character of ISO 8859-1 is another spelling of the same byte. */
	FUZZ_CHECK(twice.len >= once.len && utf8_valid(buf_str(&twice), twice.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct bytes text = {data, len};
	SCOPED(buf_done) struct buf twice = buf_init(4 * len + 16);

	if (!utf8_valid((const char *)data, len))
		return 0;
	check_undone(text);
	encode_twice(text, &twice);
	check_undone(buf_bytes(&twice));
	return 0;
}
