#include "fetcher/tool.h"

#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/url.h"
#include "fetcher/conf.h"
#include "fetcher/poll.h"

enum { GOOD = 0, NOT = 1, USAGE = 2, PATH_BYTES_MAX = 4096 };

static const char default_conf[] = "/etc/feedmill/feedmill.conf";

static int
complain(const char *tool, const struct err *err)
{
	(void)fprintf(stderr, "%s: %s\n", tool, err->text);
	return err->kind == ERR_USAGE ? USAGE : NOT;
}

/* The keys of [fetcher]; where no file was named and there is none, the defaults. */
static struct config *
read_conf(const char *path, struct fetcher_conf *out, struct err *err)
{
	const char *named = path ? path : getenv("FEEDMILL_CONF");
	SCOPED(config_free) struct config *config = NULL;

	if (!named && access(default_conf, R_OK) < 0)
		config = config_parse("defaults", "", 0, err);
	else
		config = config_load(named ? named : default_conf, err);
	if (!config || config_read(config, config_section_find(config, "fetcher", ""), conf_keys,
				   CONF_KEYS, out, err) < 0)
		return NULL;
	return TAKE(config);
}

/* --- fetch
 * ----------------------------------------------------------------------------------------- */

static struct http_transfer *
wait_for(struct http *http, struct err *err)
{
	for (struct http_transfer *t;;) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		if (http_run(http, err) < 0)
			return NULL;
		if ((t = http_take_done(http)))
			return t;
		(void)poll(&fd, 1, http_timeout_ms(http));
	}
}

/* What a server sent, with what a terminal would take for commands made harmless. */
static void
print_clean(const char *indent, struct bytes text)
{
	const unsigned char *s = text.data;
	bool start = true;

	for (size_t i = 0; i < text.len; i++) {
		if (s[i] == '\r')
			continue;
		if (start)
			(void)fputs(indent, stdout);
		start = s[i] == '\n';
		(void)putchar(s[i] == '\n' || (s[i] >= 0x20 && s[i] != 0x7f && s[i] < 0x80) ? s[i]
											    : '?');
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
	print_clean("    < ", r->head);
	if (r->end != HTTP_DONE)
		(void)printf("    ! %s: %s\n", http_end_name(r->end), r->reason);
	(void)printf("    = %ld, %lld bytes from %s, %lld ms%s%s\n", r->status,
		     (long long)r->wire_bytes, r->peer[0] ? r->peer : "nobody",
		     (long long)r->took_us / 1000, r->fresh ? "" : ", kept connection",
		     again ? ", goes on" : "");
}

static void
print_wish(const char *name, int64_t seconds)
{
	if (seconds >= 0)
		(void)printf("%s: %lld s\n", name, (long long)seconds);
}

/* 0 good, 1 not. */
static int
print_verdict(const struct outcome *o, const char *body_path)
{
	struct err err = {.kind = ERR_NONE};
	const bool good = o->kind == OUTCOME_DOCUMENT || o->kind == OUTCOME_UNCHANGED;

	(void)printf("\nverdict: %s%s%s\n", outcome_name(o->kind), o->reason[0] ? ": " : "",
		     o->reason);
	(void)printf("url: %s\n", o->url);
	if (o->moved_url)
		(void)printf("moved for good: %s\n", o->moved_url);
	print_wish("fresh for", o->fresh_s);
	print_wish("retry after", o->retry_after_s);
	if (o->kind != OUTCOME_DOCUMENT)
		return good ? GOOD : NOT;
	(void)printf("type: ");
	print_clean("", o->content_type);
	(void)printf("\nbody: %zu bytes\n", o->body.len);
	(void)printf("validators: %s%s%s\n", o->etag.len ? "ETag " : "",
		     o->last_modified.len ? "Last-Modified" : "",
		     o->etag.len + o->last_modified.len ? ""
							: "none, so every poll costs a whole body");
	if (body_path && file_replace(body_path, o->body, &err) < 0)
		return complain("fetch", &err);
	return GOOD;
}

static int
fetch(struct http *http, const struct fetcher_conf *conf, const char *url, const char *body_path,
      struct err *err)
{
	SCOPED(buf_done) struct buf canonical = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf userinfo = buf_init(URL_MAX_BYTES);
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	SCOPED(poll_free) struct poll *poll = NULL;
	struct outcome outcome;

	if (feed_url(url, &canonical, &userinfo, err) < 0 ||
	    feed_set(&feed.url, buf_str(&canonical), err) < 0 ||
	    feed_set(&feed.userinfo, buf_str(&userinfo), err) < 0)
		return -1;
	poll = poll_new(&feed, clock_wall_s(), err);
	if (!poll)
		return -1;
	for (;;) {
		struct http_request request;
		SCOPED(buf_done) struct buf asked = buf_init(URL_MAX_BYTES);
		struct http_transfer *t;

		if (poll_request(poll, (size_t)conf->max_body, &request, err) < 0 ||
		    buf_adds(&asked, request.url, err) < 0 ||
		    !http_start(http, &request, NULL, err) || !(t = wait_for(http, err)))
			return -1;
		const struct http_response response = http_response(t);
		const enum poll_step step = poll_answer(poll, &response, clock_wall_s(), &outcome);

		request.url = buf_str(&asked); /* poll_answer may have moved on */
		print_step(&request, &response, step == POLL_AGAIN);
		if (step == POLL_OVER) {
			const int status = print_verdict(&outcome, body_path);

			http_transfer_free(t);
			return status;
		}
		http_transfer_free(t);
	}
}

int
tool_fetch(int argc, char **argv)
{
	static const struct option options[] = {
		{"conf", required_argument, NULL, 'c'},
		{"body", required_argument, NULL, 'b'},
		{NULL, 0, NULL, 0},
	};
	const char *conf_path = NULL, *body_path = NULL;
	SCOPED(config_free) struct config *config = NULL;
	SCOPED(addresses_free) struct addresses *addresses = NULL;
	SCOPED(http_free) struct http *http = NULL;
	struct err err = {.kind = ERR_NONE};
	struct fetcher_conf conf;
	int status;

	for (int c; (c = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
		if (c == 'c')
			conf_path = optarg;
		else if (c == 'b')
			body_path = optarg;
		else
			return USAGE;
	}
	if (optind + 1 != argc) {
		(void)fprintf(stderr,
			      "usage: feedmill-fetcher fetch [-c FILE] [--body FILE] URL\n");
		return USAGE;
	}
	config = read_conf(conf_path, &conf, &err);
	addresses = config ? addresses_new(conf.allow_address, &err) : NULL;
	if (!addresses || conf_check(&conf, &err) < 0 ||
	    !(http = conf_http(&conf, addresses, &err)))
		return complain("fetch", &err);
	status = fetch(http, &conf, argv[optind], body_path, &err);
	return status < 0 ? complain("fetch", &err) : status;
}

/* --- check-feeds
 * ------------------------------------------------------------------------------------ */

struct tally {
	size_t feeds, warnings;
};

static int
tally_feed(void *arg, const struct listed *feed, struct err *err)
{
	(void)feed;
	(void)err;
	((struct tally *)arg)->feeds++;
	return 0;
}

static void
tally_warning(void *arg, const char *text)
{
	(void)printf("left out: %s\n", text);
	((struct tally *)arg)->warnings++;
}

int
tool_check_feeds(int argc, char **argv)
{
	SCOPED(buf_done) struct buf path = buf_init(PATH_BYTES_MAX);
	SCOPED(config_free) struct config *config = NULL;
	const char *conf_path = NULL;
	struct err err = {.kind = ERR_NONE};
	struct tally tally = {.feeds = 0};
	const struct feedlist_to to = {.each = tally_feed, .warn = tally_warning, .arg = &tally};
	struct fetcher_conf conf;
	bool optional;

	for (int c; (c = getopt(argc, argv, "c:")) != -1;) {
		if (c != 'c')
			return USAGE;
		conf_path = optarg;
	}
	if (optind != argc) {
		(void)fprintf(stderr, "usage: feedmill-fetcher check-feeds [-c FILE]\n");
		return USAGE;
	}
	config = read_conf(conf_path, &conf, &err);
	if (!config || conf_feeds_path(&conf, config_path(config), &path, &optional, &err) < 0 ||
	    feedlist_read(buf_str(&path), optional, &to, &err) < 0) {
		(void)complain("check-feeds", &err);
		return NOT;
	}
	(void)printf("%s: %zu feeds, %zu left out\n", buf_str(&path), tally.feeds, tally.warnings);
	return tally.warnings > 0 ? NOT : GOOD;
}
