/* options - the command line and the common configuration of every daemon: -c FILE, -i INSTANCE,
 * -n, -h, -V, and the [feedmill] section. */
#ifndef FM_COMMON_OPTIONS_H
#define FM_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/config.h"
#include "common/err.h"

enum { OPTIONS_INSTANCE_MAX = 64 };

struct options {
	const char *config_path; /* -c, $FEEDMILL_CONF, or /etc/feedmill/feedmill.conf */
	const char *instance;    /* -i; NULL: the stage's default */
	bool check_only;         /* -n */
	bool show_version;       /* -V, --version */
	bool show_help;          /* -h, --help */
};

/* The [feedmill] section. */
struct options_common {
	const char *state_dir;
	const char *runtime_dir;
	int64_t drain_s;
	int64_t log_level; /* a syslog priority */
};

/* ERR_USAGE with what is allowed. Borrows argv. */
int options_read(int argc, char **argv, struct options *out, struct err *err);

/* The text for -h of the daemon of that name whose default instance is `instance` ("": one must be
 * named). Appends to out. */
int options_help(const char *name, const char *instance, struct buf *out, struct err *err);

/* Loads the file, refuses sections that no stage knows, reads [feedmill]. Returns new. */
struct config *options_load(const char *path, struct options_common *common_out, struct err *err);

#endif
