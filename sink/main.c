#include "sink/sinks.h"

/* feedmill-sink - the types of sink; a new one is a row here and a file beside this one. */
static const struct fm_sink_type types[] = {
	{"exec", &sink_exec},
	{"jsonl", &sink_jsonl},
	{"site", &sink_site},
	{"sqlite", &sink_sqlite},
};

int
main(int argc, char **argv)
{
	return fm_sink_main(argc, argv, types, sizeof(types) / sizeof(types[0]));
}
