#include "parser/html.h"

#include "common/utf8.h"
#include "tests/unit/check.h"

static const char BASE[] = "https://feed.example/2026/post.html";

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
	const char *in;
	const char *out;
};

/* Borrowed until the third call after this one. */
static const char *
sanitise_n(const char *html, size_t len, const char *base)
{
	static struct buf results[3];
	static size_t turn;
	struct buf *out = &results[turn++ % COUNT(results)];

	buf_done(out);
	*out = buf_init((size_t)64 * 1024 * 1024);
	CHECK(html_sanitise(html, len, base, out, NULL) == 0);
	return buf_str(out);
}

static const char *
sanitise(const char *html)
{
	return sanitise_n(html, strlen(html), BASE);
}

static void
check_samples(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *out = sanitise(samples[i].in);

		CHECK_STR(out, samples[i].out);
		CHECK_STR(sanitise(out), out);
	}
}

#define CHECK_SAMPLES(samples) check_samples((samples), COUNT(samples))

static void
keeps_ordinary_markup_as_it_is(void)
{
	static const char *const same[] = {
		"",
		"Plain text.",
		"<p>One <b>two</b> <em>three</em><br>four</p>\n<hr>\n<h2 title=\"x\">Five</h2>",
		"<ul><li>a</li><li>b<ol start=\"3\"><li value=\"4\">c</li></ol></li></ul>",
		"<dl><dt>Term</dt><dd>What it means</dd></dl>",
		"<table><caption>c</caption><colgroup><col span=\"2\"></colgroup><thead><tr>"
		"<th scope=\"col\">h</th></tr></thead><tbody><tr><td "
		"colspan=\"2\">d</td></tr></tbody>"
		"</table>",
		"<table><tr><td>no tbody is put in</td></tr></table>",
		"<figure><img src=\"https://a.example/b.png\" alt=\"c\" width=\"10\" height=\"20\" "
		"loading=\"lazy\" "
		"referrerpolicy=\"no-referrer\"><figcaption>d</figcaption></figure>",
		"<pre><code class=\"language-c\">int x;\n\n\ty &lt; 2 &amp;&amp; z</code></pre>",
		"<blockquote cite=\"https://a.example/\"><p lang=\"de\">Zitat</p></blockquote>",
		"<details open><summary>s</summary>t</details>",
		"<ruby>字<rp>(</rp><rt>zì</rt><rp>)</rp></ruby>",
		"<a href=\"https://a.example/?b=1&amp;c=2#d\" rel=\"nofollow\">e</a>",
		"<video controls preload=\"none\" src=\"https://a.example/v.mp4\"></video>",
		"<time datetime=\"2026-02-01\">today</time> H<sub>2</sub>O <wbr> caf\xC3\xA9",
	};

	for (size_t i = 0; i < COUNT(same); i++)
		CHECK_STR(sanitise(same[i]), same[i]);
}

static void
takes_out_what_can_act(void)
{
	static const struct sample samples[] = {
		{"a<script>b()</script>c", "ac"},
		{"a<ScRiPt src=//evil.example/x.js></sCrIpT >c", "ac"},
		{"a<style>p{color:red}</style>b", "ab"},
		{"<p onclick=\"x()\" ONLOAD=y style='top:0' id=a class=b data-x=1>c</p>",
		 "<p>c</p>"},
		{"<p title=x onclick=y>z", "<p title=\"x\">z</p>"},
		{"<meta http-equiv=refresh content=0><link rel=x href=y><base "
		 "href=//evil.example/>a",
		 "a"},
		{"<form action=/x><input name=a><button>Go</button></form>", "<div>Go</div>"},
		{"<frameset><frame src=x></frameset>a", "a"},
		{"<svg onload=x()><script>y()</script><text>z</text></svg>a", "a"},
		{"<svg><style><a title=\"</style><img src=x onerror=y()>\">b</svg>c", "c"},
		{"<div><svg><path></div>a", "<div></div>a"},
		{"<p><b>a<svg><g><text>b</b>c", "<p><b>a</b>c</p>"},
		{"<p>a<svg><g><a>b</a></g></svg>c</p>d", "<p>ac</p>d"},
		{"<a href=/x>a<svg><a>b</a>c</svg>d</a>e",
		 "<a href=\"https://feed.example/x\">ad</a>e"},
		{"<ul><li><svg><path></li><li>a</ul>", "<ul><li></li><li>a</li></ul>"},
		{"<svg><foreignObject><p>a</p>b</foreignObject></svg>c", "c"},
		{"<svg></math><text>a</text></svg>b", "b"},
		{"<math><mtext><style><!--</style><img src=/i onerror=x()>--></math>a",
		 "<img src=\"https://feed.example/i\" loading=\"lazy\" "
		 "referrerpolicy=\"no-referrer\">--&gt;a"},
		{"a<template><p>b</p><template>c</template></template>d", "ad"},
		{"a<!-- b --><![if IE]>c<![endif]><?php d ?>e", "ace"},
		{"<textarea><img src=x onerror=y()></textarea>a", "a"},
		{"<title>a</title><noframes>b</noframes><noembed>c</noembed>d", "d"},
		{"<p title=\"</p><script>x()</script>\">a",
		 "<p title=\"&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;\">a</p>"},
		{"&lt;script&gt;x()&lt;/script&gt;", "&lt;script&gt;x()&lt;/script&gt;"},
	};

	CHECK_SAMPLES(samples);
	CHECK_STR(sanitise_n("<scr\0ipt>x()</scr\0ipt>", 23, BASE), "x()");
	CHECK_STR(sanitise_n("<script\0>x()</script\0>a", 23, BASE), "x()a");
}

static void
lets_only_known_schemes_through(void)
{
	static const struct sample samples[] = {
		{"<a href=\"javascript:x()\">a</a>", "<a>a</a>"},
		{"<a href=\"\x01 JavaScript:x()\">a</a>", "<a>a</a>"},
		{"<a href=\"java\tscr\nipt:x()\">a</a>", "<a>a</a>"},
		{"<a href=\"&#106;avascript&colon;x()\">a</a>", "<a>a</a>"},
		{"<a href=\"java&Tab;script:x()\">a</a>", "<a>a</a>"},
		{"<a href=vbscript:x>a</a><a href=data:text/html,x>b</a><a href=blob:x>c</a>",
		 "<a>a</a><a>b</a><a>c</a>"},
		{"<a href=view-source:https://a.example>a</a><a href=feed:javascript:x>b</a>",
		 "<a>a</a><a>b</a>"},
		{"<a href=mailto:a@b.example>a</a><a href=tel:+1>b</a>",
		 "<a href=\"mailto:a@b.example\">a</a><a href=\"tel:+1\">b</a>"},
		{"<img src=\"javascript:x()\">a<img src=mailto:x>b<img src=file:///x>", "ab"},
		{"<img src=\"data:text/html,<script>\">a<img "
		 "src=\"data:image/svg+xml;base64,AAAA\">",
		 "a"},
		{"<blockquote cite=javascript:x>a</blockquote>", "<blockquote>a</blockquote>"},
		{"<video src=javascript:x poster=data:x></video>",
		 "<video controls preload=\"none\"></video>"},
	};

	CHECK_SAMPLES(samples);
}

static void
gives_controls_to_what_can_play(void)
{
	static const struct sample samples[] = {
		{"<video poster=/p.png></video><audio></audio>",
		 "<video poster=\"https://feed.example/p.png\"></video><audio></audio>"},
		{"<audio src=/a autoplay loop></audio>",
		 "<audio controls preload=\"none\" src=\"https://feed.example/a\" loop></audio>"},
		{"<video preload=auto></video>", "<video controls preload=\"none\"></video>"},
		{"<video loop><source src=/a><source src=/b>c</video>",
		 "<video controls preload=\"none\" loop><source src=\"https://feed.example/a\">"
		 "<source src=\"https://feed.example/b\">c</video>"},
		{"<video><source></video>", "<video><source></video>"},
		/* Formatting that was cut off in there is opened again from where its tag stands.
		 */
		{"<video><p><i lang=de>b</p><source src=/a>c</video>",
		 "<video controls preload=\"none\"><p><i lang=\"de\">b</i></p><i lang=\"de\">"
		 "<source src=\"https://feed.example/a\">c</i></video>"},
		{"<picture><source srcset=/a><source src=/b></picture>",
		 "<picture><source srcset=\"https://feed.example/a\">"
		 "<source src=\"https://feed.example/b\"></picture>"},
	};

	CHECK_SAMPLES(samples);
}

static void
makes_urls_absolute(void)
{
	static const struct sample samples[] = {
		{"<a href=/a>b</a>", "<a href=\"https://feed.example/a\">b</a>"},
		{"<a href=\"../c?d=1&e=2\">f</a>",
		 "<a href=\"https://feed.example/c?d=1&amp;e=2\">f</a>"},
		{"<a href=//b.example>c</a>", "<a href=\"https://b.example/\">c</a>"},
		{"<a href=#fn1>1</a>", "<a href=\"https://feed.example/2026/post.html#fn1\">1</a>"},
		{"<a href=' https://a.example/\n'>b</a>", "<a href=\"https://a.example/\">b</a>"},
		{"<picture><source srcset='a.webp 2x, //b.example/c.webp'></picture>",
		 "<picture><source srcset=\"https://feed.example/2026/a.webp 2x, "
		 "https://b.example/c.webp\"></picture>"},
	};

	CHECK_SAMPLES(samples);
	CHECK_STR(sanitise_n("<a href=b>c</a>", 15, NULL), "<a>c</a>");
	CHECK_STR(sanitise_n("<a href=b>c</a>", 15, ""), "<a>c</a>");
	CHECK_STR(sanitise_n("<img src=b>c", 12, NULL), "c");
}

static void
shows_the_picture_that_was_meant(void)
{
	static const struct sample samples[] = {
		{"<img src=data:image/gif;base64,R0lGODlhAQABAAAAACw= data-src=/a.png alt=b>",
		 "<img src=\"https://feed.example/a.png\" alt=\"b\" loading=\"lazy\" "
		 "referrerpolicy=\"no-referrer\">"},
		{"<img data-src=/a.png><noscript><img src=/a.png></noscript>",
		 "<img src=\"https://feed.example/a.png\" loading=\"lazy\" "
		 "referrerpolicy=\"no-referrer\">"},
		{"<noscript><img src=/a.png></noscript><img class=lazy data-lazy-src=/a.png>",
		 "<img src=\"https://feed.example/a.png\" loading=\"lazy\" "
		 "referrerpolicy=\"no-referrer\">"},
		{"<img srcset='/a.png 1x, /b.png 2x'>",
		 "<img src=\"https://feed.example/a.png\" srcset=\"https://feed.example/a.png 1x, "
		 "https://feed.example/b.png 2x\" loading=\"lazy\" "
		 "referrerpolicy=\"no-referrer\">"},
		{"<source srcset='/a 640w 480h, /b 480h 640w, /c 1x 2x, /d 9h, /e 0w, /f 1x 9h'>",
		 "<source srcset=\"https://feed.example/a 640w, https://feed.example/b 640w\">"},
		{"<source srcset='/a (1x, 2x), /b .5x, /c 1.5w, /d 1.x, /e 1.5x, /f .x'>",
		 "<source srcset=\"https://feed.example/b .5x, https://feed.example/e 1.5x\">"},
		{"<img src=/a.png srcset='javascript:x 1x, /b.png 3q, , /c,d.png 2x,'>",
		 "<img src=\"https://feed.example/a.png\" srcset=\"https://feed.example/c,d.png "
		 "2x\" "
		 "loading=\"lazy\" referrerpolicy=\"no-referrer\">"},
		{"<img src='DATA:image/PNG;base64,iVBO\nRw0K'>",
		 "<img src=\"data:image/png;base64,iVBORw0K\" loading=\"lazy\" "
		 "referrerpolicy=\"no-referrer\">"},
		{"<img src=/a.png width=100% height=' 20px' loading=eager onerror=x()>",
		 "<img src=\"https://feed.example/a.png\" height=\"20\" loading=\"lazy\" "
		 "referrerpolicy=\"no-referrer\">"},
		{"<image src=/a.png alt>",
		 "<img src=\"https://feed.example/a.png\" alt=\"\" loading=\"lazy\" "
		 "referrerpolicy=\"no-referrer\">"},
		{"a<img>b<img src>c<img src=''>", "a<img>bc"},
		{"<img alt='&lt;b'><img alt=a src=x:y><img alt=b data-src=x:y><img alt>",
		 "<img alt=\"&lt;b\"><img alt=\"\">"},
	};

	CHECK_SAMPLES(samples);
}

static void
takes_out_what_only_counts_readers(void)
{
	static const struct sample samples[] = {
		{"a<img src=//b.example/c width=1 height=1>", "a"},
		{"a<img src=//b.example/c height=1px>", "a"},
		{"a<img src=//b.example/c width=0>", "a"},
		{"a<img src=//b.example/c style='border:0; WIDTH : 1px'>", "a"},
		{"a<img src=//b.example/c style='display:none'>", "a"},
		{"a<img src=http://feeds.feedburner.com/~r/b/~4/c>", "a"},
		{"a<img src=https://ad.doubleclick.net/b>", "a"},
		{"a<iframe src=https://www.googletagmanager.com/ns.html></iframe>", "a"},
		{"a<iframe src=//b.example/c height=0 width=0></iframe>", "a"},
	};

	CHECK_SAMPLES(samples);
}

static void
turns_embeds_into_links(void)
{
	static const struct sample samples[] = {
		{"<p>a</p><iframe src=\"//www.youtube.com/embed/abc-_1?rel=0\" title='A &amp; B'>x"
		 "</iframe>",
		 "<p>a</p><p><a href=\"https://www.youtube.com/watch?v=abc-_1\">A &amp; B</a></p>"},
		{"<p>a <iframe src=https://player.vimeo.com/video/12></iframe></p>",
		 "<p>a <a href=\"https://vimeo.com/12\">vimeo.com/12</a></p>"},
		{"<iframe src=https://player.vimeo.com/video/12?h=ab></iframe>",
		 "<p><a href=\"https://player.vimeo.com/video/12?h=ab\">"
		 "player.vimeo.com/video/12?h=ab</a></p>"},
		{"<object data=/a.pdf><p>b</p></object>",
		 "<p><a href=\"https://feed.example/a.pdf\">feed.example/a.pdf</a></p><p>b</p>"},
		{"<a href=/x><embed src=/y>z</a>", "<a href=\"https://feed.example/x\">z</a>"},
		{"<embed src=/y title='\"b\" &lt;'>",
		 "<p><a href=\"https://feed.example/y\">\"b\" &lt;</a></p>"},
		{"a<iframe src=javascript:x()></iframe><iframe srcdoc='<b>x'></iframe>b", "ab"},
	};

	CHECK_SAMPLES(samples);
}

static void
balances_what_is_misnested(void)
{
	static const struct sample samples[] = {
		{"<b>a", "<b>a</b>"},
		{"<b>a<i>b</b>c</i>d", "<b>a<i>b</i></b><i>c</i>d"},
		{"<p>a<p>b", "<p>a</p><p>b</p>"},
		{"<p>a<b>b<p>c</b>d", "<p>a<b>b</b></p><p><b>c</b>d</p>"},
		{"<b><p>a</b>b</p>c", "<b><p>a</p></b><p>b</p>c"},
		{"<b><p>a</b></p>c", "<b><p>a</p></b>c"},
		{"<b><p>a</b>", "<b><p>a</p></b>"},
		{"<b><ul><li>a</b>b</ul>c", "<b><ul><li>ab</li></ul></b>c"},
		{"<a href=/1>a<a href=/2>b", "<a href=\"https://feed.example/1\">a</a><a "
					     "href=\"https://feed.example/2\">b</a>"},
		{"<a href=/1><ul><li>a</a><a href=/2>b</a></ul>",
		 "<a href=\"https://feed.example/1\"><ul><li>a</li></ul></a><ul><li>"
		 "<a href=\"https://feed.example/2\">b</a></li></ul>"},
		{"</p></div></b>a</li></td>", "a"},
		{"<div><span>a</div>b</span>c", "<div><span>a</span></div>bc"},
		{"<h1>a<h2>b</h1>c", "<h1>a</h1><h2>b</h2>c"},
		{"<h1><b>a<h2>b</b>c", "<h1><b>a<h2>b</h2></b></h1><h2>c</h2>"},
		{"<p>a<div>b</p>c", "<p>a</p><div>bc</div>"},
		{"a</br>b", "a<br>b"},
		{"<ruby>a<rt>b<rt>c</ruby>d<rt>e", "<ruby>a<rt>b</rt><rt>c</rt></ruby>de"},
		{"<p>a<center>b</center>c", "<p>a</p><div>b</div>c"},
		{"<ul><li>a<dir>b</li><li>c</ul>", "<ul><li>a<ul>b</ul></li><li>c</li></ul>"},
		{"<menu><li>a</menu><dir><li>b</dir>", "<ul><li>a</li></ul><ul><li>b</li></ul>"},
		{"<tt>a</tt><strike>b</strike><acronym>c</acronym><font>d</font>",
		 "<code>a</code><s>b</s><abbr>c</abbr>d"},
	};

	CHECK_SAMPLES(samples);
}

static void
gives_orphans_a_place(void)
{
	static const struct sample samples[] = {
		{"<li>a<li>b</li> c", "<ul><li>a</li><li>b</li></ul> c"},
		{"<dd>a<dt>b", "<dl><dd>a</dd><dt>b</dt></dl>"},
		{"<ul><li>a<div><li>b</ul>", "<ul><li>a<div></div></li><li>b</li></ul>"},
		{"<ul><li><blockquote><li>a</ul>",
		 "<ul><li><blockquote><ul><li>a</li></ul></blockquote></li></ul>"},
		{"<td>a<tr><td>b</table>c", "abc"},
		{"<caption>a<col><tbody>b", "ab"},
		{"<table>a<tr><td>b", "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>"},
		{"<table><tr><b><td>a", "<table><tr><td>a</td></tr></table>"},
		{"<table><form><tr><td>a</form></table>", "<table><tr><td>a</td></tr></table>"},
		{"<table><td>a<td>b<tr><th>c",
		 "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr>"
		 "</table>"},
		{"<table><tr><td>a<table><tr><td>b</table>c",
		 "<table><tr><td>a<table><tr><td>b</td></tr></table>c</td></tr></table>"},
		{"<table><table><td>a", "<table></table><table><tr><td>a</td></tr></table>"},
		{"<b><table><td>a</b>b", "<b><table><tr><td>ab</td></tr></table></b>"},
	};

	CHECK_SAMPLES(samples);
}

static void
keeps_the_first_line_of_pre(void)
{
	static const struct sample samples[] = {
		{"<pre>\na</pre>", "<pre>a</pre>"},
		{"<pre>\r\na\rb</pre>", "<pre>a\nb</pre>"},
		{"<pre>\n\na</pre>", "<pre>\n\na</pre>"},
		{"<pre>&#10;&#10;a</pre>", "<pre>\n\na</pre>"},
		{"<pre><!-- -->\na</pre>", "<pre>\n\na</pre>"},
		{"<pre><b>\na</b></pre>", "<pre><b>\na</b></pre>"},
		{"<pre>\n</pre>", "<pre></pre>"},
		{"<listing>\na</listing>", "<pre>a</pre>"},
		{"<xmp>\n<b>&amp;</xmp>a", "<pre>\n\n&lt;b&gt;&amp;amp;</pre>a"},
		{"<plaintext><b>", "<pre>&lt;b&gt;</pre>"},
	};

	CHECK_SAMPLES(samples);
}

static void
writes_valid_utf8_without_controls(void)
{
	static const char odd[] =
		"a\x80z\xC3(\xED\xA0\x80\xF0\x9F\x98<p title='\xFF'>\x01\x0B\f\x7F";
	const char *out = sanitise_n(odd, sizeof(odd) - 1, BASE);

	CHECK(utf8_valid(out, strlen(out)));
	CHECK_STR(out, "a\xEF\xBF\xBDz\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
		       "<p title=\"\xEF\xBF\xBD\"> </p>");
	CHECK_STR(sanitise("a&#1;b&#x7F;c&#13;d&#0;"), "abc\nd\xEF\xBF\xBD");
	CHECK_STR(sanitise_n("a\0b", 3, BASE), "ab");
	CHECK_STR(sanitise("\xEF\xBB\xBF<x>\xEF\xBB\xBF\xEF\xBB\xBFy"), "y");
}

/* Of each hostile shape as many as make a megabyte; what comes out must stay in proportion. */
static void
hostile_shapes_stay_in_proportion(void)
{
	static const char *const shapes[] = {
		"<div>",
		"<b><p>x",
		"<a href=x>",
		"<table>",
		"<table><tr><td>",
		"<li>",
		"<dd>x",
		"<ul><li>",
		"<svg>",
		"<template>",
		"<b>x</i>",
		"<!--",
		"<![CDATA[",
		"<",
		"&",
		"&#",
		"<a b=",
		"x<s title=y>",
		"<pre>\n\n",
		"<noscript>",
		"<i><u></i>x",
		"<a><div>",
		"<b><ul><li></b>x",
		"<q cite=x>",
		"<ruby><rt>",
		"<img src=x>",
		"</p>",
		"<table>x<tr>",
		"<select>",
		"<script><!--<script>",
		"<p title='",
		"<h1><b><h2>x",
		"<xmp>",
		"</b></a>",
		"<source src=x>",
		"<audio>",
		"<b a=b>",
		"\"",
		"<p\n",
		"<iframe src=x>",
	};
	enum { BYTES = 1000 * 1000 };
	char *html = malloc(BYTES);

	CHECK(html);
	for (size_t i = 0; html && i < COUNT(shapes); i++) {
		const size_t len = strlen(shapes[i]);
		struct buf out = buf_init((size_t)100 * BYTES);
		struct buf again = buf_init((size_t)100 * BYTES);

		for (size_t at = 0; at < BYTES; at++)
			html[at] = shapes[i][at % len];
		CHECK(html_sanitise(html, BYTES, BASE, &out, NULL) == 0);
		CHECK(out.len <= (size_t)8 * BYTES + 65536);
		CHECK(html_sanitise(buf_str(&out), out.len, BASE, &again, NULL) == 0);
		CHECK_STR(out.len == again.len ? "same" : shapes[i], "same");
		CHECK(out.len == again.len && memcmp(buf_str(&out), buf_str(&again), out.len) == 0);
		buf_done(&out);
		buf_done(&again);
	}
	free(html);
}

static void
is_never_deeper_than_its_ceiling(void)
{
	struct buf html = buf_init(1000000);
	struct buf out = buf_init(1000000);
	size_t depth = 0;

	for (int i = 0; i < 1000; i++)
		(void)buf_adds(&html, "<div>", NULL);
	(void)buf_adds(&html, "core", NULL);
	for (int i = 0; i < 1000; i++)
		(void)buf_adds(&html, "</div>", NULL);
	(void)buf_adds(&html, "after", NULL);
	CHECK(html_sanitise(html.data, html.len, NULL, &out, NULL) == 0);
	for (const char *p = buf_str(&out); (p = strstr(p, "<div>")); p++)
		depth++;
	CHECK(depth == HTML_DEPTH_MAX);
	CHECK(strstr(buf_str(&out), "core"));
	/* The end tags of those that were left out end none of the others. */
	CHECK(out.len > 5 && strcmp(out.data + out.len - 5, "after") == 0);
	buf_done(&html);
	buf_done(&out);
}

static void
appends_all_or_nothing(void)
{
	struct err err = {.kind = ERR_NONE};
	struct buf out = buf_init(16);

	CHECK(buf_adds(&out, "x", NULL) == 0);
	CHECK(html_sanitise("<b>y</b>", 8, NULL, &out, &err) == 0);
	CHECK_STR(buf_str(&out), "x<b>y</b>");
	CHECK(html_sanitise("<p>0123456789</p>", 17, NULL, &out, &err) == -1);
	CHECK(err.kind == ERR_REJECT && out.len == 9);
	buf_done(&out);
}

static const char *
text_of(const char *html)
{
	static struct buf out;

	buf_done(&out);
	out = buf_init(100000);
	CHECK(html_to_text(html, strlen(html), &out, NULL) == 0);
	return buf_str(&out);
}

static void
gives_the_visible_text(void)
{
	CHECK_STR(text_of(""), "");
	CHECK_STR(text_of(" a\n\t b "), "a b");
	CHECK_STR(text_of("<p>One</p><p>Two<br>three</p>"), "One Two three");
	CHECK_STR(text_of("a<b>b</b>c <i> d</i>"), "abc d");
	CHECK_STR(text_of("<td>a</td><td>b</td><li>c"), "a b c");
	CHECK_STR(text_of("a<script>b</script><style>c</style><title>d</title>e"), "ae");
	CHECK_STR(text_of("a<svg><text>b</text></svg>c<template>d</template>"), "ac");
	CHECK_STR(text_of("&lt;b&gt; &amp;amp; caf&eacute;"), "<b> &amp; caf\xC3\xA9");
	CHECK_STR(text_of("a&nbsp; b"), "a\xC2\xA0 b");
	CHECK_STR(text_of("1 < 2<!-- x -->"), "1 < 2");
}

static void
escapes_and_decodes_text(void)
{
	static const char text[] = "<a> & \"b\" \xC3\xA9 \x01\xFF\r\n";
	static const char html[] = "<b>&amp;lt; &hellip; &nosuch; &#8217;";
	struct buf out = buf_init(1000);

	CHECK(html_escape(text, sizeof(text) - 1, &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "&lt;a&gt; &amp; &quot;b&quot; \xC3\xA9 \xEF\xBF\xBD\n");
	buf_reset(&out);
	CHECK(html_decode_entities(html, sizeof(html) - 1, &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "<b>&lt; … &nosuch; ’");
	CHECK_STR(sanitise("&nvlt;b> &nvgt;"), "&lt;\xE2\x83\x92"
					       "b&gt; &gt;\xE2\x83\x92");
	buf_done(&out);
}

int
main(void)
{
	RUN(keeps_ordinary_markup_as_it_is);
	RUN(takes_out_what_can_act);
	RUN(lets_only_known_schemes_through);
	RUN(gives_controls_to_what_can_play);
	RUN(makes_urls_absolute);
	RUN(shows_the_picture_that_was_meant);
	RUN(takes_out_what_only_counts_readers);
	RUN(turns_embeds_into_links);
	RUN(balances_what_is_misnested);
	RUN(gives_orphans_a_place);
	RUN(keeps_the_first_line_of_pre);
	RUN(writes_valid_utf8_without_controls);
	RUN(hostile_shapes_stay_in_proportion);
	RUN(is_never_deeper_than_its_ceiling);
	RUN(appends_all_or_nothing);
	RUN(gives_the_visible_text);
	RUN(escapes_and_decodes_text);
	return check_done();
}
