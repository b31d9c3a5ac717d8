/* tool - what feedmill-fetcher does for a person at a terminal instead of running as a stage. Exit
 * status: 0 good, 1 not, 2 usage. argv[0] is the tool's name. */
#ifndef FM_FETCHER_TOOL_H
#define FM_FETCHER_TOOL_H

#include "common/buf.h"
#include "common/config.h"
#include "common/err.h"
#include "fetcher/address.h"
#include "fetcher/conf.h"

enum { TOOL_GOOD = 0, TOOL_NOT = 1, TOOL_USAGE = 2 };

/* fetch [-c FILE] [--body FILE] [--json] URL: one polite fetch, every step shown. */
int tool_fetch(int argc, char **argv);
/* check-feeds [-c FILE]: reads the list of feeds, says how many there are and what is wrong. */
int tool_check_feeds(int argc, char **argv);
/* feeds add URL ... | remove URL ... | import FILE | export: changes and shows the list. */
int tool_feeds(int argc, char **argv);

/* For the tools themselves. */

/* The keys of [fetcher] in the configuration at path, else $FEEDMILL_CONF, else
 * /etc/feedmill/feedmill.conf; where no file was named and there is none, the defaults. out borrows
 * from the result. Returns new. */
struct config *tool_conf(const char *path, struct fetcher_conf *out, struct err *err);
/* The client that the configuration makes, and what it borrows in *addresses. Returns new. */
struct http *tool_http(const struct config *config, const struct fetcher_conf *conf,
		       struct addresses **addresses_out, struct err *err);
/* Says what is wrong on standard error; TOOL_NOT. What is wrong about the command line alone is
 * TOOL_USAGE, and no err. */
int tool_complain(const char *tool, const struct err *err);
/* What a server sent, for a terminal or JSON: whatever is not printable ASCII becomes "?". */
void tool_clean(struct bytes text, struct buf *out);

#endif
