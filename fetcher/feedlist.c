#include "fetcher/feedlist.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/config.h"
#include "common/hash.h"
#include "common/mask.h"
#include "common/scope.h"
#include "common/url.h"
#include "fetcher/feed.h"
#include "fetcher/opml.h"

enum {
	PATH_BYTES_MAX = 4096,
	USERINFO_BYTES_MAX = 1024,
	INTERVAL_LEAST_S = 60,
	INTERVAL_MOST_S = 30 * 24 * 3600,
	BODY_LEAST_BYTES = 1024,
	BODY_MOST_BYTES = 32 * 1024 * 1024,
};

struct feed_conf {
	const char *title;
	int64_t interval_s, max_body;
};

static const struct config_key feed_keys[] = {
	/* name, type, where, default, least, most */
	{"interval", CONFIG_DURATION, offsetof(struct feed_conf, interval_s), NULL,
	 INTERVAL_LEAST_S, INTERVAL_MOST_S, NULL},
	{"max_body", CONFIG_SIZE, offsetof(struct feed_conf, max_body), NULL, BODY_LEAST_BYTES,
	 BODY_MOST_BYTES, NULL},
	{"title", CONFIG_TEXT, offsetof(struct feed_conf, title), NULL, 0, 0, NULL},
};

struct feeds_conf {
	struct config_list urls;
};

static const struct config_key feeds_keys[] = {
	{"url", CONFIG_LIST, offsetof(struct feeds_conf, urls), NULL, 0, 0, NULL},
};

static const char *const kinds[] = {"feeds", "feed", NULL};

/* Hands one on under its canonical URL. */
static int
give(const struct feedlist_to *to, const char *spelt, struct listed *feed, struct err *err)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf userinfo = buf_init(USERINFO_BYTES_MAX);
	char id[FEED_ID_HEX + 1];

	if (feed_url(spelt, &url, &userinfo, err) < 0 || feed_id(buf_str(&url), id, err) < 0)
		return -1;
	feed->id = id;
	feed->url = buf_str(&url);
	feed->userinfo = userinfo.len > 0 ? buf_str(&userinfo) : NULL;
	return to->each(to->arg, feed, err);
}

/* A mistake in a URL is the writer's, where it stands. */
static int
at_line(struct err *err, const char *file, int line, const char *spelt)
{
	char shown[MASK_BYTES];

	if (err && err->kind == ERR_REJECT)
		err->kind = ERR_USAGE;
	return err_in(err, "%s:%d: '%s'", file, line, mask_text(spelt, shown));
}

static int
read_conf(const char *path, const struct feedlist_to *to, struct err *err)
{
	SCOPED(config_free) struct config *config = config_load(path, err);

	if (!config || config_check_kinds(config, kinds, err) < 0)
		return -1;
	for (size_t i = 0; i < config_section_count(config); i++) {
		const struct config_section *section = config_section_at(config, i);
		struct feed_conf conf;
		struct feeds_conf list;

		if (strcmp(section->kind, "feed") == 0) {
			if (config_read(config, section, feed_keys,
					sizeof(feed_keys) / sizeof(feed_keys[0]), &conf, err) < 0)
				return -1;
			struct listed feed = {.title = conf.title,
					      .want_interval_s = conf.interval_s,
					      .want_body_bytes = conf.max_body};

			if (give(to, section->name, &feed, err) < 0)
				return at_line(err, section->file, section->line, section->name);
			continue;
		}
		if (config_read(config, section, feeds_keys, 1, &list, err) < 0)
			return -1;
		for (size_t n = 0; n < list.urls.count; n++) {
			const struct config_value *value = &list.urls.values[n];
			struct listed feed = {.title = NULL};

			if (give(to, value->text, &feed, err) < 0)
				return at_line(err, value->file, value->line, value->text);
		}
	}
	return 0;
}

/* feeds.d. */

struct opml_arg {
	const char *path;
	const struct feedlist_to *to;
};

static int
on_opml(void *arg, const struct opml_feed *found, struct err *err)
{
	const struct opml_arg *a = arg;
	struct listed feed = {.title = found->title, .category = found->folder};
	char text[1024], shown[MASK_BYTES];

	if (give(a->to, found->url, &feed, err) == 0)
		return 0;
	if (err->kind != ERR_REJECT)
		return -1;
	/* An export holds what it holds: one odd line is no reason to refuse the rest. */
	(void)snprintf(text, sizeof(text), "%s:%d: '%s': %s", a->path, found->line,
		       mask_text(found->url, shown), err->text);
	err->kind = ERR_NONE;
	a->to->warn(a->to->arg, text);
	return 0;
}

static int
is_opml(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".opml") == 0;
}

static int
is_conf(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* Calls each for the folder's files in the order of their names; a folder that is not there is
 * empty. */
static int
each_file(const char *folder, int (*wanted)(const struct dirent *),
	  int (*each)(void *arg, const char *path, struct err *err), void *arg, struct err *err)
{
	struct dirent **entries = NULL;
	const int count = scandir(folder, &entries, wanted, alphasort);
	int rc = 0;

	if (count < 0)
		return errno == ENOENT ? 0 : err_sys(err, "read the folder '%s'", folder);
	for (int i = 0; i < count; i++) {
		char path[PATH_BYTES_MAX];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (rc == 0)
			rc = each(arg, path, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int
read_opml(void *arg, const char *path, struct err *err)
{
	struct opml_arg a = {.path = path, .to = arg};

	return opml_read(path, on_opml, &a, err);
}

/* "/etc/feedmill/feeds.d" for "/etc/feedmill/feeds.conf". */
static void
folder_of(const char *path, char out[PATH_BYTES_MAX])
{
	const char *slash = strrchr(path, '/');

	(void)snprintf(out, PATH_BYTES_MAX, "%.*sfeeds.d", slash ? (int)(slash + 1 - path) : 0,
		       path);
}

int
feedlist_folder(const char *path, struct buf *out, struct err *err)
{
	char folder[PATH_BYTES_MAX];

	folder_of(path, folder);
	return buf_adds(out, folder, err);
}

int
feedlist_read(const char *path, bool optional, const struct feedlist_to *to, struct err *err)
{
	char folder[PATH_BYTES_MAX];
	struct feedlist_to copy = *to;
	struct stat stat_now;

	if (!optional || stat(path, &stat_now) == 0)
		if (read_conf(path, to, err) < 0)
			return -1;
	folder_of(path, folder);
	return each_file(folder, is_opml, read_opml, &copy, err);
}

/* The stamp. */

static int
stamp_file(void *arg, const char *path, struct err *err)
{
	uint64_t *hash = arg;
	struct stat s;

	(void)err;
	*hash = hash_text(*hash, path);
	if (stat(path, &s) < 0)
		return 0;
	*hash = hash_number(*hash, (uint64_t)s.st_ino);
	*hash = hash_number(*hash, (uint64_t)s.st_size);
	*hash = hash_number(*hash, (uint64_t)s.st_mtim.tv_sec);
	*hash = hash_number(*hash, (uint64_t)s.st_mtim.tv_nsec);
	return 0;
}

uint64_t
feedlist_stamp(const char *path)
{
	uint64_t hash = HASH_BASIS;
	char folder[PATH_BYTES_MAX];

	(void)stamp_file(&hash, path, NULL);
	(void)snprintf(folder, sizeof(folder), "%s.d", path);
	(void)each_file(folder, is_conf, stamp_file, &hash, NULL);
	folder_of(path, folder);
	(void)each_file(folder, is_opml, stamp_file, &hash, NULL);
	return hash;
}
