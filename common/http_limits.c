#include "common/http_inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"

void
http_fail(struct http_transfer *t, enum http_end end, const char *why)
{
	if (t->end != HTTP_DONE)
		return;
	t->end = end;
	t->why = why;
}

/* A redirect to the same place: the connection is wanted again. */
static void
keep_for_redirect(struct http_transfer *t, const char *line, size_t len)
{
	static const char name[] = "Location:";
	const size_t name_len = sizeof(name) - 1;
	const char *url = NULL, *host, *path;
	size_t n;

	if (len <= name_len || strncasecmp(line, name, name_len) != 0)
		return;
	line += name_len;
	len -= name_len;
	for (; len > 0 && (*line == ' ' || *line == '\t'); line++)
		len--;
	(void)curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
	host = url ? strstr(url, "://") : NULL;
	path = host ? strchr(host + 3, '/') : NULL;
	n = path ? (size_t)(path + 1 - url) : 0;
	if ((len > 1 && line[0] == '/' && line[1] != '/') ||
	    (n > 0 && len >= n && memcmp(line, url, n) == 0))
		(void)curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 0L);
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
	if (t->alone)
		keep_for_redirect(t, data, len);
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

/* At the end of each transfer libcurl goes over every name whose address it knows, to forget those
 * whose time is over: with ten thousand hosts that takes longer than the transfer. So most
 * transfers let all be, and one a second clears up. What is too old is not used, whoever clears up.
 * It looks names up in 71 lists, however many there are: when those grow long all is forgotten. */
static void
put_off_pruning(struct http_transfer *t)
{
	struct http *http = t->http;
	const int64_t now_ms = clock_mono_ms();

	http->names += t->sockets > 0;
	if (http->names > HTTP_DNS_NAMES_MAX) {
		(void)curl_easy_setopt(t->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
		http->names = 0;
	} else if (now_ms < http->prune_ms) {
		(void)curl_easy_setopt(t->easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	} else {
		http->prune_ms = now_ms + HTTP_DNS_PRUNE_MS;
	}
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
	put_off_pruning(t);
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
