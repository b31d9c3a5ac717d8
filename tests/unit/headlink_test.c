#include "fetcher/headlink.h"

#include "tests/unit/check.h"

static struct bytes
text(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

static bool
says(struct bytes got, const char *wanted)
{
	return got.len == strlen(wanted) && (got.len == 0 || !memcmp(got.data, wanted, got.len));
}

static void
finds_every_link_of_every_line(void)
{
	struct headlink_walk walk = headlink_begin(
		text("HTTP/1.1 200 OK\r\nLink: <https://hub.example/>; rel=\"hub\", "
		     "</feed,xml>;rel=self ,<x>\r\nLinked: <no>;rel=hub\r\n"
		     "LINK:<../atom>; TYPE=\"application/atom+xml\" ; title=\"a, <b>; rel=hub\"; "
		     "rel = \"next Alternate\"\r\n\r\n"));
	struct headlink link;

	CHECK(headlink_next(&walk, &link) && says(link.target, "https://hub.example/"));
	CHECK(headlink_is(&link, "hub") && !headlink_is(&link, "hu") && !headlink_is(&link, ""));
	CHECK(headlink_next(&walk, &link) && says(link.target, "/feed,xml"));
	CHECK(headlink_is(&link, "SELF") && link.type.len == 0 && !link.anchored);
	CHECK(headlink_next(&walk, &link) && says(link.target, "../atom"));
	CHECK(says(link.type, "application/atom+xml"));
	CHECK(headlink_is(&link, "alternate") && headlink_is(&link, "next"));
	CHECK(!headlink_is(&link, "hub"));
	CHECK(!headlink_next(&walk, &link));
	CHECK(!headlink_next(&walk, &link));
}

static void
keeps_the_first_of_a_parameter_that_comes_twice(void)
{
	struct headlink_walk walk =
		headlink_begin(text("Link: <a>; rel=self; rel=hub; type=x; type=y; anchor=\"#b\""));
	struct headlink link;

	CHECK(headlink_next(&walk, &link) && says(link.rel, "self") && says(link.type, "x"));
	CHECK(link.anchored);
}

static void
gives_nothing_of_what_is_no_link(void)
{
	static const char *const heads[] = {
		"",
		"Link:",
		"Link: hub; rel=hub",
		"Link: <a; rel=hub",
		"Link: <a>",
		"Link: <a>; rel",
		"Link: <a>; rel=",
		"Link: <a>; rel=\"\"",
		"Link: <a>; title=\"; rel=hub",
		"Link: ,,, ,",
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct headlink_walk walk = headlink_begin(text(heads[i]));
		struct headlink link;

		CHECK(!headlink_next(&walk, &link));
	}
}

static void
goes_on_at_the_next_line_after_a_broken_one(void)
{
	struct headlink_walk walk =
		headlink_begin(text("Link: <a; rel=hub\r\nLink: <b>; x=\"\\\"\"; rel=hub\r\n"));
	struct headlink link;

	CHECK(headlink_next(&walk, &link) && says(link.target, "b") && headlink_is(&link, "hub"));
}

static void
ends_however_many_there_are(void)
{
	SCOPED(buf_done) struct buf head = buf_init(1 << 20);
	struct headlink_walk walk;
	struct headlink link;
	size_t count = 0;

	for (int i = 0; i < 1000; i++)
		CHECK(buf_adds(&head, i % 3 ? "<a>;rel=hub," : "<a>;rel=hub\r\nLink: ", NULL) == 0);
	walk = headlink_begin(buf_bytes(&head));
	while (headlink_next(&walk, &link))
		count++;
	CHECK(count > 0 && count <= HEADLINK_MAX);
}

int
main(void)
{
	RUN(finds_every_link_of_every_line);
	RUN(keeps_the_first_of_a_parameter_that_comes_twice);
	RUN(gives_nothing_of_what_is_no_link);
	RUN(goes_on_at_the_next_line_after_a_broken_one);
	RUN(ends_however_many_there_are);
	return check_done();
}
