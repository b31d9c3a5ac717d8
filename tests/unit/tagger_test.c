#include "classifier/tagger.h"
#include "tests/unit/check.h"

enum { ARENA_BYTES_MAX = 8 * 1024 * 1024 };

static struct arena *arena;

/* The tags and their reasons as "tag:score(rule@field:at'text' ...) ...". */
static const char *
tagged_with(const char *text, const struct item *item)
{
	static char out[8192];
	static struct err err;
	SCOPED(rules_free) struct rules *rules = rules_parse("r", text, strlen(text), &err);
	SCOPED(tagger_free) struct tagger *tagger = rules ? tagger_new(rules, &err) : NULL;
	const struct item_tag *tags = NULL;
	size_t count = 0, used = 0;

	out[0] = '\0';
	/* Twice: nothing of one item may stay for the next. */
	for (int i = 0; tagger && i < 2; i++)
		CHECK(tagger_run(tagger, item, arena, &tags, &count, &err) == 0);
	if (!tagger)
		return err.text;
	for (size_t i = 0; i < count; i++) {
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s:%g(",
					 i > 0 ? " " : "", tags[i].tag, tags[i].score);
		for (size_t k = 0; k < tags[i].why_count; k++)
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s@%s:%d'%s'",
						 k > 0 ? " " : "", tags[i].why[k].rule,
						 tags[i].why[k].field, (int)tags[i].why[k].at,
						 tags[i].why[k].text);
		used += (size_t)snprintf(out + used, sizeof(out) - used, ")");
	}
	return out;
}

static const char *
tagged(const char *text, const char *title, const char *summary)
{
	struct item item = item_empty();

	item.title = title;
	item.summary = summary;
	return tagged_with(text, &item);
}

static void
every_tag_explains_itself(void)
{
	CHECK_STR(tagged("[tag t]\nany = smart watch(es)\n", "New Smart-Watches!", NULL),
		  "t:4(smart watch(es)@title:4'Smart-Watches')");
	CHECK_STR(tagged("[tag t]\nany = AT\\&T\n", "x", NULL), "r:2: phrase 'AT\\&T': a backslash "
								"stands before one of { } ( ) , * "
								"\\ and / only");
	CHECK_STR(tagged("[tag t]\nany = AT&T\n", NULL, "<p>by <b>AT</b>&amp;T"),
		  "t:3(AT&T@summary:9'AT&T')");
}

static void
evidence_weighs_by_where_it_stands(void)
{
	char summary[1024];

	(void)memset(summary, 'x', 310);
	memcpy(summary + 310, " coin", sizeof(" coin"));
	CHECK_STR(tagged("[tag t]\nany = coin\n", "Coin", NULL), "t:4(coin@title:0'Coin')");
	CHECK_STR(tagged("[tag t]\nany = coin\n", NULL, "a coin"), "t:3(coin@summary:2'coin')");
	CHECK_STR(tagged("[tag t]\nany = coin\n", NULL, summary), "");
	CHECK_STR(tagged("[tag t]\nany = coin\nthreshold = 1\n", NULL, summary),
		  "t:1(coin@summary:311'coin')");
	CHECK_STR(tagged("[tag t]\ntitle = coin\n", "a coin", NULL), "t:4(coin@title:2'coin')");
	CHECK_STR(tagged("[tag t]\ntitle = coin\n", NULL, "a coin"), "");
}

static void
a_phrase_counts_once_where_it_weighs_most(void)
{
	CHECK_STR(tagged("[tag t]\nany = a\n", "a a a", "a a"), "t:4(a@title:0'a')");
	CHECK_STR(tagged("[tag t]\nany = a\nweights = lead 9\n", "a", "x a"),
		  "t:9(a@summary:2'a')");
	CHECK_STR(tagged("[tag t]\nany =\n a\n b\n", "a", "b"), "t:7(a@title:0'a' b@summary:0'b')");
}

static void
none_in_the_title_is_a_veto(void)
{
	static const char rules[] = "[tag t]\nany = gemini\nnone = protocol\n";

	CHECK_STR(tagged(rules, "The gemini protocol", NULL), "");
	CHECK_STR(tagged(rules, "The gemini", "a protocol"), "t:4(gemini@title:4'gemini')");
}

static void
a_mask_hides_what_it_covers_and_nothing_else(void)
{
	static const char rules[] = "[tag t]\nany =\n claude\nmask =\n claude monet\n";

	CHECK_STR(tagged(rules, "Claude Monet", NULL), "");
	CHECK_STR(tagged(rules, "Claude on Claude Monet", NULL), "t:4(claude@title:0'Claude')");
	CHECK_STR(tagged(rules, "Claude Monet by Claude", NULL), "t:4(claude@title:16'Claude')");
	CHECK_STR(tagged("[tag t]\nany = claude\n[tag u]\nmask = claude monet\n", "Claude Monet",
			 NULL),
		  "t:4(claude@title:0'Claude')");
	CHECK_STR(tagged("[tag t]\nany = claude\n[every]\nmask = claude monet\n", "Claude Monet",
			 NULL),
		  "");
	CHECK_STR(tagged("[tag t]\nany = x\nnone = claude\nmask = claude monet\n", "x claude monet",
			 NULL),
		  "t:4(x@title:0'x')");
}

static void
a_stop_ends_the_field(void)
{
	static const char rules[] = "[tag t]\nany = coin\n[every]\nstop = appeared first on\n";

	CHECK_STR(tagged(rules, NULL, "News. It appeared first on Coin"), "");
	CHECK_STR(tagged(rules, NULL, "Coin news appeared first on X"),
		  "t:3(coin@summary:0'Coin')");
}

static void
a_publisher_gives_its_tag(void)
{
	struct item item = item_empty();

	item.title = "Hello";
	item.feed.link = "https://www.coins.example/";
	CHECK_STR(tagged_with("[tag t]\nfrom = coins.example\n", &item),
		  "t:4(coins.example@feed:12'coins.example')");
	item.feed.title = "The Coin Post";
	CHECK_STR(tagged_with("[tag t]\nfrom =\n coins.example\n the coin post\n", &item),
		  "t:4(coins.example@feed:12'coins.example')");
	item.feed.link = NULL;
	CHECK_STR(tagged_with("[tag t]\nfrom = the coin post\n", &item),
		  "t:4(the coin post@feed:0'The Coin Post')");
	item.url = "https://coins.example/a";
	CHECK_STR(tagged_with("[tag t]\nfrom = coins.example\n", &item),
		  "t:4(coins.example@url:8'coins.example')");
}

static void
feed_folder_category_and_language_give_their_tags(void)
{
	static const char rules[] = "[tag f]\nfeed = https://a.example/feed\n"
				    "[tag o]\nfolder = News\n"
				    "[tag c]\ncategory = Open Source\n"
				    "[tag l]\nlanguage = de\n";
	static const char *const categories[] = {"misc", "open-source"};
	struct item item = item_empty();

	item.title = "Hello";
	CHECK_STR(tagged_with(rules, &item), "");
	item.feed.url = "https://a.example/feed";
	item.feed.folder = "News/Local";
	item.feed.language = "de";
	item.categories = categories;
	item.category_count = 2;
	CHECK_STR(tagged_with(rules, &item),
		  "f:4(https://a.example/feed@feed:0'https://a.example/feed') "
		  "o:4(News@folder:0'News/Local') c:4(Open Source@category:0'open-source') "
		  "l:4(de@language:0'de')");
	/* The item's own language comes before that of its feed. */
	item.language = "en-GB";
	item.feed.url = item.feed.folder = NULL;
	item.category_count = 1;
	CHECK_STR(tagged_with(rules, &item), "");
}

static void
a_set_is_given_by_the_tags_of_the_item(void)
{
	static const char rules[] = "[tag a]\nany = x\n[tag b]\nany = y\n[tag c]\nany = z\n"
				    "[tag top]\n"
				    "[set both]\nall = a b\nnone = c\nunder = top\n"
				    "[set one]\nany =\n a\n b\n"
				    "[set rest]\nnone = a b c\n"
				    "[set of-sets]\nall = both one\n";

	CHECK_STR(tagged(rules, "x y", NULL),
		  "a:4(x@title:0'x') b:4(y@title:2'y') top:4(under@tag:0'both') "
		  "both:4(all@tag:0'a' all@tag:0'b') one:4(any@tag:0'a' any@tag:0'b') "
		  "of-sets:4(all@tag:0'both' all@tag:0'one')");
	CHECK_STR(tagged(rules, "x y z", NULL),
		  "a:4(x@title:0'x') b:4(y@title:2'y') c:4(z@title:4'z') "
		  "one:4(any@tag:0'a' any@tag:0'b')");
	CHECK_STR(tagged(rules, "x", NULL), "a:4(x@title:0'x') one:4(any@tag:0'a')");
	CHECK_STR(tagged(rules, "none of them", NULL), "rest:0(none@tag:0'a b c')");
}

static void
counts_the_items_that_each_phrase_met(void)
{
	static const char text[] = "[tag a]\nany = x\n y\nfrom = a.example\n";
	struct err err;
	SCOPED(rules_free) struct rules *rules = rules_parse("r", text, strlen(text), &err);
	SCOPED(tagger_free) struct tagger *tagger = rules ? tagger_new(rules, &err) : NULL;
	static const char *const titles[] = {"x and x", "x", "nothing"};
	const struct item_tag *tags;
	struct item item = item_empty();
	size_t count;

	item.feed.link = item.feed.url = "https://a.example/";
	for (size_t i = 0; tagger && i < 3; i++) {
		item.title = item.summary = titles[i];
		CHECK(tagger_run(tagger, &item, arena, &tags, &count, &err) == 0);
	}
	/* One that comes through the rules again is not counted again. */
	if (tagger) {
		tagger_quiet(tagger, true);
		item.title = "x y";
		CHECK(tagger_run(tagger, &item, arena, &tags, &count, &err) == 0 && count == 1);
		tagger_quiet(tagger, false);
	}
	CHECK(tagger && tagger_items(tagger) == 3);
	CHECK(tagger && tagger_phrase_items(tagger, 0) == 2);
	CHECK(tagger && tagger_phrase_items(tagger, 1) == 0);
	CHECK(tagger && tagger_publisher_items(tagger, 0) == 3);
}

static void
reads_categories_and_content(void)
{
	static const char *const categories[] = {"Money", "Crypto Coins"};
	struct item item = item_empty();

	item.categories = categories;
	item.category_count = 2;
	CHECK_STR(tagged_with("[tag t]\nany = coin(s)\n", &item), "t:3(coin(s)@category:7'Coins')");
	item.category_count = 0;
	item.content = "<h1>Coins</h1>";
	CHECK_STR(tagged_with("[tag t]\nany = coin(s)\n", &item), "t:3(coin(s)@content:4'Coins')");
}

static void
parents_follow_with_the_score_of_their_child(void)
{
	static const char rules[] = "[tag top]\n[tag mid]\nunder = top\n[tag low]\nunder =\n mid\n "
				    "top\nany = x\n";

	CHECK_STR(tagged(rules, "x", NULL),
		  "top:4(under@tag:0'mid') mid:4(under@tag:0'low') low:4(x@title:0'x')");
	CHECK_STR(tagged(rules, "y", NULL), "");
	/* Circles are for check to refuse; they must not hang. */
	CHECK_STR(tagged("[tag a]\nunder = b\nany = x\n[tag b]\nunder = a\n", "x", NULL),
		  "a:4(x@title:0'x') b:4(under@tag:0'a')");
}

static void
a_text_full_of_masks_costs_no_more_than_its_length(void)
{
	SCOPED(buf_done) struct buf text = buf_init(1 << 20);
	struct item item = item_empty();

	for (int i = 0; i < 20000; i++)
		(void)buf_adds(&text, "a b ", NULL);
	item.content = buf_str(&text);
	CHECK_STR(tagged_with("[tag t]\nany = b\nmask = a b\n", &item), "");
}

int
main(void)
{
	arena = arena_new(ARENA_BYTES_MAX);
	RUN(every_tag_explains_itself);
	RUN(evidence_weighs_by_where_it_stands);
	RUN(a_phrase_counts_once_where_it_weighs_most);
	RUN(none_in_the_title_is_a_veto);
	RUN(a_mask_hides_what_it_covers_and_nothing_else);
	RUN(a_stop_ends_the_field);
	RUN(a_publisher_gives_its_tag);
	RUN(feed_folder_category_and_language_give_their_tags);
	RUN(a_set_is_given_by_the_tags_of_the_item);
	RUN(counts_the_items_that_each_phrase_met);
	RUN(reads_categories_and_content);
	RUN(parents_follow_with_the_score_of_their_child);
	RUN(a_text_full_of_masks_costs_no_more_than_its_length);
	arena_free(arena);
	return check_done();
}
