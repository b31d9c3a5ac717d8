/* draft - a feed or an item while it is being read: for each field the best source so far. */
#ifndef FM_PARSER_DRAFT_H
#define FM_PARSER_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/item.h"

enum field {
	FIELD_ID,
	FIELD_URL,
	FIELD_TITLE,
	FIELD_SUMMARY, /* of a feed: its subtitle */
	FIELD_CONTENT,
	FIELD_LANGUAGE,
	FIELD_IMAGE,
	FIELD_ICON,
	FIELD_RIGHTS,
	FIELD_COMMENTS,
	FIELD_COMMENTS_FEED,
	FIELD_GENERATOR,
	FIELD_SELF,
	FIELD_PREV_ARCHIVE,
	FIELD_SOURCE_TITLE,
	FIELD_SOURCE_URL,
	FIELD_SOURCE_ID,
	FIELD_UPDATE_PERIOD,
	FIELD_TEXTS, /* how many of them */
	/* The others go where their own functions put them. */
	FIELD_PUBLISHED,
	FIELD_UPDATED,
	FIELD_AUTHORS,
	FIELD_CATEGORIES,
	FIELD_ENCLOSURES,
	FIELD_NUMBER_TTL,
	FIELD_NUMBER_FREQUENCY,
	FIELD_NONE,
};

enum { DRAFT_HUBS_MAX = 8, DRAFT_RANK_NONE = 255 };

/* A date and how good its source is. */
struct draft_time {
	int64_t s;
	uint8_t rank;
};

struct draft {
	const char *text[FIELD_TEXTS]; /* in the arena; NULL: absent */
	uint8_t rank[FIELD_TEXTS];     /* of its source: smaller is better */
	struct draft_time published, updated;
	struct item_author authors[ITEM_LIST_MAX];
	size_t author_count;
	uint8_t author_rank;
	const char *categories[ITEM_LIST_MAX];
	size_t category_count;
	struct item_enclosure enclosures[ITEM_LIST_MAX];
	size_t enclosure_count;
	const char *hubs[DRAFT_HUBS_MAX];
	size_t hub_count;
	int64_t ttl_min, update_frequency; /* 0: absent */
	size_t over; /* entries of lists that had no room, since the document began */
};

/* Empties it. */
void draft_reset(struct draft *r);

/* Whether a source of that rank is better than what is there; equal ranks: the first stays. */
bool draft_wants(const struct draft *r, enum field field, uint8_t rank);

/* Takes text (in the arena; NULL and "" are nothing) if it is wanted. */
void draft_set(struct draft *r, enum field field, uint8_t rank, const char *text);
/* Of dates from equal sources the last stays. */
void draft_set_time(struct draft_time *t, uint8_t rank, int64_t s);

/* An author from a source of that rank: a better source pushes those of worse ones out, a worse
 * one is not heard; nobody twice. Texts in the arena; empty ones are absent. */
void draft_add_author(struct draft *r, uint8_t rank, const char *name, const char *email,
		      const char *url);

/* Each once, none that is empty. An enclosure met again completes what it lacked. */
void draft_add_category(struct draft *r, const char *category);
void draft_add_enclosure(struct draft *r, const char *url, const char *type, int64_t length_bytes);
void draft_add_hub(struct draft *r, const char *url);

#endif
