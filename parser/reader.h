/* reader - walks through a document's elements and fills records: one for the feed, one for each
 * item. What an element means is a row of the table in fields; this is only the walk: scopes,
 * xml:base, xml:lang, and the text (or markup) an element holds. */
#ifndef FM_PARSER_READER_H
#define FM_PARSER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/item.h"
#include "parser/draft.h"
#include "parser/entity.h"
#include "parser/repair.h"
#include "parser/xml.h"

enum {
	READER_ITEMS_MAX = 20000,                     /* of a document; the others are left out */
	READER_FIELD_BYTES_MAX = ITEM_HTML_BYTES_MAX, /* of one element's text; more is cut */
	READER_DOCUMENT_BYTES_MAX = 96 * 1024 * 1024, /* what all items of a document may take */
};

enum format { FORMAT_RSS, FORMAT_RDF, FORMAT_ATOM, FORMAT_JSON };

/* Where an element stands: what its children may mean. Bits, as a row may hold in several. */
enum scope {
	IN_NOTHING = 0,
	IN_ROOT = 1 << 0, /* <rss>, <rdf:RDF> */
	IN_FEED = 1 << 1, /* <channel>, <feed> */
	IN_ITEM = 1 << 2,
	IN_IMAGE = 1 << 3,
	IN_PERSON = 1 << 4,
	IN_SOURCE = 1 << 5, /* atom:source of an entry */
	IN_MEDIA = 1 << 6,  /* media:group and media:content of an item */
	IN_LOST = 1 << 7,   /* an unknown element of a feed: there may be items in it */
	IN_BAG = 1 << 8,    /* rdf:Bag and the like within dc:subject, ... */
};

/* What an element's text is. */
enum form {
	FORM_TEXT,  /* plain, as it is */
	FORM_TITLE, /* plain or HTML, nobody knows (plain_title) */
	FORM_LABEL, /* plain, references may be doubled (plain_label) */
	FORM_HTML,
	FORM_XHTML,  /* inline markup: kept as HTML source */
	FORM_BASE64, /* HTML in base64 */
	FORM_BASE64_TEXT,
	FORM_OTHER, /* a medium that is no text: left out */
};

struct row; /* fields.h */

struct frame {
	const struct row *row; /* NULL: unknown, or markup inside a text */
	unsigned scope;        /* of what is inside */
	bool inner;            /* markup inside a text that is being kept */
	bool keeps;            /* its text is kept */
	bool has_markup;       /* ... and there was markup in it */
	bool cut;              /* its text has met its ceiling */
	bool borrowed;         /* of another format, and in no namespace that says so */
	enum form form;
	size_t text_at;    /* where its text begins in reader.text */
	ptrdiff_t outer;   /* the frame that was keeping before */
	const char *local; /* to close inner markup */
	const char *base, *lang;
	const char *own_lang; /* xml:lang of this very element */
};

/* One finished item. What the item on the wire has no place for stands beside it. */
struct entry {
	struct item item;
	const char *comments_feed, *source_id;
	const char *key;
};

struct reader {
	enum format format;
	struct arena *arena;
	struct entities *entities;
	struct xml *xml;

	struct frame frames[REPAIR_DEPTH_MAX + 8];
	size_t depth;
	ptrdiff_t keeping; /* the frame whose text is being kept; -1: none */
	struct buf text;   /* what is being kept */
	struct buf out;    /* scratch for what is made of it */
	struct buf plain;  /* scratch for what base64 stood for, or a text twice encoded */

	const void *root_uri;
	bool root_prefixed;
	bool root_known; /* its namespace or its name alone says that it is a feed */
	const char *document_url;
	const struct xml_attribute *attributes; /* of the start tag at hand */
	size_t attribute_count;

	struct draft feed, item;
	bool in_item;
	bool truncated;
	bool has_channel;
	bool no_version; /* of JSON Feed */
	bool cut_short;  /* the JSON ends too early; what is whole of it was read */
	struct {         /* the person at hand */
		const char *name, *email, *url;
	} person;
	struct { /* the link at hand */
		const char *rel, *type;
		int64_t length_bytes;
		bool has_href;
	} link;
	uint32_t skip_hours; /* bits */
	uint8_t skip_days;   /* bits, Sunday first */

	struct entry *entries;
	size_t entry_count, entry_cap;
	bool starved; /* an item was left out for want of memory */
	size_t cut_items, left_out_items, cut_fields, dropped_fields, twice_encoded, unread_dates;
	size_t controls;     /* that came to light in base64 or JSON */
	size_t unread_texts; /* base64 of what is no text */
	size_t refused_urls;
	size_t odd_names;  /* elements in the wrong case */
	size_t borrowed;   /* elements of Atom in RSS without its namespace, and the reverse */
	size_t unfinished; /* items that began before the last one ended */
	size_t outside;    /* items that are not in a channel */
	size_t mistyped;   /* members of JSON of another type than is due */
	int64_t newest_s;
};

struct reader *reader_new(void); /* NULL without memory */
void reader_free(struct reader *r);
SCOPED_DEFINE(struct reader, reader_free)

/* Empties it for a document. Results live in the arena. Borrows all. */
void reader_begin(struct reader *r, enum format format, struct arena *arena,
		  struct entities *entities, struct xml *xml, const char *document_url);

/* What xml_read tells: give it with the reader as self. */
extern const struct xml_handler reader_handler;

/* For the rows' functions. */

/* The feed's record or the item's. */
struct draft *reader_draft(struct reader *r);
struct frame *reader_frame(struct reader *r); /* the innermost */

/* An attribute of the start tag at hand (any namespace but none: NS_NONE), trimmed; {NULL, 0}. */
struct bytes reader_attribute(const struct reader *r, enum ns ns, const char *local);
/* The attribute without a prefix, or with Atom's: <atom:link atom:href="..."/>. */
struct bytes reader_own_attribute(const struct reader *r, const char *local);

/* Text as it may stand in the result, in the arena; NULL where nothing remains. */
const char *reader_text(struct reader *r, struct bytes raw, enum form form);
const char *reader_html(struct reader *r, struct bytes raw, enum form form);
/* Absolute where a base is known; NULL where the scheme is none that may be shown. */
const char *reader_url(struct reader *r, struct bytes raw);
/* The same in a document that a service serves for the site: relative to the site, not to it. */
const char *reader_site_url(struct reader *r, struct bytes raw);

/* A date; false where there is none or nobody can read it, which is counted. */
bool reader_date(struct reader *r, struct bytes raw, int64_t *s_out);

/* A short text as it is, in the arena; NULL where it is empty or longer than ITEM_TEXT_BYTES_MAX.
 */
const char *reader_copy(struct reader *r, struct bytes text);

/* Begins and ends an item. */
void reader_open_item(struct reader *r);
void reader_close_item(struct reader *r);

#endif
