#include "parser/tool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/json.h"
#include "common/jsondoc.h"
#include "parser/html.h"
#include "parser/model.h"
#include "parser/parse.h"
#include "parser/plain.h"

enum { GOOD = 0, NOT = 1, USAGE = 2 };

enum {
	TOOL_DOCUMENT_BYTES_MAX = 1024 * 1024 * 1024, /* of a file, when asked for */
	TOOL_OUT_BYTES_MAX = 512 * 1024 * 1024,       /* the JSON of one document */
	TOOL_HTML_BYTES_MAX = 4 * DOCUMENT_BODY_BYTES_MAX,
};

/* The options of both commands, and the operand. */
struct options {
	const char *content_type, *content_language, *base_url;
	const char *max_document_bytes;
	bool batch;
	const char *file;
};

static const char PARSE_USAGE[] =
	"usage: feedmill-parser parse [--content-type T] [--content-language L] [--base-url U]\n"
	"                             [--max-document-bytes N] [FILE|-]\n"
	"       feedmill-parser parse --batch [--max-document-bytes N]\n";
static const char SANITIZE_USAGE[] = "usage: feedmill-parser sanitize [--base-url U] [FILE|-]\n"
				     "       feedmill-parser sanitize --batch\n";

/* -1: not understood. */
static int
options_read(int argc, char **argv, struct options *out)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{"--content-type", &out->content_type},
		{"--content-language", &out->content_language},
		{"--base-url", &out->base_url},
		{"--max-document-bytes", &out->max_document_bytes},
	};

	for (int i = 2; i < argc; i++) {
		const char **value = NULL;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (strcmp(argv[i], known[k].name) == 0)
				value = known[k].value;
		if (value && i + 1 < argc)
			*value = argv[++i];
		else if (strcmp(argv[i], "--batch") == 0)
			out->batch = true;
		else if ((argv[i][0] == '-' && argv[i][1] != '\0') || out->file)
			return -1;
		else
			out->file = argv[i];
	}
	return out->batch && out->file ? -1 : 0;
}

static int
read_stream(FILE *in, struct buf *out, struct err *err)
{
	for (;;) {
		char *room = buf_reserve(out, 64 * 1024, err);
		size_t n;

		if (!room)
			return -1;
		n = fread(room, 1, 64 * 1024, in);
		out->len += n;
		if (n == 0)
			return ferror(in) ? err_sys(err, "standard input") : 0;
	}
}

static int
read_operand(const char *file, struct buf *out, struct err *err)
{
	buf_reset(out);
	if (!file || strcmp(file, "-") == 0)
		return read_stream(stdin, out, err);
	return file_read(file, out, err);
}

static int
write_out(const struct buf *out, const char *end)
{
	if (fwrite(buf_str(out), 1, out->len, stdout) != out->len || fputs(end, stdout) == EOF ||
	    fflush(stdout) != 0) {
		(void)fprintf(stderr, "feedmill-parser: standard output: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}

static int
write_line(const struct buf *out)
{
	return write_out(out, "\n");
}

/* Parse. */

struct parse_tool {
	struct parser *parser;
	struct arena *arena;
	struct buf body, out;
};

/* Parses the body at hand into out as JSON; a reason why not is JSON too. */
static bool
parse_body(struct parse_tool *tool, const struct options *o)
{
	const struct document doc = {
		.url = o->base_url,
		.content_type = o->content_type,
		.content_language = o->content_language,
		.body = buf_bytes(&tool->body),
	};
	struct err err = {.kind = ERR_NONE};
	struct parse_result result;

	buf_reset(&tool->out);
	if (parse_document(tool->parser, &doc, tool->arena, &result, &err) == 0 &&
	    model_json(&result, &tool->out, &err) == 0)
		return true;
	buf_reset(&tool->out);
	(void)model_error(err.text, &tool->out, NULL);
	return false;
}

static bool
parse_file(struct parse_tool *tool, const struct options *o)
{
	struct err err = {.kind = ERR_NONE};

	arena_reset(tool->arena);
	if (read_operand(o->file, &tool->body, &err) == 0)
		return parse_body(tool, o);
	buf_reset(&tool->out);
	(void)model_error(err.text, &tool->out, NULL);
	return false;
}

static const char *
member(const struct jsonval *object, const char *key)
{
	return jsonval_text(jsonval_get(object, key), NULL);
}

/* {"file","content_type","content_language","base_url"} a line -> an answer a line. */
static int
parse_batch(struct parse_tool *tool)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int status = GOOD;

	while (status == GOOD && (len = getline(&line, &cap, stdin)) > 0) {
		struct err err = {.kind = ERR_NONE};
		SCOPED(jsondoc_free) struct jsondoc *doc = jsondoc_parse(line, (size_t)len, &err);
		const struct jsonval *request = doc ? jsondoc_root(doc) : NULL;
		const struct options o = {
			.content_type = member(request, "content_type"),
			.content_language = member(request, "content_language"),
			.base_url = member(request, "base_url"),
			.file = member(request, "file"),
		};

		if (o.file) {
			(void)parse_file(tool, &o);
		} else {
			buf_reset(&tool->out);
			(void)model_error(doc ? "the request names no file" : err.text, &tool->out,
					  NULL);
		}
		if (write_line(&tool->out) < 0)
			status = NOT;
	}
	free(line);
	return status;
}

/* The largest document; 0 where the option says no number, or none that is a size. */
static size_t
largest(const struct options *o)
{
	const char *text = o->max_document_bytes;
	const int64_t n = text ? plain_number((struct bytes){text, strlen(text)}) : -1;

	if (!text)
		return DOCUMENT_BODY_BYTES_MAX;
	return n > 0 && n <= TOOL_DOCUMENT_BYTES_MAX && strspn(text, "0123456789") == strlen(text)
		       ? (size_t)n
		       : 0;
}

static int
parse(const struct options *o)
{
	const size_t max = largest(o);
	SCOPED(parser_free) struct parser *parser = parser_new();
	SCOPED(arena_free) struct arena *arena = arena_new(PARSE_ARENA_BYTES_MAX);
	struct parse_tool tool = {
		.parser = parser,
		.arena = arena,
		.body = buf_init(max),
		.out = buf_init(TOOL_OUT_BYTES_MAX),
	};
	int status = NOT;

	if (max == 0) {
		(void)fprintf(stderr,
			      "feedmill-parser: --max-document-bytes takes a number from 1 to %d\n",
			      TOOL_DOCUMENT_BYTES_MAX);
		return USAGE;
	}
	if (parser)
		parser_allow(parser, max);
	if (!parser || !arena)
		(void)fprintf(stderr, "feedmill-parser: no memory\n");
	else if (o->batch)
		status = parse_batch(&tool);
	else
		status = parse_file(&tool, o) && write_line(&tool.out) == 0 ? GOOD : NOT;
	if (parser && arena && !o->batch && status == NOT && tool.out.len > 0)
		(void)write_line(&tool.out);
	buf_done(&tool.body);
	buf_done(&tool.out);
	return status;
}

/* Sanitize. */

static void
put_base64(struct json *j, const struct buf *bytes, struct buf *scratch)
{
	static const char ALPHABET[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = (const unsigned char *)buf_str(bytes);

	buf_reset(scratch);
	for (size_t i = 0; i < bytes->len; i += 3) {
		const size_t left = bytes->len - i;
		const uint32_t bits = (uint32_t)s[i] << 16 |
				      (left > 1 ? (uint32_t)s[i + 1] << 8 : 0) |
				      (left > 2 ? s[i + 2] : 0);
		const char four[4] = {
			ALPHABET[bits >> 18],
			ALPHABET[bits >> 12 & 63],
			left > 1 ? ALPHABET[bits >> 6 & 63] : '=',
			left > 2 ? ALPHABET[bits & 63] : '=',
		};

		(void)buf_add(scratch, four, 4, NULL);
	}
	json_text_n(j, buf_str(scratch), scratch->len);
}

/* {"id","base_url","html_b64"} a line -> {"id","html_b64"} a line. */
static int
sanitize_batch(struct buf *in, struct buf *safe)
{
	struct buf out = buf_init(TOOL_OUT_BYTES_MAX);
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int status = GOOD;

	while (status == GOOD && (len = getline(&line, &cap, stdin)) > 0) {
		struct err err = {.kind = ERR_NONE};
		SCOPED(jsondoc_free) struct jsondoc *doc = jsondoc_parse(line, (size_t)len, &err);
		const struct jsonval *request = doc ? jsondoc_root(doc) : NULL;
		size_t packed_len = 0;
		const char *packed = jsonval_text(jsonval_get(request, "html_b64"), &packed_len);
		struct json j = json_into(&out);

		buf_reset(in);
		buf_reset(safe);
		buf_reset(&out);
		json_object(&j);
		json_member(&j, "id", member(request, "id"));
		if (!packed)
			(void)err_set(&err, ERR_REJECT, "the request has no html_b64");
		if (packed && plain_base64((struct bytes){packed, packed_len}, in, &err) == 0 &&
		    html_sanitise(buf_str(in), in->len, member(request, "base_url"), safe, &err) ==
			    0) {
			json_key(&j, "html_b64");
			put_base64(&j, safe, in);
		} else {
			json_member(&j, "error", err.text);
		}
		json_close(&j);
		if (write_line(&out) < 0)
			status = NOT;
	}
	free(line);
	buf_done(&out);
	return status;
}

static int
sanitize(const struct options *o)
{
	struct buf in = buf_init(TOOL_HTML_BYTES_MAX);
	struct buf safe = buf_init(TOOL_HTML_BYTES_MAX);
	struct err err = {.kind = ERR_NONE};
	int status = NOT;

	if (o->batch) {
		status = sanitize_batch(&in, &safe);
	} else if (read_operand(o->file, &in, &err) < 0 ||
		   html_sanitise(buf_str(&in), in.len, o->base_url, &safe, &err) < 0) {
		(void)fprintf(stderr, "feedmill-parser: %s\n", err.text);
	} else {
		/* The bytes and no more: sanitising what was sanitised changes nothing. */
		status = write_out(&safe, "") == 0 ? GOOD : NOT;
	}
	buf_done(&in);
	buf_done(&safe);
	return status;
}

static const struct {
	const char *name;
	int (*run)(const struct options *o);
	const char *usage;
} TOOLS[] = {
	{"parse", parse, PARSE_USAGE},
	{"sanitize", sanitize, SANITIZE_USAGE},
};

int
tool_run(int argc, char **argv, int *status_out)
{
	struct options options = {.batch = false};

	for (size_t i = 0; argc > 1 && i < sizeof(TOOLS) / sizeof(TOOLS[0]); i++) {
		if (strcmp(argv[1], TOOLS[i].name) != 0)
			continue;
		if (options_read(argc, argv, &options) < 0) {
			(void)fputs(TOOLS[i].usage, stderr);
			*status_out = USAGE;
		} else {
			*status_out = TOOLS[i].run(&options);
		}
		return 1;
	}
	return 0;
}
