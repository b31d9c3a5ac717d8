#include "common/http_inside.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"

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
};

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

/* The client. */

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

/* One transfer. */

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
	SET(CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_S);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)o->total_ms);
	SET(CURLOPT_LOW_SPEED_TIME, (long)o->slow_s);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)o->slow_bytes);
	SET(CURLOPT_HEADERFUNCTION, http_on_head);
	SET(CURLOPT_WRITEFUNCTION, http_on_body);
	SET(CURLOPT_OPENSOCKETFUNCTION, http_on_open_socket);
	SET(CURLOPT_PREREQFUNCTION, http_on_request);
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
	SET(CURLOPT_DNS_CACHE_TIMEOUT, (long)HTTP_DNS_CACHE_S); /* see http_on_request */
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
	/* Over TLS the handshake tells whether one connection is enough for several requests. In
	 * the clear only the first answer would: whoever waits for that hangs with it. */
	SET(CURLOPT_PIPEWAIT, (long)(strncasecmp(request->url, "https:", 6) == 0));
	SET(CURLOPT_FORBID_REUSE, (long)request->alone);
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
	t->alone = request->alone;
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
	if (t->easy && http->spare_count < HTTP_SPARES_MAX) {
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

/* The end of a transfer. */

static void
finish(struct http_transfer *t, CURLcode rc)
{
	struct http *http = t->http;

	stop(t);
	http_conclude(t, rc);
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
