/* The site: what comes in becomes a folder of pages that any web server, or a browser by itself,
 * can show. put writes the item into the store and marks the pages that it changes, commit makes
 * both durable, and the press prints afterwards: an item is safe before its page exists, and a
 * page can be made again from the store at any time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/url.h"
#include "common/utf8.h"
#include "sink/lost.h"
#include "sink/sinks.h"
#include "sink/site_excerpt.h"
#include "sink/site_intake.h"
#include "sink/site_press.h"
#include "sink/site_store.h"
#include "sink/verdict.h"

enum {
	SLICE_MS = 20,      /* of printing in a turn */
	FAREWELL_MS = 5000, /* of printing when the sink is closed; the rest waits for the next */
	PATH_BYTES = 4096,
	URL_BYTES = 2048,
};

struct site {
	struct site_conf conf;
	char path[PATH_BYTES], base_url[URL_BYTES];
	struct db *db;
	struct site_intake *intake;
	struct site_press *press;
	bool putting; /* puts wait for their commit */
	bool failing; /* the last try to print failed: said once */
};

static const char *const options[] = {
	"path",      "title",   "description", "base_url", "language",
	"page_size", "excerpt", "images",      NULL,
};

/* "en", "pt-BR": letters and digits in parts. */
static bool
is_language(const char *text)
{
	size_t part = 0;

	for (const char *c = text; *c != '\0'; c++) {
		const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');

		if (*c == '-' && part > 0)
			part = 0;
		else if ((letter || (c > text + 1 && *c >= '0' && *c <= '9')) && part < 8)
			part++;
		else
			return false;
	}
	return part > 0;
}

/* A text of the page's frame: valid UTF-8 of a sane length. */
static int
read_text(struct fm_sink *sink, const char *key, const char *fallback, size_t most,
	  const char **out)
{
	const char *const text = fm_option(sink, key, fallback);

	if (strlen(text) > most || !utf8_valid(text, strlen(text)))
		return fm_fail(sink, FM_CONFIG, "%s: at most %zu bytes of UTF-8", key, most);
	*out = text;
	return FM_OK;
}

static int
read_base_url(struct fm_sink *sink, struct site *site)
{
	const char *const url = fm_option(sink, "base_url", NULL);
	size_t len;

	site->conf.folder_links = url != NULL;
	if (!url) {
		/* Nobody is asked at this address: it only makes ids and links absolute. */
		(void)snprintf(site->base_url, sizeof(site->base_url), "http://localhost/");
		return FM_OK;
	}
	len = strlen(url);
	if (len + 2 > sizeof(site->base_url) || !url_is_http(url, len) || strpbrk(url, "?# \t"))
		return fm_fail(sink, FM_CONFIG,
			       "base_url: '%s' is no http or https URL of a folder", url);
	(void)snprintf(site->base_url, sizeof(site->base_url), "%s%s", url,
		       url[len - 1] == '/' ? "" : "/");
	return FM_OK;
}

static int
read_path(struct fm_sink *sink, struct site *site)
{
	const char *const path = fm_option(sink, "path", NULL);
	const int len =
		path ? snprintf(site->path, sizeof(site->path), "%s", path)
		     : snprintf(site->path, sizeof(site->path), "%s/www", fm_sink_state_dir(sink));

	if (len <= 0 || len >= (int)sizeof(site->path) || site->path[0] != '/')
		return fm_fail(sink, FM_CONFIG, "path: not the absolute path of a folder");
	for (size_t end = (size_t)len; end > 1 && site->path[end - 1] == '/';)
		site->path[--end] = '\0';
	return FM_OK;
}

static int
read_conf(struct fm_sink *sink, struct site *site)
{
	struct site_conf *const conf = &site->conf;
	int images, verdict;

	conf->path = site->path;
	conf->base_url = site->base_url;
	if ((verdict = read_text(sink, "title", "News", 200, &conf->title)) != FM_OK ||
	    (verdict = read_text(sink, "description", "What the sources publish, newest first.",
				 1000, &conf->description)) != FM_OK ||
	    (verdict = read_text(sink, "language", "en", 35, &conf->language)) != FM_OK ||
	    (verdict = read_base_url(sink, site)) != FM_OK ||
	    (verdict = fm_option_int(sink, "page_size", 30, 1, SITE_PAGE_SIZE_MAX,
				     &conf->page_size)) != FM_OK ||
	    (verdict = fm_option_int(sink, "excerpt", 600, 0, EXCERPT_CHARS_MAX,
				     &conf->excerpt_chars)) != FM_OK ||
	    (verdict = fm_option_bool(sink, "images", 1, &images)) != FM_OK)
		return verdict;
	conf->images = images != 0;
	if (!is_language(conf->language))
		return fm_fail(sink, FM_CONFIG, "language: '%s' is no language tag, as 'en' is",
			       conf->language);
	return FM_OK;
}

static int
site_check(struct fm_sink *sink)
{
	struct site site = {.db = NULL};
	const int verdict = read_conf(sink, &site);

	return verdict != FM_OK ? verdict : read_path(sink, &site);
}

static void
site_free(struct site *site)
{
	if (!site)
		return;
	press_free(site->press);
	intake_free(site->intake);
	db_close(site->db);
	free(site);
}
SCOPED_DEFINE(struct site, site_free)

static int
site_open(struct fm_sink *sink, void **self)
{
	SCOPED(site_free) struct site *site = calloc(1, sizeof(*site));
	struct err err = {.kind = ERR_NONE};
	char db_path[PATH_BYTES];
	int verdict;

	if (!site)
		return fm_fail(sink, FM_FATAL, "no memory");
	if ((verdict = read_conf(sink, site)) != FM_OK ||
	    (verdict = read_path(sink, site)) != FM_OK)
		return verdict;
	if (snprintf(db_path, sizeof(db_path), "%s/site.db", fm_sink_state_dir(sink)) >=
	    (int)sizeof(db_path))
		return fm_fail(sink, FM_CONFIG, "the state folder's path is too long");
	site->intake = intake_new(&site->conf, &err);
	if (!site->intake || file_mkdirs(site->path, &err) < 0)
		return verdict_of(sink, &err);
	site->db = site_store_open(db_path, &err);
	if (site->db && db_warning(site->db))
		fm_log(sink, LOG_WARNING, "database", db_warning(site->db));
	/* When an item was fetched is not kept: it gets again all that there is. */
	if (site->db && lost_tell(sink, site->db, "SELECT 0", &err) == 0)
		site->press = press_new(&site->conf, site->db, &err);
	if (!site->press)
		return verdict_of(sink, &err);
	*self = TAKE(site);
	return FM_OK;
}

static int
site_put(struct fm_sink *sink, void *self, const struct fm_item *item)
{
	struct site *const site = self;
	struct err err = {.kind = ERR_NONE};
	struct site_item taken;
	bool changed;

	if (intake_item(site->intake, item, &taken, &err) < 0 ||
	    site_store_put(site->db, &taken, &changed, &err) < 0)
		return verdict_of(sink, &err);
	if (changed) {
		site->putting = true;
		press_changed(site->press);
	}
	return FM_OK;
}

/* Prints a slice. A page that cannot be written is no reason to refuse items: it stays marked. */
static int
print_some(struct fm_sink *sink, struct site *site, int64_t budget_ms, bool now)
{
	struct err err = {.kind = ERR_NONE};
	const bool failed = press_work(site->press, budget_ms, now, &err) < 0;

	if (failed && err.kind == ERR_FATAL)
		return verdict_of(sink, &err);
	if (failed && !site->failing)
		fm_log(sink, LOG_WARNING, "site_print_failed", err.text);
	if (!failed && site->failing && press_timeout_ms(site->press) < 0) {
		fm_log(sink, LOG_NOTICE, "site_printed", "all pages are up to date again");
		site->failing = false;
	}
	site->failing |= failed;
	return FM_OK;
}

static int
site_turn(struct fm_sink *sink, void *self)
{
	struct site *const site = self;

	/* Pages show what is committed: with puts in the transaction it is commit's turn. */
	return site->putting ? FM_OK : print_some(sink, site, SLICE_MS, false);
}

static int
site_commit(struct fm_sink *sink, void *self)
{
	struct site *const site = self;
	const bool put = site->putting;
	struct err err = {.kind = ERR_NONE};

	site->putting = false;
	if (db_commit(site->db, &err) < 0)
		return verdict_of(sink, &err);
	/* Items that come without a pause must not keep the press waiting for ever. */
	if (!put || press_timeout_ms(site->press) != 0)
		return FM_OK;
	if (print_some(sink, site, SLICE_MS, false) != FM_OK || db_commit(site->db, &err) < 0)
		fm_log(sink, LOG_WARNING, "site_print_failed", err.text);
	return FM_OK; /* the puts are durable */
}

static size_t
site_watch(struct fm_sink *sink, void *self, struct pollfd *fds, size_t max, int *timeout_ms)
{
	const struct site *const site = self;
	const int left_ms = press_timeout_ms(site->press);

	(void)sink;
	(void)fds;
	(void)max;
	if (left_ms >= 0 && (*timeout_ms < 0 || left_ms < *timeout_ms))
		*timeout_ms = left_ms;
	return 0;
}

static void
site_close(struct fm_sink *sink, void *self)
{
	struct site *const site = self;
	struct err err = {.kind = ERR_NONE};

	if (!site)
		return;
	db_rollback(site->db); /* puts that no commit followed come again */
	/* The sweep that is under way, and one for what was marked since it began. */
	for (int i = 0; i < 2 && press_timeout_ms(site->press) >= 0; i++)
		if (print_some(sink, site, FAREWELL_MS, true) != FM_OK ||
		    db_commit(site->db, &err) < 0)
			break;
	site_free(site);
}

const struct fm_sink_ops sink_site = {
	.api = FM_API,
	.options = options,
	.check = site_check,
	.open = site_open,
	.put = site_put,
	.commit = site_commit,
	.close = site_close,
	.watch = site_watch,
	.turn = site_turn,
};
