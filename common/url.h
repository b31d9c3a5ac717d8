/* url - references as browsers read them (WHATWG URL Standard) and resolution against a base
 * (RFC 3986, section 5). Pure text: nothing here looks a name up. */
#ifndef FM_COMMON_URL_H
#define FM_COMMON_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

enum { URL_MAX_BYTES = 8192 };

/* The parts of a URL; each borrows from the text that was split, absent = {NULL, 0}. */
struct url {
	struct bytes scheme;   /* without ":" */
	struct bytes userinfo; /* without "@" */
	struct bytes host;     /* with brackets where it is IPv6 */
	struct bytes port;
	struct bytes path; /* may be empty, never absent */
	struct bytes query;
	struct bytes fragment;
};

void url_split(const char *text, size_t len, struct url *out);

/* Appends ref, made absolute against base (NULL or "": none), to out: C0 controls and blanks at
 * the ends, and TAB, LF, CR anywhere, are dropped first; in http(s) a backslash reads as a
 * slash; scheme and host are lower-cased, an empty path becomes "/", dot segments are resolved,
 * a default port is dropped, bytes that no URL may hold are percent-encoded; the rest stays as
 * the publisher spelt it. -1 with ERR_REJECT: no base for a relative reference, no host in
 * http(s), over URL_MAX_BYTES. */
int url_resolve(const char *base, const char *ref, size_t ref_len, struct buf *out,
		struct err *err);

/* Whether the reference, once read as a browser reads it, has one of the schemes listed in
 * allowed ("http", "https", ..., NULL) or none at all. */
bool url_scheme_in(const char *ref, size_t len, const char *const *allowed);

/* Whether text is an absolute http or https URL with a host. */
bool url_is_http(const char *text, size_t len);

/* Appends the host of an absolute URL, lower-cased, without port; nothing when it has none. */
int url_host(const char *text, size_t len, struct buf *out, struct err *err);

/* Appends the URL with the userinfo taken out: what may be shown in logs and items. */
int url_without_credentials(const char *text, size_t len, struct buf *out, struct err *err);

#endif
