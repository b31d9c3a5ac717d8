/* classifier_bench - what tagging costs: items a second for the rules alone and with msgpack in
 * and out, and the matcher at 10 to 100,000 phrases beside one alternation of PCRE2 and a plain
 * pass over the bytes.
 *
 *     classifier_bench RULES ITEMS.jsonl [FOLDER]
 *
 * With FOLDER, the text and each set of phrases are written there, for peers to be run on.
 *
 * Times are the process's own CPU time, best of five; PCRE2 is given a few seconds, once, and
 * judged by how far it comes. Texts are what the tagger searches: title, summary and content
 * without their tags. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classifier/rules.h"
#include "classifier/tagger.h"
#include "classifier/text.h"
#include "classifier/words.h"
#include "common/item.h"

enum { ITEMS_MAX = 100000, ROUNDS = 5, ARENA_BYTES_MAX = 64 * 1024 * 1024 };
static const double PEER_S = 3;

static struct buf encoded[ITEMS_MAX];
static struct item items[ITEMS_MAX];
static const char *texts[ITEMS_MAX];
static size_t text_lens[ITEMS_MAX];
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

static const char *
text_of(const struct item *item)
{
	const char *fields[] = {item->summary, item->content};
	SCOPED(text_done) struct text plain = text_init();
	const char *text = item->title ? item->title : "";
	struct err err = {.kind = ERR_NONE};

	for (size_t i = 0; i < 2; i++) {
		if (!fields[i])
			continue;
		if (text_from_html(&plain, fields[i], strlen(fields[i]), &err) < 0)
			die("text", &err);
		text = arena_printf(kept, "%s\n%s", text, buf_str(&plain.plain));
	}
	return text;
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
		texts[count] = text_of(item);
		text_lens[count] = strlen(texts[count]);
		text_bytes += text_lens[count];
		encoded[count] = buf_init(ITEM_BYTES_MAX);
		if (item_encode(item, &encoded[count], &err) < 0)
			die(path, &err);
		count++;
	}
	free(line);
	(void)fclose(in);
}

static void
report_part(const char *what, double s, size_t items_done, size_t bytes_done)
{
	(void)printf("%-38s %9.0f items/s %8.2f MB/s %8.2f us an item\n", what,
		     (double)items_done / s, (double)bytes_done / s / 1e6,
		     s / (double)items_done * 1e6);
	(void)fflush(stdout);
}

static void
report(const char *what, double s)
{
	report_part(what, s, count, text_bytes);
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

static size_t hits_met;

static double
scan_all(void *arg)
{
	const double start = cpu_s();
	const struct match_hit *hits;
	size_t hit_count = 0;

	hits_met = 0;
	for (size_t i = 0; i < count; i++) {
		if (match_text(arg, texts[i], text_lens[i], &hits, &hit_count, NULL) < 0)
			exit(EXIT_FAILURE);
		hits_met += hit_count;
	}
	return cpu_s() - start;
}

static double
plain_pass(void *arg)
{
	const double start = cpu_s();
	unsigned total = 0;

	(void)arg;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < text_lens[i]; k++)
			total += (unsigned char)texts[i][k];
	sum = total;
	return cpu_s() - start;
}

/* Phrases, of three kinds.
 *
 * MIX is like the rules that come with feedmill: of their phrases, braces spelt out, 18 in 100 are
 * one word, 68 two, 14 three or more; one line in six is near/, one phrase in five has capitals,
 * one in thirty is a word's start. Here: 4, 13 and 3 of twenty, every sixth of the pairs with
 * near/6 between, every fifth as the text spells it, every thirtieth a start. The words stand in a
 * row in some text, the first of four letters or more, of six where it is alone, and both of near/
 * and the last of a start of four. Such phrases are
 * met far more often than those of rules, which have nothing to do with most texts.
 *
 * RUN is one to three words in a row, "of the" included, in lower case: what nobody would write.
 * WORD is single words, the most common first. */
enum kind { MIX, RUN, WORD };

static const char *const KINDS[] = {"phrases", "phrases, any words in a row", "most common words"};

enum { SLOTS = 1 << 20, TRIES_PER_PHRASE = 20, PHRASE_TEXT_BYTES = 256 };

struct word {
	uint64_t hash;
	const char *text;
	size_t times;
};

static struct word known[SLOTS];
static uint64_t seed;

static size_t
any_of(size_t n)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (size_t)(seed >> 33) % n;
}

static struct word *
find_known(const char *s, size_t len)
{
	uint64_t h = 1469598103934665603U;
	size_t slot;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 1099511628211U;
	for (slot = h % SLOTS; known[slot].text && known[slot].hash != h; slot = (slot + 1) % SLOTS)
		continue;
	known[slot].hash = h;
	return &known[slot];
}

static int
by_times(const void *a, const void *b)
{
	const struct word *left = a, *right = b;

	if (left->times != right->times)
		return left->times > right->times ? -1 : 1;
	return left->text && right->text ? strcmp(left->text, right->text) : 0;
}

static void
count_words(void)
{
	memset(known, 0, sizeof(known));
	for (size_t i = 0, distinct = 0; i < count; i++) {
		struct words_element e;
		struct words words;

		words_of(&words, texts[i], text_lens[i]);
		while (distinct < SLOTS / 2 && words_next(&words, &e)) {
			struct word *word;

			if (e.kind != WORDS_WORD || e.cut || e.fold_len > WORDS_BYTES_MAX)
				continue;
			word = find_known(e.fold, e.fold_len);
			if (!word->text)
				word->text = arena_strndup(kept, e.fold, e.fold_len);
			distinct += word->times++ == 0;
		}
	}
	qsort(known, SLOTS, sizeof(*known), by_times);
}

/* Some words in a row of some text; false where there are none. */
static bool
words_in_a_row(size_t wanted, bool exact, int first_least, int least, char out[PHRASE_TEXT_BYTES])
{
	const size_t from = any_of(count);
	struct words_element e;
	struct words words;
	size_t used = 0, n = 0, skip = any_of(120);

	words_of(&words, texts[from], text_lens[from]);
	while (n < wanted && words_next(&words, &e)) {
		const char *word = exact ? e.exact : e.fold;
		const int len = exact ? e.exact_len : e.fold_len;

		if (skip > 0) {
			skip--;
			continue;
		}
		if (e.kind != WORDS_WORD || e.cut || len > WORDS_BYTES_MAX ||
		    len < (n == 0 ? first_least : least)) {
			n = used = 0;
			continue;
		}
		used += (size_t)snprintf(out + used, PHRASE_TEXT_BYTES - used, "%s%.*s",
					 n > 0 ? " " : "", len, word);
		n++;
	}
	return n == wanted;
}

/* The next phrase: as our rules spell it, and plainly, for peers. */
static bool
make_phrase(enum kind kind, size_t number, char rule[PHRASE_TEXT_BYTES],
	    char plain[PHRASE_TEXT_BYTES])
{
	const size_t of_twenty = any_of(20);
	const size_t n_words = of_twenty < 4 ? 1 : of_twenty < 17 ? 2 : 3;
	const bool near = kind == MIX && n_words == 2 && number % 6 == 5;
	const bool start = kind == MIX && number % 30 == 29;
	const int first_least = kind == RUN ? 1 : n_words == 1 ? 6 : 4;
	char *blank;
	int len;

	if (!words_in_a_row(n_words, kind == MIX && number % 5 == 4, first_least,
			    near || start ? 4 : 1, plain))
		return false;
	blank = strchr(plain, ' ');
	if (near && blank)
		len = snprintf(rule, PHRASE_TEXT_BYTES, "%.*s near/6 %s", (int)(blank - plain),
			       plain, blank + 1);
	else
		len = snprintf(rule, PHRASE_TEXT_BYTES, "%s%s", plain, start ? "*" : "");
	return len < PHRASE_TEXT_BYTES;
}

static void
take(struct phrase *out, const char **plain_out, const char *rule, const char *plain)
{
	struct err err = {.kind = ERR_NONE};

	if (phrase_parse(rule, kept, out, &err) < 0)
		die(rule, &err);
	*plain_out = arena_strdup(kept, plain);
}

/* Each once; where the texts have no more, words of theirs before what they do not have. */
static size_t
take_phrases(enum kind kind, struct phrase *out, const char **plain_out, size_t wanted)
{
	char rule[PHRASE_TEXT_BYTES], plain[PHRASE_TEXT_BYTES];
	size_t made = 0;

	if (kind == WORD) {
		count_words();
		for (; made < wanted && known[made].text; made++)
			take(&out[made], &plain_out[made], known[made].text, known[made].text);
		return made;
	}
	memset(known, 0, sizeof(known));
	seed = 1;
	for (size_t tries = 0; made < wanted; tries++) {
		struct word *word;

		if (!make_phrase(kind, made, rule, plain))
			continue;
		if (tries > TRIES_PER_PHRASE * wanted) {
			(void)snprintf(rule, sizeof(rule), "%.200s x%zu", plain, made);
			(void)snprintf(plain, sizeof(plain), "%s", rule);
		}
		word = find_known(plain, strlen(plain));
		if (word->text)
			continue;
		word->text = "";
		take(&out[made], &plain_out[made], rule, plain);
		made++;
	}
	return made;
}

/* The peers' way: all phrases as one caseless alternation between word edges. PCRE2 does not take
 * many more than a thousand at once ("regular expression is too large"), so that a text is searched
 * for each thousand in turn. */
enum { PIECE = 1000 };

static void
search_all(pcre2_code *const *codes, size_t code_count)
{
	const double start = cpu_s();
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	size_t done = 0, bytes = 0;

	for (; done < count && cpu_s() - start < PEER_S; done++) {
		const size_t len = text_lens[done];

		for (size_t i = 0; i < code_count; i++) {
			size_t at = 0;

			while (at < len && pcre2_match(codes[i], (PCRE2_SPTR)texts[done], len, at,
						       PCRE2_NO_UTF_CHECK, data, NULL) >= 0)
				at = pcre2_get_ovector_pointer(data)[1];
		}
		bytes += len;
	}
	report_part(code_count > 1 ? "  PCRE2 (JIT), one for each thousand"
				   : "  PCRE2 (JIT), one alternation",
		    cpu_s() - start, done, bytes);
	pcre2_match_data_free(data);
}

/* NULL where it does not compile. */
static pcre2_code *
alternation(const char *const *plain, size_t wanted, size_t *bytes_inout)
{
	SCOPED(buf_done) struct buf pattern = buf_init((size_t)1 << 30);
	PCRE2_SIZE offset, bytes = 0, jit_bytes = 0;
	pcre2_code *code;
	int error;

	(void)buf_adds(&pattern, "\\b(?:", NULL);
	for (size_t i = 0; i < wanted; i++)
		(void)buf_addf(&pattern, NULL, "%s\\Q%s\\E", i > 0 ? "|" : "", plain[i]);
	(void)buf_adds(&pattern, ")\\b", NULL);
	code = pcre2_compile((PCRE2_SPTR)buf_str(&pattern), pattern.len,
			     PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &error, &offset, NULL);
	if (code)
		error = pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	if (!code || error < 0) {
		(void)printf("  PCRE2 does not compile %zu phrases: error %d\n", wanted, error);
		pcre2_code_free(code);
		return NULL;
	}
	(void)pcre2_pattern_info(code, PCRE2_INFO_SIZE, &bytes);
	(void)pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &jit_bytes);
	*bytes_inout += bytes + jit_bytes;
	return code;
}

static void
measure_pcre2(const char *const *plain, size_t wanted)
{
	SCOPED(free) pcre2_code **codes = calloc(wanted / PIECE + 1, sizeof(pcre2_code *));
	const double start = cpu_s();
	size_t made = 0, bytes = 0;
	bool good = true;

	if (!codes)
		exit(EXIT_FAILURE);
	for (size_t from = 0; good && from < wanted; from += PIECE) {
		const size_t piece = wanted - from < PIECE ? wanted - from : PIECE;

		codes[made] = alternation(plain + from, piece, &bytes);
		good = codes[made] != NULL;
		made += good;
	}
	(void)printf("%38s PCRE2 compiled in %.1f ms, %.2f MB\n", "", (cpu_s() - start) * 1e3,
		     (double)bytes / 1e6);
	if (good)
		search_all(codes, made);
	for (size_t i = 0; i < made; i++)
		pcre2_code_free(codes[i]);
}

static FILE *
create(const char *folder, const char *name)
{
	SCOPED(buf_done) struct buf path = buf_init(4096);
	FILE *out;

	(void)buf_addf(&path, NULL, "%s/%s", folder, name);
	out = fopen(buf_str(&path), "we");
	if (!out) {
		perror(buf_str(&path));
		exit(EXIT_FAILURE);
	}
	return out;
}

static void
export_texts(const char *folder)
{
	FILE *out = create(folder, "text");

	for (size_t i = 0; i < count; i++)
		(void)fprintf(out, "%s\n", texts[i]);
	(void)fclose(out);
}

static void
export_phrases(const char *folder, const char *const *plain, size_t wanted)
{
	char name[64];
	FILE *out;

	(void)snprintf(name, sizeof(name), "phrases-%zu", wanted);
	out = create(folder, name);
	for (size_t i = 0; i < wanted; i++)
		(void)fprintf(out, "%s\n", plain[i]);
	(void)fclose(out);
}

static double
scale(enum kind kind, size_t wanted, const char *folder)
{
	SCOPED(free) struct phrase *phrases = calloc(wanted, sizeof(*phrases));
	SCOPED(free) const struct phrase **list = calloc(wanted, sizeof(*list));
	SCOPED(free) const char **plain = calloc(wanted, sizeof(*plain));
	SCOPED(match_scan_free) struct match_scan *scan = NULL;
	SCOPED(match_free) struct match *match = NULL;
	struct err err = {.kind = ERR_NONE};
	double compiled, took;
	char what[80];
	size_t bad;

	if (!phrases || !list || !plain)
		exit(EXIT_FAILURE);
	wanted = take_phrases(kind, phrases, plain, wanted);
	for (size_t i = 0; i < wanted; i++)
		list[i] = &phrases[i];
	compiled = cpu_s();
	match = match_new(list, wanted, &bad, &err);
	compiled = cpu_s() - compiled;
	scan = match ? match_scan_new(match) : NULL;
	if (!scan)
		die("match", &err);
	(void)snprintf(what, sizeof(what), "%zu %s", wanted, KINDS[kind]);
	took = best_of(scan_all, scan);
	report(what, took);
	(void)printf("%38s compiled in %.1f ms, %.2f MB; %.1f hits an item\n", "", compiled * 1e3,
		     (double)match_bytes(match) / 1e6, (double)hits_met / (double)count);
	if (kind == MIX)
		measure_pcre2(plain, wanted);
	if (kind == MIX && folder)
		export_phrases(folder, plain, wanted);
	return took;
}

static void
scale_up(enum kind kind, size_t most, const char *folder)
{
	double at_100 = 0;

	for (size_t n = kind == MIX ? 10 : 100; n <= most; n *= kind == MIX ? 10 : 100) {
		const double took = scale(kind, n, folder);

		at_100 = n == 100 ? took : at_100;
		if (n == 10000)
			(void)printf("%38s %.2f times the cost at 100 (2 is the ceiling)\n", "",
				     took / at_100);
	}
}

int
main(int argc, char **argv)
{
	struct err err = {.kind = ERR_NONE};
	const char *folder = argc == 4 ? argv[3] : NULL;
	struct tagger *tagger;
	struct rules *rules;

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
		export_texts(folder);
	scale_up(MIX, 100000, folder);
	scale_up(RUN, 10000, folder);
	scale_up(WORD, 10000, folder);
	tagger_free(tagger);
	rules_free(rules);
	arena_free(kept);
	arena_free(scratch);
	for (size_t i = 0; i < count; i++)
		buf_done(&encoded[i]);
	return 0;
}
