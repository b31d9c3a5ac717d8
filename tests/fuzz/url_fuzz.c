/* A base, a NUL and a reference. */
#include <string.h>

#include "common/url.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

static const char *const web[] = {"http", "https", NULL};

static int
scheme_is_web(const char *text, size_t len)
{
	struct url url;

	url_split(text, len, &url);
	return url.scheme.data && url_scheme_in(text, len, web);
}

/* A URL that was resolved is clean, and resolving it again changes nothing. */
static void
check_resolved(const char *text, size_t len)
{
	SCOPED(buf_done) struct buf again = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf host = buf_init(URL_MAX_BYTES);
	struct url url;

	FUZZ_CHECK(len <= URL_MAX_BYTES && utf8_valid(text, len));
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK((unsigned char)text[i] > ' ' && !strchr("\"<>\x7F", text[i]));
	/* Encoding may bring another scheme's text to the ceiling, never over it. */
	FUZZ_CHECK(url_resolve(NULL, text, len, &again, NULL) == 0);
	FUZZ_CHECK(again.len == len && memcmp(again.data, text, len) == 0);
	FUZZ_CHECK(url_is_http(text, len) == scheme_is_web(text, len));
	url_split(text, len, &url);
	FUZZ_CHECK(url.scheme.len > 0);
	FUZZ_CHECK(!scheme_is_web(text, len) || (url.host.len > 0 && url.path.len > 0));
	FUZZ_CHECK(url_host(text, len, &host, NULL) == 0 && host.len == url.host.len);
}

static void
check_credentials(const char *text, size_t len)
{
	SCOPED(buf_done) struct buf shown = buf_init(len);
	SCOPED(buf_done) struct buf resolved = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf again = buf_init(URL_MAX_BYTES);
	struct url url;

	FUZZ_CHECK(url_without_credentials(text, len, &shown, NULL) == 0);
	if (url_resolve(NULL, text, len, &resolved, NULL) < 0 ||
	    url_resolve(NULL, buf_str(&shown), shown.len, &again, NULL) < 0)
		return;
	url_split(buf_str(&again), again.len, &url);
	FUZZ_CHECK(!url.userinfo.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nul = len > 0 ? memchr(data, '\0', len) : NULL;
	const char *base = nul ? (const char *)data : NULL;
	const char *ref = nul ? (const char *)nul + 1 : (const char *)data;
	const size_t ref_len = len - (size_t)(ref - (const char *)data);
	SCOPED(buf_done) struct buf out = buf_init(URL_MAX_BYTES);
	struct err err = {.kind = ERR_NONE};

	check_credentials(ref, ref_len);
	if (url_resolve(base, ref, ref_len, &out, &err) < 0) {
		FUZZ_CHECK(err.kind == ERR_REJECT && err.text[0] && out.len == 0);
		return 0;
	}
	check_resolved(buf_str(&out), out.len);
	/* What the question about the scheme lets through is no other scheme in disguise. */
	if (url_scheme_in(ref, ref_len, web) && (!base || scheme_is_web(base, strlen(base))))
		FUZZ_CHECK(scheme_is_web(buf_str(&out), out.len));
	return 0;
}
