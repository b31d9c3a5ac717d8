#include "common/http_inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

void
http_fail(struct http_transfer *t, enum http_end end, const char *why)
{
	if (t->end != HTTP_DONE)
		return;
	t->end = end;
	t->why = why;
}

size_t
http_on_head(char *data, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	const size_t len = size * count;

	/* Interim (1xx) blocks are counted and then forgotten. */
	t->head_bytes += len;
	if (t->head_bytes > t->http->options.head_bytes_max) {
		http_fail(t, HTTP_TOO_LARGE, "the response's header lines are over the limit");
		return 0;
	}
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
		buf_reset(&t->head);
	if (buf_add(&t->head, data, len, NULL) < 0) {
		http_fail(t, HTTP_LOCAL, "out of memory");
		return 0;
	}
	return len;
}

/* The transfer with the longest body goes on, so that somebody always gets done; the others can
 * come again. All bodies together stay below bodies_max plus one body's own ceiling. */
static bool
has_longest_body(const struct http_transfer *t)
{
	for (const struct http_transfer *o = t->http->all; o; o = o->next)
		if (o != t && o->body.len > t->body.len)
			return false;
	return true;
}

size_t
http_on_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	struct http *http = t->http;
	const size_t len = size * count;

	/* CURLOPT_MAXFILESIZE counts what a server announces, this counts what it sends, decoded:
	 * the only defence against endless chunks and compression bombs. */
	if (len > t->body_max - t->body.len) {
		http_fail(t, HTTP_TOO_LARGE, "the body is over the limit");
		return 0;
	}
	if (http->bodies_bytes + len > http->options.bodies_max && !has_longest_body(t)) {
		http_fail(t, HTTP_BUSY, "too many large bodies at once");
		return 0;
	}
	if (buf_add(&t->body, data, len, NULL) < 0) {
		http_fail(t, HTTP_LOCAL, "out of memory");
		return 0;
	}
	http->bodies_bytes += len;
	return len;
}

/* Sees the very address that will be connected to: no spelling of a URL, no DNS answer and no
 * change of one between check and use gets past it. */
curl_socket_t
http_on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_transfer *t = arg;
	const struct http_options *o = &t->http->options;
	const char *why = o->refuse ? o->refuse(o->arg, &address->addr) : NULL;

	(void)purpose;
	if (why) {
		t->refused = why;
		return CURL_SOCKET_BAD;
	}
	t->sockets++;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A kept connection opens no socket: the address it stands on is checked here. */
int
http_on_request(void *arg, char *peer, char *self, int peer_port, int self_port)
{
	struct http_transfer *t = arg;
	const struct http_options *o = &t->http->options;
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)peer_port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)peer_port)};
	const char *why = "the connection's address cannot be read";

	(void)self;
	(void)self_port;
	t->asked = true;
	if (!o->refuse)
		return CURL_PREREQFUNC_OK;
	if (inet_pton(AF_INET, peer, &v4.sin_addr) == 1)
		why = o->refuse(o->arg, (const struct sockaddr *)&v4);
	else if (inet_pton(AF_INET6, peer, &v6.sin6_addr) == 1)
		why = o->refuse(o->arg, (const struct sockaddr *)&v6);
	if (!why)
		return CURL_PREREQFUNC_OK;
	http_fail(t, HTTP_REFUSED, why);
	return CURL_PREREQFUNC_ABORT;
}
