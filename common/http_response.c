#include "common/http_inside.h"

#include "common/httphead.h"

const char *
http_end_name(enum http_end end)
{
	static const char *const names[] = {
		[HTTP_DONE] = "done",
		[HTTP_UNRESOLVED] = "unresolved",
		[HTTP_UNREACHED] = "unreached",
		[HTTP_REFUSED] = "refused",
		[HTTP_TLS] = "tls",
		[HTTP_SLOW] = "slow",
		[HTTP_BROKEN] = "broken",
		[HTTP_CODING] = "coding",
		[HTTP_TOO_LARGE] = "too_large",
		[HTTP_BUSY] = "busy",
		[HTTP_LOCAL] = "local",
	};

	return names[end];
}

static enum http_end
end_of(CURLcode rc, const struct http_transfer *t)
{
	static const struct {
		CURLcode rc;
		enum http_end end;
	} ends[] = {
		{CURLE_COULDNT_RESOLVE_HOST, HTTP_UNRESOLVED},
		{CURLE_COULDNT_CONNECT, HTTP_UNREACHED},
		{CURLE_UNSUPPORTED_PROTOCOL, HTTP_REFUSED},
		{CURLE_URL_MALFORMAT, HTTP_REFUSED},
		{CURLE_LOGIN_DENIED, HTTP_REFUSED},
		{CURLE_SSL_CONNECT_ERROR, HTTP_TLS},
		{CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS},
		{CURLE_SSL_CIPHER, HTTP_TLS},
		{CURLE_SSL_CACERT_BADFILE, HTTP_TLS},
		{CURLE_SSL_ISSUER_ERROR, HTTP_TLS},
		{CURLE_SSL_INVALIDCERTSTATUS, HTTP_TLS},
		{CURLE_SSL_CERTPROBLEM, HTTP_TLS},
		{CURLE_OPERATION_TIMEDOUT, HTTP_SLOW},
		{CURLE_BAD_CONTENT_ENCODING, HTTP_CODING},
		/* Our own callbacks have said why by now: here it is the decoder. */
		{CURLE_WRITE_ERROR, HTTP_CODING},
		{CURLE_FILESIZE_EXCEEDED, HTTP_TOO_LARGE},
		{CURLE_FAILED_INIT, HTTP_LOCAL},
	};

	/* 7.88 also says "out of memory" of a header line over 100 kB. */
	if (rc == CURLE_OUT_OF_MEMORY)
		return t->head_bytes > 0 ? HTTP_TOO_LARGE : HTTP_LOCAL;
	if (rc == CURLE_UNSUPPORTED_PROTOCOL && t->asked)
		return HTTP_BROKEN; /* HTTP/0.9 */
	if (rc == CURLE_OPERATION_TIMEDOUT && !t->asked)
		return HTTP_UNREACHED;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i].rc == rc)
			return ends[i].end;
	return HTTP_BROKEN;
}

void
http_conclude(struct http_transfer *t, CURLcode rc)
{
	if (rc == CURLE_COULDNT_CONNECT && t->refused && t->sockets == 0)
		http_fail(t, HTTP_REFUSED, t->refused);
	else if (rc != CURLE_OK)
		http_fail(t, end_of(rc, t),
			  t->complaint[0] != '\0' ? t->complaint : curl_easy_strerror(rc));
	else if (httphead_two_lengths(buf_bytes(&t->head)))
		http_fail(t, HTTP_BROKEN, "two different Content-Length lines");
}

struct http_response
http_response(const struct http_transfer *t)
{
	struct http_response r = {
		.end = t->end,
		.reason = t->why ? t->why : "",
		.head = buf_bytes(&t->head),
		.body = buf_bytes(&t->body),
		.peer = "",
	};
	curl_off_t bytes = 0, took_us = 0;
	long connections = 0;
	char *peer = NULL;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r.status);
	(void)curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &r.location);
	(void)curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
	(void)curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &took_us);
	(void)curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connections);
	if (curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &peer) == CURLE_OK && peer)
		r.peer = peer;
	r.wire_bytes = bytes;
	r.took_us = took_us;
	r.fresh = connections > 0;
	return r;
}

void
http_drop_body(struct http_transfer *t)
{
	t->http->bodies_bytes -= t->body.len;
	buf_done(&t->body);
}
