#include "parser/identity.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Parameters that say how a reader came, not where to. A "*" stands for any end. */
static const char *const TRACKING[] = {
	"utm_*",       "fbclid",      "gclid",
	"dclid",       "msclkid",     "yclid",
	"mc_cid",      "mc_eid",      "igshid",
	"at_medium",   "at_campaign", "at_custom*",
	"ns_mchannel", "ns_source",   "ns_campaign",
	"cmpid",       "CMP",         "ocid",
	"ref_src",     "wt_mc",       "WT.mc_id",
	"pk_campaign", "pk_kwd",      "mtm_campaign",
	"mtm_source",  "xtor",        "__twitter_impression",
};

static bool
is_tracking(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(TRACKING) / sizeof(TRACKING[0]); i++) {
		const size_t known = strlen(TRACKING[i]);
		const bool any = TRACKING[i][known - 1] == '*';

		if (any ? len >= known - 1 && strncasecmp(TRACKING[i], name, known - 1) == 0
			: len == known && strncasecmp(TRACKING[i], name, len) == 0)
			return true;
	}
	return false;
}

/* The link without what varies from one fetch to the next: scheme and tracking parameters. */
static const char *
plain_url(struct arena *arena, const char *url)
{
	const char *query;
	char *out, *to;

	if (!url)
		return NULL;
	if (strncmp(url, "https://", 8) == 0)
		url += 8;
	else if (strncmp(url, "http://", 7) == 0)
		url += 7;
	query = strchr(url, '?');
	if (!query)
		return url;
	out = arena_strdup(arena, url);
	if (!out)
		return url;
	to = out + (query - url);
	for (const char *at = query + 1; *at && *at != '#';) {
		const size_t len = strcspn(at, "&#");
		const size_t name = strcspn(at, "=&#");

		if (len > 0 && !is_tracking(at, name)) {
			*to = to == out + (query - url) ? '?' : '&';
			memcpy(to + 1, at, len);
			to += len + 1;
		}
		at += len + (at[len] == '&');
	}
	query = strchr(query, '#');
	if (query) {
		const size_t len = strlen(query);

		memmove(to, query, len);
		to += len;
	}
	*to = '\0';
	return out;
}

static void
add(struct digest *d, const char *text)
{
	digest_add_field(d, text ? text : "", text ? strlen(text) : 0);
}

static void
revision(struct digest *d, const struct item *item, const char *url, struct arena *arena,
	 unsigned char out[DIGEST_BYTES])
{
	digest_begin(d);
	add(d, item->title);
	add(d, item->summary);
	add(d, item->content);
	add(d, url);
	for (size_t i = 0; i < item->author_count; i++)
		add(d, item->authors[i].name ? item->authors[i].name : item->authors[i].email);
	add(d, NULL);
	for (size_t i = 0; i < item->category_count; i++)
		add(d, item->categories[i]);
	add(d, NULL);
	for (size_t i = 0; i < item->enclosure_count; i++) {
		const char *enclosure = plain_url(arena, item->enclosures[i].url);

		digest_add_field(d, enclosure, strcspn(enclosure, "?"));
	}
	digest_end(d, out);
}

/* What tells entries apart, from coarse to fine. */
enum level { BY_NAME, BY_LINK, BY_TITLE, LEVELS };

struct candidate {
	const char *url;
	uint64_t hash[LEVELS];
	const char *key[LEVELS];
	char rev[ITEM_REV_HEX + 1];
	size_t first; /* the first entry that is the same in all of them: itself, mostly */
	bool dropped;
};

static uint64_t
hash_of(struct digest *d, const char *text)
{
	unsigned char bytes[DIGEST_BYTES];
	uint64_t hash;

	digest_begin(d);
	add(d, text);
	digest_end(d, bytes);
	memcpy(&hash, bytes, sizeof(hash));
	return hash;
}

/* The entry's text where there is neither guid nor link. */
static const char *
content_key(struct digest *d, const struct item *item, struct arena *arena)
{
	unsigned char bytes[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];

	digest_begin(d);
	add(d, item->title);
	add(d, item->content ? item->content : item->summary);
	for (size_t i = 0; i < item->enclosure_count; i++)
		add(d, item->enclosures[i].url);
	digest_end(d, bytes);
	digest_hex(bytes, ITEM_ID_HEX / 2, hex);
	return arena_printf(arena, "content:%s", hex);
}

static void
keys_of(struct digest *d, const struct item *item, struct candidate *c, struct arena *arena)
{
	const char *title = item->title ? item->title : "";
	unsigned char bytes[DIGEST_BYTES];

	c->url = plain_url(arena, item->url);
	if (item->guid) {
		c->key[BY_NAME] = item->guid;
		c->key[BY_LINK] =
			c->url ? arena_printf(arena, "%s %s", item->guid, c->url) : item->guid;
	} else {
		c->key[BY_NAME] = c->url ? c->url : content_key(d, item, arena);
		c->key[BY_LINK] = c->key[BY_NAME];
	}
	c->key[BY_TITLE] =
		c->key[BY_LINK] ? arena_printf(arena, "%s %s", c->key[BY_LINK], title) : NULL;
	for (int i = 0; i < LEVELS; i++)
		if (c->key[i])
			c->hash[i] = hash_of(d, c->key[i]);
	revision(d, item, c->url, arena, bytes);
	digest_hex(bytes, ITEM_REV_HEX / 2, c->rev);
}

/* A number for each hash. The hashes are SHA-256's, so nobody can make them crowd. */
struct table {
	struct {
		uint64_t hash;
		size_t number; /* 0: none yet */
	} * slots;
	size_t mask;
};

static size_t *
table_at(struct table *table, uint64_t hash)
{
	size_t i = hash & table->mask;

	while (table->slots[i].number > 0 && table->slots[i].hash != hash)
		i = (i + 1) & table->mask;
	table->slots[i].hash = hash;
	return &table->slots[i].number;
}

static void
table_empty(struct table *table)
{
	memset(table->slots, 0, (table->mask + 1) * sizeof(table->slots[0]));
}

/* Of entries that are the same in everything that tells entries apart the first is taken: two
 * revisions of one id in each fetch would replace one another for ever. Where they are the same in
 * content too they may stay: nobody takes a revision twice. */
static void
find_twins(struct candidate *candidates, size_t count, struct table *table)
{
	table_empty(table);
	for (size_t i = 0; i < count; i++) {
		size_t *number = table_at(table, candidates[i].hash[BY_TITLE]);

		if (*number == 0)
			*number = i + 1;
		candidates[i].first = *number - 1;
		candidates[i].dropped = strcmp(candidates[i].rev, candidates[*number - 1].rev) != 0;
	}
}

/* The coarsest key that no other entry has. */
static void
choose(struct candidate *candidates, size_t count, struct table *table, enum level level_of[])
{
	for (int level = BY_NAME; level < BY_TITLE; level++) {
		table_empty(table);
		for (size_t i = 0; i < count; i++)
			if (candidates[i].first == i)
				++*table_at(table, candidates[i].hash[level]);
		for (size_t i = 0; i < count; i++)
			if (candidates[i].first == i && (int)level_of[i] == level &&
			    *table_at(table, candidates[i].hash[level]) > 1)
				level_of[i] = (enum level)(level + 1);
	}
}

static int
finish(struct digest *d, const char *feed_id, struct entry *entry, const struct candidate *c,
       enum level level, struct arena *arena, struct err *err)
{
	unsigned char bytes[DIGEST_BYTES];
	char id[ITEM_ID_HEX + 1];

	digest_begin(d);
	add(d, feed_id);
	add(d, c->key[level]);
	digest_end(d, bytes);
	digest_hex(bytes, ITEM_ID_HEX / 2, id);
	entry->key = c->key[level];
	entry->item.id = arena_strndup(arena, id, ITEM_ID_HEX);
	entry->item.rev = arena_strndup(arena, c->rev, ITEM_REV_HEX);
	return arena_failed(arena, err);
}

int
identity_assign(struct digest *digest, const char *feed_id, struct entry *entries, size_t *count,
		struct arena *arena, struct err *err)
{
	struct candidate *candidates = arena_array(arena, *count, sizeof(*candidates));
	enum level *levels = arena_array(arena, *count, sizeof(*levels));
	struct table table = {.mask = 63};
	size_t kept = 0;

	while (table.mask < *count * 2)
		table.mask = table.mask * 2 + 1;
	table.slots = arena_array(arena, table.mask + 1, sizeof(table.slots[0]));
	if (arena_failed(arena, err) < 0)
		return -1;
	for (size_t i = 0; i < *count; i++)
		keys_of(digest, &entries[i].item, &candidates[i], arena);
	if (arena_failed(arena, err) < 0)
		return -1;
	find_twins(candidates, *count, &table);
	choose(candidates, *count, &table, levels);
	for (size_t i = 0; i < *count; i++) {
		if (candidates[i].dropped)
			continue;
		entries[kept] = entries[i];
		if (finish(digest, feed_id, &entries[kept], &candidates[i],
			   levels[candidates[i].first], arena, err) < 0)
			return -1;
		kept++;
	}
	*count = kept;
	return 0;
}
