#include "classifier/command.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "classifier/check.h"
#include "classifier/explain.h"
#include "classifier/firing.h"
#include "classifier/retag.h"
#include "classifier/rulesfile.h"
#include "classifier/tagger.h"
#include "common/item.h"
#include "common/json.h"
#include "common/utf8.h"

enum { EXIT_GOOD, EXIT_NOT, EXIT_USAGE };
enum { LINE_BYTES_MAX = 16 * 1024 * 1024, ARENA_BYTES_MAX = 64 * 1024 * 1024 };

static int
fail(const char *what, const struct err *err, int status)
{
	(void)fprintf(stderr, "feedmill-classifier %s: %s\n", what, err->text);
	return status;
}

/* Check-rules. */

static void
print_complaint(void *arg, bool is_note, const char *complaint)
{
	(void)arg;
	(void)fprintf(stderr, "%s%s\n", complaint, is_note ? " (a note)" : "");
}

int
command_check_rules(int argc, char **argv)
{
	SCOPED(buf_done) struct buf path = buf_init(PATH_MAX);
	SCOPED(rules_free) struct rules *rules = NULL;
	struct err err = {.kind = ERR_NONE};
	const char *config = NULL;
	struct check_result result;
	int option;

	while ((option = getopt(argc, argv, "c:")) != -1) {
		if (option != 'c')
			return EXIT_USAGE;
		config = optarg;
	}
	if (argc - optind > 1) {
		(void)fprintf(stderr, "usage: feedmill-classifier check-rules [-c CONF] [FILE]\n");
		return EXIT_USAGE;
	}
	if (optind < argc ? buf_adds(&path, argv[optind], &err) < 0
			  : rulesfile_find(config, &path, &err) < 0)
		return fail(argv[0], &err, EXIT_NOT);
	rules = rules_load(buf_str(&path), &err);
	if (!rules) {
		(void)fprintf(stderr, "%s\n", err.text);
		return EXIT_NOT;
	}
	if (check_rules(rules, print_complaint, NULL, &result, &err) < 0)
		return fail(argv[0], &err, EXIT_NOT);
	(void)printf(
		"%s: %zu tags, %zu phrases, %zu publishers, %zu tests; %zu errors, %zu notes\n",
		buf_str(&path), rules->tag_count, rules->phrase_count, rules->publisher_count,
		result.tests, result.errors, result.notes);
	return result.errors > 0 ? EXIT_NOT : EXIT_GOOD;
}

/* Classify. */

struct classify {
	const struct rules *rules;
	struct tagger *tagger;
	struct nearmisses *misses; /* for explain */
	struct arena *arena;
	struct buf out;
	bool explain;
	bool stats;
	bool failed; /* a line was wrong */
};

/* A line that is no JSON, for --explain: "title || summary", or a title. */
static int
item_from_words(const char *line, size_t len, struct arena *arena, struct item *out,
		struct err *err)
{
	char *title = arena_strndup(arena, line, len), *bars;

	if (!title)
		return arena_failed(arena, err);
	if (!utf8_valid(line, len) || memchr(line, '\0', len))
		return err_set(err, ERR_REJECT, "not UTF-8 text");
	*out = item_empty();
	bars = strstr(title, "||");
	if (bars) {
		out->summary = bars + 2;
		while (bars > title && bars[-1] == ' ')
			bars--;
		*bars = '\0';
	}
	out->title = title;
	return 0;
}

static int
classify_item(struct classify *c, const char *line, size_t len, struct err *err)
{
	const bool words = c->explain && line[0] != '{';
	const struct item_tag *tags;
	struct item item;
	size_t count;

	if ((words ? item_from_words(line, len, c->arena, &item, err)
		   : item_from_json(line, len, c->arena, &item, err)) < 0 ||
	    tagger_run(c->tagger, &item, c->arena, &tags, &count, err) < 0)
		return -1;
	if (c->stats)
		return 0;
	if (c->explain && nearmisses_find(c->misses, &item, c->arena, err) < 0)
		return -1;
	if (c->explain)
		explain_item(c->rules, c->tagger, c->misses, &item, &c->out);
	else
		retag(line, len, tags, count, &c->out);
	return buf_failed(&c->out, err);
}

static void
classify_line(struct classify *c, const char *line, size_t len)
{
	struct err err = {.kind = ERR_NONE};

	buf_reset(&c->out);
	arena_reset(c->arena);
	if (len > LINE_BYTES_MAX)
		(void)err_set(&err, ERR_REJECT, "a line of over %d bytes", LINE_BYTES_MAX);
	if (err.kind != ERR_NONE || classify_item(c, line, len, &err) < 0) {
		struct json j = json_into(&c->out);

		/* An answer for every line, so that who counts them stays in step. */
		buf_reset(&c->out);
		json_object(&j);
		json_member(&j, "error", err.text);
		json_close(&j);
		c->failed = true;
	}
	if (c->out.len > 0 && (!c->explain || c->failed))
		(void)buf_addc(&c->out, '\n', NULL);
	(void)fwrite(buf_str(&c->out), 1, c->out.len, stdout);
	(void)fflush(stdout);
}

static int
classify_stream(struct classify *c, FILE *in, const char *name)
{
	SCOPED(free) char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	while ((len = getline(&line, &cap, in)) >= 0) {
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		line[len] = '\0';
		if (len > 0)
			classify_line(c, line, (size_t)len);
	}
	if (ferror(in) || ferror(stdout)) {
		(void)fprintf(stderr, "feedmill-classifier classify: cannot read %s or write\n",
			      name);
		return EXIT_NOT;
	}
	return c->failed ? EXIT_NOT : EXIT_GOOD;
}

static int
classify_file(struct classify *c, const char *name)
{
	FILE *in;
	int status;

	if (!name || strcmp(name, "-") == 0)
		return classify_stream(c, stdin, "standard input");
	in = fopen(name, "re");
	if (!in) {
		(void)fprintf(stderr, "feedmill-classifier classify: %s: %s\n", name,
			      strerror(errno));
		return EXIT_NOT;
	}
	status = classify_stream(c, in, name);
	(void)fclose(in);
	return status;
}

int
command_classify(int argc, char **argv)
{
	static const struct option options[] = {
		{"explain", no_argument, NULL, 'e'},
		{"stats", no_argument, NULL, 's'},
		{"rules", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	SCOPED(buf_done) struct buf path = buf_init(PATH_MAX);
	SCOPED(rules_free) struct rules *rules = NULL;
	SCOPED(tagger_free) struct tagger *tagger = NULL;
	SCOPED(nearmisses_free) struct nearmisses *misses = NULL;
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct classify c = {.arena = arena, .out = buf_init((size_t)4 * LINE_BYTES_MAX)};
	struct err err = {.kind = ERR_NONE};
	const char *config = NULL, *file = NULL;
	int option, status;

	while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (option == 'e')
			c.explain = true;
		else if (option == 's')
			c.stats = true;
		else if (option == 'r')
			file = optarg;
		else if (option == 'c')
			config = optarg;
		else
			return EXIT_USAGE;
	}
	if (argc - optind > 1) {
		(void)fprintf(stderr, "usage: feedmill-classifier classify [--explain|--stats] "
				      "[--rules FILE] [-c CONF] [FILE|-]\n");
		return EXIT_USAGE;
	}
	if (file ? buf_adds(&path, file, &err) < 0 : rulesfile_find(config, &path, &err) < 0)
		return fail(argv[0], &err, EXIT_NOT);
	rules = check_load(buf_str(&path), &err);
	tagger = rules && arena ? tagger_new(rules, &err) : NULL;
	if (!tagger)
		return fail(argv[0], &err, EXIT_NOT);
	misses = c.explain ? nearmisses_new(rules, &err) : NULL;
	if (c.explain && !misses)
		return fail(argv[0], &err, EXIT_NOT);
	c.rules = rules;
	c.tagger = tagger;
	c.misses = misses;
	status = classify_file(&c, argv[optind]);
	if (c.stats) {
		buf_reset(&c.out);
		firing_table(rules, tagger, &c.out);
		(void)fputs(buf_str(&c.out), stdout);
	}
	buf_done(&c.out);
	return status;
}
