/* match - all phrases found in a text in one pass: a trie over words, so that the cost follows
 * the text and not the number of phrases; near/ and pre/ joined from what the trie found; then
 * the regular expressions.
 *
 * match is read-only and serves any number of scans; a scan is scratch memory for one text after
 * the other. */
#ifndef FM_CLASSIFIER_MATCH_H
#define FM_CLASSIFIER_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/phrase.h"
#include "common/err.h"
#include "common/scope.h"

enum { MATCH_TEXT_BYTES_MAX = 1 << 30 };

struct match;
struct match_scan;

/* Phrase i of the array bytes at..end of the text met. */
struct match_hit {
	uint32_t phrase;
	uint32_t at, end;
};

/* Copies what it needs of the phrases. Returns new; NULL with ERR_USAGE naming the number of the
 * phrase in *bad_out (a bad regular expression), or ERR_RETRY without memory. */
struct match *match_new(const struct phrase *const *phrases, size_t count, size_t *bad_out,
			struct err *err);
void match_free(struct match *match);
SCOPED_DEFINE(struct match, match_free)

struct match_scan *match_scan_new(const struct match *match); /* NULL without memory */
void match_scan_free(struct match_scan *scan);
SCOPED_DEFINE(struct match_scan, match_scan_free)

/* Finds everything, also what overlaps: the hits, ordered by their end but for those of regular
 * expressions, which come last. A near/ or pre/ gives a hit for each place where its later side
 * ends, joined with the closest of the other before it. text is valid UTF-8. -1 with ERR_RETRY
 * without memory. */
int match_text(struct match_scan *scan, const char *text, size_t len,
	       const struct match_hit **hits_out, size_t *count_out, struct err *err);

/* Texts of which the search by this phrase, a regular expression, was given up at its limits, since
 * the scan was made. */
uint64_t match_limited(const struct match_scan *scan, uint32_t phrase);
/* A phrase to which that happened for the first time since this was asked last: true, and which. */
bool match_newly_limited(struct match_scan *scan, uint32_t *phrase_out);

size_t match_bytes(const struct match *match); /* of memory */

#endif
