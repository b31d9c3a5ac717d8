/* Whole documents: whatever comes in, what goes out is clean, safe, readable for the next stage and
 * the same each time. */
#include "tests/fuzz/parsed.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct parser *parser;

	if (!parser)
		parser = parser_new();
	if (parser)
		check_document(parser, (struct bytes){data, len}, NULL);
	return 0;
}
