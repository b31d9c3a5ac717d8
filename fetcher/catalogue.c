#include "fetcher/catalogue.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/url.h"
#include "common/utf8.h"
#include "fetcher/feed.h"
#include "fetcher/opml.h"

struct listing_row {
	char id[FEED_ID_HEX + 1]; /* first: what by_id compares */
	char *url, *title, *folder;
	size_t place; /* in the order of adding */
};

struct catalogue {
	void *by_id; /* tsearch's tree of struct listing_row */
	size_t count, added;
};

static void
row_free(struct listing_row *e)
{
	if (!e)
		return;
	free(e->url);
	free(e->title);
	free(e->folder);
	free(e);
}
SCOPED_DEFINE(struct listing_row, row_free)

static void
free_node(void *row)
{
	row_free(row);
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

struct catalogue *
catalogue_new(struct err *err)
{
	struct catalogue *c = calloc(1, sizeof(*c));

	if (!c)
		(void)err_sys(err, "list of feeds");
	return c;
}

void
catalogue_free(struct catalogue *c)
{
	if (!c)
		return;
	tdestroy(c->by_id, free_node);
	free(c);
}

size_t
catalogue_count(const struct catalogue *c)
{
	return c->count;
}

static int
id_of(const char *spelt, char id[FEED_ID_HEX + 1], struct err *err)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf userinfo = buf_init(URL_MAX_BYTES);

	if (feed_url(spelt, &url, &userinfo, err) < 0)
		return -1;
	return feed_id(buf_str(&url), id, err);
}

int
catalogue_has(const struct catalogue *c, const char *url, struct err *err)
{
	char id[FEED_ID_HEX + 1];

	if (id_of(url, id, err) < 0)
		return -1;
	return tfind(id, &c->by_id, by_id) ? 1 : 0;
}

int
catalogue_add(struct catalogue *c, const char *url, const char *title, const char *folder,
	      struct err *err)
{
	SCOPED(row_free) struct listing_row *e = calloc(1, sizeof(*e));
	struct listing_row **found;

	if (!e)
		return err_sys(err, "list of feeds");
	if (id_of(url, e->id, err) < 0)
		return -1;
	if (feed_set(&e->url, url, err) < 0 || feed_set(&e->title, title, err) < 0 ||
	    feed_set(&e->folder, folder, err) < 0)
		return -1;
	e->place = c->added;
	found = tsearch(e, &c->by_id, by_id);
	if (!found)
		return err_set(err, ERR_RETRY, "out of memory");
	if (*found != e)
		return 0;
	(void)TAKE(e);
	c->added++;
	c->count++;
	return 1;
}

int
catalogue_remove(struct catalogue *c, const char *url, struct err *err)
{
	char id[FEED_ID_HEX + 1];
	struct listing_row **found, *e;

	if (id_of(url, id, err) < 0)
		return -1;
	found = tfind(id, &c->by_id, by_id);
	if (!found)
		return 0;
	e = *found;
	(void)tdelete(id, &c->by_id, by_id);
	row_free(e);
	c->count--;
	return 1;
}

static int
add_read(void *arg, const struct opml_feed *f, struct err *err)
{
	/* What is no feed's URL would be left out by the fetcher too. */
	if (catalogue_add(arg, f->url, f->title, f->folder, err) >= 0)
		return 0;
	if (err->kind != ERR_REJECT)
		return -1;
	err->kind = ERR_NONE;
	return 0;
}

int
catalogue_read(struct catalogue *c, const char *path, bool optional, struct err *err)
{
	struct err own = {.kind = ERR_NONE};

	if (optional && access(path, F_OK) < 0)
		return 0;
	return opml_read(path, add_read, c, err ? err : &own);
}

/* Writing. */

static void
put_attribute(struct buf *out, const char *name, const char *value)
{
	static const struct {
		char c;
		const char *as;
	} escapes[] = {{'&', "&amp;"},  {'<', "&lt;"},  {'>', "&gt;"},
		       {'"', "&quot;"}, {'\t', "&#9;"}, {'\n', "&#10;"}};

	if (!value)
		return;
	(void)buf_addf(out, NULL, " %s=\"", name);
	for (const char *s = value; *s; s++) {
		const char *as = NULL;

		for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
			if (*s == escapes[i].c)
				as = escapes[i].as;
		if (as)
			(void)buf_adds(out, as, NULL);
		else if ((unsigned char)*s >= 0x20) /* no XML holds the others */
			(void)buf_addc(out, *s, NULL);
	}
	(void)buf_addc(out, '"', NULL);
}

static int
by_folder(const void *a, const void *b)
{
	const struct listing_row *x = *(struct listing_row *const *)a,
				 *y = *(struct listing_row *const *)b;
	const int folder = strcmp(x->folder ? x->folder : "", y->folder ? y->folder : "");

	return folder ? folder : x->place < y->place ? -1 : x->place > y->place;
}

/* Opens an outline for each part of "News/Science"; how many. */
static int
open_folder(struct buf *out, const char *folder)
{
	int depth = 0;

	while (folder && *folder && depth < OPML_DEPTH_MAX / 2) {
		const size_t len = strcspn(folder, "/");
		SCOPED(free) char *name = strndup(folder, len);

		folder += len + (folder[len] == '/');
		if (len == 0)
			continue;
		(void)buf_adds(out, "<outline", NULL);
		put_attribute(out, "text", name);
		(void)buf_adds(out, ">\n", NULL);
		depth++;
	}
	return depth;
}

static void
close_folder(struct buf *out, int depth)
{
	while (depth-- > 0)
		(void)buf_adds(out, "</outline>\n", NULL);
}

struct gather {
	struct listing_row **entries;
	size_t count;
};

static void
gather(const void *node, VISIT visit, void *arg)
{
	struct gather *to = arg;

	if (visit == postorder || visit == leaf)
		to->entries[to->count++] = *(struct listing_row *const *)node;
}

int
catalogue_write(const struct catalogue *c, struct buf *out, struct err *err)
{
	SCOPED(free)
	struct listing_row **entries = calloc(c->count + 1, sizeof(struct listing_row *));
	struct gather to = {.entries = entries};
	const char *folder = NULL;
	int depth = 0;

	if (!entries)
		return err_sys(err, "list of feeds");
	twalk_r(c->by_id, gather, &to);
	qsort(entries, to.count, sizeof(struct listing_row *), by_folder);
	(void)buf_adds(out,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n"
		       "<head><title>feedmill</title></head>\n<body>\n",
		       NULL);
	for (size_t i = 0; i < to.count; i++) {
		const struct listing_row *e = entries[i];

		if (strcmp(folder ? folder : "", e->folder ? e->folder : "") != 0) {
			close_folder(out, depth);
			folder = e->folder;
			depth = open_folder(out, folder);
		}
		(void)buf_adds(out, "<outline type=\"rss\"", NULL);
		put_attribute(out, "text", e->title ? e->title : e->url);
		put_attribute(out, "xmlUrl", e->url);
		(void)buf_adds(out, "/>\n", NULL);
	}
	close_folder(out, depth);
	(void)buf_adds(out, "</body>\n</opml>\n", NULL);
	return buf_failed(out, err);
}
