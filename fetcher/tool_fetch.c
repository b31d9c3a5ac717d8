/* fetch: one polite fetch, each step and the verdict in words or as JSON lines. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/json.h"
#include "common/scope.h"
#include "common/url.h"
#include "fetcher/discover.h"
#include "fetcher/errand.h"
#include "fetcher/tool.h"

enum { LINE_BYTES_MAX = 1024 * 1024 };

struct showing {
	bool json;
	struct buf line; /* of JSON */
};

/* In words. */

/* Lines of a server, indented, with what a terminal would take for commands made harmless. */
static void
print_lines(const char *indent, struct bytes text)
{
	const unsigned char *s = text.data;
	bool start = true;

	for (size_t i = 0; i < text.len; i++) {
		if (s[i] == '\r')
			continue;
		if (start)
			(void)fputs(indent, stdout);
		start = s[i] == '\n';
		(void)putchar(s[i] == '\n' || (s[i] >= 0x20 && s[i] < 0x7f) ? s[i] : '?');
	}
}

static void
print_step(const struct http_request *request, const struct http_response *r, bool again)
{
	(void)printf("GET %s\n", request->url);
	for (size_t i = 0; i < request->header_count; i++)
		(void)printf("    > %s\n", request->headers[i]);
	if (request->userinfo)
		(void)printf("    > Authorization: (credentials)\n");
	print_lines("    < ", r->head);
	if (r->end != HTTP_DONE)
		(void)printf("    ! %s: %s\n", http_end_name(r->end), r->reason);
	(void)printf("    = %ld, %lld bytes from %s, %lld ms%s%s\n", r->status,
		     (long long)r->wire_bytes, r->peer[0] ? r->peer : "nobody",
		     (long long)r->took_us / 1000,
		     r->fresh || !r->peer[0] ? "" : ", kept connection", again ? ", goes on" : "");
}

static void
print_wish(const char *name, int64_t seconds)
{
	if (seconds >= 0)
		(void)printf("%s: %lld s\n", name, (long long)seconds);
}

static int
print_found(void *arg, const struct discovered *found)
{
	size_t *count = arg;

	(void)printf("%s    %s", (*count)++ ? "" : "the feeds that it names:\n", found->url);
	if (found->title) {
		(void)printf("  ");
		print_lines("", (struct bytes){found->title, strlen(found->title)});
	}
	(void)putchar('\n');
	return 0;
}

static void
print_verdict(const struct outcome *o)
{
	static const char *const kinds[] = {
		[DISCOVER_FEED] = "a feed",
		[DISCOVER_PAGE] = "a page",
		[DISCOVER_OTHER] = "neither a feed nor a page",
	};
	const enum discover_kind kind = discover_kind(o->body);
	size_t count = 0;

	(void)printf("\nverdict: %s%s%s\n", outcome_name(o->kind), o->reason[0] ? ": " : "",
		     o->reason);
	(void)printf("url: %s\n", o->url);
	if (o->moved_url)
		(void)printf("moved for good: %s\n", o->moved_url);
	print_wish("fresh for", o->fresh_s);
	print_wish("retry after", o->retry_after_s);
	if (o->kind != OUTCOME_DOCUMENT)
		return;
	(void)printf("type: ");
	print_lines("", o->content_type);
	(void)printf("\nbody: %zu bytes\n", o->body.len);
	(void)printf("validators: %s%s%s\n", o->etag.len ? "ETag " : "",
		     o->last_modified.len ? "Last-Modified" : "",
		     o->etag.len + o->last_modified.len ? ""
							: "none, so every poll costs a whole body");
	(void)printf("it is: %s\n", kinds[kind]);
	if (kind != DISCOVER_FEED &&
	    discover_links(o->head, o->body, o->url, print_found, &count, NULL) == 0 && count == 0)
		(void)printf("it names no feed\n");
}

/* As JSON. */

static void
member_clean(struct json *j, const char *key, struct bytes text)
{
	SCOPED(buf_done) struct buf clean = buf_init(LINE_BYTES_MAX);

	tool_clean(text, &clean);
	json_member(j, key, buf_str(&clean));
}

static void
member_text(struct json *j, const char *key, const char *text)
{
	if (text)
		member_clean(j, key, (struct bytes){text, strlen(text)});
}

static void
put_line(struct buf *line)
{
	if (buf_failed(line, NULL) == 0)
		(void)printf("%s\n", buf_str(line));
	buf_reset(line);
}

static void
json_step(struct buf *line, const struct http_request *request, const struct http_response *r,
	  bool again)
{
	struct json j = json_into(line);
	const char *at = r->head.data, *end = at + r->head.len;

	json_object(&j);
	member_text(&j, "get", request->url);
	json_member_int(&j, "status", r->status);
	json_member(&j, "end", http_end_name(r->end));
	member_text(&j, "reason", r->reason);
	json_member(&j, "peer", r->peer);
	json_member_int(&j, "wire_bytes", r->wire_bytes);
	json_member_int(&j, "ms", r->took_us / 1000);
	json_key(&j, "goes_on");
	json_bool(&j, again);
	json_key(&j, "headers");
	json_array(&j);
	while (r->head.len > 0 && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		SCOPED(buf_done) struct buf clean = buf_init(LINE_BYTES_MAX);

		if (len > 0 && at[len - 1] == '\r')
			len--;
		tool_clean((struct bytes){at, len}, &clean);
		if (len > 0)
			json_text(&j, buf_str(&clean));
		at = stop ? stop + 1 : end;
	}
	json_close(&j);
	json_close(&j);
	put_line(line);
}

static int
json_found(void *arg, const struct discovered *found)
{
	struct json *j = arg;

	json_object(j);
	member_text(j, "url", found->url);
	json_member(j, "title", found->title);
	json_close(j);
	return 0;
}

static void
json_verdict(struct buf *line, const struct outcome *o)
{
	static const char *const kinds[] = {
		[DISCOVER_FEED] = "feed", [DISCOVER_PAGE] = "page", [DISCOVER_OTHER] = "other"};
	const enum discover_kind kind = discover_kind(o->body);
	struct json j = json_into(line);

	json_object(&j);
	json_member(&j, "verdict", outcome_name(o->kind));
	member_text(&j, "reason", o->reason);
	member_text(&j, "url", o->url);
	member_text(&j, "moved_to", o->moved_url);
	if (o->fresh_s >= 0)
		json_member_int(&j, "fresh_s", o->fresh_s);
	if (o->retry_after_s >= 0)
		json_member_int(&j, "retry_after_s", o->retry_after_s);
	if (o->kind == OUTCOME_DOCUMENT) {
		member_clean(&j, "content_type", o->content_type);
		json_member_int(&j, "body_bytes", (int64_t)o->body.len);
		member_clean(&j, "etag", o->etag);
		member_clean(&j, "last_modified", o->last_modified);
		json_member(&j, "is", kinds[kind]);
		json_key(&j, "feeds");
		json_array(&j);
		if (kind != DISCOVER_FEED)
			(void)discover_links(o->head, o->body, o->url, json_found, &j, NULL);
		json_close(&j);
	}
	json_close(&j);
	put_line(line);
}

static void
show_step(void *arg, const struct http_request *request, const struct http_response *r, bool again)
{
	struct showing *s = arg;

	if (s->json)
		json_step(&s->line, request, r, again);
	else
		print_step(request, r, again);
}

int
tool_fetch(int argc, char **argv)
{
	static const struct option options[] = {
		{"conf", required_argument, NULL, 'c'},
		{"body", required_argument, NULL, 'b'},
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	const char *conf_path = NULL, *body_path = NULL;
	SCOPED(config_free) struct config *config = NULL;
	SCOPED(addresses_free) struct addresses *addresses = NULL;
	SCOPED(http_free) struct http *http = NULL;
	SCOPED(errand_done) struct errand errand = {.poll = NULL};
	struct showing showing = {.json = false, .line = buf_init(LINE_BYTES_MAX)};
	struct err err = {.kind = ERR_NONE};
	struct errand_way way = {.step = show_step, .arg = &showing};
	struct fetcher_conf conf;
	int ran;

	for (int c; (c = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
		if (c == 'c')
			conf_path = optarg;
		else if (c == 'b')
			body_path = optarg;
		else if (c == 'j')
			showing.json = true;
		else
			return TOOL_USAGE;
	}
	if (optind + 1 != argc) {
		(void)fprintf(
			stderr,
			"usage: feedmill-fetcher fetch [-c FILE] [--body FILE] [--json] URL\n");
		return TOOL_USAGE;
	}
	config = tool_conf(conf_path, &conf, &err);
	http = config ? tool_http(config, &conf, &addresses, &err) : NULL;
	if (!http)
		return tool_complain("fetch", &err);
	way.http = http;
	way.body_bytes_max = (size_t)conf.max_body;
	ran = errand_run(&errand, &way, argv[optind], &err);
	if (ran == 0 && showing.json)
		json_verdict(&showing.line, &errand.outcome);
	else if (ran == 0)
		print_verdict(&errand.outcome);
	buf_done(&showing.line);
	if (ran < 0)
		return tool_complain("fetch", &err);
	if (errand.outcome.kind != OUTCOME_DOCUMENT)
		return errand.outcome.kind == OUTCOME_UNCHANGED ? TOOL_GOOD : TOOL_NOT;
	if (body_path && file_replace(body_path, errand.outcome.body, &err) < 0)
		return tool_complain("fetch", &err);
	return TOOL_GOOD;
}
