/* feedmill-parser: documents in, items out. */
#include <stdio.h>

#include "parser/tool.h"

int
main(int argc, char **argv)
{
	int status;

	if (tool_run(argc, argv, &status))
		return status;
	(void)fprintf(stderr, "usage: feedmill-parser parse|sanitize ...\n");
	return 2;
}
