#include "fetcher/opml.h"

#include "common/buf.h"
#include "tests/unit/check.h"

/* Each feed as "folder|title|url|line;". */
static int
note(void *arg, const struct opml_feed *f, struct err *err)
{
	return buf_addf(arg, err, "%s|%s|%s|%d;", f->folder ? f->folder : "",
			f->title ? f->title : "", f->url, f->line);
}

static void
check_list(const char *text, const char *wanted)
{
	SCOPED(buf_done) struct buf seen = buf_init(1 << 20);
	struct err err = {.kind = ERR_NONE};

	CHECK(opml_parse("x.opml", text, strlen(text), note, &seen, &err) == 0);
	if (err.kind != ERR_NONE)
		(void)printf("# %s\n", err.text);
	CHECK_STR(buf_str(&seen), wanted);
}

static void
reads_nested_outlines_with_their_folders(void)
{
	check_list(
		"<?xml version=\"1.0\"?>\n<opml "
		"version=\"2.0\"><head><title>x</title></head><body>\n"
		"<outline text=\"Top\" xmlUrl=\"http://a/\"/>\n"
		"<outline text=\"News\" title=\"ignored\">\n"
		"<outline title=\"B\" type=\"rss\" xmlUrl=\" http://b/?a=1&amp;b=2 \"/>\n"
		"<outline text=\"Science\"><outline text=\"C\" XMLURL=\"http://c/\"/></outline>\n"
		"</outline>\n"
		"<outline xmlUrl=\"http://d/\"/><outline text=\"Empty\"/></body></opml>",
		"|Top|http://a/|3;News|B|http://b/?a=1&b=2|5;News/Science|C|http://c/|6;"
		"||http://d/|8;");
}

static void
reads_other_charsets(void)
{
	check_list("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><opml><body>"
		   "<outline text=\"caf\xe9\" xmlUrl=\"http://a/\"/></body></opml>",
		   "|caf\xc3\xa9|http://a/|1;");
}

static void
check_refused(const char *text, const char *why)
{
	SCOPED(buf_done) struct buf seen = buf_init(1 << 20);
	struct err err = {.kind = ERR_NONE};

	CHECK(opml_parse("x.opml", text, strlen(text), note, &seen, &err) == -1);
	CHECK(err.kind == ERR_USAGE && strncmp(err.text, "x.opml", 6) == 0);
	if (!strstr(err.text, why))
		(void)printf("# %s\n", err.text);
	CHECK(strstr(err.text, why));
}

static void
refuses_half_a_list(void)
{
	check_refused("", "");
	check_refused("no xml", "");
	check_refused("<html><body/></html>", "no OPML");
	check_refused("<opml>\n<body><outline xmlUrl=\"http://a/\"/>", "x.opml:2: ");
	check_refused("<opml>\n<body>\n<outline xmlUrl=\"http://a/?x&y\"/></body></opml>",
		      "x.opml:3: ");
	check_refused("<opml><body><outline></body></opml>", "");
	check_refused("<!DOCTYPE opml [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>"
		      "<opml><body><outline xmlUrl=\"&b;\"/></body></opml>",
		      "document type");
	check_refused("<!DOCTYPE opml SYSTEM \"file:///etc/passwd\"><opml/>", "document type");
}

static void
bounds_depth_and_texts(void)
{
	SCOPED(buf_done) struct buf text = buf_init(1 << 20);
	SCOPED(buf_done) struct buf seen = buf_init(1 << 20);
	struct err err = {.kind = ERR_NONE};

	CHECK(buf_adds(&text, "<opml>", NULL) == 0);
	for (int i = 0; i <= OPML_DEPTH_MAX; i++)
		CHECK(buf_adds(&text, "<outline text=\"0123456789012345678901234567890\">", NULL) ==
		      0);
	check_refused(buf_str(&text), "too deeply");
	buf_reset(&text);
	CHECK(buf_adds(&text, "<opml><outline xmlUrl=\"http://a/", NULL) == 0);
	for (int i = 0; i < 100000; i++)
		CHECK(buf_addc(&text, 'a', NULL) == 0);
	CHECK(buf_adds(&text, "\"/></opml>", NULL) == 0);
	CHECK(opml_parse("x", text.data, text.len, note, &seen, &err) == 0);
	CHECK(seen.len < OPML_TEXT_BYTES_MAX + 20);
}

static int
stop(void *arg, const struct opml_feed *f, struct err *err)
{
	(void)arg;
	(void)f;
	return err_set(err, ERR_RETRY, "enough");
}

static void
hands_on_what_its_caller_says(void)
{
	static const char text[] =
		"<opml><outline xmlUrl=\"http://a/\"/><outline xmlUrl=\"b\"/></opml>";
	struct err err = {.kind = ERR_NONE};

	CHECK(opml_parse("x", text, sizeof(text) - 1, stop, NULL, &err) == -1);
	CHECK(err.kind == ERR_RETRY);
	CHECK_STR(err.text, "enough");
	CHECK(opml_read("/no/such/file.opml", stop, NULL, &err) == -1);
}

int
main(void)
{
	RUN(reads_nested_outlines_with_their_folders);
	RUN(reads_other_charsets);
	RUN(refuses_half_a_list);
	RUN(bounds_depth_and_texts);
	RUN(hands_on_what_its_caller_says);
	return check_done();
}
