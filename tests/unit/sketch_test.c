#include "classifier/sketch.h"
#include "tests/unit/check.h"
#include "tests/unit/tagged.h"

static const char *
key(const char *url)
{
	static struct buf out;

	buf_done(&out);
	out = buf_init(4096);
	sketch_url_key(url, &out);
	return buf_str(&out);
}

static void
an_address_is_what_is_read_not_where_the_reader_comes_from(void)
{
	static const char *const pairs[][2] = {
		{"https://www.example.org/a/?utm_source=rss&utm_medium=feed", "example.org/a"},
		{"http://Example.org/a#xtor=RSS-1", "example.org/a"},
		{"https://example.org/a?id=7&fbclid=x&page=2", "example.org/a?id=7&page=2"},
		{"https://example.org/a?at_medium=RSS&at_campaign=KARANGA", "example.org/a"},
		{"https://example.org/changes#v1.2", "example.org/changes#v1.2"},
		{"https://example.org:8443/a", "example.org:8443/a"},
		{"https://example.org/?p=12", "example.org?p=12"},
		{"https://example.org/?ref=rss", ""},
		{"https://example.org/", ""},
		{"https://www.example.org", ""},
		{"mailto:a@example.org", ""},
		{"ftp://example.org/a", ""},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		CHECK_STR(key(pairs[i][0]), pairs[i][1]);
	CHECK_STR(key(NULL), "");
}

static struct sketch
sketch(const char *title, const char *html)
{
	struct sketcher sketcher = sketcher_init();
	struct item item = tagged_item(1, 1, 1, NULL);
	struct sketch out;

	item.title = title;
	item.content = html;
	CHECK(sketch_item(&sketcher, &item, &out, NULL) == 0);
	sketcher_done(&sketcher);
	return out;
}

static void
a_title_is_the_same_whatever_its_case_and_marks(void)
{
	const struct sketch a = sketch("The Harbour Bridge opens, at last", NULL);
	const struct sketch b = sketch("the harbour bridge OPENS \xe2\x80\x94 at last!", NULL);
	const struct sketch c = sketch("The harbour bridge closes at last", NULL);
	const struct sketch brief = sketch("Open thread", NULL);

	CHECK(sketch_same_title(&a, &b) && !sketch_same_title(&a, &c));
	CHECK(brief.title == 0 && !sketch_same_title(&brief, &brief));
}

static void
the_minima_meet_as_far_as_the_texts_do(void)
{
	static const char text[] =
		"<p>The council voted on Monday to reopen the old tram line between the harbour "
		"and the university, which has been out of use since the bridge was damaged in "
		"the storm of last winter.</p><p>Work begins in March and is to take eight "
		"months.</p>";
	static const char other[] =
		"<p>Bakers in the valley say that the price of flour has risen by a third since "
		"the summer, and that many of them will have to ask more for bread before the "
		"year is over.</p>";
	const struct sketch a = sketch("A", text), same = sketch("B", text);
	const struct sketch b = sketch("C", other);
	int meet = 0, miss = 0;

	for (size_t i = 0; i < SKETCH_BANDS; i++) {
		meet += sketch_band(&a, i) == sketch_band(&same, i);
		miss += sketch_band(&a, i) == sketch_band(&b, i);
	}
	CHECK(meet == SKETCH_BANDS && miss == 0);
	CHECK(a.lead_words >= SKETCH_LEAD_WORDS_MIN);
	CHECK(sketch_band(&(struct sketch){.lead_words = 3}, 0) == 0);
}

static void
a_huge_text_costs_its_beginning_only(void)
{
	SCOPED(buf_done) struct buf html = buf_init(ITEM_HTML_BYTES_MAX);
	struct sketch s;

	while (html.len < ITEM_HTML_BYTES_MAX - 16)
		CHECK(buf_adds(&html, "\xc3\xa9t\xc3\xa9 <b>", NULL) == 0);
	s = sketch(buf_str(&html), buf_str(&html));
	CHECK(s.lead_words == SKETCH_LEAD_WORDS && s.title_words == 64);
}

int
main(void)
{
	RUN(an_address_is_what_is_read_not_where_the_reader_comes_from);
	RUN(a_title_is_the_same_whatever_its_case_and_marks);
	RUN(the_minima_meet_as_far_as_the_texts_do);
	RUN(a_huge_text_costs_its_beginning_only);
	return check_done();
}
