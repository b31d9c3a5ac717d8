#include "sink/site_excerpt.h"

#include "common/clock.h"
#include "tests/unit/check.h"

static struct excerpt made;

static const char *
excerpt(const char *html, const char *title, size_t chars)
{
	struct err err = {.kind = ERR_NONE};

	excerpt_clear(&made);
	CHECK(excerpt_make(&made, html, title, chars, &err) == 0);
	return buf_str(&made.html);
}

static void
keeps_paragraphs_and_emphasis(void)
{
	CHECK_STR(
		excerpt("<p>One <em>two</em> <b>three</b>.</p><p>Four &amp; five.</p>", NULL, 600),
		"<p>One <em>two</em> <strong>three</strong>.</p><p>Four &amp; five.</p>");
	CHECK_STR(excerpt("plain text &lt;b&gt;", NULL, 600), "<p>plain text &lt;b&gt;</p>");
	CHECK_STR(excerpt("one<br>two<br><br>three", NULL, 600), "<p>one<br>two</p><p>three</p>");
}

static void
keeps_lists_and_quotations(void)
{
	CHECK_STR(excerpt("<ul><li>a<li><p>b</p><p>c</p></ul><ol><li>d</ol>x", NULL, 600),
		  "<ul><li>a</li><li>b<br>c</li></ul><ol><li>d</li></ol><p>x</p>");
	CHECK_STR(excerpt("<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", NULL, 600),
		  "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>");
}

static void
leaves_out_links_tables_and_code(void)
{
	CHECK_STR(excerpt("<p>See <a href=\"javascript:alert(1)\">this</a>.</p>"
			  "<table><tr><td>x</table><pre>y</pre><script>z</script>",
			  NULL, 600),
		  "<p>See this.</p>");
}

static void
ends_at_a_sentence_or_a_word(void)
{
	CHECK_STR(excerpt("<p>One two three. Four five six seven.</p>", NULL, 20),
		  "<p>One two three. …</p>");
	CHECK_STR(excerpt("<p>One two <em>three four five</em></p>", NULL, 15),
		  "<p>One two <em>three</em>…</p>");
	CHECK_STR(excerpt("<p>One two three four five six seven eight nine ten.</p><p>More.</p>",
			  NULL, 52),
		  "<p>One two three four five six seven eight nine ten. …</p>");
	CHECK(made.cut);
}

static void
mends_what_the_publisher_cut(void)
{
	static const char torn[] =
		"<p>In the early hours of the morning the market turned around and the traders who "
		"had waited for it all the week went on to buy what there was, in the early hours "
		"of th</p><p>The post Market turns appeared first on A Crypto Site.</p>";

	(void)excerpt(torn, NULL, 600);
	CHECK(strstr(buf_str(&made.html), "hours of…</p>") != NULL);
	CHECK(strstr(buf_str(&made.html), "appeared first") == NULL);
	CHECK_STR(excerpt("<p>The market turned. [&hellip;]</p>", NULL, 600),
		  "<p>The market turned. [&amp;hellip;]</p>"); /* names are read by the parser */
	CHECK_STR(excerpt("<p>The market turned […]</p>", NULL, 600), "<p>The market turned…</p>");
	CHECK_STR(excerpt("<p>It ends...</p><p>Continue reading It ends</p>", NULL, 600),
		  "<p>It ends…</p>");
}

static void
drops_what_feeds_append(void)
{
	static const char *const texts[] = {
		"<p>Text.</p><p>The post <a>A story</a> appeared first on <a>A site</a>.</p>",
		"<p>Text.<br>Originally appeared here:<br><a>A story</a></p>",
		"<p>Text.Go Here to Read this Fast! <a>A story</a></p>",
		("<p>Text.</p><hr><p><a>A story</a> was originally published in <a>B</a> on "
		 "Medium, where people are continuing the conversation by highlighting it.</p>"),
		"<p>Text.</p><p><a>Read more</a></p>",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_STR(excerpt(texts[i], NULL, 600), "<p>Text.</p>");
	CHECK_STR(excerpt("<p>The post office opened. Nothing appeared.</p>", NULL, 600),
		  "<p>The post office opened. Nothing appeared.</p>");
}

static void
keeps_captions_apart(void)
{
	CHECK_STR(
		excerpt("<h4>A post explains it.</h4><figure><img src=\"https://e.example/a.png\" "
			"alt=\"\"><figcaption>A ghost llama</figcaption></figure><h3>The Problem"
			"</h3><p>Often we want it once.</p>",
			NULL, 600),
		"<p><strong>A post explains it.</strong></p><p><strong>The Problem</strong></p>"
		"<p>Often we want it once.</p>");
	CHECK_STR(buf_str(&made.image), "https://e.example/a.png");
	CHECK_STR(buf_str(&made.caption), "A ghost llama");
}

static void
takes_an_image_that_says_something(void)
{
	(void)excerpt(
		"<img src=\"https://t.example/p.gif\" width=1 height=1>"
		"<img src=\"data:image/png;base64,AA==\"><img src=\"javascript:x\">"
		"<img src=\"https://s.example/images/core/emoji/1.png\">"
		"<img width=\"640\" height=\"480\" src=\"http://e.example/b.png?a=1&amp;b=2\" "
		"alt=\"A &quot;big&quot;&#10;one\"><img src=\"https://e.example/c.png\">",
		NULL, 600);
	CHECK_STR(buf_str(&made.image), "https://e.example/b.png?a=1&b=2");
	CHECK_STR(buf_str(&made.alt), "A \"big\" one");
	CHECK(made.image_width == 640 && made.image_height == 480);
	(void)excerpt("<img src=\"http://e.example:8080/b.png\">", NULL, 600);
	CHECK_STR(buf_str(&made.image), "");
}

static void
does_not_say_the_title_again(void)
{
	CHECK_STR(excerpt("<h1>A story</h1><p>Text.</p>", "A story", 600), "<p>Text.</p>");
}

static void
no_heading_ends_it(void)
{
	CHECK_STR(
		excerpt("<p>One two three four.</p><h2>More</h2><p>Five six seven eight nine.</p>",
			NULL, 30),
		"<p>One two three four.</p>");
}

/* Whatever comes in: only our elements, every one of them closed. */
static void
anything_at_all_stays_inside(void)
{
	static const char *const inputs[] = {
		"</div></article></main><h1>fake</h1><b><a href=x>unclosed <!-- ",
		"<p id=main><a name=body>y</a><h6>z",
		"<div style=\"position:fixed\">x<style>body{display:none}</style><base href=//e>",
		"<img src=x onerror=alert(1)><svg onload=alert(1)><iframe srcdoc=\"<p>x\">",
		"a ]]> b <![CDATA[ c ]]>",
		"<<p>>x</p",
		"<p title=\"",
		"<p title='></p><script>x</script>",
		"<li></ul></ol></blockquote><em></strong></em></em>x",
		"\xFF\xFE<p>\x80</p>",
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		const char *at = excerpt(inputs[i], NULL, 600);
		static const char *const allowed[] = {"p",   "strong", "em", "code",
						      "sub", "sup",    "br", "blockquote",
						      "ul",  "ol",     "li"};
		int depth = 0;

		for (at = strchr(at, '<'); at; at = strchr(at + 1, '<')) {
			const bool closes = at[1] == '/';
			bool known = false;

			for (size_t k = 0; k < sizeof(allowed) / sizeof(allowed[0]); k++) {
				const size_t len = strlen(allowed[k]);

				known |= strncmp(at + 1 + closes, allowed[k], len) == 0 &&
					 at[1 + closes + len] == '>';
			}
			CHECK(known);
			if (strncmp(at, "<br>", 4) != 0)
				depth += closes ? -1 : 1;
			CHECK(depth >= 0);
		}
		CHECK(depth == 0);
	}
}

static void
is_linear_in_its_input(void)
{
	static const char *const parts[] = {
		"<a \"",      "<",         "<!--", "<li>",         "<b>", "&#",
		"<p title='", "The post ", "<br>", "<blockquote>", "x"};
	enum { BYTES = 4 * 1024 * 1024 };
	char *const html = malloc(BYTES + 64);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const size_t len = strlen(parts[i]);
		const int64_t start_ms = clock_mono_ms();

		for (size_t at = 0; at < BYTES; at += len)
			memcpy(html + at, parts[i], len);
		html[BYTES] = '\0';
		(void)excerpt(html, NULL, EXCERPT_CHARS_MAX);
		CHECK(clock_mono_ms() - start_ms < 2000);
	}
	free(html);
}

int
main(void)
{
	excerpt_init(&made);
	RUN(keeps_paragraphs_and_emphasis);
	RUN(keeps_lists_and_quotations);
	RUN(leaves_out_links_tables_and_code);
	RUN(ends_at_a_sentence_or_a_word);
	RUN(mends_what_the_publisher_cut);
	RUN(drops_what_feeds_append);
	RUN(keeps_captions_apart);
	RUN(takes_an_image_that_says_something);
	RUN(does_not_say_the_title_again);
	RUN(no_heading_ends_it);
	RUN(anything_at_all_stays_inside);
	RUN(is_linear_in_its_input);
	excerpt_done(&made);
	return check_done();
}
