/* report - what the fetcher tells people: its members of `feedmill status`, and the commands on its
 * control socket. */
#ifndef FM_FETCHER_REPORT_H
#define FM_FETCHER_REPORT_H

#include "common/err.h"
#include "common/json.h"

struct daemon;

enum { REPORT_FAILING_MAX = 20 };

void report_status(struct daemon *d, struct json *j);

/* Commands, with their argument:
 *   poll URL|ID|all           due now                      -> {"due": n}
 *   feeds [AFTER-ID]          the next 1000 feeds           -> an object a feed
 *   explain ID                all that is known of one feed -> an object
 *   quarantine-list [AFTER]   up to 1000 documents without bodies -> an object each
 *   quarantine-show N         one with its body (base64)    -> an object
 *   quarantine-retry N, quarantine-drop N                   -> {"done": true}
 * -1 with ERR_USAGE: no such command, no such feed, no such document. */
int report_control(struct daemon *d, const char *command, const char *arg, struct json *j,
		   struct err *err);

#endif
