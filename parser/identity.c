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

/* What tells entries apart, from coarse to fine. */
enum level { BY_NAME, BY_LINK, BY_TITLE, BY_DATE, LEVELS };

struct candidate {
	const char *url; /* plain_url */
	const char *key[LEVELS];
	enum level level; /* the finest key made so far */
	uint64_t hash;    /* of that */
	unsigned char rev[ITEM_REV_HEX / 2];
	size_t first; /* the first entry that is the very same: itself, mostly */
	bool crowded; /* another entry has the same key so far */
	bool dropped;
};

static void
revision(struct digest *d, const struct item *item, struct candidate *c, struct arena *arena)
{
	unsigned char bytes[DIGEST_BYTES];

	digest_begin(d);
	add(d, item->title);
	add(d, item->summary);
	add(d, item->content);
	add(d, c->url);
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
	digest_end(d, bytes);
	memcpy(c->rev, bytes, sizeof(c->rev));
}

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

/* What tells apart two items of one title: their dates; without any, and without a guid that says
 * that they are one, what is in them. */
static const char *
when(struct digest *d, const struct item *item, struct arena *arena)
{
	if (item->published_s != ITEM_NO_TIME)
		return arena_printf(arena, "%lld", (long long)item->published_s);
	return item->guid ? "" : content_key(d, item, arena);
}

static const char *
joined(struct arena *arena, const char *a, const char *b)
{
	return a && b ? arena_printf(arena, "%s %s", a, b) : NULL;
}

/* The finer keys are made only where the coarser one repeats. */
static const char *
key_at(struct digest *d, const struct item *item, const struct candidate *c, enum level level,
       struct arena *arena)
{
	const char *const coarser = level > BY_NAME ? c->key[level - 1] : NULL;

	switch (level) {
	case BY_NAME:
		if (item->guid)
			return item->guid;
		return c->url ? c->url : content_key(d, item, arena);
	case BY_LINK:
		return item->guid && c->url ? joined(arena, coarser, c->url) : coarser;
	case BY_TITLE:
		return item->title ? joined(arena, coarser, item->title) : coarser;
	default:
		return joined(arena, coarser, when(d, item, arena));
	}
}

static void
make_key(struct digest *d, const struct item *item, struct candidate *c, enum level level,
	 struct arena *arena)
{
	c->level = level;
	c->key[level] = key_at(d, item, c, level, arena);
	if (c->key[level])
		c->hash = hash_of(d, c->key[level]);
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

/* An item that is in the document twice, word for word, is no other item: it must not make the
 * keys of both finer, or they would change when it is there once again. */
static void
find_twins(const struct entry *entries, struct candidate *candidates, size_t count,
	   struct table *table)
{
	table_empty(table);
	for (size_t i = 0; i < count; i++) {
		const struct item *item = &entries[i].item;
		uint64_t rev, when_s = item->guid ? 0 : (uint64_t)item->published_s;
		size_t *number;

		memcpy(&rev, candidates[i].rev, sizeof(rev));
		number = table_at(table, candidates[i].hash + rev * 31 + when_s * 17);
		if (*number == 0)
			*number = i + 1;
		candidates[i].first = *number - 1;
	}
}

/* Refines the keys until each is one entry's alone, or as fine as keys get. */
static void
refine(struct digest *d, const struct entry *entries, struct candidate *candidates, size_t count,
       struct table *table, struct arena *arena)
{
	for (int level = BY_NAME + 1; level < LEVELS; level++) {
		size_t repeated = 0;

		table_empty(table);
		for (size_t i = 0; i < count; i++)
			if (candidates[i].first == i)
				++*table_at(table, candidates[i].hash);
		/* All of a crowd go on together: the first is not the one that keeps the name. */
		for (size_t i = 0; i < count; i++)
			candidates[i].crowded = candidates[i].first == i &&
						*table_at(table, candidates[i].hash) > 1;
		for (size_t i = 0; i < count; i++) {
			if (!candidates[i].crowded)
				continue;
			make_key(d, &entries[i].item, &candidates[i], (enum level)level, arena);
			repeated++;
		}
		if (repeated == 0)
			return;
	}
}

/* What repeats still are two versions of an item. Two revisions of one id in each fetch would
 * replace one another for ever, so the first is taken. Twins may stay: nobody takes a revision
 * twice. */
static void
drop_versions(struct candidate *candidates, size_t count, struct table *table)
{
	table_empty(table);
	for (size_t i = 0; i < count; i++) {
		struct candidate *c = &candidates[i];

		if (c->first == i)
			c->dropped = (*table_at(table, c->hash))++ > 0;
		else
			c->dropped = candidates[c->first].dropped;
	}
}

static int
finish(struct digest *d, const char *feed_id, struct entry *entry, const struct candidate *c,
       struct arena *arena, struct err *err)
{
	unsigned char bytes[DIGEST_BYTES];
	char id[ITEM_ID_HEX + 1], rev[ITEM_REV_HEX + 1];

	digest_begin(d);
	add(d, feed_id);
	add(d, c->key[c->level]);
	digest_end(d, bytes);
	digest_hex(bytes, ITEM_ID_HEX / 2, id);
	digest_hex(c->rev, sizeof(c->rev), rev);
	entry->key = c->key[c->level];
	entry->item.id = arena_strndup(arena, id, ITEM_ID_HEX);
	entry->item.rev = arena_strndup(arena, rev, ITEM_REV_HEX);
	return arena_failed(arena, err);
}

int
identity_assign(struct digest *digest, const char *feed_id, struct entry *entries, size_t *count,
		struct arena *arena, struct err *err)
{
	struct candidate *candidates = arena_array(arena, *count, sizeof(*candidates));
	struct table table = {.mask = 63};
	size_t kept = 0;

	while (table.mask < *count * 2)
		table.mask = table.mask * 2 + 1;
	table.slots = arena_array(arena, table.mask + 1, sizeof(table.slots[0]));
	if (arena_failed(arena, err) < 0)
		return -1;
	for (size_t i = 0; i < *count; i++) {
		candidates[i].url = plain_url(arena, entries[i].item.url);
		make_key(digest, &entries[i].item, &candidates[i], BY_NAME, arena);
		revision(digest, &entries[i].item, &candidates[i], arena);
	}
	find_twins(entries, candidates, *count, &table);
	refine(digest, entries, candidates, *count, &table, arena);
	if (arena_failed(arena, err) < 0)
		return -1;
	drop_versions(candidates, *count, &table);
	for (size_t i = 0; i < *count; i++) {
		if (candidates[i].dropped)
			continue;
		entries[kept] = entries[i];
		if (finish(digest, feed_id, &entries[kept++], &candidates[candidates[i].first],
			   arena, err) < 0)
			return -1;
	}
	*count = kept;
	return 0;
}
