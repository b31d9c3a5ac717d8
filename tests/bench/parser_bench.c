/* parser_bench - what a document costs, in memory and in this process's own CPU time, best of five:
 *
 *     parser_bench ROW FILE...       ROW: all, or one of the rows below (for a profiler)
 *
 * push       libxml2's push parser with handlers that count: the floor
 * parse      the whole parser to items, html_sanitise replaced by a copy of its input
 * sanitised  the whole parser
 * htmlsax    libxml2's HTML push parser, handlers that count, on the items' HTML
 * html       html_sanitise on the same
 * load       nothing: the start, for a profiler to subtract
 *
 * The program is linked with --wrap=html_sanitise, so that the parser itself has no such switch. */
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/file.h"
#include "parser/html.h"
#include "parser/parse.h"

enum { FILES_MAX = 4096, FRAGMENTS_MAX = 200000, ROUNDS = 5, CHUNK_BYTES = 16 * 1024 };

struct fragment {
	struct buf html;
	char *base;
};

static struct buf files[FILES_MAX];
static struct fragment fragments[FRAGMENTS_MAX];
static size_t file_count, file_bytes, fragment_count, fragment_bytes, seen;
static struct parser *parser;
static struct arena *arena;
static struct buf out;
static enum { SANITISE, COPY, COLLECT } html_mode;

int __real_html_sanitise(const char *html, size_t len, const char *base, struct buf *to,
			 struct err *err);
int __wrap_html_sanitise(const char *html, size_t len, const char *base, struct buf *to,
			 struct err *err);

int
__wrap_html_sanitise(const char *html, size_t len, const char *base, struct buf *to,
		     struct err *err)
{
	if (html_mode == COLLECT && len > 0 && fragment_count < FRAGMENTS_MAX) {
		struct fragment *f = &fragments[fragment_count++];

		f->html = buf_init(len);
		f->base = base ? strdup(base) : NULL;
		if (buf_add(&f->html, html, len, NULL) < 0)
			exit(EXIT_FAILURE);
		fragment_bytes += len;
	}
	return html_mode == COPY ? buf_add(to, html, len, err)
				 : __real_html_sanitise(html, len, base, to, err);
}

static double
cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The rows. */

static void
on_start(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int n,
	 const xmlChar **namespaces, int count, int defaulted, const xmlChar **attributes)
{
	(void)data, (void)local, (void)prefix, (void)uri, (void)n, (void)namespaces, (void)count,
		(void)defaulted, (void)attributes;
	seen++;
}

static void
on_html_start(void *data, const xmlChar *name, const xmlChar **attributes)
{
	(void)data, (void)name, (void)attributes;
	seen++;
}

static void
on_text(void *data, const xmlChar *text, int len)
{
	(void)data, (void)text;
	seen += (size_t)len;
}

static void
on_error(void *data, xmlErrorPtr error)
{
	(void)data, (void)error;
}

static void
run_push(void)
{
	xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
			     .startElementNs = on_start,
			     .characters = on_text,
			     .ignorableWhitespace = on_text,
			     .serror = on_error};

	for (size_t i = 0; i < file_count; i++) {
		xmlParserCtxtPtr c = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);

		(void)xmlCtxtUseOptions(c, XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_HUGE |
						   XML_PARSE_NOCDATA | XML_PARSE_NOERROR |
						   XML_PARSE_NOWARNING);
		for (size_t at = 0; at < files[i].len; at += CHUNK_BYTES) {
			const size_t left = files[i].len - at;

			(void)xmlParseChunk(c, files[i].data + at,
					    (int)(left < CHUNK_BYTES ? left : CHUNK_BYTES), 0);
		}
		(void)xmlParseChunk(c, NULL, 0, 1);
		xmlFreeParserCtxt(c);
	}
}

static void
parse_all(void)
{
	for (size_t i = 0; i < file_count; i++) {
		const struct document doc = {.feed_id = "0", .body = buf_bytes(&files[i])};
		struct parse_result result;

		arena_reset(arena);
		if (parse_document(parser, &doc, arena, &result, NULL) == 0)
			seen += result.entry_count;
	}
}

static void
run_parse(void)
{
	html_mode = COPY;
	parse_all();
	html_mode = SANITISE;
}

static void
run_htmlsax(void)
{
	xmlSAXHandler sax = {.startElement = on_html_start,
			     .characters = on_text,
			     .cdataBlock = on_text,
			     .serror = on_error};

	for (size_t i = 0; i < fragment_count; i++) {
		const struct buf *html = &fragments[i].html;
		htmlParserCtxtPtr c = htmlCreatePushParserCtxt(&sax, NULL, html->data, 0, NULL,
							       XML_CHAR_ENCODING_UTF8);

		(void)htmlParseChunk(c, html->data, (int)html->len, 0);
		(void)htmlParseChunk(c, NULL, 0, 1);
		htmlFreeParserCtxt(c);
	}
}

static void
run_html(void)
{
	for (size_t i = 0; i < fragment_count; i++) {
		buf_reset(&out);
		(void)html_sanitise(fragments[i].html.data, fragments[i].html.len,
				    fragments[i].base, &out, NULL);
		seen += out.len;
	}
}

static void
run_load(void)
{
}

static const struct {
	const char *name;
	void (*run)(void);
	const size_t *bytes;
	const char *text;
} ROWS[] = {
	{"push", run_push, &file_bytes, "libxml2 push SAX, 16 KB chunks"},
	{"parse", run_parse, &file_bytes, "parser, not sanitising"},
	{"sanitised", parse_all, &file_bytes, "parser"},
	{"htmlsax", run_htmlsax, &fragment_bytes, "libxml2 HTML push SAX"},
	{"html", run_html, &fragment_bytes, "sanitiser"},
	{"load", run_load, &file_bytes, NULL},
};

static void
load(const char *path)
{
	struct err err = {.kind = ERR_NONE};

	if (file_count == FILES_MAX)
		return;
	files[file_count] = buf_init(DOCUMENT_BODY_BYTES_MAX);
	if (file_read(path, &files[file_count], &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		exit(EXIT_FAILURE);
	}
	file_bytes += files[file_count++].len;
}

static double
best_of(void (*run)(void), int rounds)
{
	double best = 1e9;

	while (rounds-- > 0) {
		const double start = cpu_s();
		double took;

		run();
		took = cpu_s() - start;
		best = took < best ? took : best;
	}
	return best;
}

int
main(int argc, char **argv)
{
	const char *row = argc > 1 ? argv[1] : "all";
	const bool all = strcmp(row, "all") == 0;

	parser = parser_new();
	arena = arena_new(PARSE_ARENA_BYTES_MAX);
	out = buf_init(SIZE_MAX / 4);
	for (int i = 2; i < argc; i++)
		load(argv[i]);
	if (!parser || !arena || file_count == 0)
		return EXIT_FAILURE;
	if (strstr(row, "html") || all) {
		html_mode = COLLECT;
		parse_all();
		html_mode = SANITISE;
	}
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		double took;

		if (!all && strcmp(row, ROWS[i].name) != 0)
			continue;
		took = best_of(ROWS[i].run, all ? ROUNDS : 1);
		if (ROWS[i].text)
			printf("  %-32s %7.1f MB %8.3f CPU s %7.1f MB/s\n", ROWS[i].text,
			       (double)*ROWS[i].bytes / 1e6, took,
			       (double)*ROWS[i].bytes / 1e6 / took);
	}
	return EXIT_SUCCESS;
}
