/* site_host - for tests of the site: items of a few numbers, a run until all is printed, and what
 * stands in the folder then. Include it in the one file of a test. */
#ifndef FM_TESTS_UNIT_SITE_HOST_H
#define FM_TESTS_UNIT_SITE_HOST_H

#include <sys/stat.h>

#include "common/file.h"
#include "sink/sinks.h"
#include "tests/unit/check.h"
#include "tests/unit/fakehost.h"

enum { SITE_NOON = 1708430400 }; /* 2024-02-20 12:00 */

static const char *const no_options[][2] = {{NULL, NULL}};

/* Item i: published at that time, of feed "feed", about nothing; its texts stay ours. */
static inline struct fm_item *
site_item(uint64_t i, int64_t published_s)
{
	static char texts[512][3][64];
	struct fm_item *const item = fake_item(i, i, i);
	char(*const own)[64] = texts[i % 512];

	(void)snprintf(own[0], sizeof(own[0]), "Story number %llu", (unsigned long long)i);
	(void)snprintf(own[1], sizeof(own[1]), "https://origin.example/%llu",
		       (unsigned long long)i);
	(void)snprintf(own[2], sizeof(own[2]), "<p>Text of story %llu.</p>", (unsigned long long)i);
	item->item.title = own[0];
	item->item.url = own[1];
	item->item.content = own[2];
	item->item.published_s = published_s;
	item->item.fetched_s = published_s + 60;
	item->item.feed.id = "feed-1";
	item->item.feed.url = "https://origin.example/feed";
	item->item.feed.title = "The Origin";
	return item;
}

static inline struct fm_item *
site_tag(struct fm_item *item, const struct item_tag *tags, size_t count)
{
	item->item.tags = tags;
	item->item.tag_count = count;
	return item;
}

static inline const char *
site_path(const struct fm_sink *host, const char *path)
{
	static char whole[4][512];
	static unsigned next;
	char *const to = whole[next++ % 4];

	(void)snprintf(to, sizeof(whole[0]), "%s/www/%s", host->dir, path);
	return to;
}

/* The file's content, "" when it is not there; good until the next call but three. */
static inline const char *
site_file(const struct fm_sink *host, const char *path)
{
	static struct buf files[4];
	static unsigned next;
	struct buf *const out = &files[next++ % 4];

	out->max = 4 * 1024 * 1024;
	buf_reset(out);
	(void)file_read(site_path(host, path), out, NULL);
	return buf_str(out);
}

static inline bool
site_has(const struct fm_sink *host, const char *path)
{
	return access(site_path(host, path), F_OK) == 0;
}

static inline size_t
count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		count++;
	return count;
}

/* Opens, puts all items that were added, closes: everything is printed then. */
static inline void
site_run(struct fm_sink *host)
{
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, 60000));
	fake_close(host);
}

#endif
