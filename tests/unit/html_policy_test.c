#include "parser/html_policy.h"

#include "tests/unit/check.h"

static void
tables_are_searched_by_their_order(void)
{
	for (size_t i = 0; i < HTML_NAMES; i++) {
		const struct html_element *element = &html_elements[i];

		CHECK(element->len == strlen(element->name));
		CHECK(html_element_find(element->name, element->len) == element);
	}
	for (int i = 0; i < HTML_ATTRS; i++) {
		const char *text = html_attribute_text((enum html_attribute_name)i);

		CHECK((int)html_attribute_find((struct bytes){text, strlen(text)}) == i);
	}
}

static void
finds_names_in_any_case_and_no_others(void)
{
	CHECK(html_element_find("BlockQuote", 10) == &html_elements[HTML_BLOCKQUOTE]);
	CHECK(!html_element_find("blockquotes", 11) && !html_element_find("block", 5));
	CHECK(!html_element_find("", 0) && !html_element_find("a\0", 2));
	CHECK(!html_element_find("aVeryLongNameOfNoElement", 24));
	CHECK(html_attribute_find((struct bytes){"HREF", 4}) == HTML_ATTR_HREF);
	CHECK(html_attribute_find((struct bytes){"onclick", 7}) == HTML_ATTRS);
	CHECK(html_attribute_find((struct bytes){"hre", 3}) == HTML_ATTRS);
}

/* Whatever is written must be an element of its own name that is written as itself, or a second
 * sanitising would change it. */
static void
what_is_written_stays_what_it_is(void)
{
	for (size_t i = 0; i < HTML_NAMES; i++) {
		const enum html_name as = html_elements[i].as;

		CHECK(as == HTML_NAMES || html_elements[as].as == as);
	}
}

static void
nothing_that_can_act_is_ever_written(void)
{
	static const enum html_name never[] = {
		HTML_SCRIPT,   HTML_STYLE,    HTML_IFRAME,   HTML_OBJECT,   HTML_EMBED, HTML_FORM,
		HTML_TEXTAREA, HTML_TEMPLATE, HTML_NOSCRIPT, HTML_NOFRAMES, HTML_SVG,   HTML_MATH,
		HTML_TITLE,    HTML_META,     HTML_XMP,      HTML_NOEMBED,  HTML_BODY,  HTML_HEAD,
	};

	for (size_t i = 0; i < HTML_NAMES; i++)
		for (size_t j = 0; j < sizeof(never) / sizeof(never[0]); j++)
			CHECK(html_elements[i].as != never[j]);
	for (const char *const *scheme = html_link_schemes; *scheme; scheme++)
		CHECK(!strstr("javascript vbscript data blob file filesystem", *scheme));
}

int
main(void)
{
	RUN(tables_are_searched_by_their_order);
	RUN(finds_names_in_any_case_and_no_others);
	RUN(what_is_written_stays_what_it_is);
	RUN(nothing_that_can_act_is_ever_written);
	return check_done();
}
