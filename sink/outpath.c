#include "sink/outpath.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
outpath_new(const struct fm_sink *sink, const char *name)
{
	const char *value = fm_option(sink, "path", name);
	const char *dir = value[0] == '/' ? "" : fm_sink_state_dir(sink);
	const size_t bytes = strlen(dir) + 1 + strlen(value) + 1;
	char *path = malloc(bytes);

	if (path)
		(void)snprintf(path, bytes, "%s%s%s", dir, dir[0] ? "/" : "", value);
	return path;
}
