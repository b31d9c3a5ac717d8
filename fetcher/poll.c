#include "fetcher/poll.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/httphead.h"
#include "common/url.h"

enum { HEADERS_MAX = 5, REASON_BYTES = 256 };

static const char accepted[] =
	"Accept: application/atom+xml, application/rss+xml, application/rdf+xml,"
	" application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.9,"
	" */*;q=0.1";

struct poll {
	struct feed feed;
	struct buf url;
	char *moved_url;
	int redirects;
	bool all_permanent; /* the redirects until now */
	bool whole;         /* no validators at all in this poll */
	bool identity;      /* a coding was broken: ask for the plain body */
	bool conditional;   /* the last request */
	bool own_over_tls;  /* the next request is to the feed's own origin, but over TLS */
	bool delta;         /* it would take what is new since its ETag alone */
	struct buf lines;   /* of the request's headers, each with a NUL */
	const char *headers[HEADERS_MAX];
	char reason[REASON_BYTES];
};

const char *
outcome_name(enum outcome_kind kind)
{
	static const char *const names[] = {
		[OUTCOME_DOCUMENT] = "document", [OUTCOME_UNCHANGED] = "unchanged",
		[OUTCOME_GONE] = "gone",         [OUTCOME_LIMITED] = "limited",
		[OUTCOME_FAILED] = "failed",     [OUTCOME_UNREACHED] = "unreached",
		[OUTCOME_BUSY] = "busy",
	};

	return names[kind];
}

struct poll *
poll_new(struct feed *feed, int64_t now_s, struct err *err)
{
	SCOPED(poll_free) struct poll *p = calloc(1, sizeof(*p));
	const char *start = feed_start_url(feed);

	if (!p) {
		(void)err_sys(err, "poll");
		return NULL;
	}
	p->url = buf_init(URL_MAX_BYTES);
	p->lines = buf_init(3 * (POLL_VALIDATOR_BYTES_MAX + sizeof(accepted)));
	p->all_permanent = true;
	/* A server that says 304 to whatever it is asked would freeze the feed for ever. */
	p->whole = !feed->proved && feed->whole_s > 0 && now_s - feed->whole_s >= POLL_WHOLE_S;
	if (buf_adds(&p->url, start, err) < 0)
		return NULL;
	p->feed = *feed;
	*feed = (struct feed){.due_s = 0};
	return TAKE(p);
}

void
poll_free(struct poll *p)
{
	if (!p)
		return;
	feed_done(&p->feed);
	buf_done(&p->url);
	buf_done(&p->lines);
	free(p->moved_url);
	free(p);
}

struct feed *
poll_feed(struct poll *p)
{
	return &p->feed;
}

const char *
poll_url(const struct poll *p)
{
	return buf_str(&p->url);
}

int
poll_redirects(const struct poll *p)
{
	return p->redirects;
}

int
poll_use_tls(struct poll *p, struct err *err)
{
	static const char plain[] = "http://";
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	const char *rest = poll_url(p) + sizeof(plain) - 1;
	struct url parts;
	size_t before;

	if (strncmp(poll_url(p), plain, sizeof(plain) - 1) != 0)
		return 0;
	url_split(poll_url(p), p->url.len, &parts);
	if (buf_adds(&url, "https://", err) < 0)
		return -1;
	if (parts.port.len == 2 && memcmp(parts.port.data, "80", 2) == 0) {
		before = (size_t)((const char *)parts.port.data - rest);
		if (buf_add(&url, rest, before, err) < 0 || buf_adds(&url, "443", err) < 0)
			return -1;
		rest += before + 2;
	}
	if (buf_adds(&url, rest, err) < 0)
		return -1;
	p->own_over_tls = feed_same_origin(p->feed.url, poll_url(p));
	buf_reset(&p->url);
	return buf_adds(&p->url, buf_str(&url), err);
}

/* The request. */

static void
add_line(struct poll *p, const char *name, const char *value, size_t offsets[HEADERS_MAX],
	 size_t *count)
{
	if (!value)
		return;
	offsets[(*count)++] = p->lines.len;
	(void)buf_adds(&p->lines, name, NULL);
	(void)buf_adds(&p->lines, value, NULL);
	(void)buf_add(&p->lines, "", 1, NULL);
}

int
poll_request(struct poll *p, size_t body_bytes_max, struct http_request *out, struct err *err)
{
	const struct feed *f = &p->feed;
	size_t offsets[HEADERS_MAX], count = 0;

	buf_reset(&p->lines);
	p->conditional = p->delta = false;
	add_line(p, "", accepted, offsets, &count);
	/* A validator belongs to one resource: another one may give out the same ETag for something
	 * else, and a 304 to that would hide it. */
	if (!p->whole && f->validators_url && strcmp(f->validators_url, poll_url(p)) == 0) {
		add_line(p, "If-None-Match: ", f->etag, offsets, &count);
		add_line(p, "If-Modified-Since: ", f->last_modified, offsets, &count);
		p->conditional = count > 1;
		/* RFC 3229: items that are known already are no loss, they are told apart by their
		 * ids. */
		p->delta = f->etag != NULL;
		if (p->delta)
			add_line(p, "A-IM: ", "feed", offsets, &count);
	}
	if (buf_failed(&p->lines, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		p->headers[i] = p->lines.data + offsets[i];
	*out = (struct http_request){
		.url = poll_url(p),
		.userinfo = p->own_over_tls || feed_same_origin(f->url, poll_url(p)) ? f->userinfo
										     : NULL,
		.headers = p->headers,
		.header_count = count,
		.body_bytes_max =
			f->want_body_bytes > 0 ? (size_t)f->want_body_bytes : body_bytes_max,
		.identity = p->identity,
	};
	return 0;
}

/* The answer. */

static enum poll_step fail(struct poll *p, struct outcome *out, enum outcome_kind kind,
			   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static enum poll_step
fail(struct poll *p, struct outcome *out, enum outcome_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->reason, sizeof(p->reason), fmt, ap);
	va_end(ap);
	out->kind = kind;
	out->reason = p->reason;
	return POLL_OVER;
}

static enum poll_step
redirect(struct poll *p, const struct http_response *r, struct outcome *out)
{
	bool permanent = r->status == 301 || r->status == 308;
	SCOPED(buf_done) struct buf to = buf_init(URL_MAX_BYTES);
	struct err err = {.kind = ERR_NONE};
	struct url parts;

	if (!r->location)
		return fail(p, out, OUTCOME_FAILED, "status %ld without a Location", r->status);
	if (p->redirects >= POLL_REDIRECTS_MAX)
		return fail(p, out, OUTCOME_FAILED, "more than %d redirects", POLL_REDIRECTS_MAX);
	if (url_resolve(poll_url(p), r->location, strlen(r->location), &to, &err) < 0)
		return fail(p, out, OUTCOME_FAILED, "redirect: %s", err.text);
	url_split(buf_str(&to), to.len, &parts);
	if (!url_is_http(buf_str(&to), to.len))
		return fail(p, out, OUTCOME_FAILED,
			    "redirect to another scheme than http or https");
	if (parts.userinfo.data)
		return fail(p, out, OUTCOME_FAILED, "redirect to a URL with credentials in it");
	if (parts.fragment.data)
		to.data[to.len = (size_t)((const char *)parts.fragment.data - to.data) - 1] = '\0';
	/* Out of TLS it is followed, as every reader does, but not for good: each poll begins where
	 * it cannot be led astray. */
	if (strncmp(poll_url(p), "https:", 6) == 0 && strncmp(buf_str(&to), "https:", 6) != 0)
		permanent = false;
	p->redirects++;
	p->all_permanent = p->all_permanent && permanent;
	if ((p->all_permanent && feed_set(&p->moved_url, buf_str(&to), &err) < 0))
		return fail(p, out, OUTCOME_BUSY, "%s", err.text);
	p->own_over_tls = false;
	buf_reset(&p->url);
	if (buf_adds(&p->url, buf_str(&to), &err) < 0)
		return fail(p, out, OUTCOME_BUSY, "%s", err.text);
	return POLL_AGAIN;
}

/* There is no whole response. */
static enum poll_step
broken(struct poll *p, const struct http_response *r, struct outcome *out)
{
	static const enum outcome_kind kinds[] = {
		[HTTP_UNRESOLVED] = OUTCOME_UNREACHED,
		[HTTP_UNREACHED] = OUTCOME_UNREACHED,
		[HTTP_REFUSED] = OUTCOME_FAILED,
		[HTTP_TLS] = OUTCOME_FAILED,
		[HTTP_SLOW] = OUTCOME_FAILED,
		[HTTP_BROKEN] = OUTCOME_FAILED,
		[HTTP_CODING] = OUTCOME_FAILED,
		[HTTP_TOO_LARGE] = OUTCOME_FAILED,
		[HTTP_BUSY] = OUTCOME_BUSY,
		[HTTP_LOCAL] = OUTCOME_BUSY,
	};

	/* Some servers put a coding's label on a plain body. */
	if (r->end == HTTP_CODING && !p->identity) {
		p->identity = true;
		return POLL_AGAIN;
	}
	out->status = 0;
	/* Not a byte on a connection that was good before: the way to the host is broken. */
	if (r->end == HTTP_SLOW && r->status == 0 && !r->fresh)
		return fail(p, out, OUTCOME_UNREACHED, "no answer on a kept connection: %s",
			    r->reason);
	return fail(p, out, kinds[r->end], "%s", r->reason);
}

/* An absent, empty or unreasonably long validator is none. */
static struct bytes
validator(struct bytes head, const char *name)
{
	struct bytes value;

	if (!httphead_line(head, name, 0, &value) || value.len > POLL_VALIDATOR_BYTES_MAX)
		return (struct bytes){NULL, 0};
	return value;
}

static struct bytes
line(struct bytes head, const char *name)
{
	struct bytes value;

	return httphead_line(head, name, 0, &value) ? value : (struct bytes){NULL, 0};
}

/* A body that came with a coding's label although none was asked for is taken where it is text in
 * truth. */
static bool
is_coded(struct bytes head, struct bytes body)
{
	const char *at = body.data, *end = at + body.len;
	struct bytes coding;

	if (!httphead_line(head, "Content-Encoding", 0, &coding))
		return false;
	while (at < end && memchr("\xef\xbb\xbf \t\r\n", *at, 7))
		at++;
	return at == end || (*at != '<' && *at != '{');
}

/* Whether the response is a delta that was asked for: to the document that we have, made in the one
 * way that we know. */
static bool
is_our_delta(const struct poll *p, struct bytes head)
{
	const struct bytes made = line(head, "IM"), base = line(head, "Delta-Base");

	return p->delta && made.len == 4 && strncasecmp(made.data, "feed", 4) == 0 &&
	       (base.len == 0 || (base.len == strlen(p->feed.etag) &&
				  memcmp(base.data, p->feed.etag, base.len) == 0));
}

static enum poll_step
delta(struct poll *p, const struct http_response *r, struct outcome *out)
{
	if (!is_our_delta(p, r->head)) {
		if (!p->delta)
			return fail(p, out, OUTCOME_FAILED,
				    "status 226: a delta that nobody wants");
		p->whole = true; /* and so never a second time */
		return POLL_AGAIN;
	}
	if (r->body.len == 0)
		return fail(p, out, OUTCOME_FAILED, "the body is empty");
	out->kind = OUTCOME_DOCUMENT;
	return POLL_OVER;
}

enum poll_step
poll_answer(struct poll *p, const struct http_response *r, int64_t now_s, struct outcome *out)
{
	*out = (struct outcome){
		.kind = OUTCOME_FAILED,
		.status = r->status,
		.reason = "",
		.url = poll_url(p),
		.moved_url = p->moved_url,
		.conditional = p->conditional,
		.retry_after_s = httphead_retry_after_s(r->head, now_s),
		.fresh_s = httphead_fresh_s(r->head, now_s),
		.etag = validator(r->head, "ETag"),
		.last_modified = validator(r->head, "Last-Modified"),
		.content_type = line(r->head, "Content-Type"),
		.content_language = line(r->head, "Content-Language"),
		.content_location = line(r->head, "Content-Location"),
		.body = r->body,
		.head = r->head,
	};
	if (r->end != HTTP_DONE)
		return broken(p, r, out);
	switch (r->status) {
	case 200:
		if (r->body.len == 0)
			return fail(p, out, OUTCOME_FAILED, "the body is empty");
		if (p->identity && is_coded(r->head, r->body))
			return fail(p, out, OUTCOME_FAILED, "the content coding does not decode");
		out->kind = OUTCOME_DOCUMENT;
		return POLL_OVER;
	case 226:
		return delta(p, r, out);
	case 304:
		if (!p->conditional)
			return fail(p, out, OUTCOME_FAILED, "304 to an unconditional request");
		out->kind = OUTCOME_UNCHANGED;
		return POLL_OVER;
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return redirect(p, r, out);
	case 410:
		return fail(p, out, OUTCOME_GONE, "status 410: gone for good");
	case 429:
		return fail(p, out, OUTCOME_LIMITED, "status 429: too many requests");
	default:
		return fail(p, out, OUTCOME_FAILED, "status %ld", r->status);
	}
}
