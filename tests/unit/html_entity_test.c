#include "parser/html_entity.h"

#include "parser/html.h"
#include "tests/unit/check.h"

/* What text begins with, once decoded: the reference's UTF-8, then what is left of the text. */
static const char *
first(const char *text, bool in_attribute)
{
	static char result[256];
	const char *at = text;
	char utf8[HTML_ENTITY_UTF8_BYTES];
	const size_t len = html_reference(&at, text + strlen(text), in_attribute, utf8);

	(void)snprintf(result, sizeof(result), "%.*s|%s", (int)len, utf8, at);
	return result;
}

static void
tables_are_sorted_and_whole(void)
{
	for (size_t i = 0; i < HTML_ENTITIES; i++) {
		const struct html_entity *entity = &html_entities[i];

		CHECK(entity->name[0] && entity->utf8[0]);
		CHECK(i == 0 || strcmp(html_entities[i - 1].name, entity->name) < 0);
		CHECK(html_entity_utf8(entity->name, strlen(entity->name)) == entity->utf8);
	}
	for (size_t i = 0; i < HTML_BARE_NAMES; i++) {
		CHECK(i == 0 || strcmp(html_bare_names[i - 1], html_bare_names[i]) < 0);
		CHECK(html_entity_utf8(html_bare_names[i], strlen(html_bare_names[i])));
	}
}

static void
finds_names_for_xml_and_no_others(void)
{
	CHECK_STR(html_entity_utf8("nbsp", 4), "\xC2\xA0");
	CHECK_STR(html_entity_utf8("hellip", 6), "…");
	CHECK_STR(html_entity_utf8("CounterClockwiseContourIntegral", 31), "∳");
	CHECK(!html_entity_utf8("nbs", 3) && !html_entity_utf8("nbspx", 5));
	CHECK(!html_entity_utf8("", 0) && !html_entity_utf8("NBSP", 4));
	CHECK(!html_entity_utf8("aVeryLongNameThatNoReferenceHasOrEverWillHave", 45));
}

static void
reads_names_with_and_without_a_semicolon(void)
{
	CHECK_STR(first("&eacute;t", false), "é|t");
	CHECK_STR(first("&eacutet", false), "é|t");
	CHECK_STR(first("&notin;", false), "∉|");
	CHECK_STR(first("&notify;", false), "¬|ify;");
	CHECK_STR(first("&hellip ", false), "|&hellip ");
	CHECK_STR(first("&fjlig;", false), "fj|");
	CHECK_STR(first("&NotEqualTilde;", false), "≂̸|");
	CHECK_STR(first("&", false), "|&");
	CHECK_STR(first("& b", false), "|& b");
	CHECK_STR(first("&nosuch;", false), "|&nosuch;");
}

static void
leaves_queries_in_attributes_alone(void)
{
	CHECK_STR(first("&copy=1", true), "|&copy=1");
	CHECK_STR(first("&copyright=1", true), "|&copyright=1");
	CHECK_STR(first("&copy2", true), "|&copy2");
	CHECK_STR(first("&copy;=1", true), "©|=1");
	CHECK_STR(first("&copy&", true), "©|&");
	CHECK_STR(first("&copy=1", false), "©|=1");
}

static void
reads_numbers_as_browsers_do(void)
{
	CHECK_STR(first("&#233;t", false), "é|t");
	CHECK_STR(first("&#xE9t", false), "é|t");
	CHECK_STR(first("&#XE9;", false), "é|");
	CHECK_STR(first("&#0000000000000000000065;", false), "A|");
	CHECK_STR(first("&#146;", false), "’|");
	CHECK_STR(first("&#x80;", false), "€|");
	CHECK_STR(first("&#0;", false), "\xEF\xBF\xBD|");
	CHECK_STR(first("&#xD800;", false), "\xEF\xBF\xBD|");
	CHECK_STR(first("&#99999999999999999999;", false), "\xEF\xBF\xBD|");
	CHECK_STR(first("&#x1F600;", false), "😀|");
	CHECK_STR(first("&#;", false), "|&#;");
	CHECK_STR(first("&#x;", false), "|&#x;");
	CHECK_STR(first("&#x", false), "|&#x");
	CHECK_STR(first("&#", false), "|&#");
}

int
main(void)
{
	RUN(tables_are_sorted_and_whole);
	RUN(finds_names_for_xml_and_no_others);
	RUN(reads_names_with_and_without_a_semicolon);
	RUN(leaves_queries_in_attributes_alone);
	RUN(reads_numbers_as_browsers_do);
	return check_done();
}
