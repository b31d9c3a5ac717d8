#include "parser/tag.h"

#include "tests/unit/check.h"

static struct buf out;
static struct tag tag;
static const char *end;
static bool empty;

/* What is written for a tag's inside, behind its name. */
static const char *
attributes(const char *text)
{
	buf_reset(&out);
	tag.mended = false;
	CHECK(tag_put_attributes(&tag, text, text + strlen(text), &end, &empty, NULL) == 0);
	return buf_str(&out);
}

static void
copies_what_is_well_formed(void)
{
	static const char text[] = " a=\"1\"\n b='x > y' c:d = \"&lt;&amp;\">rest";

	CHECK_STR(attributes(text), " a=\"1\"\n b='x > y' c:d = \"&lt;&amp;\"");
	CHECK_STR(end, "rest");
	CHECK(!empty && !tag.mended);
	CHECK_STR(attributes(" a='1' />x"), " a='1' ");
	CHECK(empty && strcmp(end, "x") == 0);
	CHECK_STR(attributes(">"), "");
}

static void
decodes_references_that_xml_does_not_know(void)
{
	CHECK_STR(attributes(" a='&eacute;&#38;&#60;&quot;'>"), " a=\"é&amp;&lt;&quot;\"");
	CHECK(!tag.mended);
}

static void
mends_what_is_not(void)
{
	CHECK_STR(attributes(" a=1 b=\"2\"c=3/>"), " a=\"1\" b=\"2\" c=\"3/\"");
	CHECK(tag.mended && !empty);
	CHECK_STR(attributes(" a=\"1\" A='2' b>"), " a=\"1\"");
	CHECK_STR(attributes(" a=\"1><b>"), " a=\"&quot;1\"");
	CHECK_STR(end, "<b>");
	(void)attributes(" a=\"1\" b='");
	CHECK(!end);
}

static void
bounds_attributes(void)
{
	struct buf text = buf_init(1 << 20);
	size_t count = 0;

	for (int i = 0; i < TAG_ATTRIBUTES_MAX + 50; i++)
		(void)buf_addf(&text, NULL, " a%d='1'", i);
	(void)buf_adds(&text, ">", NULL);
	for (const char *at = attributes(buf_str(&text)); (at = strchr(at, '=')); at++)
		count++;
	CHECK(count == TAG_ATTRIBUTES_MAX && tag.mended);
	buf_reset(&text);
	(void)buf_adds(&text, " a='", NULL);
	for (int i = 0; i <= TAG_VALUE_BYTES_MAX; i++)
		(void)buf_addc(&text, 'x', NULL);
	(void)buf_adds(&text, "' b='1'>", NULL);
	CHECK_STR(attributes(buf_str(&text)), " b=\"1\"");
	buf_done(&text);
}

int
main(void)
{
	out = buf_init(1 << 20);
	tag = tag_init(&out);
	tag.entities = entities_new();
	RUN(copies_what_is_well_formed);
	RUN(decodes_references_that_xml_does_not_know);
	RUN(mends_what_is_not);
	RUN(bounds_attributes);
	entities_free(tag.entities);
	tag_done(&tag);
	buf_done(&out);
	return check_done();
}
