/* httphead - the header lines of one HTTP response, as the server sent them, and what they say
 * about time. Pure: nothing here looks at a clock or a socket. */
#ifndef FM_COMMON_HTTPHEAD_H
#define FM_COMMON_HTTPHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* The n-th (from 0) line of that name, without blanks around; false: none. The bytes are the
 * server's own: nothing about them is checked. */
bool httphead_line(struct bytes head, const char *name, size_t n, struct bytes *value_out);

/* Whether two Content-Length lines differ, which makes two readings of where the response ends
 * (RFC 9112, 6.3). */
bool httphead_two_lengths(struct bytes head);

/* An HTTP date in any of its three forms (RFC 9110, 5.6.7), or with a numeric offset instead of
 * GMT. Seconds since 1970; false: unreadable. */
bool httphead_date(struct bytes text, int64_t *wall_s_out);

/* For how many more seconds the response is fresh (RFC 9111, 4.2): max-age, else Expires less
 * Date (now_s where there is none), less Age. May be 0; -1: it does not say. At most a hundred
 * years. */
int64_t httphead_fresh_s(struct bytes head, int64_t now_s);

/* Retry-After in seconds from now, both forms (RFC 9110, 10.2.3), at most a hundred years; -1:
 * absent, past or unreadable. A date counts from the response's own Date: the server's clock need
 * not agree with ours. */
int64_t httphead_retry_after_s(struct bytes head, int64_t now_s);

/* Strict-Transport-Security (RFC 6797, 6.1): for how many seconds the host is to be asked over TLS
 * alone (0: no more), and whether all below it are; -1: it does not say, or not so that it can be
 * read. */
int64_t httphead_tls_s(struct bytes head, bool *with_subdomains_out);

#endif
