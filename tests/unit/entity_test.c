#include "parser/entity.h"

#include "tests/unit/check.h"

static struct entities *entities;
static struct buf out;

static const char *
decoded(const char *text)
{
	buf_reset(&out);
	CHECK(entities_decode(entities, text, strlen(text), &out, NULL) == 0);
	return buf_str(&out);
}

static void
decodes_what_xml_and_html_know(void)
{
	entities_reset(entities);
	CHECK_STR(decoded("a &lt;b&gt; &amp;amp; &quot;&apos;"), "a <b> &amp; \"'");
	CHECK_STR(decoded("&#65;&#x1F600;&#x41;"), "A\xF0\x9F\x98\x80"
						   "A");
	CHECK(entities->html_names == 0);
	CHECK_STR(decoded("caf&eacute;&nbsp;&hellip;"), "café\xC2\xA0…");
	CHECK(entities->html_names == 3);
}

static void
leaves_a_bare_ampersand_alone(void)
{
	entities_reset(entities);
	CHECK_STR(decoded("R&D, ?a=1&copy=2 & &unknown; &"), "R&D, ?a=1&copy=2 & &unknown; &");
	CHECK(entities->bare == 5);
	CHECK_STR(decoded("&#; &#x; &#xyz; &#12"), "&#; &#x; &#xyz; &#12");
}

static void
means_windows_1252_where_publishers_do(void)
{
	CHECK_STR(decoded("don&#146;t &#x93;x&#x94;"), "don’t “x”");
	CHECK_STR(decoded("a&#0;&#1;&#xFFFE;&#x110000;&#xD800;b"), "a\xEF\xBF\xBD"
								   "b");
}

static void
joins_references_that_spell_utf_8(void)
{
	CHECK_STR(decoded("&#226;&#128;&#166;"), "…");
	CHECK_STR(decoded("&acirc;&#128;&brvbar;x"), "…x");
	CHECK_STR(decoded("&#195;&#169;"), "é");
	CHECK_STR(decoded("&#195; &#169;"), "Ã ©");
}

static void
knows_what_the_document_declares(void)
{
	static const char doctype[] =
		" rss [ <!ENTITY co \"Acme &amp; Co\"> <!ENTITY all 'the &co; shop'>\n"
		"<!ENTITY file SYSTEM \"file:///etc/passwd\"> <!ENTITY % p \"<!ENTITY q 'r'>\"> ]";

	entities_reset(entities);
	entities_declare(entities, doctype, sizeof(doctype) - 1);
	CHECK_STR(decoded("&co; / &all; / &file;"), "Acme & Co / the Acme & Co shop / &file;");
}

static void
survives_a_billion_laughs(void)
{
	struct buf doctype = buf_init(1 << 16);

	entities_reset(entities);
	(void)buf_adds(&doctype, "<!ENTITY l0 \"lol\">", NULL);
	for (int i = 1; i < 40; i++) {
		(void)buf_addf(&doctype, NULL, "<!ENTITY l%d \"", i);
		for (int k = 0; k < 10; k++)
			(void)buf_addf(&doctype, NULL, "&l%d;", i - 1);
		(void)buf_adds(&doctype, "\">", NULL);
	}
	entities_declare(entities, buf_str(&doctype), doctype.len);
	CHECK_STR(decoded("&l1;"), "lollollollollollollollollollol");
	CHECK_STR(decoded("&l30;"), "&l30;"); /* grew over the ceiling, so never was */
	for (int i = 0; i < 100000; i++)
		(void)decoded("&l3;");
	CHECK(entities->spent_bytes <= ENTITY_SPENT_BYTES_MAX);
	CHECK_STR(decoded("&l3;"), "");
	buf_done(&doctype); /* names borrow from it */
}

int
main(void)
{
	entities = entities_new();
	out = buf_init(1 << 20);
	RUN(decodes_what_xml_and_html_know);
	RUN(leaves_a_bare_ampersand_alone);
	RUN(means_windows_1252_where_publishers_do);
	RUN(joins_references_that_spell_utf_8);
	RUN(knows_what_the_document_declares);
	RUN(survives_a_billion_laughs);
	buf_done(&out);
	entities_free(entities);
	return check_done();
}
