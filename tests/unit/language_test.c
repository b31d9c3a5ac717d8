/* Every word of feedmill-rules(5), a row each: rules, an item, the tags that it has then. */
#include <time.h>

#include "classifier/tagger.h"
#include "classifier/text.h"
#include "tests/unit/check.h"

enum { ARENA_BYTES_MAX = 8 * 1024 * 1024 };

struct row {
	const char *rules;
	const char *title, *summary; /* summary: HTML */
	const char *tags; /* in the order of the file, blanks between; or what is wrong */
};

static struct arena *arena;

static const char *
tags_by(const char *text, const struct item *item)
{
	static char out[1024];
	static struct err err;
	SCOPED(rules_free) struct rules *rules = rules_parse("r", text, strlen(text), &err);
	SCOPED(tagger_free) struct tagger *tagger = rules ? tagger_new(rules, &err) : NULL;
	const struct item_tag *tags = NULL;
	size_t count = 0;

	out[0] = '\0';
	arena_reset(arena);
	if (!tagger || tagger_run(tagger, item, arena, &tags, &count, &err) < 0)
		return err.text;
	for (size_t i = 0; i < rules->tag_count; i++)
		for (size_t k = 0; k < count; k++)
			if (strcmp(tags[k].tag, rules->tags[i].name) == 0) {
				(void)strncat(out, out[0] ? " " : "", 2);
				(void)strncat(out, tags[k].tag, sizeof(out) - strlen(out) - 1);
			}
	return out;
}

static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct item item = item_empty();
		const char *got;

		item.title = rows[i].title;
		item.summary = rows[i].summary;
		got = tags_by(rows[i].rules, &item);
		if (strcmp(got, rows[i].tags) != 0)
			(void)printf("# row %zu: %s\n#   on '%s' || '%s'\n", i, rows[i].rules,
				     rows[i].title ? rows[i].title : "",
				     rows[i].summary ? rows[i].summary : "");
		CHECK_STR(got, rows[i].tags);
	}
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static void
lists_of_a_tag(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany = coin\n", "A coin", NULL, "t"},
		{"[tag t]\nany = coin\n", NULL, "A coin", "t"},
		{"[tag t]\nany = coin\n", "A purse", "of leather", ""},
		{"[tag t]\nany =\n coin\n purse\n", "A purse", NULL, "t"},
		{"[tag t]\nany = coin\nany = purse\n", "A purse", NULL, "t"},
		{"[tag t]\nany = coin\nany =\nany = purse\n", "A coin", NULL, ""}, /* emptied */
		{"[tag t]\ntitle = copilot\n", "The copilot", NULL, "t"},
		{"[tag t]\ntitle = copilot\n", NULL, "The copilot", ""},
		{"[tag t]\ntitle =\n copilot\n pilot\n plane\n", NULL, "copilot, pilot, plane",
		 "t"},
		{"[tag t]\nany = gemini\nnone = protocol\n", "The gemini protocol", NULL, ""},
		{"[tag t]\nany = gemini\nnone = protocol\n", "The gemini", "protocol", "t"},
		{"[tag t]\nany = gemini\nnone = protocol\n", "A protocol", "gemini gemini", ""},
		{"[tag t]\nany = claude\nmask = claude monet\n", "Claude Monet", NULL, ""},
		{"[tag t]\nany = claude\nmask = claude monet\n", "Claude Monet", "and claude", "t"},
		{"[tag t]\nany = claude code\nmask = code red\n", "claude code red", NULL, ""},
		{"[tag t]\nany = claude\nmask = jean claude near/3 film\n", "Jean Claude in a film",
		 NULL, ""},
		{"[tag t]\nany = /gpt-\\d/i\nmask = gpt-2 stroke\n", "GPT-2 stroke and GPT-3", NULL,
		 "t"},
		{"[tag t]\nany = coin\n[every]\nmask = coin laundry\n", "A coin laundry", NULL, ""},
		{"[tag t]\nany = coin\n[every]\nstop = read more\n", NULL, "Read more: coin", ""},
		{"[tag t]\nany = coin\n[every]\nstop = read more\n", NULL, "coin. Read more", "t"},
		{"[tag t]\nany = coin\nunder = u v\n[tag u]\n[tag v]\n", "coin", NULL, "t u v"},
		{"[tag t]\nany = coin\nunder = u\n[tag u]\nunder = v\n[tag v]\n", "coin", NULL,
		 "t u v"},
		{"[tag t]\nunder = u\n[tag u]\nany = coin\n", "coin", NULL, "u"},
		{"[tag t]\nany = coin\nunder = u\n[tag u]\nnone = old\n", "old coin", NULL, "t"},
	};

	CHECK_ROWS(rows);
}

static void
thresholds_and_weights(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany =\n a\n b\nthreshold = 5\n", "a", NULL, ""},
		{"[tag t]\nany =\n a\n b\nthreshold = 5\n", "a b", NULL, "t"},
		{"[tag t]\nany = a\nthreshold = 5\n", "a a a", "a a", ""}, /* counts once */
		{"[tag t]\nany = a\nthreshold = 0\n", "b", NULL, ""}, /* nothing is no evidence */
		{"[tag t]\nany = a\nweights = title 2.5\n", "a", NULL, ""},
		{"[tag t]\nany = a\nweights = title 2.5 lead 3\n", "a", "a", "t"},
		{"[tag t]\nany = a\nweights = lead 0\n", NULL, "a", ""},
		{"[tag t]\ntitle = a\ntitle-weights = lead 3\n", NULL, "a", "t"},
		{"[every]\nthreshold = 5\n[tag t]\nany = a\n[tag u]\nany = a\nthreshold = 3\n", "a",
		 NULL, "u"},
		{"[every]\nweights = title 1\n[tag t]\nany = a\n[tag u]\nany = a\nweights = title "
		 "4\n",
		 "a", NULL, "u"},
	};

	CHECK_ROWS(rows);
}

static void
smart_case(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany = ring\n", "RING Ring rinG", NULL, "t"},
		{"[tag t]\nany = Ring\n", "a ring", NULL, ""},
		{"[tag t]\nany = Ring\n", "a RING", NULL, ""},
		{"[tag t]\nany = Ring\n", "a Ring", NULL, "t"},
		{"[tag t]\nany = AI chatbot\n", "AI Chatbot", NULL, "t"},
		{"[tag t]\nany = AI chatbot\n", "Ai chatbot", NULL, ""},
		{"[tag t]\nany = iPhone\n", "the iPhone", NULL, "t"},
		{"[tag t]\nany = iPhone\n", "the IPHONE", NULL, ""},
		{"[tag t]\nany = LLM(s)\n", "LLMs", NULL, "t"},
		{"[tag t]\nany = LLM(s)\n", "LLMS", NULL, ""},
		{"[tag t]\nany = Bit*\n", "Bitcoin", NULL, "t"},
		{"[tag t]\nany = Bit*\n", "bitcoin BITCOIN", NULL, ""},
		{"[tag t]\nany = Ёлка\n", "ёлка", NULL, ""},
		{"[tag t]\nany = Ёлка\n", "Ёлка", NULL, "t"},
		{"[tag t]\nany = gpt-4\n", "GPT-4", NULL, "t"},
	};

	CHECK_ROWS(rows);
}

static void
edges_of_words_and_what_is_equal(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany = ring\n", "rings string ringing", NULL, ""},
		{"[tag t]\nany = ring\n", "(ring)", NULL, "t"},
		{"[tag t]\nany = ring\n", "ring's", NULL, "t"},
		{"[tag t]\nany = ring\n", "ring2 ring_", NULL, "t"}, /* _ is an edge, 2 is none */
		{"[tag t]\nany = ring\n", "ring2", NULL, ""},
		{"[tag t]\nany = ring\n", "ring\xF0\x9F\x92\x8D", NULL, "t"}, /* an emoji */
		{"[tag t]\nany = ring\n", NULL, "<b>r</b>ing", "t"},
		{"[tag t]\nany = ring\n", NULL, "<p>spr</p><p>ing</p>", ""},
		{"[tag t]\nany = on chain\n", "on-chain", NULL, "t"},
		{"[tag t]\nany = on-chain\n", "on chain", NULL, "t"},
		{"[tag t]\nany = on/chain\n", "on \xE2\x80\x93 chain", NULL, "t"}, /* a dash */
		{"[tag t]\nany = on chain\n", "on/chain", NULL, "t"},
		{"[tag t]\nany = on chain\n",
		 "on\xC2\xA0"
		 "chain",
		 NULL, "t"}, /* a hard blank */
		{"[tag t]\nany = on chain\n", "onchain", NULL, ""},
		{"[tag t]\nany = on chain\n", "on, chain", NULL, ""},
		{"[tag t]\nany = on chain\n", NULL, "<p>on</p><p>chain</p>", ""},
		{"[tag t]\nany = on chain\n", NULL, "on<br>chain", "t"},
		{"[tag t]\nany = C++\n", "C++20 and C++", NULL, "t"},
		{"[tag t]\nany = C++\n", "C+", NULL, ""},
		{"[tag t]\nany = C#\n", "C# is", NULL, "t"},
		{"[tag t]\nany = .NET\n", "ASP.NET", NULL, "t"},
		{"[tag t]\nany = AT&T\n", NULL, "AT&amp;T", "t"},
		{"[tag t]\nany = O'Reilly\n", "O\xE2\x80\x99Reilly", NULL, "t"},
		{"[tag t]\nany = \"big\"\n",
		 "\xE2\x80\x9C"
		 "big\xE2\x80\x9D",
		 NULL, "t"},
		{"[tag t]\nany = llama.cpp\n", "llama.cpp", NULL, "t"},
	};

	CHECK_ROWS(rows);
}

static void
parentheses_braces_and_stars(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany = token(s)\n", "token", NULL, "t"},
		{"[tag t]\nany = token(s)\n", "tokens", NULL, "t"},
		{"[tag t]\nany = token(s)\n", "tokenss", NULL, ""},
		{"[tag t]\nany = colo(u)r\n", "colour", NULL, "t"},
		{"[tag t]\nany = (smart )watch\n", "a watch", NULL, "t"},
		{"[tag t]\nany = watch(es)( band(s))\n", "watches band", NULL, "t"},
		{"[tag t]\nany = {a,b c} d\n", "b c d", NULL, "t"},
		{"[tag t]\nany = {a,b c} d\n", "b d", NULL, ""},
		{"[tag t]\nany = x {a,}\n", "x", NULL, "t"},
		{"[tag t]\nany = {GPT,{Claude,Gemini} {2,3}}\n", "Gemini 3", NULL, "t"},
		{"[tag t]\nany = {GPT,{Claude,Gemini} {2,3}}\n", "Gemini", NULL, ""},
		{"[tag t]\nany = bitcoin*\n", "bitcoiners", NULL, "t"},
		{"[tag t]\nany = bitcoin*\n", "bitcoin", NULL, "t"},
		{"[tag t]\nany = bitcoin*\n", "a bitcoi", NULL, ""},
		{"[tag t]\nany = bit* min*\n", "bitcoin mining", NULL, "t"},
		{"[tag t]\nany = wearable{,s} \\{x\\}\n", "wearables {x}", NULL, "t"},
		{"[tag t]\nany = f\\(x\\)\n", "f(x)", NULL, "t"},
		{"[tag t]\nany = a\\*\n", "a*", NULL, "t"},
		{"[tag t]\nany = *x\n", "x", NULL,
		 "r:2: phrase '*x': '*' stands behind the start of a word: bitcoin*"},
	};

	CHECK_ROWS(rows);
}

static void
near_and_pre(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany = a near/1 b\n", "a b", NULL, "t"},
		{"[tag t]\nany = a near/1 b\n", "b a", NULL, "t"},
		{"[tag t]\nany = a near/1 b\n", "a x b", NULL, ""},
		{"[tag t]\nany = a near/2 b\n", "a x b", NULL, "t"},
		{"[tag t]\nany = a near/2 b\n", "a. (x) \"b\"", NULL, "t"}, /* marks do not count */
		{"[tag t]\nany = a near/3 b\n", "b x y z a", NULL, ""},
		{"[tag t]\nany = a pre/2 b\n", "a x b", NULL, "t"},
		{"[tag t]\nany = a pre/2 b\n", "b x a", NULL, ""},
		{"[tag t]\nany = {a,b c}(s) near/2 {d,e f}\n", "e f x b c", NULL, "t"},
		{"[tag t]\nany = prompt* near/3 AI\n", "AI for prompters", NULL, "t"},
		{"[tag t]\nany = prompt* near/3 AI\n", "ai for prompters", NULL, ""},
		{"[tag t]\nany = a near/2 b\n", NULL, "<p>a</p><p>b</p>", "t"},
		{"[tag t]\nany = a near/64 b\n", "a b", NULL, "t"},
		{"[tag t]\nany = a near/65 b\n", "a b", NULL,
		 "r:2: phrase 'a near/65 b': the distance of near/ and pre/ is 1 to 64 words"},
		{"[tag t]\nany = a near/2 b near/2 c\n", "a b", NULL,
		 "r:2: phrase 'a near/2 b near/2 c': near/ and pre/ stand once, between two sides, "
		 "outside of braces"},
		{"[tag t]\nany = x\nnone = a near/2 b\n", "x a b", NULL, ""},
	};

	CHECK_ROWS(rows);
}

static void
regular_expressions(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany = /gpt-?[345]/i\n", "GPT4 here", NULL, "t"},
		{"[tag t]\nany = /gpt-?[345]/\n", "GPT4 here", NULL, ""},
		{"[tag t]\nany = /\\b\\p{Lu}{2}coin\\b/\n",
		 "the \xC3\x89\xC3\x89"
		 "coin",
		 NULL, "t"},
		{"[tag t]\nany = /a\\/b/\n", "a/b", NULL, "t"},
		{"[tag t]\nany = x\nmask = /x{2}/\n", "xx", NULL, ""},
		{"[tag t]\nany = x\nnone = /^y/\n", "y x", NULL, ""},
		{"[tag t]\nany = /a/x\n", "a", NULL,
		 "r:2: phrase '/a/x': a regular expression ends with / or /i, not with '/x'"},
	};

	CHECK_ROWS(rows);
}

/* Patterns that take exponential time where nobody counts, and texts that make them. */
static void
no_expression_can_hang_the_stage_and_the_one_that_tried_is_named(void)
{
	static const struct {
		const char *pattern, *fill;
	} rows[] = {
		{"/(a+)+$/", "a"},
		{"/(a|aa)+!b/", "a"},
		{"/(.*a){20}b/", "a"},
		{"/^(([a-z])+.)+[A-Z]([a-z])+$/", "a"},
		{"/(x+x+)+y/", "x"},
		{"/(\\w+\\s?)*!b/i", "word "},
		{"/(?:a?){30}a{30}!b/", "a"},
		{"/(\\p{L}+,?)*;b/", "\xC3\xA9"},
		{"/((((a*)*)*)*)*!b/", "a"},
	};
	static char html[TEXT_BYTES_MAX];
	struct item item = item_empty();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		struct err err;
		SCOPED(rules_free) struct rules *rules = NULL;
		SCOPED(tagger_free) struct tagger *tagger = NULL;
		const struct item_tag *tags;
		const clock_t began = clock();
		uint32_t phrase = UINT32_MAX;
		size_t count, used = 0;

		(void)snprintf(text, sizeof(text), "[tag t]\nany =\n zebra\n %s\n",
			       rows[i].pattern);
		rules = rules_parse("r", text, strlen(text), &err);
		tagger = rules ? tagger_new(rules, &err) : NULL;
		CHECK(tagger != NULL);
		while (used + 16 < sizeof(html))
			used += (size_t)snprintf(html + used, sizeof(html) - used, "%s",
						 rows[i].fill);
		/* What the pattern ends with is there, or PCRE2 would see at once that it is not.
		 */
		(void)memcpy(html + 4000, "?;!?b y B ", 10);
		item.title = "zebra";
		item.content = html;
		arena_reset(arena);
		CHECK(tagger && tagger_run(tagger, &item, arena, &tags, &count, &err) == 0 &&
		      count == 1);
		/* Bounded steps for each of 4096 places: far less than this on any machine. */
		CHECK((clock() - began) / CLOCKS_PER_SEC < 20);
		if (tagger && tagger_newly_gave_up(tagger, &phrase)) {
			CHECK(phrase == 1 && rules->phrases[phrase].line == 4);
			CHECK(tagger_gave_up(tagger, 1) > 0 && tagger_gave_up(tagger, 0) == 0);
			CHECK(!tagger_newly_gave_up(tagger, &phrase)); /* told once */
		} else {
			(void)printf("# %s did not need its limits\n", rows[i].pattern);
		}
	}
}

static void
unicode_forms(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany = café\n", "CAFE\xCC\x81", NULL, "t"}, /* decomposed */
		{"[tag t]\nany = cafe\xCC\x81\n", "CAFÉ", NULL, "t"}, /* in the rule */
		{"[tag t]\nany = café\n", "cafe", NULL, ""},          /* an accent is a letter's */
		{"[tag t]\nany = bitcoin\n", "ｂｉｔｃｏｉｎ", NULL, "t"},
		{"[tag t]\nany = BTC\n", "ＢＴＣ", NULL, "t"},
		{"[tag t]\nany = offline\n", "oﬄine", NULL, "t"},
		{"[tag t]\nany = office\n", "OﬃCE", NULL, "t"},
		{"[tag t]\nany = bitcoin\n",
		 "bit\xC2\xAD"
		 "coin",
		 NULL, "t"}, /* a soft hyphen */
		{"[tag t]\nany = straße\n", "STRASSE", NULL, "t"},
		{"[tag t]\nany = strasse\n", "Straße", NULL, "t"},
		{"[tag t]\nany = straße\n", "STRAẞE", NULL, "t"},
		{"[tag t]\nany = istanbul\n", "İstanbul", NULL, "t"},
		{"[tag t]\nany = istanbul\n", "ISTANBUL", NULL, "t"},
		{"[tag t]\nany = İstanbul\n", "İstanbul", NULL, "t"},
		{"[tag t]\nany = İstanbul\n", "istanbul", NULL, ""},
		{"[tag t]\nany = ışık\n", "IŞIK", NULL, "t"},
		{"[tag t]\nany = ışık\n", "Işık", NULL, "t"},
		{"[tag t]\nany = λόγος\n", "ΛΌΓΟΣ", NULL, "t"},
		{"[tag t]\nany = λόγοσ\n", "λόγος", NULL, "t"},
		{"[tag t]\nany = ѐлка\n", "ЀЛКА", NULL, "t"},
		{"[tag t]\nany = ǆ\n", "Ǆ ", NULL, "t"},
		{"[tag t]\nany = şşşş\n", "ŞŞŞŞ", NULL, "t"},
		{"[tag t]\nany = ᏸ\n", "Ᏸ", NULL, "t"}, /* Cherokee folds to capitals */
	};

	CHECK_ROWS(rows);
}

static void
scripts_without_blanks_and_combining_marks(void)
{
	static const struct row rows[] = {
		{"[tag t]\nany = 比特币\n", "今日比特币上涨", NULL, "t"},
		{"[tag t]\nany = 比特币\n", "比特 币", NULL, "t"},
		{"[tag t]\nany = 比特币\n", "比币特", NULL, ""},
		{"[tag t]\nany = 人工智能\n", NULL, "<p>关于人工智能的新闻。</p>", "t"},
		{"[tag t]\nany = ビットコイン\n", "昨日のビットコイン価格", NULL, "t"},
		{"[tag t]\nany = ビットコイン\n", "ﾋﾞｯﾄｺｲﾝ", NULL, "t"}, /* half width */
		{"[tag t]\nany = 暗号資産\n", "暗号資産(仮想通貨)とは", NULL, "t"},
		{"[tag t]\nany = スマートウォッチ\n", "新型スマートウォッチを発表", NULL, "t"},
		{"[tag t]\nany = บิตคอยน์\n", "ราคาบิตคอยน์วันนี้", NULL, "t"},
		{"[tag t]\nany = บิตคอยน์\n", "ราคาบิตคอย", NULL, ""},
		{"[tag t]\nany = 비트코인*\n", "비트코인은 오늘", NULL, "t"},
		{"[tag t]\nany = 비트코인\n",
		 "\xE1\x84\x87\xE1\x85\xB5\xE1\x84\x90\xE1\x85\xB3"
		 "\xE1\x84\x8F\xE1\x85\xA9\xE1\x84\x8B\xE1\x85\xB5"
		 "\xE1\x86\xAB",
		 NULL, "t"}, /* in parts */
		{"[tag t]\nany = बिटकॉइन\n", "आज बिटकॉइन गिरा", NULL, "t"},
		{"[tag t]\nany = बिटकॉइन\n", "आज बिटकॉइनों", NULL, ""},
		{"[tag t]\nany = بيتكوين\n", "سعر بيتكوين اليوم", NULL, "t"},
		{"[tag t]\nany = می‌خواهم\n", "می‌خواهم", NULL,
		 "t"}, /* a joiner is in it */
		{"[tag t]\nany = ביטקוין\n", "מחיר ביטקוין", NULL, "t"},
		{"[tag t]\nany = GPT 模型\n", "新GPT模型", NULL, "t"},
		{"[tag t]\nany = 模型 near/4 AI\n", "AI 的新模型", NULL, "t"},
		{"[tag t]\nany = 币*\n", "币", NULL, "t"},
	};

	CHECK_ROWS(rows);
}

/* The text behind so many characters of other words. */
static const char *
behind(size_t characters, const char *text)
{
	static char out[4096];
	size_t at = 0;

	while (at + 6 < characters)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "other ");
	(void)memset(out + at, 'x', characters - at);
	(void)snprintf(out + characters, sizeof(out) - characters, "%s%s", characters ? " " : "",
		       text);
	return out;
}

static void
a_passing_mention_is_no_topic(void)
{
	static const char rules[] =
		"[tag t]\nany =\n coin\n token\n wallet\n[tag u]\ntitle = coin\n";
	static const char every[] = "[tag t]\nany = coin\n[every]\nstop =\n"
				    " the post pre/40 appeared first on\n read more\n";
	static const struct {
		size_t summary, content; /* characters before the text; 0: there is none */
		const char *rules, *text, *tags;
	} rows[] = {
		{298, 0, rules, "coin", "t"}, /* begins within the first 300 */
		{299, 0, rules, "coin", ""},
		{0, 298, rules, "coin", "t"},
		{0, 299, rules, "coin", ""},
		{400, 0, rules, "coin coin coin, and a coin", ""}, /* one word, however often */
		{400, 0, rules, "coin, token", ""},                /* 1 + 1 of 3 */
		{400, 0, rules, "coin, token, wallet", "t"},       /* a text about it */
		{0, 400, rules, "coin, token, wallet", ""},        /* 0.5 each in the content */
		{9, 0, rules, "coin", "t"},                        /* u: a crumb, not enough */
		{9, 0, every, "coin", "t"},
		{9, 0, every, "The post A tale of nothing appeared first on Coin Daily.", ""},
		{9, 0, every, "coin. The post A tale appeared first on Coin Daily.", "t"},
		{9, 0, every, "Read more: the coin", ""},
		{0, 9, every, "Read more: the coin", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct item item = item_empty();
		const char *got;

		item.title = "A purse";
		if (rows[i].summary)
			item.summary = behind(rows[i].summary, rows[i].text);
		else
			item.content = behind(rows[i].content, rows[i].text);
		got = tags_by(rows[i].rules, &item);
		if (strcmp(got, rows[i].tags) != 0)
			(void)printf("# row %zu: %s\n", i, rows[i].text);
		CHECK_STR(got, rows[i].tags);
	}
}

static void
tags_of_tags(void)
{
#define THREE "[tag a]\nany = x\n[tag b]\nany = y\n[tag c]\nany = z\n"
	static const struct row rows[] = {
		{THREE "[set s]\nall = a b\n", "x y", NULL, "a b s"},
		{THREE "[set s]\nall = a b\n", "x", NULL, "a"},
		{THREE "[set s]\nany = a b\n", "y", NULL, "b s"},
		{THREE "[set s]\nany = a b\n", "z", NULL, "c"},
		{THREE "[set s]\nnone = a b\n", "z", NULL, "c s"},
		{THREE "[set s]\nnone = a b\n", "x z", NULL, "a c"},
		{THREE "[set s]\nall = a\nany = b c\nnone = c\n", "x y", NULL, "a b s"},
		{THREE "[set s]\nall = a\nany = b c\nnone = c\n", "x y z", NULL, "a b c"},
		{THREE "[set s]\nall = a\n[set s2]\nall = s b\nunder = c\n", "x y", NULL,
		 "a b c s s2"},
	};
#undef THREE

	CHECK_ROWS(rows);
}

static void
tags_by_where_it_comes_from(void)
{
	static const char *const categories[] = {"Open  Source", "Crypto"};
	static const struct {
		const char *rules;
		const char *tags;
	} rows[] = {
		{"[tag t]\nfrom = a.example\n", "t"},
		{"[tag t]\nfrom = example\n", ""}, /* no dot: a title */
		{"[tag t]\nfrom = the post\n", "t"},
		{"[tag t]\nfrom = post\n", ""},
		{"[tag t]\nfrom = b.example\n", "t"}, /* of the item's own address */
		{"[tag t]\nfrom = ample\n", ""},
		{"[tag t]\nfeed = https://a.example/feed\n", "t"},
		{"[tag t]\nfeed = https://a.example/other\n", ""},
		{"[tag t]\nfeed = 00112233445566778899aabbccddeeff\n", "t"},
		{"[tag t]\nfolder = News\n", "t"},
		{"[tag t]\nfolder = News/Local\n", "t"},
		{"[tag t]\nfolder = News/Lo\n", ""},
		{"[tag t]\nfolder = Local\n", ""},
		{"[tag t]\ncategory = open-source\n", "t"},
		{"[tag t]\ncategory = open\n", ""},
		{"[tag t]\nany = crypto\n", "t"}, /* phrases are met in categories too */
		{"[tag t]\nlanguage = pt\n", "t"},
		{"[tag t]\nlanguage = pt-BR\n", "t"},
		{"[tag t]\nlanguage = pt-PT\n", ""},
		{"[tag t]\nlanguage = de\n", ""}, /* the feed's, which the item's own overrules */
		{"[tag t]\nfrom = a.example\nnone = hello\n", ""},
		{"[tag t]\nfolder = News\nweights = from 2\n", ""},
		{"[tag t]\nfolder = News\n[set s]\nall = t\n", "t s"},
	};
	struct item item = item_empty();

	item.title = "Hello";
	item.url = "https://www.b.example/1";
	item.feed.url = "https://a.example/feed";
	item.feed.id = "00112233445566778899aabbccddeeff";
	item.feed.title = "The Post";
	item.feed.folder = "News/Local";
	item.feed.language = "de";
	item.language = "pt-BR";
	item.categories = categories;
	item.category_count = 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = tags_by(rows[i].rules, &item);

		if (strcmp(got, rows[i].tags) != 0)
			(void)printf("# row %zu: %s\n", i, rows[i].rules);
		CHECK_STR(got, rows[i].tags);
	}
}

int
main(void)
{
	arena = arena_new(ARENA_BYTES_MAX);
	RUN(lists_of_a_tag);
	RUN(thresholds_and_weights);
	RUN(smart_case);
	RUN(edges_of_words_and_what_is_equal);
	RUN(parentheses_braces_and_stars);
	RUN(near_and_pre);
	RUN(regular_expressions);
	RUN(no_expression_can_hang_the_stage_and_the_one_that_tried_is_named);
	RUN(unicode_forms);
	RUN(scripts_without_blanks_and_combining_marks);
	RUN(a_passing_mention_is_no_topic);
	RUN(tags_of_tags);
	RUN(tags_by_where_it_comes_from);
	arena_free(arena);
	return check_done();
}
