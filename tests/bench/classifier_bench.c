/* classifier_bench - what tagging costs: items a second for the rules alone and with msgpack in
 * and out, and the matcher at 10 to 100,000 phrases beside one alternation of PCRE2 and a plain
 * pass.
 *
 *     classifier_bench RULES ITEMS.jsonl [FOLDER]
 *
 * With FOLDER, the text and each set of phrases are written there, for peers to be run on.
 *
 * Times are the process's own CPU time, best of five. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classifier/rules.h"
#include "classifier/tagger.h"
#include "classifier/words.h"
#include "common/item.h"

enum { ITEMS_MAX = 100000, ROUNDS = 5, ARENA_BYTES_MAX = 64 * 1024 * 1024 };

static struct buf encoded[ITEMS_MAX];
static struct item items[ITEMS_MAX];
static size_t count, text_bytes;
extern volatile unsigned sum;
volatile unsigned sum; /* so that the plain pass is not left out */
static struct arena *kept, *scratch;

static double
cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
die(const char *what, const struct err *err)
{
	(void)fprintf(stderr, "%s: %s\n", what, err->text);
	exit(EXIT_FAILURE);
}

static void
read_items(const char *path)
{
	struct err err = {.kind = ERR_NONE};
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	if (!in) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	while (count < ITEMS_MAX && (len = getline(&line, &cap, in)) > 0) {
		struct item *item = &items[count];
		char *id = arena_printf(kept, "%032zx", count);

		/* The identity is not what is measured here, and other files have other ids. */
		char *named = strstr(line, "\"id\"");

		if (named)
			named[1] = 'x';
		if (item_from_json(line, strlen(line), kept, item, &err) < 0)
			die(path, &err);
		item->id = id;
		item->rev = "0123456789abcdef";
		item->version = ITEM_VERSION;
		text_bytes += (item->title ? strlen(item->title) : 0) +
			      (item->summary ? strlen(item->summary) : 0) +
			      (item->content ? strlen(item->content) : 0);
		encoded[count] = buf_init(ITEM_BYTES_MAX);
		if (item_encode(item, &encoded[count], &err) < 0)
			die(path, &err);
		count++;
	}
	free(line);
	(void)fclose(in);
}

static void
report(const char *what, double s)
{
	(void)printf("%-34s %9.0f items/s %8.1f MB/s %7.2f us an item\n", what, (double)count / s,
		     (double)text_bytes / s / 1e6, s / (double)count * 1e6);
}

static double
best_of(double (*run)(void *arg), void *arg)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		const double s = run(arg);

		if (s < best)
			best = s;
	}
	return best;
}

static double
tag_all(void *arg)
{
	const double start = cpu_s();
	const struct item_tag *tags;
	size_t tag_count;
	struct err err;

	for (size_t i = 0; i < count; i++) {
		arena_reset(scratch);
		if (tagger_run(arg, &items[i], scratch, &tags, &tag_count, &err) < 0)
			die("tag", &err);
	}
	return cpu_s() - start;
}

static double
whole_way(void *arg)
{
	static struct buf out;
	const double start = cpu_s();
	struct item item;
	struct err err;

	if (!out.max)
		out = buf_init(ITEM_BYTES_MAX);
	for (size_t i = 0; i < count; i++) {
		arena_reset(scratch);
		buf_reset(&out);
		if (item_decode(buf_bytes(&encoded[i]), scratch, &item, &err) < 0 ||
		    tagger_run(arg, &item, scratch, &item.tags, &item.tag_count, &err) < 0 ||
		    item_encode(&item, &out, &err) < 0)
			die("item", &err);
	}
	return cpu_s() - start;
}

static double
scan_all(void *arg)
{
	const double start = cpu_s();
	const struct match_hit *hits;
	size_t hit_count;

	for (size_t i = 0; i < count; i++) {
		const char *texts[] = {items[i].title, items[i].summary, items[i].content};

		for (size_t k = 0; k < 3; k++)
			if (texts[k])
				(void)match_text(arg, texts[k], strlen(texts[k]), &hits, &hit_count,
						 NULL);
	}
	return cpu_s() - start;
}

static double
plain_pass(void *arg)
{
	const double start = cpu_s();

	(void)arg;
	for (size_t i = 0; i < count; i++) {
		const char *texts[] = {items[i].title, items[i].summary, items[i].content};

		for (size_t k = 0; k < 3; k++)
			for (const char *s = texts[k]; s && *s; s++)
				sum = sum + (unsigned char)*s;
	}
	return cpu_s() - start;
}

/* Phrases as rules have them: one to three words in a row of the texts, the first of four letters
 * or more, of six where it stands alone. Each once; the texts have most of those up to 10,000, so
 * that more are met than of as many rules. */
enum { TAKEN_SLOTS = 1 << 20, ROUNDS_OF_TEXT = 12 };
static uint64_t taken[TAKEN_SLOTS];

static bool
is_new(const char *s)
{
	uint64_t h = 1469598103934665603U;
	size_t slot;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211U;
	for (slot = h % TAKEN_SLOTS; taken[slot]; slot = (slot + 1) % TAKEN_SLOTS)
		if (taken[slot] == h)
			return false;
	taken[slot] = h;
	return true;
}

static size_t
take_phrases(struct phrase *out, size_t wanted)
{
	size_t made = 0;

	memset(taken, 0, sizeof(taken));

	for (size_t round = 0; made < wanted; round++) {
		for (size_t i = 0; i < count && made < wanted; i++) {
			const size_t n_words = (i + round) % 3 + 1;
			const char *s = items[i].summary ? items[i].summary : items[i].title;
			char text[256];
			size_t used = 0;
			struct words_element e;
			struct words words;

			if (!s)
				continue;
			words_of(&words, s, strlen(s));
			for (size_t skip = round * 3; skip > 0 && words_next(&words, &e); skip--)
				continue;
			for (size_t n = n_words; n > 0 && words_next(&words, &e);)
				if (e.kind == WORDS_WORD && e.fold_len < 60 &&
				    (n < n_words || e.fold_len >= (n_words == 1 ? 6 : 4)) && n--)
					used += (size_t)snprintf(text + used, sizeof(text) - used,
								 "%.*s ", e.fold_len, e.fold);
			/* The texts have no more: words of theirs, before what they do not have. */
			if (round >= ROUNDS_OF_TEXT)
				(void)snprintf(text + used, sizeof(text) - used, "x%zu ", made);
			if ((used > 0 || round >= ROUNDS_OF_TEXT) && is_new(text) &&
			    phrase_parse(text, kept, &out[made], NULL) == 0)
				made++;
		}
	}
	return made;
}

static size_t hits_met;

static double
count_hits(void *arg)
{
	const struct match_hit *hits;
	size_t hit_count;

	hits_met = 0;
	for (size_t i = 0; i < count; i++) {
		const char *texts[] = {items[i].title, items[i].summary, items[i].content};

		for (size_t k = 0; k < 3; k++)
			if (texts[k] && match_text(arg, texts[k], strlen(texts[k]), &hits,
						   &hit_count, NULL) == 0)
				hits_met += hit_count;
	}
	return (double)hits_met / (double)count;
}

/* The peers' way. */

static double
search_all(void *arg)
{
	const double start = cpu_s();
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);

	for (size_t i = 0; i < count; i++) {
		const char *texts[] = {items[i].title, items[i].summary, items[i].content};

		for (size_t k = 0; k < 3; k++) {
			const size_t len = texts[k] ? strlen(texts[k]) : 0;
			size_t at = 0;

			while (at < len && pcre2_match(arg, (PCRE2_SPTR)texts[k], len, at,
						       PCRE2_NO_UTF_CHECK, data, NULL) >= 0)
				at = pcre2_get_ovector_pointer(data)[1];
		}
	}
	pcre2_match_data_free(data);
	return cpu_s() - start;
}

/* All phrases as one caseless alternation between word edges, as a filter would write it. */
static void
alternation(char *const *texts, size_t wanted)
{
	SCOPED(buf_done) struct buf pattern = buf_init((size_t)1 << 30);
	const double start = cpu_s();
	PCRE2_SIZE offset;
	pcre2_code *code;
	char what[80];
	int error;

	(void)buf_adds(&pattern, "\\b(?:", NULL);
	for (size_t i = 0; i < wanted; i++)
		(void)buf_addf(&pattern, NULL, "%s\\Q%s\\E", i > 0 ? "|" : "", texts[i]);
	(void)buf_adds(&pattern, ")\\b", NULL);
	code = pcre2_compile((PCRE2_SPTR)buf_str(&pattern), pattern.len,
			     PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &error, &offset, NULL);
	if (!code || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) < 0) {
		(void)printf("%34s PCRE2 does not compile them: error %d\n", "", error);
		pcre2_code_free(code);
		return;
	}
	(void)snprintf(what, sizeof(what), "  PCRE2 (JIT), one alternation");
	report(what, best_of(search_all, code));
	(void)printf("%34s compiled in %.1f ms\n", "", (cpu_s() - start) * 1e3);
	pcre2_code_free(code);
}

static FILE *
create(const char *folder, const char *name)
{
	char path[4096];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "we");
	if (!out) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return out;
}

static void
export_items(const char *folder)
{
	FILE *out = create(folder, "text");

	for (size_t i = 0; i < count; i++)
		(void)fprintf(out, "%s %s %s\n", items[i].title ? items[i].title : "",
			      items[i].summary ? items[i].summary : "",
			      items[i].content ? items[i].content : "");
	(void)fclose(out);
}

static void
export_phrases(const char *folder, char *const *texts, size_t wanted)
{
	char name[64];
	FILE *out;

	(void)snprintf(name, sizeof(name), "phrases-%zu", wanted);
	out = create(folder, name);
	for (size_t i = 0; i < wanted; i++)
		(void)fprintf(out, "%s\n", texts[i]);
	(void)fclose(out);
}

static double
scale(size_t wanted, const char *folder)
{
	struct phrase *phrases = calloc(wanted, sizeof(*phrases));
	const struct phrase **list = calloc(wanted, sizeof(*list));
	struct err err = {.kind = ERR_NONE};
	struct match_scan *scan;
	struct match *match;
	double start;
	char what[80];
	char **texts = calloc(wanted, sizeof(*texts));
	double took;
	size_t bad;

	if (!phrases || !list || !texts)
		exit(EXIT_FAILURE);
	wanted = take_phrases(phrases, wanted);
	for (size_t i = 0; i < wanted; i++) {
		list[i] = &phrases[i];
		texts[i] = strdup(phrases[i].source);
		if (texts[i] && *texts[i])
			texts[i][strlen(texts[i]) - 1] = '\0'; /* the blank behind it */
	}
	start = cpu_s();
	match = match_new(list, wanted, &bad, &err);
	start = cpu_s() - start;
	scan = match ? match_scan_new(match) : NULL;
	if (!scan)
		die("match", &err);
	(void)snprintf(what, sizeof(what), "%zu phrases", wanted);
	took = best_of(scan_all, scan);
	report(what, took);
	(void)printf("%34s compiled in %.1f ms, %.2f MB; %.1f hits an item\n", "", start * 1e3,
		     (double)match_bytes(match) / 1e6, count_hits(scan));
	if (wanted <= 1000)
		alternation(texts, wanted);
	if (folder)
		export_phrases(folder, texts, wanted);
	for (size_t i = 0; i < wanted; i++)
		free(texts[i]);
	free(texts);
	match_scan_free(scan);
	match_free(match);
	free(phrases);
	free(list);
	return took;
}

int
main(int argc, char **argv)
{
	struct err err = {.kind = ERR_NONE};
	const char *folder = argc == 4 ? argv[3] : NULL;
	struct tagger *tagger;
	struct rules *rules;
	double at_100 = 0;

	if (argc < 3 || argc > 4) {
		(void)fprintf(stderr, "usage: classifier_bench RULES ITEMS.jsonl [FOLDER]\n");
		return 2;
	}
	kept = arena_new((size_t)1 << 32);
	scratch = arena_new(ARENA_BYTES_MAX);
	if (!kept || !scratch)
		return EXIT_FAILURE;
	read_items(argv[2]);
	rules = rules_load(argv[1], &err);
	tagger = rules ? tagger_new(rules, &err) : NULL;
	if (!tagger)
		die(argv[1], &err);
	(void)printf("%zu items of %.0f bytes of text\n", count,
		     (double)text_bytes / (double)count);
	report("a plain pass over the bytes", best_of(plain_pass, NULL));
	report("the rules, all fields", best_of(tag_all, tagger));
	report("decode, the rules, encode", best_of(whole_way, tagger));
	if (folder)
		export_items(folder);
	for (size_t n = 10; n <= 100000; n *= 10) {
		const double took = scale(n, folder);

		at_100 = n == 100 ? took : at_100;
		if (n == 10000)
			(void)printf("%34s %.2f times the cost at 100 (2 is the ceiling)\n", "",
				     took / at_100);
	}
	tagger_free(tagger);
	rules_free(rules);
	arena_free(kept);
	arena_free(scratch);
	for (size_t i = 0; i < count; i++)
		buf_done(&encoded[i]);
	return 0;
}
