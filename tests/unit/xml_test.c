#include "parser/xml.h"

#include "tests/unit/check.h"

static struct xml *xml;
static struct repair *repair;
static struct entities *entities;
static struct buf told;
static int look_ups;

static const void *
look_up(void *self, const struct xml_name *name)
{
	(void)self;
	(void)name;
	look_ups++;
	return NULL;
}

static void
on_start(void *self, const struct xml_name *name, const struct xml_attribute *attributes,
	 size_t count)
{
	(void)self;
	(void)buf_addf(&told, NULL, "<%d:%s", name->ns, name->lower);
	for (size_t i = 0; i < count; i++)
		(void)buf_addf(&told, NULL, " %d:%s=%.*s", attributes[i].ns, attributes[i].local,
			       (int)attributes[i].len, attributes[i].value);
	(void)buf_addc(&told, '>', NULL);
}

static void
on_end(void *self)
{
	(void)self;
	(void)buf_adds(&told, "</>", NULL);
}

static void
on_text(void *self, const struct repair_run *run)
{
	(void)self;
	(void)buf_add(&told, run->text, run->len, NULL);
	if (run->len == 4 && memcmp(run->text, "stop", 4) == 0)
		xml_stop(xml);
}

static void
on_cut(void *self)
{
	(void)self;
	(void)buf_adds(&told, "[cut]", NULL);
}

static const struct xml_handler handler = {look_up, on_start, on_end, on_text, on_cut};

static const char *
read_text(const char *text, size_t len)
{
	struct err err;

	buf_reset(&told);
	look_ups = 0;
	repair_begin(repair, text, len, entities);
	CHECK(xml_read(xml, repair, &handler, NULL, &err) == 0);
	CHECK(xml_faults(xml) == 0);
	return buf_str(&told);
}

static const char *
events(const char *text)
{
	return read_text(text, strlen(text));
}

static void
tells_elements_attributes_and_text_in_order(void)
{
	char wanted[200];

	(void)snprintf(wanted, sizeof(wanted), "<%d:a %d:x=1&2 %d:lang=en>t<%d:b></>u<%d:c></></>",
		       NS_NONE, NS_NONE, NS_XML, NS_DC, NS_OTHER);
	CHECK_STR(events("<A x='1&amp;2' xml:lang='en'>t<dc:b/><![CDATA[u]]><q:c/></A>"), wanted);
}

static void
resolves_namespaces_before_prefixes(void)
{
	char wanted[200];

	(void)snprintf(wanted, sizeof(wanted), "<%d:a><%d:b></><%d:c></></>", NS_ATOM, NS_ITUNES,
		       NS_MEDIA);
	CHECK_STR(events("<a xmlns='http://www.w3.org/2005/Atom' "
			 "xmlns:dc='http://www.itunes.com/dtds/podcast-1.0.dtd' "
			 "xmlns:media='urn:nobody-knows'><dc:b/><media:c/></a>"),
		  wanted);
}

static void
asks_once_for_a_name(void)
{
	struct buf text = buf_init(1 << 20);

	(void)buf_adds(&text, "<a>", NULL);
	for (int i = 0; i < 10000; i++)
		(void)buf_adds(&text, "<b>x</b>", NULL);
	(void)buf_adds(&text, "</a>", NULL);
	(void)read_text(buf_str(&text), text.len);
	CHECK(look_ups == 2);
	buf_done(&text);
}

static void
stops_when_told_and_begins_anew(void)
{
	CHECK(strstr(events("<a>stop<b>no</b></a>"), "no") == NULL);
	CHECK(strstr(events("<a><b>yes</b>"), "yes</>[cut]") != NULL);
}

/* libxml2's table of names gets slow when it is full. */
static void
refuses_names_without_end(void)
{
	struct buf text = buf_init(16 << 20);
	struct err err;

	(void)buf_adds(&text, "<a>", NULL);
	for (int i = 0; i < 100000; i++)
		(void)buf_addf(&text, NULL, "<n%d/>", i);
	(void)buf_adds(&text, "</a>", NULL);
	buf_reset(&told);
	repair_begin(repair, buf_str(&text), text.len, entities);
	CHECK(xml_read(xml, repair, &handler, NULL, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(strstr(err.text, "names") && told.len > 0);
	CHECK(strstr(events("<a>x</a>"), "x") != NULL);
	buf_done(&text);
}

int
main(void)
{
	xml = xml_new();
	repair = repair_new();
	entities = entities_new();
	told = buf_init(64 << 20);
	RUN(tells_elements_attributes_and_text_in_order);
	RUN(resolves_namespaces_before_prefixes);
	RUN(asks_once_for_a_name);
	RUN(stops_when_told_and_begins_anew);
	RUN(refuses_names_without_end);
	buf_done(&told);
	entities_free(entities);
	repair_free(repair);
	xml_free(xml);
	return check_done();
}
