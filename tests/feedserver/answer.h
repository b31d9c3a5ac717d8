/* answer - what the server says to a request, by its path:
 *
 *     /NAME          a file of the folder; NAME.type beside it holds its Content-Type
 *     /gen           a generated feed: feed, items, first, bytes, format, rev, mark (generate.h);
 *                    var=V, revvar=V: as many items, as revision, what the variable V says
 *                    once it is set
 *     /big           bytes=N of a feed that is never closed
 *     /endless       the same without end
 *     /noise         bytes=N that are no text at all
 *     /redirect/CODE to=URL
 *     /status/CODE   an error page
 *     /set           NAME=NUMBER ...: variables
 *     /stats         a line for each address that was asked for: requests, whole, unchanged, which
 *
 * Each of them also takes
 *
 *     status=CODE times=N   the first N answers to this address have that status and an error page
 *     retry-after=TEXT      a header
 *     type=TEXT             another Content-Type
 *     delay=MS              nothing is said before
 *     drip=MS step=N        N bytes (1) at a time, that far apart
 *     gzip=1                Content-Encoding: gzip
 *     coding=NAME           a Content-Encoding that is not true
 *     end=N                 the body is its first N bytes
 *     cut=N                 the connection ends after N bytes of the body
 *     novalidator=1         neither ETag nor Last-Modified, and never 304 */
#ifndef FM_TESTS_FEEDSERVER_ANSWER_H
#define FM_TESTS_FEEDSERVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "tests/feedserver/board.h"
#include "tests/feedserver/request.h"

enum { ANSWER_BYTES_MAX = 128 * 1024 * 1024 };
#define ANSWER_ENDLESS UINT64_MAX

struct answer {
	struct buf bytes; /* head and body */
	uint64_t filler;  /* so many letters after them */
	int64_t delay_ms; /* before the first byte */
	int64_t drip_ms;  /* between two steps; 0: all at once */
	size_t step_bytes;
	bool close; /* the connection ends with it */
};

/* Makes the answer. folder: of the files. -1 without memory. */
int answer_make(struct answer *answer, const struct request *request, const char *folder,
		struct board *board);
/* The answer to what is no request that we serve. */
int answer_error(struct answer *answer, int status);
void answer_done(struct answer *answer);

#endif
