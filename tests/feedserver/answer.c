#include "tests/feedserver/answer.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/file.h"
#include "common/quantity.h"
#include "tests/feedserver/generate.h"
#include "tests/feedserver/gzip.h"

enum {
	FILE_BYTES_MAX = 64 * 1024 * 1024,
	NOISE_BYTES_MAX = 16 * 1024 * 1024,
	HEAD_BYTES_MAX = 16 * 1024,
	DELAY_MS_MAX = 10 * 60 * 1000,
	DATE_BYTES = 64,
};
static const char HTTP_DATE[] = "%a, %d %b %Y %H:%M:%S GMT";

/* An answer in the making. */
struct draft {
	const struct request *request;
	const char *folder;
	struct board *board;
	struct board_count *count; /* NULL: not counted */
	int status;
	struct buf type, headers, body;
	uint64_t filler;
	char last_modified[DATE_BYTES];
	bool no_length; /* the body ends where the connection does */
};

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{200, "OK"},
	{301, "Moved Permanently"},
	{302, "Found"},
	{304, "Not Modified"},
	{307, "Temporary Redirect"},
	{308, "Permanent Redirect"},
	{400, "Bad Request"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{410, "Gone"},
	{414, "URI Too Long"},
	{429, "Too Many Requests"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
};

static const char *
phrase_of(int status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Scripted";
}

static void
error_page(struct draft *d, int status)
{
	d->status = status;
	d->filler = 0;
	buf_reset(&d->type);
	buf_reset(&d->body);
	(void)buf_adds(&d->type, "text/html; charset=utf-8", NULL);
	(void)buf_addf(&d->body, NULL,
		       "<!DOCTYPE html><html><head><title>%d %s</title></head>"
		       "<body><h1>%s</h1></body></html>\n",
		       status, phrase_of(status), phrase_of(status));
}

/* Routes. */

static void
route_generated(struct draft *d, const char *rest)
{
	const struct request *r = d->request;
	const uint64_t items = request_number(r, "items", 10, GENERATE_ITEMS_MAX);
	const struct generate g = {
		.format = request_text(r, "format", "rss"),
		.feed = request_number(r, "feed", 1, UINT32_MAX),
		.first = request_number(r, "first", 1, UINT32_MAX),
		.count = board_get(d->board, request_text(r, "var", ""), items),
		.item_bytes = request_number(r, "bytes", 500, GENERATE_ITEM_BYTES_MAX),
		.revision = board_get(d->board, request_text(r, "revvar", ""),
				      request_number(r, "rev", 0, UINT32_MAX)),
		.mark = request_text(r, "mark", NULL),
	};

	(void)rest;
	(void)buf_adds(&d->type, generate_type(g.format), NULL);
	if (g.count > GENERATE_ITEMS_MAX || generate_feed(&g, &d->body) < 0)
		error_page(d, 400);
}

static void
start_of_a_feed(struct draft *d)
{
	(void)buf_adds(&d->type, "application/rss+xml", NULL);
	(void)buf_adds(&d->body,
		       "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Endless</title>"
		       "<item><guid>endless</guid><title>Endless</title><description>",
		       NULL);
}

static void
route_big(struct draft *d, const char *rest)
{
	const uint64_t bytes = request_number(d->request, "bytes", 1 << 20, UINT32_MAX);

	(void)rest;
	start_of_a_feed(d);
	d->filler = bytes > d->body.len ? bytes - d->body.len : 0;
}

static void
route_endless(struct draft *d, const char *rest)
{
	(void)rest;
	start_of_a_feed(d);
	d->filler = ANSWER_ENDLESS;
	d->no_length = true;
}

/* Bytes as random as they need be, the same every time. */
static void
route_noise(struct draft *d, const char *rest)
{
	const uint64_t bytes = request_number(d->request, "bytes", 4096, NOISE_BYTES_MAX);
	uint64_t random = 88172645463325252U;

	(void)rest;
	(void)buf_adds(&d->type, "application/rss+xml", NULL);
	while (d->body.len < bytes && !d->body.failed) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		(void)buf_addc(&d->body, (char)(random >> 32), NULL);
	}
}

static void
route_redirect(struct draft *d, const char *rest)
{
	int64_t status = 302;

	(void)quantity_int(rest, &status);
	error_page(d, status >= 300 && status <= 399 ? (int)status : 302);
	/* A line break of the caller's would end the header here: it is his own test. */
	(void)buf_addf(&d->headers, NULL, "Location: %s\r\n", request_text(d->request, "to", "/"));
}

static void
route_status(struct draft *d, const char *rest)
{
	int64_t status = 500;

	(void)quantity_int(rest, &status);
	error_page(d, status >= 200 && status <= 599 ? (int)status : 500);
}

static void
route_set(struct draft *d, const char *rest)
{
	const struct request *r = d->request;

	(void)rest;
	(void)buf_adds(&d->type, "text/plain", NULL);
	for (size_t i = 0; i < r->parameter_count; i++)
		if (!board_set(d->board, r->parameters[i].name,
			       request_number(r, r->parameters[i].name, 0, UINT32_MAX))) {
			error_page(d, 400);
			return;
		}
	(void)buf_adds(&d->body, "set\n", NULL);
}

static void
route_stats(struct draft *d, const char *rest)
{
	(void)rest;
	(void)buf_adds(&d->type, "text/plain", NULL);
	board_print(d->board, &d->body);
}

static const struct {
	const char *suffix, *type;
} types[] = {
	{".xml", "text/xml"},
	{".rss", "application/rss+xml"},
	{".atom", "application/atom+xml"},
	{".rdf", "application/rdf+xml"},
	{".json", "application/feed+json"},
	{".html", "text/html; charset=utf-8"},
};

static void
file_type(struct draft *d, const char *path)
{
	SCOPED(buf_done) struct buf beside = buf_init(PATH_MAX), said = buf_init(HEAD_BYTES_MAX);
	const char *suffix = strrchr(path, '.'), *type = "application/octet-stream";

	for (size_t i = 0; suffix && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].suffix, suffix) == 0)
			type = types[i].type;
	(void)buf_addf(&beside, NULL, "%s.type", path);
	if (file_read(buf_str(&beside), &said, NULL) == 0 && said.len > 0)
		type = said.data;
	(void)buf_add(&d->type, type, strcspn(type, "\r\n"), NULL);
}

static void
route_file(struct draft *d, const char *rest)
{
	SCOPED(buf_done) struct buf path = buf_init(PATH_MAX);
	struct stat st;
	struct tm tm;

	(void)buf_addf(&path, NULL, "%s/%s", d->folder, rest);
	if (strstr(rest, "..") || stat(buf_str(&path), &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > FILE_BYTES_MAX || file_read(buf_str(&path), &d->body, NULL) < 0) {
		error_page(d, 404);
		return;
	}
	file_type(d, buf_str(&path));
	(void)gmtime_r(&st.st_mtime, &tm);
	if (strftime(d->last_modified, sizeof(d->last_modified), HTTP_DATE, &tm) == 0)
		d->last_modified[0] = '\0';
}

static const struct route {
	const char *path; /* one that ends in "/" takes what follows */
	void (*answer)(struct draft *d, const char *rest);
	bool counted;
} routes[] = {
	{"/gen", route_generated, true},
	{"/big", route_big, true},
	{"/endless", route_endless, true},
	{"/noise", route_noise, true},
	{"/redirect/", route_redirect, true},
	{"/status/", route_status, true},
	{"/set", route_set, false},
	{"/stats", route_stats, false},
	{"/", route_file, true},
};

static const struct route *
route_find(const char *path, const char **rest_out)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const size_t len = strlen(routes[i].path);

		if (strncmp(path, routes[i].path, len) == 0 &&
		    (path[len] == '\0' || path[len - 1] == '/')) {
			*rest_out = path + len;
			return &routes[i];
		}
	}
	*rest_out = ""; /* a path without "/" at its start, which no request has */
	return &routes[sizeof(routes) / sizeof(routes[0]) - 1];
}

/* What every route takes. */

static void
scripted(struct draft *d)
{
	const struct request *r = d->request;
	const uint64_t status = request_number(r, "status", 0, 599);
	const uint64_t times = request_number(r, "times", UINT64_MAX, UINT32_MAX);
	const char *retry_after = request_text(r, "retry-after", NULL);
	const char *type = request_text(r, "type", NULL);
	const char *coding = request_text(r, "coding", NULL);
	const uint64_t end = request_number(r, "end", UINT64_MAX, UINT32_MAX);

	if (status >= 200 && (!d->count || d->count->requests <= times))
		error_page(d, (int)status);
	if (retry_after && d->status != 200)
		(void)buf_addf(&d->headers, NULL, "Retry-After: %s\r\n", retry_after);
	if (coding)
		(void)buf_addf(&d->headers, NULL, "Content-Encoding: %s\r\n", coding);
	if (end < d->body.len)
		d->body.len = end;
	if (type) {
		buf_reset(&d->type);
		(void)buf_adds(&d->type, type, NULL);
	}
}

static void
validators(struct draft *d)
{
	const struct request *r = d->request;
	char etag[64];

	if (d->status != 200 || d->filler || request_number(r, "novalidator", 0, 1))
		return;
	(void)snprintf(etag, sizeof(etag), "\"%08" PRIx32 "-%zx\"",
		       generate_crc32(buf_str(&d->body), d->body.len), d->body.len);
	(void)buf_addf(&d->headers, NULL, "ETag: %s\r\n", etag);
	if (d->last_modified[0])
		(void)buf_addf(&d->headers, NULL, "Last-Modified: %s\r\n", d->last_modified);
	if (r->if_none_match[0]
		    ? strcmp(r->if_none_match, etag) == 0
		    : d->last_modified[0] && strcmp(r->if_modified_since, d->last_modified) == 0) {
		d->status = 304;
		buf_reset(&d->body);
	}
}

static void
gzip_body(struct draft *d)
{
	SCOPED(buf_done) struct buf plain = d->body;

	d->body = buf_init(ANSWER_BYTES_MAX);
	gzip_store(buf_bytes(&plain), &d->body);
	(void)buf_adds(&d->headers, "Content-Encoding: gzip\r\n", NULL);
}

/* Head and body into the answer. */
static int
assemble(struct draft *d, struct answer *answer)
{
	const struct request *r = d->request;
	struct buf *out = &answer->bytes;
	const uint64_t length = d->body.len + d->filler;

	answer->close = r->close || d->no_length;
	answer->delay_ms = (int64_t)request_number(r, "delay", 0, DELAY_MS_MAX);
	answer->drip_ms = (int64_t)request_number(r, "drip", 0, DELAY_MS_MAX);
	answer->step_bytes = request_number(r, "step", 1, ANSWER_BYTES_MAX);
	if (answer->step_bytes == 0)
		answer->step_bytes = 1;
	(void)buf_addf(out, NULL, "HTTP/1.1 %d %s\r\nServer: feedserver\r\n%s", d->status,
		       phrase_of(d->status), buf_str(&d->headers));
	if (d->status != 304)
		(void)buf_addf(out, NULL, "Content-Type: %s\r\n", buf_str(&d->type));
	if (d->status != 304 && !d->no_length)
		(void)buf_addf(out, NULL, "Content-Length: %" PRIu64 "\r\n", length);
	(void)buf_addf(out, NULL, "Connection: %s\r\n\r\n", answer->close ? "close" : "keep-alive");
	if (!r->head_only) {
		const uint64_t cut = request_number(r, "cut", UINT64_MAX, UINT32_MAX);

		answer->close = answer->close || cut < length;
		answer->filler = cut < length ? 0 : d->filler;
		(void)buf_add(out, buf_str(&d->body), cut < d->body.len ? cut : d->body.len, NULL);
	}
	return buf_failed(out, NULL) < 0 || buf_failed(&d->body, NULL) < 0 ||
			       buf_failed(&d->headers, NULL) < 0
		       ? -1
		       : 0;
}

static void
draft_done(struct draft *d)
{
	buf_done(&d->type);
	buf_done(&d->headers);
	buf_done(&d->body);
}
SCOPED_DEFINE_HELD(struct draft, draft_done)

int
answer_make(struct answer *answer, const struct request *request, const char *folder,
	    struct board *board)
{
	SCOPED(draft_done)
	struct draft d = {
		.request = request,
		.folder = folder,
		.board = board,
		.status = 200,
		.type = buf_init(HEAD_BYTES_MAX),
		.headers = buf_init(HEAD_BYTES_MAX),
		.body = buf_init(ANSWER_BYTES_MAX),
	};
	const char *rest;
	const struct route *route = route_find(request->path, &rest);

	*answer = (struct answer){.bytes = buf_init(ANSWER_BYTES_MAX + HEAD_BYTES_MAX)};
	if (route->counted)
		d.count = board_count(board, request->target);
	if (d.count)
		d.count->requests++;
	route->answer(&d, rest);
	scripted(&d);
	validators(&d);
	if (d.count && d.status == 200)
		d.count->whole++;
	if (d.count && d.status == 304)
		d.count->unchanged++;
	if (request_number(request, "gzip", 0, 1) && d.status == 200 && !d.filler)
		gzip_body(&d);
	return assemble(&d, answer);
}

int
answer_error(struct answer *answer, int status)
{
	*answer = (struct answer){.bytes = buf_init(HEAD_BYTES_MAX), .close = true};
	return buf_addf(&answer->bytes, NULL,
			"HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status,
			phrase_of(status));
}

void
answer_done(struct answer *answer)
{
	buf_done(&answer->bytes);
}
