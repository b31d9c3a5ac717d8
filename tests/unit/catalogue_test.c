#include "fetcher/catalogue.h"

#include "common/file.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static void
what_is_written_reads_back_the_same(void)
{
	struct folder folder = folder_make();
	SCOPED(catalogue_free) struct catalogue *one = catalogue_new(NULL);
	SCOPED(catalogue_free) struct catalogue *two = catalogue_new(NULL);
	SCOPED(buf_done) struct buf first = buf_init(1 << 20);
	SCOPED(buf_done) struct buf second = buf_init(1 << 20);
	char path[1024];

	CHECK(catalogue_add(one, "https://b.example/?a=1&b=\"2\"", "B <&> \"b\"", "News/Sci & Tech",
			    NULL) == 1);
	CHECK(catalogue_add(one, "https://me:pw@a.example/", NULL, NULL, NULL) == 1);
	CHECK(catalogue_add(one, "https://c.example/", "C", "News", NULL) == 1);
	CHECK(catalogue_write(one, &first, NULL) == 0);
	(void)snprintf(path, sizeof(path), "%s/x.opml", folder.path);
	CHECK(file_replace(path, buf_bytes(&first), NULL) == 0);
	CHECK(catalogue_read(two, path, false, NULL) == 0 && catalogue_count(two) == 3);
	CHECK(catalogue_write(two, &second, NULL) == 0);
	CHECK(strstr(buf_str(&second),
		     "<outline text=\"News\">\n<outline text=\"Sci &amp; Tech\">\n"
		     "<outline type=\"rss\" text=\"B &lt;&amp;&gt; &quot;b&quot;\""));
	CHECK(strstr(buf_str(&second), "xmlUrl=\"https://me:pw@a.example/\""));
	folder_drop(&folder);
}

static void
a_feed_is_there_once_however_it_is_spelt(void)
{
	SCOPED(catalogue_free) struct catalogue *c = catalogue_new(NULL);
	struct err err = {.kind = ERR_NONE};

	CHECK(catalogue_add(c, "https://a.example/x", NULL, NULL, NULL) == 1);
	CHECK(catalogue_add(c, "HTTPS://A.example:443/x#y", "again", NULL, NULL) == 0);
	CHECK(catalogue_has(c, "https://n:p@a.example/x", NULL) == 1);
	CHECK(catalogue_has(c, "https://a.example/y", NULL) == 0);
	CHECK(catalogue_remove(c, "https://A.example/x", NULL) == 1);
	CHECK(catalogue_remove(c, "https://A.example/x", NULL) == 0 && catalogue_count(c) == 0);
	CHECK(catalogue_add(c, "gopher://a.example/", NULL, NULL, &err) == -1 &&
	      err.kind == ERR_REJECT);
}

static void
a_file_that_is_not_there_is_empty_only_where_it_may_be(void)
{
	SCOPED(catalogue_free) struct catalogue *c = catalogue_new(NULL);
	struct err err = {.kind = ERR_NONE};

	CHECK(catalogue_read(c, "/nonexistent/x.opml", true, NULL) == 0);
	CHECK(catalogue_read(c, "/nonexistent/x.opml", false, &err) == -1);
}

int
main(void)
{
	RUN(what_is_written_reads_back_the_same);
	RUN(a_feed_is_there_once_however_it_is_spelt);
	RUN(a_file_that_is_not_there_is_empty_only_where_it_may_be);
	return check_done();
}
