#include "parser/fields.h"

#include "tests/unit/check.h"

static void
finds_an_element_by_where_it_stands(void)
{
	const struct row *title = fields_find(NS_ATOM, "title");

	CHECK(title && fields_in(title, IN_ITEM)->field == FIELD_TITLE);
	CHECK(title && fields_in(title, IN_SOURCE)->field == FIELD_SOURCE_TITLE);
	CHECK(!fields_in(title, IN_IMAGE));
	CHECK(!fields_find(NS_ATOM, "tittle") && !fields_find(NS_OTHER, "title"));
	CHECK(!fields_in(NULL, IN_ITEM));
}

/* The table is searched by halving: a row out of order would never be found. */
static void
finds_what_stands_first_and_last(void)
{
	static const struct {
		enum ns ns;
		const char *name;
	} names[] = {
		{NS_RSS, "author"},
		{NS_RSS, "webmaster"},
		{NS_ATOM, "url"},
		{NS_RDF, "bag"},
		{NS_DC, "title"},
		{NS_TERMS, "modified"},
		{NS_MEDIA, "title"},
		{NS_FEEDBURNER, "origlink"},
		{NS_XHTML, "div"},
		{NS_PLAY, "image"},
		{NS_ADMIN, "generatoragent"},
		{NS_PODCAST, "person"},
		{NS_ITUNES, "image"},
		{NS_SYNDICATION, "updateperiod"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct row *row = fields_find(names[i].ns, names[i].name);

		CHECK(row != NULL);
		CHECK_STR(row ? row->name : NULL, names[i].name);
	}
}

static void
knows_namespaces_however_they_are_spelt(void)
{
	CHECK(ns_of_uri("http://www.w3.org/2005/Atom") == NS_ATOM);
	CHECK(ns_of_uri("https://www.w3.org/2005/atom/") == NS_ATOM);
	CHECK(ns_of_uri("http://search.yahoo.com/mrss") == NS_MEDIA);
	CHECK(ns_of_uri(" http://purl.org/dc/elements/1.1/ ") == NS_DC);
	CHECK(ns_of_uri("http://example.org/") == NS_OTHER && ns_of_uri("") == NS_OTHER);
	CHECK(ns_of_prefix("itunes") == NS_ITUNES && ns_of_prefix("foo") == NS_OTHER);
}

int
main(void)
{
	RUN(finds_an_element_by_where_it_stands);
	RUN(finds_what_stands_first_and_last);
	RUN(knows_namespaces_however_they_are_spelt);
	return check_done();
}
