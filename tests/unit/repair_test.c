#include "parser/repair.h"

#include "tests/unit/check.h"

static struct repair *repair;
static struct entities *entities;
static struct buf whole;

/* The skeleton of a document, with the runs of text in it put back in brackets. */
static const char *
mended_n(const char *text, size_t len)
{
	buf_reset(&whole);
	entities_reset(entities);
	repair_begin(repair, text, len, entities);
	while (repair_next(repair, NULL) > 0) {
		for (size_t i = 0; i < repair->skeleton.len; i++) {
			struct repair_run run;
			const char c = repair->skeleton.data[i];
			const char before = i > 0 ? repair->skeleton.data[i - 1] : '>';

			/* Placeholders stand outside of tags: behind one, or each other. */
			if (c != REPAIR_PLACEHOLDER || (before != '>' && before != c)) {
				(void)buf_addc(&whole, c, NULL);
				continue;
			}
			CHECK(repair_take_run(repair, &run));
			if (!run.text)
				(void)buf_adds(&whole, "[cut]", NULL);
			else
				(void)buf_addf(&whole, NULL, run.literal ? "[!%.*s]" : "[%.*s]",
					       (int)run.len, run.text);
		}
	}
	return buf_str(&whole);
}

static const char *
mended(const char *text)
{
	return mended_n(text, strlen(text));
}

static void
keeps_what_is_well_formed(void)
{
	CHECK_STR(mended("<a x=\"1\" y='&amp;2'><b:c/>one<d>two</d >three</a>"),
		  "<a x=\"1\" y='&amp;2'><b:c/>[one]<d>[two]</d>[three]</a>");
	CHECK(repair->mended == 0);
}

static void
takes_cdata_as_it_is_and_drops_what_says_nothing(void)
{
	CHECK_STR(mended("<a><![CDATA[<b>&amp;]]]]><!-- <c> --><?php x ?><!FOO></a>"),
		  "<a>[!<b>&amp;]]]</a>");
	CHECK_STR(mended("<a>x<![CDATA[y"), "<a>[x][!y][cut]</a>");
	CHECK(repair->mended == (REPAIR_UNCLOSED | REPAIR_TRUNCATED));
	CHECK_STR(mended("<a><!-- <b>x</b></a>"), "<a>[x]</a>");
}

static void
closes_what_was_left_open(void)
{
	CHECK_STR(mended("<a><b><c>x</b>y</a>"), "<a><b><c>[x]</c></b>[y]</a>");
	CHECK(repair->mended == REPAIR_END_TAG);
	CHECK_STR(mended("<a><b>x</c>y</b></a>"), "<a><b>[x][y]</b></a>");
	CHECK_STR(mended("<a><title>x</titel>y</a>"), "<a><title>[x]</title>[y]</a>");
	CHECK_STR(mended("<a><dc:creator>x</creator>y</a>"),
		  "<a><dc:creator>[x]</dc:creator>[y]</a>");
	CHECK_STR(mended("<A><Title>x</TITLE></a>"), "<A><Title>[x]</Title></A>");
	CHECK(repair->mended == REPAIR_END_TAG); /* names have their case */
}

static void
knows_html_that_is_not_xml(void)
{
	CHECK_STR(mended("<a><i><d>x<br>y<img src=1>z<p>1<p>2</d></i></a>"),
		  "<a><i><d>[x]<br/>[y]<img src=\"1\"/>[z]<p>[1]</p><p>[2]</p></d></i></a>");
}

static void
mends_attributes(void)
{
	CHECK_STR(mended("<a x=1 y=\"a&b\" y='2' z w=\"&eacute;&#9731;\"/>"),
		  "<a x=\"1\" y=\"a&amp;b\" w=\"é☃\"/>");
	CHECK(repair->mended == REPAIR_ATTRIBUTE);
	CHECK_STR(mended("<a x=\"1>text<b/></a>"), "<a x=\"&quot;1\">[text]<b/></a>");
	CHECK_STR(mended("<a x='>'>t</a>"), "<a x='>'>[t]</a>");
	CHECK_STR(mended("<a x='1'y='2'/>"), "<a x=\"1\" y=\"2\"/>");
}

static void
writes_only_names_that_are_some(void)
{
	CHECK_STR(mended("<a><:b/><c:/><d:e:f/><g:1/><h::i/><\xC3\xA9/></a>"),
		  "<a><_b/><c_/><d:e_f/><g_1/><h__i/><__/></a>");
	CHECK_STR(mended("<a x:='1' :y='2' z:z:z='3'/>"), "<a x_=\"1\" _y=\"2\" z:z_z=\"3\"/>");
}

static void
takes_a_stray_bracket_for_text(void)
{
	CHECK_STR(mended("<a>1 < 2 <3 <></a>"), "<a>[1 ][!<][ 2 ][!<][3 ][!<][>]</a>");
	CHECK(repair->mended == REPAIR_STRAY);
}

static void
ends_with_the_root_element(void)
{
	CHECK_STR(mended("<a>x</a>\n<!-- 3 ms -->\n"), "<a>[x]</a>");
	CHECK(repair->mended == 0);
	CHECK_STR(mended("<a>x</a><script>y</script>"), "<a>[x]</a>");
	CHECK(repair->mended == REPAIR_TRAILING);
	CHECK_STR(mended("<a/>"), "<a/>");
}

static void
tells_where_a_document_was_cut(void)
{
	CHECK_STR(mended("<a><b>x</b><b>y"), "<a><b>[x]</b><b>[y][cut]</b></a>");
	CHECK_STR(mended("<a><b>x</b><b at"), "<a><b>[x]</b>[cut]</a>");
	CHECK(repair->mended == REPAIR_TRUNCATED);
}

static void
leaves_out_what_is_too_deep(void)
{
	struct buf deep = buf_init(1 << 20);
	size_t opened = 0;

	for (int i = 0; i < 3000; i++)
		(void)buf_adds(&deep, "<d>", NULL);
	(void)buf_adds(&deep, "x", NULL);
	for (int i = 0; i < 3000; i++)
		(void)buf_adds(&deep, "</d>", NULL);
	(void)mended_n(buf_str(&deep), deep.len);
	for (const char *at = buf_str(&whole); (at = strstr(at, "<d>")); at++)
		opened++;
	CHECK(opened == REPAIR_DEPTH_MAX);
	CHECK(strstr(buf_str(&whole), "[x]") != NULL);
	CHECK(repair->mended & REPAIR_DEPTH);
	buf_done(&deep);
}

static void
drops_blanks_between_the_parts_of_a_feed(void)
{
	CHECK_STR(mended("<a> <b> <c> <d/> </c> </b> </a>"), "<a><b><c>[ ]<d/>[ ]</c></b></a>");
}

int
main(void)
{
	repair = repair_new();
	entities = entities_new();
	whole = buf_init(1 << 24);
	RUN(keeps_what_is_well_formed);
	RUN(takes_cdata_as_it_is_and_drops_what_says_nothing);
	RUN(closes_what_was_left_open);
	RUN(knows_html_that_is_not_xml);
	RUN(mends_attributes);
	RUN(writes_only_names_that_are_some);
	RUN(takes_a_stray_bracket_for_text);
	RUN(ends_with_the_root_element);
	RUN(tells_where_a_document_was_cut);
	RUN(leaves_out_what_is_too_deep);
	RUN(drops_blanks_between_the_parts_of_a_feed);
	buf_done(&whole);
	entities_free(entities);
	repair_free(repair);
	return check_done();
}
