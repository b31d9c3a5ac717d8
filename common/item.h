/* item - one entry of a feed, on its way from parser to sinks: msgpack on the wire, one JSON
 * spelling wherever people see it. Absent is NULL, 0 for a count, ITEM_NO_TIME for a time;
 * never an empty text. All texts are valid UTF-8; summary and content are safe HTML; all URLs
 * are absolute and of a safe scheme. */
#ifndef FM_COMMON_ITEM_H
#define FM_COMMON_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/json.h"

enum {
	ITEM_VERSION = 1,
	ITEM_ID_HEX = 32,
	ITEM_REV_HEX = 16,
	ITEM_BYTES_MAX = 8 * 1024 * 1024, /* encoded */
	ITEM_HTML_BYTES_MAX = 4 * 1024 * 1024,
	ITEM_TITLE_BYTES_MAX = 16 * 1024,
	ITEM_TEXT_BYTES_MAX = 16 * 1024, /* guid, rights, names */
	ITEM_URL_BYTES_MAX = 8192,
	ITEM_LIST_MAX = 256, /* authors, categories, enclosures, tags */
	ITEM_WHY_MAX = 64,   /* reasons a tag */
};
#define ITEM_NO_TIME INT64_MIN

struct item_author {
	const char *name, *email, *url;
};

struct item_enclosure {
	const char *url, *type;
	int64_t length_bytes; /* -1: unknown */
};

/* Why a tag was given: the rule's phrase met text at byte offset at of field. */
struct item_why {
	const char *rule;  /* the phrase as the rule file spells it */
	const char *field; /* title summary content category feed source url; tag: from a child */
	const char *text;  /* as the item spells it */
	int64_t at;
};

struct item_tag {
	const char *tag;
	double score;
	const struct item_why *why;
	size_t why_count;
};

struct item {
	uint64_t version; /* of who wrote it; a newer one has members that are in rest */
	const char *id;   /* ITEM_ID_HEX digits */
	const char *rev;  /* ITEM_REV_HEX digits */
	uint64_t seq;     /* the fetcher's spool sequence of its document: newer wins, */
	uint64_t retags;  /* and how often other rules tagged it anew since: see item_order */
	const char *guid, *url, *title, *summary, *content;
	const struct item_author *authors;
	size_t author_count;
	int64_t published_s, updated_s, fetched_s;
	const char *const *categories; /* the publisher's */
	size_t category_count;
	const char *language, *image;
	const struct item_enclosure *enclosures;
	size_t enclosure_count;
	const char *comments, *rights;
	struct {
		const char *title, *url;
	} source;
	struct {
		const char *id, *url, *title, *link, *language;
		const char *folder; /* where the list has it: "News/Science" */
	} feed;
	const struct item_tag *tags;
	size_t tag_count;
	const char *story;   /* ITEM_ID_HEX digits: items of several feeds that tell the same */
	uint64_t story_rank; /* 1: the first that told it */
	/* Members of the item itself that this version does not know, as msgpack pairs, passed on
	 * untouched (those inside its lists and objects are not). */
	struct bytes rest;
	uint32_t rest_members;
};

/* An item with every field absent. */
struct item item_empty(void);

/* Of two revisions of an item the one with the higher number is newer. */
uint64_t item_order(uint64_t seq, uint64_t retags);

/* Appends the msgpack map to out. */
int item_encode(const struct item *item, struct buf *out, struct err *err);
/* Texts live in the arena; rest too. ERR_REJECT: no safe msgpack, a wrong type, anything over its
 * ceiling, an id or rev that is missing or not lower-case hex. A newer version is accepted. */
int item_decode(struct bytes msg, struct arena *arena, struct item *out, struct err *err);

/* The JSON spelling as one object ("v", "id", "rev", ...), without a newline. Absent members are
 * left out; times are RFC 3339. */
void item_json(const struct item *item, struct json *j);
/* And back (items as JSON lines: feedmill classify). Nothing is a must, null is absent, unknown
 * members are dropped. ERR_REJECT names the member that is of another type, over its ceiling, or no
 * RFC 3339 date. Texts live in the arena. */
int item_from_json(const char *text, size_t len, struct arena *arena, struct item *out,
		   struct err *err);

#endif
