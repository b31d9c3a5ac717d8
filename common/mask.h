/* mask - a text for people, without the credentials of the URLs in it, whether they are good URLs
 * or what somebody wrote for one: what an error or a log may quote. */
#ifndef FM_COMMON_MASK_H
#define FM_COMMON_MASK_H

enum { MASK_BYTES = 201 };

/* Copies the text, "***" in place of all that may be credentials, cut between two characters where
 * it is too long. In "//name:password@host" they end at the last "@" before the path; where that
 * is no authority a URL can have ("name:pass/word@host"), at the last "@" of all. Returns out. */
const char *mask_text(const char *text, char out[MASK_BYTES]);

#endif
