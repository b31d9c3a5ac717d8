#include "parser/sniff.h"

#include "tests/unit/check.h"

static struct entities *entities;
static struct sniff sniff;
static struct err err;

static int
sniffed(const char *text)
{
	entities_reset(entities);
	return sniff_format(text, strlen(text), entities, &sniff, &err);
}

static void
finds_the_root_element_of_each_format(void)
{
	static const struct {
		const char *text;
		enum format format;
	} samples[] = {
		{"<rss/>", FORMAT_RSS},
		{"<RSS version='2.0'>", FORMAT_RSS},
		{"<?xml version='1.0'?><!-- <feed> --><rdf:RDF>", FORMAT_RDF},
		{"<!DOCTYPE rss [<!ENTITY x '>'>]><rss>", FORMAT_RSS},
		{"<!DOCTYPE html><feed>", FORMAT_ATOM},
		{"<a:feed xmlns:a='x'>", FORMAT_ATOM},
		{" \n{\"version\":", FORMAT_JSON},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		CHECK(sniffed(samples[i].text) == 0 && sniff.format == samples[i].format);
	CHECK(sniff.junk == 0);
}

static void
looks_behind_what_a_server_printed_first(void)
{
	CHECK(sniffed("<br />\n<b>Warning</b>: x() in /y on line 3<br />\n"
		      "<?xml version='1.0'?><rss>") == 0);
	CHECK(sniff.junk > 0 && sniff.at == strlen("<br />\n<b>Warning</b>: x() in /y on line 3<br "
						   "/>\n<?xml version='1.0'?>"));
	CHECK(sniffed("\n\n<?xml version='1.0'?><rss>") == 0 && sniff.blank == 2);
	CHECK(sniff.junk == 0);
}

static void
says_what_it_is_instead(void)
{
	CHECK(sniffed("<!DOCTYPE html><html><head><title>x") == -1);
	CHECK(err.kind == ERR_REJECT && strstr(err.text, "HTML page"));
	CHECK(sniffed("<opml version='1.0'><outline") == -1 && strstr(err.text, "<opml>"));
	CHECK(sniffed("") == -1 && strstr(err.text, "empty"));
	CHECK(sniffed("  \n <!-- x -->") == -1 && strstr(err.text, "empty"));
	CHECK(sniffed("garbage") == -1 && strstr(err.text, "no root element"));
	CHECK(sniffed("<") == -1 && sniffed("<!DOCTYPE") == -1 && sniffed("<!-- ") == -1);
}

static void
declares_the_entities_on_its_way(void)
{
	struct buf out = buf_init(100);

	CHECK(sniffed("<!DOCTYPE rss [ <!-- \" --> <!ENTITY me \"Jo\"> ]><rss>") == 0);
	CHECK(entities_decode(entities, "&me;", 4, &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "Jo");
	buf_done(&out);
}

int
main(void)
{
	entities = entities_new();
	RUN(finds_the_root_element_of_each_format);
	RUN(looks_behind_what_a_server_printed_first);
	RUN(says_what_it_is_instead);
	RUN(declares_the_entities_on_its_way);
	entities_free(entities);
	return check_done();
}
