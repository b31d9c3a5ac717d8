#include "parser/html_token.h"

#include "common/buf.h"
#include "tests/unit/check.h"

/* The tokens of html in a spelling of their own: text "…", start <name key=value>, end </name>. */
static const char *
tokens(const char *html)
{
	static char result[4096];
	struct html_tokens in = html_tokens(html, strlen(html));
	struct html_token token;
	size_t len = 0;

	result[0] = '\0';
#define PUT(...) (len += (size_t)snprintf(result + len, sizeof(result) - len, __VA_ARGS__))
	while (html_token_next(&in, &token)) {
		if (token.kind == HTML_TEXT)
			PUT("'%.*s'", (int)token.len, token.text);
		else
			PUT("<%s%.*s", token.kind == HTML_END ? "/" : "", (int)token.len,
			    token.text);
		if (token.kind == HTML_START)
			for (size_t i = 0; i < token.attribute_count; i++) {
				const struct html_attribute *a = &token.attributes[i];

				PUT(" [%.*s", (int)a->name.len, (const char *)a->name.data);
				if (a->value.data)
					PUT("=%.*s", (int)a->value.len,
					    (const char *)a->value.data);
				PUT("]");
			}
		if (token.kind == HTML_START && token.self_closing)
			PUT("/");
		if (token.kind != HTML_TEXT)
			PUT(">");
	}
#undef PUT
	return result;
}

/* What is left of the source after the raw content of its first tag. */
static const char *
raw(const char *html, const char *content)
{
	struct html_tokens in = html_tokens(html, strlen(html));
	struct html_token token;
	struct bytes got;

	CHECK(html_token_next(&in, &token) && token.kind == HTML_START);
	got = html_token_raw(&in, token.text, token.len);
	CHECK(got.len == strlen(content) && memcmp(got.data, content, got.len) == 0);
	return in.at;
}

static void
tells_text_from_markup(void)
{
	CHECK_STR(tokens("a<b>c</b>d"), "'a'<b>'c'</b>'d'");
	CHECK_STR(tokens("1 < 2 <3 <= <"), "'1 < 2 <3 <= <'");
	CHECK_STR(tokens("<<b>"), "'<'<b>");
	CHECK_STR(tokens("a</"), "'a</'");
	CHECK_STR(tokens("a</>b</ x>c"), "'a''b''c'");
	CHECK_STR(tokens(""), "");
	CHECK_STR(tokens("\xEF\xBB\xBF"
			 "a"),
		  "'a'");
}

static void
passes_over_comments_and_declarations(void)
{
	CHECK_STR(tokens("a<!-- <b> -->b"), "'a''b'");
	CHECK_STR(tokens("a<!-->b<!--->c"), "'a''b''c'");
	CHECK_STR(tokens("a<!-- x --!>b"), "'a''b'");
	CHECK_STR(tokens("a<!-- x -- > y --->b"), "'a''b'");
	CHECK_STR(tokens("a<!-- never ended"), "'a'");
	CHECK_STR(tokens("<!DOCTYPE html>a<?php x ?>b"), "'a''b'");
	CHECK_STR(tokens("<![CDATA[x>y]]>"), "'y]]>'");
}

static void
reads_attributes_however_they_are_spelt(void)
{
	CHECK_STR(tokens("<a b c=d e='f' g=\"h\">"), "<a [b] [c=d] [e=f] [g=h]>");
	CHECK_STR(tokens("<a\tb = 'c>d'\n/e>"), "<a [b=c>d] [e]>");
	CHECK_STR(tokens("<a b='c'd=e/f>"), "<a [b=c] [d=e/f]>");
	CHECK_STR(tokens("<a =b c==d>"), "<a [=b] [c==d]>");
	CHECK_STR(tokens("<a \"b'<c=d>"), "<a [\"b'<c=d]>");
	CHECK_STR(tokens("<br/><br / ><a b=/>"), "<br/><br><a [b=/]>");
	CHECK_STR(tokens("<A HREF=x>"), "<A [HREF=x]>");
	CHECK_STR(tokens("<a b= >"), "<a [b=]>");
}

static void
a_tag_that_the_end_cuts_off_is_none(void)
{
	CHECK_STR(tokens("a<b"), "'a'");
	CHECK_STR(tokens("a<b c='d"), "'a'");
	CHECK_STR(tokens("a<b c"), "'a'");
	CHECK_STR(tokens("a<b c="), "'a'");
	CHECK_STR(tokens("a</b "), "'a'");
}

static void
keeps_no_more_attributes_than_its_ceiling(void)
{
	struct html_token token;
	struct html_tokens in;
	SCOPED(buf_done) struct buf html = buf_init(HTML_ATTRIBUTES_MAX * 8 + 64);

	(void)buf_adds(&html, "<a", NULL);
	for (int i = 0; i < HTML_ATTRIBUTES_MAX + 5; i++)
		(void)buf_adds(&html, " x=1", NULL);
	(void)buf_adds(&html, ">b", NULL);
	in = html_tokens(buf_str(&html), html.len);
	CHECK(html_token_next(&in, &token) && token.attribute_count == HTML_ATTRIBUTES_MAX);
	CHECK(html_token_next(&in, &token) && token.kind == HTML_TEXT && token.len == 1);
}

static void
raw_content_ends_at_its_own_end_tag(void)
{
	CHECK_STR(raw("<style>a<b></stylex></STYLE >c", "a<b></stylex>"), "c");
	CHECK_STR(raw("<title>a</title b='>'>c", "a"), "c");
	CHECK_STR(raw("<title>a", "a"), "");
	CHECK_STR(raw("<title>a</title", "a</title"), "");
}

static void
a_script_hides_end_tags_in_comments(void)
{
	CHECK_STR(raw("<script>a</script>b", "a"), "b");
	CHECK_STR(raw("<script><!--</script>b", "<!--"), "b");
	CHECK_STR(raw("<script><!--<script></script>--></script>b", "<!--<script></script>-->"),
		  "b");
	CHECK_STR(raw("<script><!--<script></script></script>b", "<!--<script></script>"), "b");
	CHECK_STR(raw("<script><!--><script></script>b", "<!--><script>"), "b");
	CHECK_STR(raw("<script><!--<scripty></script>b", "<!--<scripty>"), "b");
}

static void
cdata_is_text_only_where_the_caller_says_so(void)
{
	static const char html[] = "<![CDATA[<a>]]>b";
	struct html_tokens in = html_tokens(html, sizeof(html) - 1);
	struct html_token token;

	in.foreign = true;
	CHECK(html_token_next(&in, &token) && token.kind == HTML_TEXT && *token.text == 'b');
	CHECK(!token.follows_tag);
}

int
main(void)
{
	RUN(tells_text_from_markup);
	RUN(passes_over_comments_and_declarations);
	RUN(reads_attributes_however_they_are_spelt);
	RUN(a_tag_that_the_end_cuts_off_is_none);
	RUN(keeps_no_more_attributes_than_its_ceiling);
	RUN(raw_content_ends_at_its_own_end_tag);
	RUN(a_script_hides_end_tags_in_comments);
	RUN(cdata_is_text_only_where_the_caller_says_so);
	return check_done();
}
