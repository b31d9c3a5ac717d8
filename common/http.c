#include "common/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/httphead.h"

enum {
	CONNECT_MS = 15 * 1000,
	TOTAL_MS = 55 * 1000,
	SLOW_S = 20,
	SLOW_BYTES = 50,
	HEAD_BYTES_MAX = 64 * 1024,
	BODIES_MAX = 24 * 1024 * 1024,
	IDLE_MAX = 64,
	IDLE_CONNECTION_S = 90, /* a connection older than that is not used again */
	REST_MS = 120 * 1000,   /* that long without a request: every connection is closed */
	EVENTS = 64,
	SPARES_MAX = 128,
};

struct http {
	CURLM *multi;
	int epoll;
	int64_t due_ms;  /* monotonic, when libcurl wants its timer; -1: not */
	int64_t rest_ms; /* monotonic, when to close what is idle; -1: nothing is */
	struct http_options options;
	char *user_agent, *ca_file;
	size_t active, bodies_bytes;
	struct http_transfer *all; /* that were not freed yet */
	struct http_transfer *done, **done_tail;
	CURL *spares[SPARES_MAX];
	size_t spare_count;
};

struct http_transfer {
	struct http *http;
	struct http_transfer *next, **link; /* in all */
	struct http_transfer *next_done;
	CURL *easy;
	struct curl_slist *headers;
	void *owner;
	bool running, ended; /* ended: and not taken, in done */
	bool asked;          /* the request was let through */
	size_t body_max, head_bytes, sockets;
	enum http_end end;
	const char *why, *refused;       /* our own reasons; they live on */
	char complaint[CURL_ERROR_SIZE]; /* libcurl's */
	struct buf head, body;
};

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

/* --- what libcurl calls ----------------------------------------------------------------------- */

/* The first reason stays: what libcurl says later is a consequence of it. */
static void
fail(struct http_transfer *t, enum http_end end, const char *why)
{
	if (t->end != HTTP_DONE)
		return;
	t->end = end;
	t->why = why;
}

static size_t
on_head(char *data, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	const size_t len = size * count;

	/* Interim (1xx) blocks are counted and then forgotten. */
	t->head_bytes += len;
	if (t->head_bytes > t->http->options.head_bytes_max) {
		fail(t, HTTP_TOO_LARGE, "the response's header lines are over the limit");
		return 0;
	}
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
		buf_reset(&t->head);
	if (buf_add(&t->head, data, len, NULL) < 0) {
		fail(t, HTTP_LOCAL, "out of memory");
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

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_transfer *t = arg;
	struct http *http = t->http;
	const size_t len = size * count;

	/* CURLOPT_MAXFILESIZE counts what a server announces, this counts what it sends, decoded:
	 * the only defence against endless chunks and compression bombs. */
	if (len > t->body_max - t->body.len) {
		fail(t, HTTP_TOO_LARGE, "the body is over the limit");
		return 0;
	}
	if (http->bodies_bytes + len > http->options.bodies_max && !has_longest_body(t)) {
		fail(t, HTTP_BUSY, "too many large bodies at once");
		return 0;
	}
	if (buf_add(&t->body, data, len, NULL) < 0) {
		fail(t, HTTP_LOCAL, "out of memory");
		return 0;
	}
	http->bodies_bytes += len;
	return len;
}

/* Sees the very address that will be connected to: no spelling of a URL, no DNS answer and no
 * change of one between check and use gets past it. */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
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
static int
on_request(void *arg, char *peer, char *self, int peer_port, int self_port)
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
	fail(t, HTTP_REFUSED, why);
	return CURL_PREREQFUNC_ABORT;
}

static int
on_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *watched)
{
	struct http *http = arg;
	struct epoll_event event = {.data.fd = fd};

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(http->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	/* A descriptor may come back under its number before libcurl forgets the old one. */
	if (watched && epoll_ctl(http->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	if (epoll_ctl(http->epoll, EPOLL_CTL_ADD, fd, &event) < 0 &&
	    epoll_ctl(http->epoll, EPOLL_CTL_MOD, fd, &event) < 0)
		return -1;
	(void)curl_multi_assign(http->multi, fd, http);
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http *http = arg;

	(void)multi;
	http->due_ms = timeout_ms < 0 ? -1 : clock_mono_ms() + timeout_ms;
	return 0;
}

/* --- the client ------------------------------------------------------------------------------- */

static int
open_multi(struct http *http, struct err *err)
{
	http->multi = curl_multi_init();
	http->due_ms = -1;
	if (!http->multi ||
	    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_watch) != CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) != CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) != CURLM_OK ||
	    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)http->options.idle_max) !=
		    CURLM_OK)
		return err_set(err, ERR_RETRY, "libcurl does not start: out of memory");
	return 0;
}

static int64_t
or_default(int64_t value, int64_t fallback)
{
	return value > 0 ? value : fallback;
}

static char *
copy_or_null(const char *s)
{
	return s ? strdup(s) : NULL;
}

struct http *
http_new(const struct http_options *options, struct err *err)
{
	static bool started;
	SCOPED(http_free) struct http *http = calloc(1, sizeof(*http));
	const char *ca_file = options->ca_file ? options->ca_file : getenv("SSL_CERT_FILE");

	if (!started && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)err_set(err, ERR_FATAL, "libcurl does not start");
		return NULL;
	}
	started = true;
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (!http) {
		(void)err_sys(err, "http client");
		return NULL;
	}
	http->epoll = epoll_create1(EPOLL_CLOEXEC);
	http->done_tail = &http->done;
	http->rest_ms = -1;
	http->options = *options;
	struct http_options *o = &http->options;
	o->connect_ms = or_default(o->connect_ms, CONNECT_MS);
	o->total_ms = or_default(o->total_ms, TOTAL_MS);
	o->slow_s = or_default(o->slow_s, SLOW_S);
	o->slow_bytes = or_default(o->slow_bytes, SLOW_BYTES);
	o->head_bytes_max = o->head_bytes_max ? o->head_bytes_max : HEAD_BYTES_MAX;
	o->bodies_max = o->bodies_max ? o->bodies_max : BODIES_MAX;
	o->idle_max = o->idle_max ? o->idle_max : IDLE_MAX;
	http->user_agent = copy_or_null(options->user_agent);
	http->ca_file = copy_or_null(ca_file);
	if (http->epoll < 0 || (options->user_agent && !http->user_agent) ||
	    (ca_file && !http->ca_file)) {
		(void)err_sys(err, "http client");
		return NULL;
	}
	if (open_multi(http, err) < 0)
		return NULL;
	return TAKE(http);
}

void
http_free(struct http *http)
{
	if (!http)
		return;
	while (http->all)
		http_transfer_free(http->all);
	for (size_t i = 0; i < http->spare_count; i++)
		curl_easy_cleanup(http->spares[i]);
	if (http->multi)
		(void)curl_multi_cleanup(http->multi);
	if (http->epoll >= 0)
		(void)close(http->epoll);
	free(http->user_agent);
	free(http->ca_file);
	free(http);
}

int
http_fd(const struct http *http)
{
	return http->epoll;
}

int
http_timeout_ms(const struct http *http)
{
	int64_t due_ms = http->due_ms, left_ms;

	if (http->done)
		return 0;
	if (due_ms < 0 || (http->rest_ms >= 0 && http->rest_ms < due_ms))
		due_ms = http->rest_ms;
	if (due_ms < 0)
		return -1;
	left_ms = due_ms - clock_mono_ms();
	return left_ms < 0 ? 0 : left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

size_t
http_active(const struct http *http)
{
	return http->active;
}

size_t
http_bodies_bytes(const struct http *http)
{
	return http->bodies_bytes;
}

/* --- one transfer ----------------------------------------------------------------------------- */

/* What is the same for every request of the client. */
static CURL *
new_easy(const struct http *http)
{
	const struct http_options *o = &http->options;
	CURL *easy = curl_easy_init();
	char *ca_default = NULL;
	CURLcode rc = CURLE_OK;

	if (!easy)
		return NULL;
#define SET(option, value)                                                                         \
	do {                                                                                       \
		if (rc == CURLE_OK)                                                                \
			rc = curl_easy_setopt(easy, (option), (value));                            \
	} while (0)
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, ""); /* or the address check would see the proxy's address */
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_PIPEWAIT, 1L);
	SET(CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_S);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)o->total_ms);
	SET(CURLOPT_LOW_SPEED_TIME, (long)o->slow_s);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)o->slow_bytes);
	SET(CURLOPT_HEADERFUNCTION, on_head);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET(CURLOPT_PREREQFUNCTION, on_request);
	if (http->user_agent)
		SET(CURLOPT_USERAGENT, http->user_agent);
	/* A CA folder keeps libcurl's cache of the CA bundle from being used: 31 ms of CPU for each
	 * TLS connection instead of 1.2 ms. Only where there is a bundle to rely on. */
	if (http->ca_file)
		SET(CURLOPT_CAINFO, http->ca_file);
	if (http->ca_file ||
	    (curl_easy_getinfo(easy, CURLINFO_CAINFO, &ca_default) == CURLE_OK && ca_default))
		SET(CURLOPT_CAPATH, NULL);
#undef SET
	if (rc != CURLE_OK) {
		curl_easy_cleanup(easy);
		return NULL;
	}
	return easy;
}

static bool
has_body(const struct http_request *request)
{
	return request->method && request->body.data;
}

/* Sets every option that differs between requests: a handle comes back from another request. */
static CURLcode
set_request(struct http_transfer *t, const struct http_request *request)
{
	CURLcode rc = CURLE_OK;

#define SET(option, value)                                                                         \
	do {                                                                                       \
		if (rc == CURLE_OK)                                                                \
			rc = curl_easy_setopt(t->easy, (option), (value));                         \
	} while (0)
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_USERPWD, request->userinfo);
	SET(CURLOPT_HTTPHEADER, t->headers);
	SET(CURLOPT_ACCEPT_ENCODING, request->identity ? NULL : "");
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->body_max);
	SET(CURLOPT_HTTPGET, 1L);
	if (has_body(request)) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDS, request->body.data);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	}
	SET(CURLOPT_CUSTOMREQUEST, request->method);
	SET(CURLOPT_PRIVATE, t);
	SET(CURLOPT_ERRORBUFFER, t->complaint);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_OPENSOCKETDATA, t);
	SET(CURLOPT_PREREQDATA, t);
#undef SET
	return rc;
}

static int
set_headers(struct http_transfer *t, const struct http_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		struct curl_slist *more = curl_slist_append(t->headers, request->headers[i]);

		if (!more)
			return -1;
		t->headers = more;
	}
	if (has_body(request)) {
		/* "Expect: 100-continue" costs a second where a server does not know it. */
		struct curl_slist *more = curl_slist_append(t->headers, "Expect:");

		if (!more)
			return -1;
		t->headers = more;
	}
	return 0;
}

struct http_transfer *
http_start(struct http *http, const struct http_request *request, void *owner, struct err *err)
{
	struct http_transfer *t = calloc(1, sizeof(*t));

	if (!t) {
		(void)err_sys(err, "http transfer");
		return NULL;
	}
	t->http = http;
	t->owner = owner;
	t->next = http->all;
	t->link = &http->all;
	if (t->next)
		t->next->link = &t->next;
	http->all = t;
	t->body_max = request->body_bytes_max;
	t->head = buf_init(http->options.head_bytes_max);
	t->body = buf_init(t->body_max);
	t->easy = http->spare_count > 0 ? http->spares[--http->spare_count] : new_easy(http);
	if (!t->easy || set_headers(t, request) < 0 || set_request(t, request) != CURLE_OK ||
	    curl_multi_add_handle(http->multi, t->easy) != CURLM_OK) {
		(void)err_set(err, ERR_RETRY, "http transfer: out of memory");
		http_transfer_free(t);
		return NULL;
	}
	t->running = true;
	http->active++;
	http->rest_ms = -1;
	return t;
}

/* Takes it out of libcurl's hands. */
static void
stop(struct http_transfer *t)
{
	struct http *http = t->http;

	(void)curl_multi_remove_handle(http->multi, t->easy);
	t->running = false;
	if (--http->active == 0)
		http->rest_ms = clock_mono_ms() + REST_MS;
}

/* Out of the list of those that nobody took. */
static void
forget_ended(struct http_transfer *t)
{
	struct http_transfer **link = &t->http->done;

	while (*link != t)
		link = &(*link)->next_done;
	*link = t->next_done;
	if (t->http->done_tail == &t->next_done)
		t->http->done_tail = link;
	t->next_done = NULL;
	t->ended = false;
}

void
http_drop_body(struct http_transfer *t)
{
	t->http->bodies_bytes -= t->body.len;
	buf_done(&t->body);
}

void
http_transfer_free(struct http_transfer *t)
{
	if (!t)
		return;
	struct http *http = t->http;

	if (t->running)
		stop(t);
	else if (t->ended)
		forget_ended(t);
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	http_drop_body(t);
	/* A spare must not point into what goes away here. */
	if (t->easy && http->spare_count < SPARES_MAX) {
		(void)curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, NULL);
		(void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
		(void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, NULL);
		http->spares[http->spare_count++] = t->easy;
	} else if (t->easy) {
		curl_easy_cleanup(t->easy);
	}
	curl_slist_free_all(t->headers);
	buf_done(&t->head);
	free(t);
}

/* --- the end of a transfer -------------------------------------------------------------------- */

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
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i].rc == rc)
			return ends[i].end;
	return HTTP_BROKEN;
}

static void
finish(struct http_transfer *t, CURLcode rc)
{
	struct http *http = t->http;

	stop(t);
	if (rc == CURLE_COULDNT_CONNECT && t->refused && t->sockets == 0)
		fail(t, HTTP_REFUSED, t->refused);
	else if (rc != CURLE_OK)
		fail(t, end_of(rc, t),
		     t->complaint[0] != '\0' ? t->complaint : curl_easy_strerror(rc));
	else if (httphead_two_lengths(buf_bytes(&t->head)))
		fail(t, HTTP_BROKEN, "two different Content-Length lines");
	t->ended = true;
	*http->done_tail = t;
	http->done_tail = &t->next_done;
}

int
http_run(struct http *http, struct err *err)
{
	struct epoll_event events[EVENTS];
	const int count = epoll_wait(http->epoll, events, EVENTS, 0);
	int still = 0, left = 0;

	for (int i = 0; i < count; i++) {
		const uint32_t got = events[i].events;
		int what = 0;

		if (got & (EPOLLIN | EPOLLHUP))
			what |= CURL_CSELECT_IN;
		if (got & EPOLLOUT)
			what |= CURL_CSELECT_OUT;
		if (got & EPOLLERR)
			what |= CURL_CSELECT_ERR;
		(void)curl_multi_socket_action(http->multi, events[i].data.fd, what, &still);
	}
	if (http->due_ms >= 0 && http->due_ms <= clock_mono_ms()) {
		http->due_ms = -1;
		(void)curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &still);
	}
	for (const CURLMsg *m; (m = curl_multi_info_read(http->multi, &left));) {
		struct http_transfer *t = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		const CURLcode rc = m->data.result; /* gone once the handle is taken out */
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		finish(t, rc);
	}
	/* Nobody watches idle connections: what a server has closed would stay half open. */
	if (http->active == 0 && http->rest_ms >= 0 && http->rest_ms <= clock_mono_ms()) {
		for (size_t i = 0; i < http->spare_count; i++)
			curl_easy_cleanup(http->spares[i]);
		http->spare_count = 0;
		http->rest_ms = -1;
		(void)curl_multi_cleanup(http->multi);
		return open_multi(http, err);
	}
	return 0;
}

struct http_transfer *
http_take_done(struct http *http)
{
	struct http_transfer *t = http->done;

	if (t)
		forget_ended(t);
	return t;
}

void *
http_owner(const struct http_transfer *t)
{
	return t->owner;
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
