#include "fetcher/feedlist.h"

#include <sys/stat.h>
#include <utime.h>

#include "common/buf.h"
#include "common/file.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static char path[1024];
static struct buf seen, warned;

static const char *
in(const struct folder *folder, const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	return path;
}

static void
write_file(const struct folder *folder, const char *name, const char *text)
{
	CHECK(file_replace(in(folder, name), (struct bytes){text, strlen(text)}, NULL) == 0);
}

static int
note(void *arg, const struct listed *f, struct err *err)
{
	(void)arg;
	CHECK(strlen(f->id) == 32);
	return buf_addf(&seen, err, "%s|%s|%s|%s|%d|%d;", f->url, f->userinfo ? f->userinfo : "",
			f->title ? f->title : "", f->category ? f->category : "",
			(int)f->want_interval_s, (int)f->want_body_bytes);
}

static void
note_warning(void *arg, const char *text)
{
	(void)arg;
	(void)buf_addf(&warned, NULL, "%s\n", text);
}

static int
read_list(const struct folder *folder, bool optional, struct err *err)
{
	const struct feedlist_to to = {.each = note, .warn = note_warning};

	buf_done(&seen);
	buf_done(&warned);
	seen = buf_init(1 << 20);
	warned = buf_init(1 << 20);
	return feedlist_read(in(folder, "feeds.conf"), optional, &to, err);
}

static void
reads_both_forms_and_every_opml_beside(void)
{
	struct folder folder = folder_make();
	struct err err = {.kind = ERR_NONE};

	write_file(&folder, "feeds.conf",
		   "[feeds]\nurl =\n    http://A.example/x#y\n    # off: http://off.example/\n"
		   "    https://b.example/?q=1\n\n"
		   "[feed http://me:pw@c.example/]\ninterval = 15m\ntitle = See\nmax_body = 1M\n");
	CHECK(mkdir(in(&folder, "feeds.d"), 0755) == 0);
	write_file(&folder, "feeds.d/b.opml",
		   "<opml><outline text=\"F\"><outline text=\"D\" xmlUrl=\"http://d.example\"/>\n"
		   "<outline xmlUrl=\"gopher://e.example/\"/></outline></opml>");
	write_file(&folder, "feeds.d/a.opml",
		   "<opml><outline xmlUrl=\"http://f.example/\"/></opml>");
	write_file(&folder, "feeds.d/readme.txt", "not a list");
	CHECK(read_list(&folder, false, &err) == 0);
	CHECK_STR(buf_str(&seen), "http://a.example/x||||0|0;https://b.example/?q=1||||0|0;"
				  "http://c.example/|me:pw|See||900|1048576;"
				  "http://f.example/||||0|0;http://d.example/||D|F|0|0;");
	CHECK(strstr(buf_str(&warned), "b.opml:2: 'gopher://e.example/'"));
	folder_drop(&folder);
}

static void
says_where_a_mistake_stands(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"[feeds]\nurl =\n    http://a.example/\n    nonsense\n",
		 "feeds.conf:4: 'nonsense'"},
		{"[feeds]\n\n[feed ftp://x/]\n", "feeds.conf:3: 'ftp://x/'"},
		{"[feed http://x/]\ninterval = 1s\n", "feeds.conf:2"},
		{"[feed http://x/]\nintervall = 1h\n", "feeds.conf:2"},
		{"[fetcher]\n", "feeds.conf:1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct folder folder = folder_make();
		struct err err = {.kind = ERR_NONE};

		write_file(&folder, "feeds.conf", cases[i].text);
		CHECK(read_list(&folder, false, &err) == -1 && err.kind == ERR_USAGE);
		if (!strstr(err.text, cases[i].wanted))
			(void)printf("# %s\n", err.text);
		CHECK(strstr(err.text, cases[i].wanted));
		folder_drop(&folder);
	}
}

static void
does_not_take_a_missing_list_for_an_empty_one(void)
{
	struct folder folder = folder_make();
	struct err err = {.kind = ERR_NONE};

	CHECK(read_list(&folder, false, &err) == -1);
	CHECK(read_list(&folder, true, &err) == 0 && seen.len == 0);
	CHECK(mkdir(in(&folder, "feeds.d"), 0755) == 0);
	write_file(&folder, "feeds.d/a.opml", "<opml><outline xmlUrl=\"http://f.example/\"/>");
	CHECK(read_list(&folder, true, &err) == -1 && strstr(err.text, "a.opml"));
	folder_drop(&folder);
}

static void
notices_every_change(void)
{
	struct folder folder = folder_make();
	char conf[1024];
	uint64_t last, next;

	(void)snprintf(conf, sizeof(conf), "%s/feeds.conf", folder.path);
	last = feedlist_stamp(conf);
	write_file(&folder, "feeds.conf", "[feeds]\n");
	CHECK((next = feedlist_stamp(conf)) != last);
	CHECK(feedlist_stamp(conf) == next);
	last = next;
	CHECK(mkdir(in(&folder, "feeds.conf.d"), 0755) == 0);
	CHECK(mkdir(in(&folder, "feeds.d"), 0755) == 0);
	CHECK(feedlist_stamp(conf) == last);
	write_file(&folder, "feeds.conf.d/10-more.conf", "[feeds]\n");
	CHECK((next = feedlist_stamp(conf)) != last);
	last = next;
	write_file(&folder, "feeds.d/a.opml", "<opml/>");
	CHECK((next = feedlist_stamp(conf)) != last);
	last = next;
	CHECK(utime(in(&folder, "feeds.d/a.opml"), &(struct utimbuf){1, 1}) == 0);
	CHECK((next = feedlist_stamp(conf)) != last);
	last = next;
	CHECK(unlink(in(&folder, "feeds.d/a.opml")) == 0);
	CHECK(feedlist_stamp(conf) != last);
	folder_drop(&folder);
}

int
main(void)
{
	RUN(reads_both_forms_and_every_opml_beside);
	RUN(says_where_a_mistake_stands);
	RUN(does_not_take_a_missing_list_for_an_empty_one);
	RUN(notices_every_change);
	buf_done(&seen);
	buf_done(&warned);
	return check_done();
}
