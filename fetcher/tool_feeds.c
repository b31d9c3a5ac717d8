/* feeds add, remove, import, export: the list of feeds from a terminal. What is added goes into an
 * OPML file of our own beside the operator's files, feeds.d/feedmill.opml; a running fetcher takes
 * it up by itself. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mask.h"
#include "common/scope.h"
#include "common/url.h"
#include "fetcher/catalogue.h"
#include "fetcher/discover.h"
#include "fetcher/errand.h"
#include "fetcher/feedlist.h"
#include "fetcher/opml.h"
#include "fetcher/tool.h"

enum { PATH_BYTES_MAX = 4096, TRIES_MAX = 6, USUAL_MAX = 8 };

static const char usage[] =
	"usage: feedmill feeds add [--title T] [--category C] [--as-it-is] URL ...\n"
	"       feedmill feeds remove URL ...\n"
	"       feedmill feeds import [--category C] FILE|-\n"
	"       feedmill feeds export\n";

struct feeds {
	const char *conf_path, *title, *category;
	bool as_it_is; /* the URL is taken without a look at it */
	struct fetcher_conf conf;
	struct config *config;
	struct buf list_path, folder, own_path;
	bool list_optional;
	struct catalogue *own; /* feedmill.opml */
	struct catalogue *all; /* of all files */
	int lock;
	struct addresses *addresses;
	struct http *http;
	bool asked; /* a request was made: the next one keeps its distance */
};

static void
feeds_done(struct feeds *f)
{
	http_free(f->http);
	addresses_free(f->addresses);
	catalogue_free(f->own);
	catalogue_free(f->all);
	config_free(f->config);
	buf_done(&f->list_path);
	buf_done(&f->folder);
	buf_done(&f->own_path);
	if (f->lock >= 0)
		(void)close(f->lock);
}
SCOPED_DEFINE_HELD(struct feeds, feeds_done)

/* The list. */

static int
add_listed(void *arg, const struct listed *feed, struct err *err)
{
	return catalogue_add(arg, feed->url, feed->title, feed->category, err) < 0 ? -1 : 0;
}

static void
warn_listed(void *arg, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "left out: %s\n", text);
}

static int
open_list(struct feeds *f, struct err *err)
{
	struct feedlist_to to = {.each = add_listed, .warn = warn_listed};

	f->config = tool_conf(f->conf_path, &f->conf, err);
	if (!f->config || conf_feeds_path(&f->conf, config_path(f->config), &f->list_path,
					  &f->list_optional, err) < 0)
		return -1;
	f->all = catalogue_new(err);
	if (!f->all || feedlist_folder(buf_str(&f->list_path), &f->folder, err) < 0 ||
	    buf_addf(&f->own_path, err, "%s/feedmill.opml", buf_str(&f->folder)) < 0)
		return -1;
	to.arg = f->all;
	return feedlist_read(buf_str(&f->list_path), f->list_optional, &to, err);
}

/* Nobody else changes our file until we end. */
static int
open_own(struct feeds *f, struct err *err)
{
	const char *folder = buf_str(&f->folder);

	if (file_mkdirs(folder, err) < 0)
		return -1;
	f->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->lock < 0 || flock(f->lock, LOCK_EX) < 0)
		return err_sys(err, "lock '%s'", folder);
	f->own = catalogue_new(err);
	return f->own ? catalogue_read(f->own, buf_str(&f->own_path), true, err) : -1;
}

static int
write_own(struct feeds *f, struct err *err)
{
	SCOPED(buf_done) struct buf out = buf_init(OPML_BYTES_MAX);

	if (catalogue_write(f->own, &out, err) < 0)
		return -1;
	return file_replace(buf_str(&f->own_path), buf_bytes(&out), err);
}

/* Add: a site's address is enough. */

/* A look at one address. 1: a feed, whose URL is in f_url; 0: not; -1. */
static int
look(struct feeds *f, const char *url, struct errand *errand, struct err *err)
{
	struct errand_way way = {.http = f->http, .body_bytes_max = (size_t)f->conf.max_body};
	const struct timespec distance = {.tv_sec = f->conf.host_spacing_ms / 1000,
					  .tv_nsec = f->conf.host_spacing_ms % 1000 * 1000000};

	if (f->asked)
		(void)nanosleep(&distance, NULL);
	f->asked = true;
	if (errand_run(errand, &way, url, err) < 0)
		return -1;
	return errand->outcome.kind == OUTCOME_DOCUMENT &&
	       discover_kind(errand->outcome.body) == DISCOVER_FEED;
}

struct candidates {
	char *urls[DISCOVER_FOUND_MAX];
	size_t count;
};

static void
candidates_done(struct candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->urls[i]);
}
SCOPED_DEFINE_HELD(struct candidates, candidates_done)

static int
note_candidate(void *arg, const struct discovered *found)
{
	struct candidates *c = arg;

	if (c->count < DISCOVER_FOUND_MAX && (c->urls[c->count] = strdup(found->url)))
		c->count++;
	return 0;
}

/* Where feeds often are, for a site that names none. */
static void
note_usual(struct candidates *c, const char *page_url)
{
	for (size_t i = 0; discover_usual_paths[i] && i < USUAL_MAX; i++) {
		SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
		const char *path = discover_usual_paths[i];

		if (url_resolve(page_url, path, strlen(path), &url, NULL) == 0)
			(void)note_candidate(c, &(struct discovered){.url = buf_str(&url)});
	}
}

/* The first of them that is a feed goes into out: 1, 0, -1. */
static int
try_candidates(struct feeds *f, const struct candidates *c, size_t most, struct buf *out,
	       struct err *err)
{
	for (size_t i = 0; i < c->count && i < most; i++) {
		SCOPED(errand_done) struct errand errand = {.poll = NULL};
		const int got = look(f, c->urls[i], &errand, err);

		if (got < 0)
			return -1;
		(void)printf("  %s: %s\n", c->urls[i],
			     got                        ? "a feed"
			     : errand.outcome.reason[0] ? errand.outcome.reason
							: "no feed");
		if (got == 0)
			continue;
		for (size_t k = 0; k < c->count; k++)
			if (k != i && most == TRIES_MAX)
				(void)printf("  also named: %s\n", c->urls[k]);
		return buf_adds(out, c->urls[i], err) < 0 ? -1 : 1;
	}
	return 0;
}

/* The feed's URL for what a person wrote. ERR_REJECT: none was found. */
static int
find_feed(struct feeds *f, const char *spelt, struct buf *out, struct err *err)
{
	SCOPED(errand_done) struct errand errand = {.poll = NULL};
	SCOPED(candidates_done) struct candidates named = {.count = 0};
	SCOPED(candidates_done) struct candidates usual = {.count = 0};
	const struct outcome *o = &errand.outcome;
	int got = look(f, spelt, &errand, err);

	if (got < 0)
		return -1;
	/* Moved for good: the list begins where it will be. Else as it was written, with what
	 * credentials stand in it. */
	if (got == 1)
		return buf_adds(out, o->moved_url ? o->moved_url : spelt, err);
	if (o->kind != OUTCOME_DOCUMENT)
		return err_set(err, ERR_REJECT, "'%.200s': %s", o->url,
			       o->reason[0] ? o->reason : outcome_name(o->kind));
	if (discover_links(o->head, o->body, o->url, note_candidate, &named, err) < 0)
		return -1;
	if (named.count > 0)
		(void)printf("%s is no feed; it names %zu\n", o->url, named.count);
	else
		(void)printf("%s is no feed and names none; the usual places are tried\n", o->url);
	got = try_candidates(f, &named, TRIES_MAX, out, err);
	if (got == 0 && named.count == 0) {
		note_usual(&usual, o->url);
		got = try_candidates(f, &usual, USUAL_MAX, out, err);
	}
	if (got == 0)
		return err_set(err, ERR_REJECT,
			       "'%.200s': no feed found; --as-it-is adds it without a look",
			       o->url);
	return got < 0 ? -1 : 0;
}

static int
add_one(struct feeds *f, const char *spelt, struct err *err)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf whole = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf shown = buf_init(URL_MAX_BYTES);
	int known;

	if (buf_addf(&whole, err, "%s%s", strstr(spelt, ":") ? "" : "https://", spelt) < 0)
		return -1;
	if (f->as_it_is ? buf_adds(&url, buf_str(&whole), err) < 0
			: find_feed(f, buf_str(&whole), &url, err) < 0)
		return -1;
	known = catalogue_has(f->all, buf_str(&url), err);
	if (known < 0 || url_without_credentials(buf_str(&url), url.len, &shown, err) < 0)
		return -1;
	if (known == 1) {
		(void)printf("%s is in the list already\n", buf_str(&shown));
		return 0;
	}
	if (catalogue_add(f->own, buf_str(&url), f->title, f->category, err) < 0 ||
	    catalogue_add(f->all, buf_str(&url), NULL, NULL, err) < 0 || write_own(f, err) < 0)
		return -1;
	(void)printf("added %s\n", buf_str(&shown));
	return 0;
}

static int
feeds_add(struct feeds *f, int argc, char **argv, struct err *err)
{
	int status = TOOL_GOOD;

	if (open_list(f, err) < 0 || open_own(f, err) < 0 ||
	    (!f->as_it_is && !(f->http = tool_http(f->config, &f->conf, &f->addresses, err))))
		return -1;
	for (int i = 0; i < argc; i++) {
		struct err why = {.kind = ERR_NONE};

		/* One that is no good does not stand in the way of the others. */
		if (add_one(f, argv[i], &why) < 0)
			status = tool_complain("feeds add", &why);
	}
	return status;
}

static int
feeds_remove(struct feeds *f, int argc, char **argv, struct err *err)
{
	int status = TOOL_GOOD, removed = 0;

	if (open_list(f, err) < 0 || open_own(f, err) < 0)
		return -1;
	for (int i = 0; i < argc; i++) {
		const int got = catalogue_remove(f->own, argv[i], err);
		const int listed = got < 0 ? -1 : catalogue_has(f->all, argv[i], err);
		char shown[MASK_BYTES];

		if (listed < 0)
			return -1;
		removed += got;
		(void)mask_text(argv[i], shown);
		if (got == 1)
			(void)printf("removed %s\n", shown);
		else
			status = TOOL_NOT;
		if (got == 0 && listed == 1)
			(void)fprintf(stderr,
				      "feeds remove: '%s' stands in a file of yours, %s or another "
				      "one in %s: take it out there\n",
				      shown, buf_str(&f->list_path), buf_str(&f->folder));
		else if (got == 0)
			(void)fprintf(stderr, "feeds remove: no feed '%s' in the list\n", shown);
	}
	if (removed > 0 && write_own(f, err) < 0)
		return -1;
	return status;
}

/* Import, export. */

struct import {
	struct feeds *feeds;
	size_t added, known, refused;
};

static int
import_one(void *arg, const struct opml_feed *feed, struct err *err)
{
	struct import *in = arg;
	struct feeds *f = in->feeds;
	int got = catalogue_add(f->all, feed->url, NULL, NULL, err);
	char shown[MASK_BYTES];

	if (got < 0 && err->kind == ERR_REJECT) {
		(void)fprintf(stderr, "line %d: '%s': %s: left out\n", feed->line,
			      mask_text(feed->url, shown), err->text);
		err->kind = ERR_NONE;
		in->refused++;
		return 0;
	}
	in->known += got == 0;
	in->added += got == 1;
	return got < 1 ? got
	       : catalogue_add(f->own, feed->url, f->title ? f->title : feed->title,
			       f->category ? f->category : feed->folder, err) < 0
		       ? -1
		       : 0;
}

static int
feeds_import(struct feeds *f, int argc, char **argv, struct err *err)
{
	struct import in = {.feeds = f};

	(void)argc;
	if (open_list(f, err) < 0 || open_own(f, err) < 0 ||
	    opml_read(strcmp(argv[0], "-") == 0 ? "/dev/stdin" : argv[0], import_one, &in, err) <
		    0 ||
	    (in.added > 0 && write_own(f, err) < 0))
		return -1;
	(void)printf("%zu added, %zu in the list already, %zu left out\n", in.added, in.known,
		     in.refused);
	return in.refused > 0 ? TOOL_NOT : TOOL_GOOD;
}

static int
feeds_export(struct feeds *f, int argc, char **argv, struct err *err)
{
	SCOPED(buf_done) struct buf out = buf_init(OPML_BYTES_MAX);

	(void)argc;
	(void)argv;
	if (open_list(f, err) < 0 || catalogue_write(f->all, &out, err) < 0)
		return -1;
	return fwrite(buf_str(&out), 1, out.len, stdout) == out.len && fflush(stdout) == 0
		       ? TOOL_GOOD
		       : err_sys(err, "write");
}

static const struct {
	const char *name;
	int least, most; /* arguments */
	int (*run)(struct feeds *f, int argc, char **argv, struct err *err);
} commands[] = {
	{"add", 1, 1 << 20, feeds_add},
	{"remove", 1, 1 << 20, feeds_remove},
	{"import", 1, 1, feeds_import},
	{"export", 0, 0, feeds_export},
};

int
tool_feeds(int argc, char **argv)
{
	static const struct option options[] = {
		{"conf", required_argument, NULL, 'c'},
		{"title", required_argument, NULL, 't'},
		{"category", required_argument, NULL, 'C'},
		{"as-it-is", no_argument, NULL, 'a'},
		{NULL, 0, NULL, 0},
	};
	SCOPED(feeds_done)
	struct feeds f = {.list_path = buf_init(PATH_BYTES_MAX),
			  .folder = buf_init(PATH_BYTES_MAX),
			  .own_path = buf_init(PATH_BYTES_MAX),
			  .lock = -1};
	struct err err = {.kind = ERR_NONE};

	for (int c; (c = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
		if (c == 'c')
			f.conf_path = optarg;
		else if (c == 't')
			f.title = optarg;
		else if (c == 'C')
			f.category = optarg;
		else if (c == 'a')
			f.as_it_is = true;
		else
			return TOOL_USAGE;
	}
	argc -= optind;
	argv += optind;
	for (size_t i = 0; argc > 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		int status;

		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		if (argc - 1 < commands[i].least || argc - 1 > commands[i].most)
			break;
		status = commands[i].run(&f, argc - 1, argv + 1, &err);
		return status < 0 ? tool_complain("feeds", &err) : status;
	}
	(void)fputs(usage, stderr);
	return TOOL_USAGE;
}
