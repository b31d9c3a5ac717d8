#include "sink/site_intake.h"

#include <string.h>

#include "common/clock.h"
#include "common/url.h"
#include "common/utf8.h"
#include "sink/site_excerpt.h"
#include "sink/site_markup.h"
#include "sink/site_plain.h"
#include "sink/site_scan.h"

#define NO_DATE INT64_MIN

enum {
	INTAKE_BYTES_MAX = 1024 * 1024,
	DAY_S = 24 * 60 * 60,
	SUMMARY_CHARS_MIN = 60, /* a shorter summary says less than the article's beginning */
	UNTITLED_CHARS = 80,    /* of the text, where there is no title */
	LANGUAGE_BYTES_MAX = 35,
};

/* No date before this is taken for one: 1900-01-01, and the days around 1970-01-01 are what a
 * program says that knows no date. */
static const int64_t OLDEST_S = -2208988800;

struct site_intake {
	const struct site_conf *conf;
	struct arena *arena;
	struct excerpt summary, content;
};

struct site_intake *
intake_new(const struct site_conf *conf, struct err *err)
{
	SCOPED(intake_free) struct site_intake *intake = calloc(1, sizeof(*intake));

	if (intake) {
		intake->conf = conf;
		excerpt_init(&intake->summary);
		excerpt_init(&intake->content);
		intake->arena = arena_new(INTAKE_BYTES_MAX);
	}
	if (!intake || !intake->arena) {
		(void)err_sys(err, "the site's intake");
		return NULL;
	}
	return TAKE(intake);
}

void
intake_free(struct site_intake *intake)
{
	if (!intake)
		return;
	excerpt_done(&intake->summary);
	excerpt_done(&intake->content);
	arena_free(intake->arena);
	free(intake);
}

/* One clean line, or NULL where nothing is left. */
static const char *
line(struct site_intake *intake, const char *text, size_t max_chars)
{
	SCOPED(buf_done) struct buf out = buf_init(INTAKE_BYTES_MAX);

	if (!text)
		return NULL;
	plain_line(&out, text, strlen(text), max_chars);
	return out.len > 0 ? arena_strndup(intake->arena, out.data, out.len) : NULL;
}

/* An address that a page may lead to, as a browser would spell it, or NULL. */
static const char *
address(struct site_intake *intake, const char *url)
{
	SCOPED(buf_done) struct buf whole = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf escaped = buf_init(INTAKE_URL_BYTES);

	if (!url || url_resolve(NULL, url, strlen(url), &whole, NULL) < 0 ||
	    !utf8_valid(whole.data, whole.len) || !url_is_http(whole.data, whole.len))
		return NULL;
	markup_text(&escaped, whole.data, whole.len);
	return buf_failed(&escaped, NULL) < 0 ? NULL
					      : arena_strndup(intake->arena, whole.data, whole.len);
}

static bool
is_language(const char *text)
{
	size_t part = 0, parts = 0;

	for (const char *c = text; *c != '\0'; c++) {
		const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
		const bool digit = *c >= '0' && *c <= '9';

		if (*c == '-') {
			if (part < (parts == 0 ? 2 : 1))
				return false;
			parts++;
			part = 0;
		} else if (letter || (digit && parts > 0)) {
			if (++part > (parts == 0 ? 3 : 8))
				return false;
		} else {
			return false;
		}
	}
	return part >= (parts == 0 ? 2 : 1) && strlen(text) <= LANGUAGE_BYTES_MAX;
}

/* The date. */

/* Whether a publisher's date can be believed: not before what is old, not after its fetch but for
 * the clocks that differ, and not what a program says that knows none. */
static bool
is_date(int64_t at, int64_t fetched)
{
	return at >= OLDEST_S && at <= fetched + DAY_S && (at < -DAY_S || at > DAY_S);
}

static void
set_dates(const struct fm_item *item, struct site_item *out)
{
	int64_t fetched, published, updated;

	if (!fm_time(item, FM_FETCHED, &fetched) || !is_date(fetched, clock_wall_s()))
		fetched = clock_wall_s();
	if (!fm_time(item, FM_PUBLISHED, &published) || !is_date(published, fetched))
		published = NO_DATE;
	if (!fm_time(item, FM_UPDATED, &updated) || !is_date(updated, fetched))
		updated = NO_DATE;
	out->dated = published != NO_DATE || updated != NO_DATE;
	out->at = published != NO_DATE ? published : out->dated ? updated : fetched;
	out->updated = updated > out->at ? updated : out->at;
}

/* The text. */

/* The excerpt of the summary where that is one, else of the content. */
static const struct excerpt *
choose_excerpt(struct site_intake *intake, const struct fm_item *item, const char *title,
	       struct err *err)
{
	const char *const summary = fm_text(item, FM_SUMMARY), *content = fm_text(item, FM_CONTENT);
	const size_t chars = (size_t)intake->conf->excerpt_chars;
	struct excerpt *const s = &intake->summary, *const c = &intake->content;

	excerpt_clear(s);
	excerpt_clear(c);
	if ((summary && excerpt_make(s, summary, title, chars, err) < 0) ||
	    (content && excerpt_make(c, content, title, chars, err) < 0))
		return NULL;
	if (c->chars == 0 || (s->chars >= SUMMARY_CHARS_MIN && !s->cut))
		return s;
	return c;
}

static void
set_image(struct site_intake *intake, const struct fm_item *item, struct site_item *out)
{
	const struct excerpt *const found =
		intake->content.image.len > 0 ? &intake->content : &intake->summary;
	SCOPED(buf_done) struct buf named = buf_init(INTAKE_URL_BYTES);
	const char *const url = fm_text(item, FM_IMAGE);

	if (found->image.len > 0) {
		out->image = address(intake, buf_str(&found->image));
		out->alt = line(intake, buf_str(&found->alt), EXCERPT_CAPTION_CHARS_MAX);
		out->caption = line(intake, buf_str(&found->caption), EXCERPT_CAPTION_CHARS_MAX);
		out->image_width = found->image_width;
		out->image_height = found->image_height;
	} else if (url && excerpt_image_url(url, strlen(url), &named)) {
		out->image = address(intake, buf_str(&named));
	}
	/* What stands below the picture already need not be said twice. */
	if (out->alt && out->caption && strcmp(out->alt, out->caption) == 0)
		out->alt = NULL;
}

/* A title for an item that has none: its first words, or where it is. */
static const char *
made_up_title(struct site_intake *intake, const struct excerpt *excerpt, const char *url)
{
	SCOPED(buf_done) struct buf text = buf_init(EXCERPT_HTML_BYTES_MAX);
	struct scan scan = scan_over(buf_str(&excerpt->html), excerpt->html.len);
	struct scan_token token;
	const char *title;

	for (scan_next(&scan, &token); token.kind != SCAN_END && text.len < INTAKE_TITLE_CHARS * 4;
	     scan_next(&scan, &token)) {
		const char *at = token.text.data;
		const char *const end = at + token.text.len;

		(void)buf_addc(&text, ' ', NULL);
		while (token.kind == SCAN_TEXT && at < end) {
			char put[UTF8_BYTES_MAX];
			const size_t len = utf8_put(scan_char(&at, end), put);

			(void)buf_add(&text, put, len, NULL);
		}
	}
	title = line(intake, buf_str(&text), UNTITLED_CHARS);
	if (title)
		return title;
	buf_reset(&text);
	if (url)
		(void)url_host(url, strlen(url), &text, NULL);
	return text.len > 0 ? line(intake, buf_str(&text), UNTITLED_CHARS) : "Untitled";
}

/* The whole. */

static void
set_tags(struct site_intake *intake, const struct fm_item *item, struct site_item *out)
{
	const char **const tags = arena_array(intake->arena, SITE_TAGS_MAX, sizeof(*tags));

	for (size_t i = 0; tags && i < fm_tag_count(item) && out->tag_count < SITE_TAGS_MAX; i++) {
		const char *const tag = line(intake, fm_tag(item, i), INTAKE_TAG_CHARS);

		if (tag)
			tags[out->tag_count++] = tag;
	}
	out->tags = tags;
}

static const char *
or_else(const char *text, const char *other)
{
	return text ? text : other;
}

static void
set_source(struct site_intake *intake, const struct fm_item *item, struct site_item *out)
{
	out->feed_url = address(intake, fm_text(item, FM_FEED_URL));
	out->feed_link = address(intake, fm_text(item, FM_FEED_LINK));
	out->feed_title = line(intake, fm_text(item, FM_FEED_TITLE), INTAKE_NAME_CHARS);
	out->feed_id = or_else(fm_text(item, FM_FEED_ID), or_else(out->feed_url, "unknown"));
	if (!out->feed_title && out->feed_url) {
		SCOPED(buf_done) struct buf host = buf_init(URL_MAX_BYTES);

		(void)url_host(out->feed_url, strlen(out->feed_url), &host, NULL);
		out->feed_title = line(intake, buf_str(&host), INTAKE_NAME_CHARS);
	}
	if (!out->feed_title)
		out->feed_title = "Unknown source";
}

int
intake_item(struct site_intake *intake, const struct fm_item *item, struct site_item *out,
	    struct err *err)
{
	const char *const id = fm_text(item, FM_ID);
	const char *language = fm_text(item, FM_LANGUAGE);
	struct site_item taken = {.id = id, .rev = fm_text(item, FM_REV), .seq = fm_seq(item)};
	const struct excerpt *excerpt;

	if (!id || strlen(id) != FM_ID_HEX || strspn(id, "0123456789abcdef") != FM_ID_HEX)
		return err_set(err, ERR_REJECT, "no item id of %d hex digits", FM_ID_HEX);
	arena_reset(intake->arena);
	set_dates(item, &taken);
	set_source(intake, item, &taken);
	taken.guid = fm_text(item, FM_GUID);
	taken.story = fm_text(item, FM_STORY);
	taken.story_rank = fm_story_rank(item);
	taken.title = line(intake, fm_text(item, FM_TITLE), INTAKE_TITLE_CHARS);
	taken.author = fm_author_count(item) > 0
			       ? line(intake, fm_author_name(item, 0), INTAKE_NAME_CHARS)
			       : NULL;
	if (!language || !is_language(language))
		language = fm_text(item, FM_FEED_LANGUAGE);
	taken.language = language && is_language(language) ? language : NULL;
	/* A story whose own address is none leads to where it was found. */
	taken.url = or_else(address(intake, fm_text(item, FM_URL)),
			    or_else(taken.feed_link, taken.feed_url));
	set_tags(intake, item, &taken);
	excerpt = choose_excerpt(intake, item, taken.title, err);
	if (!excerpt)
		return -1;
	if (excerpt->html.len > 0)
		taken.excerpt =
			arena_strndup(intake->arena, buf_str(&excerpt->html), excerpt->html.len);
	set_image(intake, item, &taken);
	if (!taken.title)
		taken.title = made_up_title(intake, excerpt, taken.url);
	if (arena_failed(intake->arena, err) < 0)
		return -1;
	*out = taken;
	return 0;
}
