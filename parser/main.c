/* feedmill-parser: documents in, items out. */
#include "common/stage.h"
#include "parser/tool.h"
#include "parser/worker.h"

int
main(int argc, char **argv)
{
	int status;

	if (tool_run(argc, argv, &status))
		return status;
	return stage_main(argc, argv, &worker_ops);
}
