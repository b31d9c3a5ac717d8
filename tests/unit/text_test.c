#include "classifier/text.h"
#include "tests/unit/check.h"

static struct text text;

static const char *
words(const char *html)
{
	struct err err;

	CHECK(text_from_html(&text, html, strlen(html), &err) == 0);
	return buf_str(&text.plain);
}

static void
drops_tags_and_keeps_paragraphs_apart(void)
{
	CHECK_STR(words("<p>One <b>t</b>wo</p><p>three<br>four</p>"), "\nOne two\nthree four\n");
	CHECK_STR(words("a<img src=\"x\" alt=\"y\">b"), "a b");
	CHECK_STR(words("<a title=\"1 > 0\">x</a>"), "x");
	CHECK_STR(words("line\n two\tthree"), "line  two three");
	CHECK_STR(words("x<!-- no -->y"), "x\ny");
}

static void
reads_character_references(void)
{
	CHECK_STR(words("AT&amp;T &lt;b&gt; &quot;&#8217;&#x2014;&apos;"),
		  "AT&T <b> \"\xE2\x80\x99\xE2\x80\x94'");
	CHECK_STR(words("a &b; &#; &#x; &#99999999; &#12"), "a &b; &#; &#x; &#99999999; &#12");
	CHECK_STR(words("&#10;&#-5;"), " &#-5;");
}

static void
what_begins_no_tag_is_text(void)
{
	CHECK_STR(words("1 < 2 <3 <"), "1 < 2 <3 <");
	CHECK_STR(words("a <b is open, <i too"), "a <b is open, <i too");
}

static void
finds_the_way_back(void)
{
	static const char html[] = "<p>AT&amp;T <b>Watch</b> &lt;</p>";
	const char *plain = words(html);

	for (const char *word = "AT\0T\0Watch\0"; *word; word += strlen(word) + 1) {
		const size_t at = (size_t)(strstr(plain + (*word == 'T' ? 4 : 0), word) - plain);

		CHECK(strncmp(html + text_origin(&text, at), word, strlen(word)) == 0);
	}
	CHECK(html[text_origin(&text, (size_t)(strchr(plain, '<') - plain))] == '&');
}

static void
reads_no_more_than_its_ceiling(void)
{
	SCOPED(buf_done) struct buf html = buf_init(TEXT_BYTES_MAX * 2);

	for (int i = 0; i < TEXT_BYTES_MAX; i++)
		(void)buf_adds(&html, "\xC3\xA9", NULL);
	(void)words(buf_str(&html));
	CHECK(text.plain.len == TEXT_BYTES_MAX);
	(void)words("short");
	CHECK(text.plain.len == 5);
}

static void
counts_the_lead_in_characters(void)
{
	CHECK(text_lead("abc", 3, 2) == 2);
	CHECK(text_lead("abc", 3, 3) == 3);
	CHECK(text_lead("\xC3\xA9\xC3\xA9\xC3\xA9", 6, 2) == 4);
	CHECK(text_lead("", 0, 2) == 0);
}

int
main(void)
{
	text = text_init();
	RUN(drops_tags_and_keeps_paragraphs_apart);
	RUN(reads_character_references);
	RUN(what_begins_no_tag_is_text);
	RUN(finds_the_way_back);
	RUN(reads_no_more_than_its_ceiling);
	RUN(counts_the_lead_in_characters);
	text_done(&text);
	return check_done();
}
