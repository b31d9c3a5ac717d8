/* JSON Feed: the same promises as for XML. What does not begin as an object is made one. */
#include "common/buf.h"
#include "tests/fuzz/parsed.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct parser *parser;
	SCOPED(buf_done) struct buf text = buf_init(len + 32);

	if (!parser)
		parser = parser_new();
	if (len == 0 || data[0] != '{')
		(void)buf_adds(&text, "{\"items\":[", NULL);
	(void)buf_add(&text, data, len, NULL);
	if (parser)
		check_document(parser, buf_bytes(&text), "application/feed+json");
	return 0;
}
