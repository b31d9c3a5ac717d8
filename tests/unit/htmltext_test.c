#include "common/clock.h"
#include "common/utf8.h"
#include "sink/htmltext.h"
#include "tests/unit/check.h"

enum { TEXT_MAX = 16 * 1024 * 1024 };

static void
is(const char *html, const char *wanted)
{
	struct buf out = buf_init(TEXT_MAX);

	htmltext(html, &out);
	CHECK_STR(buf_str(&out), wanted);
	buf_done(&out);
}

static void
is_what_a_reader_would_read(void)
{
	is("<p>One <b>bold</b> word.</p><p>Two.</p>", "One bold word.\nTwo.");
	is("a<em>b</em>c", "abc");
	is("a<br>b", "a\nb");
	is("<ul>\n <li>x</li>\n <li>y</li>\n</ul>", "x\ny");
	/* A caption never runs into the heading after it. */
	is("<figure><img src=\"x\"><figcaption>ghost llama</figcaption></figure><h2>The "
	   "Problem</h2>",
	   "ghost llama\nThe Problem");
	is("  \n lots   of\t\twhite\r\nspace  ", "lots of white space");
	is("", "");
	is(NULL, "");
	is("<p></p><p> </p>", "");
}

static void
references_are_characters(void)
{
	is("a &amp; b &lt;c&gt; &quot;d&quot; &#39;e&#x27; &apos;", "a & b <c> \"d\" 'e' '");
	is("a&nbsp;b&#160;c", "a b c");
	is("caf&#233; &#x1F600;", "caf\xc3\xa9 \xf0\x9f\x98\x80");
	/* Once, never twice. */
	is("&amp;lt;b&amp;gt;", "&lt;b&gt;");
	is("AT&T; &bogus; &; & &#; &#x; &#xzz; &", "AT&T; &bogus; &; & &#; &#x; &#xzz; &");
	is("&#xD800;&#99999999;&#0;", "\xef\xbf\xbd\xef\xbf\xbd&#0;");
}

static void
a_tag_ends_where_it_ends(void)
{
	is("<a href=\"x\" title=\"a > b\">c</a> d", "c d");
	is("<img alt='>\"'>x", "x");
	is("x<", "x");
	is("x<p", "x");
	is("x<a title=\"open", "x");
	is("x<!-- no -->y", "x\ny");
}

static void
gives_up_at_the_ceiling_and_says_so(void)
{
	struct buf out = buf_init(4);

	htmltext("<p>too long</p>", &out);
	CHECK(buf_failed(&out, NULL) == -1);
	buf_done(&out);
}

static void
appends_and_takes_linear_time(void)
{
	static const char *const pieces[] = {"<", "&", "<a \"", "&#", "' ", "<p>x"};
	struct buf html = buf_init(TEXT_MAX), out = buf_init(TEXT_MAX);
	const int64_t start_ms = clock_mono_ms();

	(void)buf_adds(&out, "before ", NULL);
	htmltext("<p>x", &out);
	CHECK_STR(buf_str(&out), "before x");
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		buf_reset(&html);
		buf_reset(&out);
		while (html.len < 1024 * 1024)
			(void)buf_adds(&html, pieces[i], NULL);
		htmltext(buf_str(&html), &out);
		CHECK(utf8_valid(buf_str(&out), out.len));
	}
	CHECK(clock_mono_ms() - start_ms < 5000);
	buf_done(&html);
	buf_done(&out);
}

int
main(void)
{
	RUN(is_what_a_reader_would_read);
	RUN(references_are_characters);
	RUN(a_tag_ends_where_it_ends);
	RUN(gives_up_at_the_ceiling_and_says_so);
	RUN(appends_and_takes_linear_time);
	return check_done();
}
