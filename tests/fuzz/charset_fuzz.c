/* Bytes under a Content-Type, which is the first line: what comes out is UTF-8 without control
 * characters. */
#include <string.h>

#include "common/utf8.h"
#include "parser/charset.h"
#include "tests/fuzz/fuzz.h"

enum { CONTENT_TYPE_BYTES_MAX = 128 };

static void
check_clean(const char *text, size_t len)
{
	FUZZ_CHECK(utf8_valid(text, len));
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK((unsigned char)text[i] >= 0x20 || text[i] == '\n' || text[i] == '\t');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	SCOPED(buf_done) struct buf scratch = buf_init(8 * len + 4096);
	const uint8_t *line = len > 0 ? memchr(data, '\n', len) : NULL;
	const size_t line_len = line ? (size_t)(line - data) : 0;
	char content_type[CONTENT_TYPE_BYTES_MAX + 1] = "";
	struct charset_result result;
	struct err err = {.kind = ERR_NONE};

	if (!line || line_len > CONTENT_TYPE_BYTES_MAX)
		return 0;
	memcpy(content_type, data, line_len);
	FUZZ_CHECK(charset_decode((struct bytes){line + 1, len - line_len - 1}, content_type,
				  &scratch, &result, &err) == 0);
	FUZZ_CHECK(result.name != NULL);
	check_clean(result.text, result.len);
	return 0;
}
