/* The floor of the fetcher: libcurl's multi_socket loop on epoll and nothing else - no schedule, no
 * limits, no state. It asks as the fetcher does: the same header lines, the same codings, as many
 * connections kept, handles used again, no signals.
 *
 *   fetch_bench URLS AT_ONCE [alone]
 *
 * Asks for every URL of the file twice, the second time with the validators of the first; "alone":
 * each has a host of its own, so that no connection is worth keeping. Prints the CPU of a request
 * in microseconds, of both rounds, and how many connections each made: "WHOLE UNCHANGED CONNECTIONS
 * CONNECTIONS". */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>

enum {
	URLS_MAX = 100000,
	IDLE = 64,
	AT_ONCE_MAX = 512,
	EVENTS = 64,
	LINE_BYTES = 2048,
	VALUE_BYTES = 128
};

static const char accepted[] =
	"Accept: application/atom+xml, application/rss+xml, application/rdf+xml,"
	" application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.9,"
	" */*;q=0.1";

/* What is sent back of an answer. */
enum { ETAG, LAST_MODIFIED, VALIDATORS };
static const struct {
	const char *from, *to;
} validators[VALIDATORS] = {
	[ETAG] = {"etag: ", "If-None-Match: "},
	[LAST_MODIFIED] = {"last-modified: ", "If-Modified-Since: "},
};

struct one {
	CURL *easy;
	struct curl_slist *headers;
	size_t url;
};

static char *urls[URLS_MAX], *known[URLS_MAX][VALIDATORS];
static size_t url_count, next_url, over, expected, body_bytes;
static long connections;
static CURLM *multi;
static int epoll_fd;
static long timer_ms = -1;
static long wanted_status;

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	(void)data;
	(void)arg;
	body_bytes += size * count;
	return size * count;
}

static size_t
on_head(char *data, size_t size, size_t count, void *arg)
{
	const struct one *one = arg;
	const size_t len = size * count;

	for (size_t v = 0; v < VALIDATORS; v++) {
		const size_t name = strlen(validators[v].from);
		char **value = &known[one->url][v];

		if (len > name + 2 && len < VALUE_BYTES && !*value &&
		    strncasecmp(data, validators[v].from, name) == 0)
			*value = strndup(data + name, len - name - 2);
	}
	return len;
}

static int
on_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *watched)
{
	struct epoll_event event = {.data.fd = fd};

	(void)easy;
	(void)arg;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? (unsigned)EPOLLIN : 0) |
		       (what & CURL_POLL_OUT ? (unsigned)EPOLLOUT : 0);
	if (epoll_ctl(epoll_fd, watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
		(void)epoll_ctl(epoll_fd, watched ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
	(void)curl_multi_assign(multi, fd, &epoll_fd);
	return 0;
}

static int
on_timer(CURLM *m, long timeout_ms, void *arg)
{
	(void)m;
	(void)arg;
	timer_ms = timeout_ms;
	return 0;
}

static void
start(struct one *one)
{
	char line[VALUE_BYTES + 32];

	if (next_url == url_count)
		return;
	one->url = next_url++;
	curl_slist_free_all(one->headers);
	one->headers = curl_slist_append(NULL, accepted);
	for (size_t v = 0; wanted_status == 304 && v < VALIDATORS; v++) {
		if (!known[one->url][v])
			continue;
		(void)snprintf(line, sizeof(line), "%s%s", validators[v].to, known[one->url][v]);
		one->headers = curl_slist_append(one->headers, line);
	}
	(void)curl_easy_setopt(one->easy, CURLOPT_URL, urls[one->url]);
	(void)curl_easy_setopt(one->easy, CURLOPT_HTTPHEADER, one->headers);
	(void)curl_multi_add_handle(multi, one->easy);
}

static void
collect(void)
{
	int left;

	for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
		struct one *one = NULL;
		long status = 0, made = 0;
		CURL *easy = m->easy_handle;

		(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&one);
		(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		(void)curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made);
		expected += status == wanted_status;
		connections += made;
		over++;
		(void)curl_multi_remove_handle(multi, easy);
		start(one);
	}
}

static double
cpu_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Every URL once; the CPU of one. */
static double
sweep(struct one *ones, size_t at_once, long status)
{
	const double before_us = cpu_us();
	int running;

	next_url = over = expected = 0;
	connections = 0;
	wanted_status = status;
	for (size_t i = 0; i < at_once; i++)
		start(&ones[i]);
	while (over < url_count) {
		struct epoll_event events[EVENTS];
		const int wait_ms = timer_ms < 0 || timer_ms > 1000 ? 1000 : (int)timer_ms;
		const int count = epoll_wait(epoll_fd, events, EVENTS, wait_ms);

		if (count <= 0) {
			timer_ms = -1;
			(void)curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
		}
		for (int i = 0; i < count; i++)
			(void)curl_multi_socket_action(
				multi, events[i].data.fd,
				(events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
					(events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
				&running);
		collect();
	}
	if (expected != url_count) {
		(void)fprintf(stderr, "fetch_bench: %zu of %zu answers were %ld\n", expected,
			      url_count, status);
		exit(EXIT_FAILURE);
	}
	return (cpu_us() - before_us) / (double)url_count;
}

int
main(int argc, char **argv)
{
	static struct one ones[AT_ONCE_MAX];
	FILE *file = argc >= 3 ? fopen(argv[1], "r") : NULL;
	const size_t at_once = argc >= 3 ? strtoul(argv[2], NULL, 10) : 0;
	char line[LINE_BYTES];
	double whole_us, unchanged_us;
	long for_whole;

	if (!file || at_once == 0 || at_once > AT_ONCE_MAX) {
		(void)fprintf(stderr, "usage: fetch_bench URLS AT_ONCE [alone]\n");
		return 2;
	}
	while (url_count < URLS_MAX && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		urls[url_count++] = strdup(line);
	}
	(void)fclose(file);
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	multi = curl_multi_init();
	(void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_watch);
	(void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)at_once + IDLE);
	for (size_t i = 0; i < at_once; i++) {
		ones[i].easy = curl_easy_init();
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_PRIVATE, &ones[i]);
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_WRITEFUNCTION, on_body);
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_HEADERFUNCTION, on_head);
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_HEADERDATA, &ones[i]);
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_ACCEPT_ENCODING, "");
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_PROXY, "");
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_NOSIGNAL, 1L);
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_FORBID_REUSE, argc > 3 ? 1L : 0L);
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
		(void)curl_easy_setopt(ones[i].easy, CURLOPT_USERAGENT,
				       "feedmill/" VERSION " (+https://feedmill.invalid/)");
	}
	whole_us = sweep(ones, at_once, 200);
	for_whole = connections;
	unchanged_us = sweep(ones, at_once, 304);
	(void)printf("%.1f %.1f %ld %ld\n", whole_us, unchanged_us, for_whole, connections);
	return 0;
}
