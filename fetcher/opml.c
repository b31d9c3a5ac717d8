#include "fetcher/opml.h"

#include <fcntl.h>
#include <libxml/parser.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/scope.h"
#include "common/utf8.h"

enum { CHUNK_BYTES = 64 * 1024 };

struct reader {
	const char *name;
	xmlParserCtxtPtr ctxt;
	opml_each each;
	void *arg;
	struct err *err;
	bool failed, seen_opml;
	int depth;                         /* of outlines */
	size_t folder_len[OPML_DEPTH_MAX]; /* of the folder's name outside that outline */
	struct buf folder, url, title, label;
};

static void
fail(struct reader *r, const char *why)
{
	if (!r->failed)
		(void)err_set(r->err, ERR_USAGE, "%s:%d: %s", r->name,
			      xmlSAX2GetLineNumber(r->ctxt), why);
	r->failed = true;
	xmlStopParser(r->ctxt);
}

/* The value of an attribute, cut to its ceiling; blanks at its ends are dropped. */
static void
take(struct buf *out, const xmlChar *value, const xmlChar *end)
{
	const char *s = (const char *)value;
	size_t len = (size_t)(end - value);

	while (len > 0 && strchr(" \t\r\n", s[0]))
		s++, len--;
	while (len > 0 && strchr(" \t\r\n", s[len - 1]))
		len--;
	buf_reset(out);
	(void)buf_add(out, s, utf8_cut(s, len, OPML_TEXT_BYTES_MAX), NULL);
}

static void
enter_folder(struct reader *r)
{
	const char *name = r->label.len > 0 ? buf_str(&r->label) : buf_str(&r->title);
	const size_t len = strlen(name);

	/* Names that do not fit any more are left out whole. */
	if (len == 0 || r->folder.len + len + 1 > OPML_FOLDER_BYTES_MAX)
		return;
	if (r->folder.len > 0)
		(void)buf_addc(&r->folder, '/', NULL);
	(void)buf_add(&r->folder, name, len, NULL);
}

static const char *
or_null(const struct buf *b)
{
	return b->len > 0 ? buf_str(b) : NULL;
}

static void
on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int ns_count,
	 const xmlChar **ns, int count, int defaulted, const xmlChar **attributes)
{
	struct reader *r = ctx;
	struct opml_feed feed = {.line = xmlSAX2GetLineNumber(r->ctxt)};

	(void)prefix, (void)uri, (void)ns_count, (void)ns, (void)defaulted;
	if (strcasecmp((const char *)name, "opml") == 0)
		r->seen_opml = true;
	else if (!r->seen_opml)
		fail(r, "this is no OPML: the outermost element is not <opml>");
	if (r->failed || strcasecmp((const char *)name, "outline") != 0)
		return;
	if (r->depth >= OPML_DEPTH_MAX) {
		fail(r, "outlines are nested too deeply");
		return;
	}
	buf_reset(&r->url);
	buf_reset(&r->title);
	buf_reset(&r->label);
	for (int i = 0; i < count; i++) {
		/* name, prefix, namespace, value, end of value */
		const xmlChar **a = attributes + (ptrdiff_t)i * 5;
		static const char *const names[] = {"xmlUrl", "title", "text"};
		struct buf *const values[] = {&r->url, &r->title, &r->label};

		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
			if (strcasecmp((const char *)a[0], names[n]) == 0)
				take(values[n], a[3], a[4]);
	}
	r->folder_len[r->depth++] = r->folder.len;
	if (r->url.len == 0) {
		enter_folder(r);
		return;
	}
	feed.url = buf_str(&r->url);
	feed.title = r->label.len > 0 ? buf_str(&r->label) : or_null(&r->title);
	/* OPML wants a text even where there is none. */
	if (feed.title && strcmp(feed.title, feed.url) == 0)
		feed.title = NULL;
	feed.folder = or_null(&r->folder);
	if (r->each(r->arg, &feed, r->err) < 0) {
		r->failed = true;
		xmlStopParser(r->ctxt);
	}
}

static void
on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *r = ctx;

	(void)prefix, (void)uri;
	if (strcasecmp((const char *)name, "outline") != 0 || r->depth == 0)
		return;
	r->folder.len = r->folder_len[--r->depth];
	if (r->folder.data)
		r->folder.data[r->folder.len] = '\0';
}

static void
on_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	fail(ctx, "a document type declaration has no place in OPML");
}

/* libxml2 would print otherwise. */
static void
on_error(void *ctx, xmlErrorPtr error)
{
	(void)ctx;
	(void)error;
}

static void
reader_done(struct reader *r)
{
	if (r->ctxt)
		xmlFreeParserCtxt(r->ctxt);
	buf_done(&r->folder);
	buf_done(&r->url);
	buf_done(&r->title);
	buf_done(&r->label);
}
SCOPED_DEFINE_HELD(struct reader, reader_done)

static int
open_reader(struct reader *r)
{
	xmlSAXHandler handler = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.internalSubset = on_doctype,
		.serror = on_error,
	};

	r->folder = buf_init(OPML_FOLDER_BYTES_MAX);
	r->url = buf_init(OPML_TEXT_BYTES_MAX);
	r->title = buf_init(OPML_TEXT_BYTES_MAX);
	r->label = buf_init(OPML_TEXT_BYTES_MAX);
	xmlInitParser();
	r->ctxt = xmlCreatePushParserCtxt(&handler, r, NULL, 0, r->name);
	if (!r->ctxt)
		return err_set(r->err, ERR_RETRY, "out of memory");
	/* NOENT: "&amp;" in attributes is read; without a document type there are no other
	 * entities. */
	(void)xmlCtxtUseOptions(r->ctxt, XML_PARSE_NONET | XML_PARSE_NOENT);
	return 0;
}

/* Feeds one piece; the last one is empty. */
static int
feed_reader(struct reader *r, const char *data, size_t len, bool last)
{
	const int rc = xmlParseChunk(r->ctxt, data, (int)len, last);
	const xmlError *error = xmlCtxtGetLastError(r->ctxt);

	if (r->failed)
		return -1;
	if (rc != XML_ERR_OK && error && error->level >= XML_ERR_ERROR)
		return err_set(r->err, ERR_USAGE, "%s:%d: %.*s", r->name, error->line,
			       error->message ? (int)strcspn(error->message, "\n") : 0,
			       error->message ? error->message : "");
	if (last && !r->seen_opml)
		return err_set(r->err, ERR_USAGE, "%s: this is no OPML", r->name);
	return 0;
}

int
opml_parse(const char *name, const char *text, size_t len, opml_each each, void *arg,
	   struct err *err)
{
	SCOPED(reader_done)
	struct reader r = {.name = name, .each = each, .arg = arg, .err = err};

	if (open_reader(&r) < 0)
		return -1;
	for (size_t at = 0; at < len; at += CHUNK_BYTES) {
		const size_t left = len - at;

		if (feed_reader(&r, text + at, left < CHUNK_BYTES ? left : CHUNK_BYTES, false) < 0)
			return -1;
	}
	return feed_reader(&r, "", 0, true);
}

int
opml_read(const char *path, opml_each each, void *arg, struct err *err)
{
	SCOPED(close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	SCOPED(free) char *chunk = malloc(CHUNK_BYTES);
	SCOPED(reader_done)
	struct reader r = {.name = path, .each = each, .arg = arg, .err = err};
	size_t total = 0;
	ssize_t got;

	if (fd < 0 || !chunk)
		return err_sys(err, "open '%s'", path);
	if (open_reader(&r) < 0)
		return -1;
	while ((got = read(fd, chunk, CHUNK_BYTES)) > 0) {
		total += (size_t)got;
		if (total > OPML_BYTES_MAX)
			return err_set(err, ERR_USAGE, "'%s' is larger than %d bytes", path,
				       OPML_BYTES_MAX);
		if (feed_reader(&r, chunk, (size_t)got, false) < 0)
			return -1;
	}
	if (got < 0)
		return err_sys(err, "read '%s'", path);
	return feed_reader(&r, "", 0, true);
}
