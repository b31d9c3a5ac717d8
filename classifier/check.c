#include "classifier/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "classifier/tagger.h"
#include "common/buf.h"
#include "common/utf8.h"

enum { COMPLAINT_BYTES_MAX = 1024, ITEM_ARENA_BYTES_MAX = 4 * 1024 * 1024 };

struct checker {
	const struct rules *rules;
	struct match_scan *scan;
	void (*each)(void *arg, bool is_note, const char *complaint);
	void *arg;
	struct check_result result;
	struct err *err;
};

static void __attribute__((format(printf, 5, 6)))
complain(struct checker *c, bool is_note, const char *file, int line, const char *fmt, ...)
{
	char text[COMPLAINT_BYTES_MAX];
	va_list ap;
	int len;

	len = snprintf(text, sizeof(text), "%s:%d: ", file, line);
	va_start(ap, fmt);
	if (len >= 0 && (size_t)len < sizeof(text))
		(void)vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	va_end(ap);
	if (is_note)
		c->result.notes++;
	else
		c->result.errors++;
	c->each(c->arg, is_note, text);
}

/* Phrases that can never count. */

/* A text that the variant matches, and that only what is wider than it matches too: words of any
 * case are spelt in lower case, which no phrase with a capital matches, and a word's start gets
 * letters behind it that no phrase has. */
static int
spell(const struct phrase_variant *variant, struct buf *out, struct err *err)
{
	buf_reset(out);
	for (size_t i = 0; i < variant->count; i++) {
		const struct phrase_element *element = &variant->elements[i];
		char mark[UTF8_BYTES_MAX];

		if (element->kind == PHRASE_MARK)
			(void)buf_add(out, mark, utf8_put(element->mark, mark), NULL);
		else
			(void)buf_adds(out, element->exact ? element->exactly : element->fold,
				       NULL);
		if (element->kind == PHRASE_PREFIX)
			(void)buf_adds(out, "\xC7\x82\xC7\x82", NULL); /* two clicks */
		(void)buf_addc(out, ' ', NULL);
	}
	return buf_failed(out, err);
}

/* Whether the hits of a phrase's variant have one that settles it; its number, or -1. */
typedef long settles(const struct rules *rules, size_t phrase, const struct match_hit *hits,
		     size_t count);

/* The phrase that settles every variant of a side (the first one's); -1: there is none, -2 err. */
static long
side_settled_by(struct checker *c, size_t phrase, const struct phrase_side *side, settles *settled)
{
	SCOPED(buf_done) struct buf text = buf_init(1024 * 1024);
	const struct match_hit *hits;
	long first = -1;
	size_t count;

	for (size_t i = 0; i < side->count; i++) {
		long by;

		if (spell(&side->variants[i], &text, c->err) < 0 ||
		    match_text(c->scan, buf_str(&text), text.len, &hits, &count, c->err) < 0)
			return -2;
		by = settled(c->rules, phrase, hits, count);
		if (by < 0)
			return -1;
		if (first < 0)
			first = by;
	}
	return first;
}

static long
settled_by(struct checker *c, size_t phrase, settles *settled)
{
	const struct phrase *p = &c->rules->phrases[phrase].phrase;

	for (size_t k = 0; k < 2; k++) {
		const long by = p->sides[k].count > 0
					? side_settled_by(c, phrase, &p->sides[k], settled)
					: -1;

		if (by != -1)
			return by;
	}
	return -1;
}

static bool
is_wider_list(enum rules_list list, enum rules_list than)
{
	return list == than || (list == RULES_ANY && than == RULES_TITLE);
}

static long
swallowed(const struct rules *rules, size_t phrase, const struct match_hit *hits, size_t count)
{
	const struct rules_phrase *p = &rules->phrases[phrase];

	for (size_t i = 0; i < count; i++) {
		const struct rules_phrase *other = &rules->phrases[hits[i].phrase];

		if (hits[i].phrase != phrase && other->tag == p->tag &&
		    other->phrase.kind == PHRASE_PLAIN && is_wider_list(other->list, p->list))
			return hits[i].phrase;
	}
	return -1;
}

static long
masked(const struct rules *rules, size_t phrase, const struct match_hit *hits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct rules_phrase *other = &rules->phrases[hits[i].phrase];

		if (other->list == RULES_MASK && other->phrase.kind == PHRASE_PLAIN &&
		    (other->tag == rules->phrases[phrase].tag || other->tag == RULES_EVERY))
			return hits[i].phrase;
	}
	return -1;
}

static long
vetoed(const struct rules *rules, size_t phrase, const struct match_hit *hits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct rules_phrase *other = &rules->phrases[hits[i].phrase];

		if (other->list == RULES_NONE && other->phrase.kind == PHRASE_PLAIN &&
		    other->tag == rules->phrases[phrase].tag)
			return hits[i].phrase;
	}
	return -1;
}

/* Two phrases that swallow each other are the same: the later one is to blame. A phrase of another
 * file (a drop-in beside the rules that came with the program) is only worth a note. */
static int
check_swallowed(struct checker *c, size_t phrase)
{
	const struct rules_phrase *p = &c->rules->phrases[phrase], *by;
	const long other = settled_by(c, phrase, swallowed);
	bool same;

	if (other < 0)
		return other == -1 ? 0 : -1;
	by = &c->rules->phrases[other];
	same = p->list == by->list && settled_by(c, (size_t)other, swallowed) == (long)phrase;
	if (same && (size_t)other > phrase)
		return 0;
	/* A longer mask hides more than the shorter one in it. */
	if (!same && (p->list == RULES_MASK || p->list == RULES_STOP))
		return 0;
	complain(c, strcmp(p->file, by->file) != 0, p->file, p->line,
		 same ? "phrase '%.100s' repeats '%.100s' of %s:%d"
		      : "phrase '%.100s' adds nothing: whatever it meets, '%.100s' of %s:%d meets",
		 p->phrase.source, by->phrase.source, by->file, by->line);
	return 0;
}

static int
check_phrase(struct checker *c, size_t phrase)
{
	const struct rules_phrase *p = &c->rules->phrases[phrase];
	const bool evidence = p->list == RULES_ANY || p->list == RULES_TITLE;
	const struct {
		settles *settled;
		bool asked;
		const char *why;
	} dead[] = {
		{masked, evidence || p->list == RULES_NONE, "is covered by the mask"},
		{vetoed, p->list == RULES_TITLE, "is vetoed in every title by"},
	};

	for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++) {
		const long by = dead[i].asked ? settled_by(c, phrase, dead[i].settled) : -1;

		if (by == -2)
			return -1;
		if (by >= 0) {
			const struct rules_phrase *other = &c->rules->phrases[by];

			complain(c, strcmp(p->file, other->file) != 0, p->file, p->line,
				 "phrase '%.100s' can never count: it %s '%.100s' of %s:%d",
				 p->phrase.source, dead[i].why, other->phrase.source, other->file,
				 other->line);
			return 0;
		}
	}
	return check_swallowed(c, phrase);
}

/* Tags under themselves. */

enum colour { WHITE, GREY, BLACK };

/* Depth first: a grey tag met again is under itself. */
static void
check_circles(struct checker *c, uint32_t tag, unsigned char *colours)
{
	const struct rules_tag *at = &c->rules->tags[tag];

	if (colours[tag] == GREY)
		complain(c, false, at->file, at->line, "[tag %s] is under itself", at->name);
	if (colours[tag] != WHITE)
		return;
	colours[tag] = GREY;
	for (size_t i = 0; i < at->parents.count; i++)
		check_circles(c, at->parents.tags[i], colours);
	colours[tag] = BLACK;
}

/* Publishers that add nothing. */

struct repeated {
	const struct rules *rules;
	uint32_t number;
	long by; /* -1: by none */
};

/* Another line of the tag that meets what this one spells: the same, or a wider one. */
static void
note_repeated(void *arg, uint32_t number, const char *text, size_t len)
{
	struct repeated *r = arg;
	const struct rules_publisher *own = &r->rules->publishers[r->number];
	const struct rules_publisher *other = &r->rules->publishers[number];

	(void)text;
	(void)len;
	if (number == r->number || own->tag != other->tag ||
	    (number > r->number && strcasecmp(own->source, other->source) == 0))
		return;
	r->by = number;
}

static void
check_publisher(struct checker *c, uint32_t number)
{
	const struct rules_publisher *p = &c->rules->publishers[number];
	struct repeated r = {.rules = c->rules, .number = number, .by = -1};
	char url[PUBLISHER_HOST_BYTES_MAX + 16];

	if (p->kind != PUBLISHERS_FROM) {
		publishers_by(c->rules->from, p->kind, p->source, note_repeated, &r);
	} else {
		(void)snprintf(url, sizeof(url), "https://%.*s/", PUBLISHER_HOST_BYTES_MAX,
			       p->source);
		publishers_by_url(c->rules->from, url, note_repeated, &r);
		publishers_by_title(c->rules->from, p->source, note_repeated, &r);
	}
	if (r.by >= 0)
		complain(c, strcmp(p->file, c->rules->publishers[r.by].file) != 0, p->file, p->line,
			 "%s '%.100s' adds nothing to '%.100s' of %s:%d",
			 rules_publisher_name(p->kind), p->source,
			 c->rules->publishers[r.by].source, c->rules->publishers[r.by].file,
			 c->rules->publishers[r.by].line);
}

/* The rules' own tests. */

/* The evidence that explains the outcome: what gave the tag, or came nearest. */
static void
describe(const struct tagger *tagger, uint32_t tag, struct buf *out)
{
	size_t count;
	const struct tagger_evidence *evidence = tagger_evidence(tagger, &count);
	static const char *const verdicts[] = {[TAGGER_COUNTED] = "counts",
					       [TAGGER_MASKED] = "is masked",
					       [TAGGER_VETO] = "vetoes"};

	for (size_t i = 0; i < count; i++)
		if (evidence[i].tag == tag)
			(void)buf_addf(out, NULL, "%s '%s' of line %d %s in the %s",
				       out->len > 0 ? ";" : "", evidence[i].rule, evidence[i].line,
				       verdicts[evidence[i].verdict], evidence[i].field);
	if (out->len == 0)
		(void)buf_adds(out, " no phrase meets it", NULL);
}

static int
run_test(struct checker *c, struct tagger *tagger, struct arena *arena, uint32_t tag,
	 const struct rules_test *test)
{
	SCOPED(buf_done) struct buf why = buf_init(COMPLAINT_BYTES_MAX / 2);
	const struct item_tag *tags;
	struct item item = item_empty();
	bool has = false;
	size_t count;

	item.title = test->title;
	item.summary = test->summary;
	item.feed.title = test->feed;
	item.feed.folder = test->folder;
	item.language = test->language;
	item.categories = &test->category;
	item.category_count = test->category != NULL;
	if (test->feed && strchr(test->feed, '.') && !strchr(test->feed, ' '))
		item.feed.link = arena_printf(arena, "https://%s/", test->feed);
	if (tagger_run(tagger, &item, arena, &tags, &count, c->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		has |= strcmp(tags[i].tag, c->rules->tags[tag].name) == 0;
	if (has != test->must) {
		describe(tagger, tag, &why);
		complain(c, false, test->file, test->line, "[tag %s] %s '%.200s' fails:%s",
			 c->rules->tags[tag].name, test->must ? "must" : "must-not", test->source,
			 buf_str(&why));
	}
	c->result.tests++;
	arena_reset(arena);
	return 0;
}

static int
run_tests(struct checker *c)
{
	SCOPED(tagger_free) struct tagger *tagger = tagger_new(c->rules, c->err);
	SCOPED(arena_free) struct arena *arena = arena_new(ITEM_ARENA_BYTES_MAX);

	if (!tagger || !arena)
		return err_sys(c->err, "tests of the rules");
	for (size_t i = 0; i < c->rules->tag_count; i++) {
		const struct rules_tag *tag = &c->rules->tags[i];

		for (size_t k = 0; k < tag->test_count; k++)
			if (run_test(c, tagger, arena, (uint32_t)i, &tag->tests[k]) < 0)
				return -1;
	}
	return 0;
}

int
check_rules(const struct rules *rules, void (*each)(void *arg, bool is_note, const char *complaint),
	    void *arg, struct check_result *out, struct err *err)
{
	SCOPED(match_scan_free) struct match_scan *scan = match_scan_new(rules->match);
	SCOPED(free) unsigned char *colours = calloc(rules->tag_count + 1, 1);
	struct checker c = {.rules = rules, .scan = scan, .each = each, .arg = arg, .err = err};

	if (!scan || !colours)
		return err_sys(err, "check of the rules");
	for (size_t i = 0; i < rules->tag_count; i++)
		check_circles(&c, (uint32_t)i, colours);
	for (size_t i = 0; i < rules->phrase_count; i++)
		if (check_phrase(&c, i) < 0)
			return -1;
	for (size_t i = 0; i < rules->publisher_count; i++)
		check_publisher(&c, (uint32_t)i);
	if (run_tests(&c) < 0)
		return -1;
	*out = c.result;
	return 0;
}

static void
keep_first(void *arg, bool is_note, const char *complaint)
{
	struct err *first = arg;

	if (!is_note && first->kind == ERR_NONE)
		(void)err_set(first, ERR_USAGE, "%s", complaint);
}

struct rules *
check_load(const char *path, struct err *err)
{
	SCOPED(rules_free) struct rules *rules = rules_load(path, err);
	struct err first = {.kind = ERR_NONE};
	struct check_result result;

	if (!rules || check_rules(rules, keep_first, &first, &result, err) < 0)
		return NULL;
	if (result.errors > 0) {
		(void)err_set(err, ERR_USAGE, "%s", first.text);
		if (result.errors > 1)
			(void)err_set(err, ERR_USAGE, "%.400s (and %zu more)", first.text,
				      result.errors - 1);
		return NULL;
	}
	return TAKE(rules);
}
