/* exec_settings - the options of a [sink NAME] of type exec. */
#ifndef FM_SINK_EXEC_SETTINGS_H
#define FM_SINK_EXEC_SETTINGS_H

#include <stdint.h>

#include "common/feedmill.h"

enum { EXEC_WORKERS_MAX = 64, EXEC_WINDOW_MAX = 4096 };

struct exec_settings {
	int64_t workers, window, max_line_bytes;
	int64_t ack_timeout_s, stop_timeout_s, backoff_s;
	int64_t max_crashes, max_retries; /* max_retries 0: no end */
	int flush_hint;
	/* Of exec_settings_program. */
	char **argv, **env; /* NULL-terminated */
	const char *dir;    /* borrowed from the sink */
};

extern const char *const exec_option_names[];

/* FM_OK, or FM_CONFIG with the reason. Leaves the program's members empty. */
int exec_settings_read(struct fm_sink *sink, struct exec_settings *settings_out);

/* What to start: the command, and its environment, which is ours with what the protocol and the
 * option add. -1 without memory. */
int exec_settings_program(const struct fm_sink *sink, struct exec_settings *settings);
void exec_settings_done(struct exec_settings *settings);

#endif
