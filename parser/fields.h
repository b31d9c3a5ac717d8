/* fields - which element means which field: the grammar of all feed formats, as a table. */
#ifndef FM_PARSER_FIELDS_H
#define FM_PARSER_FIELDS_H

#include "parser/names.h"
#include "parser/reader.h"

/* One meaning of an element. An element with several has a row for each scope it stands in. */
struct row {
	enum ns ns;
	const char *name; /* in lower case */
	unsigned in;      /* the scopes that it holds in */
	enum field field; /* what it gives */
	uint8_t rank;     /* how good a source of it: smaller is better */
	unsigned inside;  /* the scope of its children; IN_NOTHING: text and markup only */
	enum form form;   /* of its text, unless open says otherwise */
	/* At the start tag: what attributes say. May be NULL. */
	void (*open)(struct reader *r, const struct row *row);
	/* At the end tag: what its text says. NULL: its text is not kept. */
	void (*close)(struct reader *r, const struct row *row, struct bytes raw);
};

/* The first row for that name; its further rows follow it. NULL: unknown. */
const struct row *fields_find(enum ns ns, const char *name);

/* The row among those from first on that holds in the scope; NULL: none. */
const struct row *fields_in(const struct row *first, unsigned scope);

/* Whether an element with that row's meaning is spelt as it should be: names have their case. */
bool fields_spelt(const struct row *row, const char *local);

/* What rows do: rss.c, atom.c, media.c. */

/* Text fields of any format. */
void field_text(struct reader *r, const struct row *row, struct bytes raw);
void field_html(struct reader *r, const struct row *row, struct bytes raw);
void field_url(struct reader *r, const struct row *row, struct bytes raw);
void field_word(struct reader *r, const struct row *row, struct bytes raw); /* as it is, trimmed */
void field_date(struct reader *r, const struct row *row, struct bytes raw);
void field_both_dates(struct reader *r, const struct row *row, struct bytes raw);
void field_number(struct reader *r, const struct row *row, struct bytes raw);
void field_person(struct reader *r, const struct row *row, struct bytes raw);
void field_category(struct reader *r, const struct row *row, struct bytes raw);
void field_keywords(struct reader *r, const struct row *row, struct bytes raw);

/* rss.c */
void rss_open_channel(struct reader *r, const struct row *row);
void rss_open_item(struct reader *r, const struct row *row);
void rss_close_item(struct reader *r, const struct row *row, struct bytes raw);
void rss_open_guid(struct reader *r, const struct row *row);
void rss_guid(struct reader *r, const struct row *row, struct bytes raw);
void rss_open_enclosure(struct reader *r, const struct row *row);
void rss_open_source(struct reader *r, const struct row *row);
void rss_open_image(struct reader *r, const struct row *row);
void rss_image(struct reader *r, const struct row *row, struct bytes raw);
void rss_open_resource(struct reader *r, const struct row *row);
void rss_skip_hour(struct reader *r, const struct row *row, struct bytes raw);
void rss_skip_day(struct reader *r, const struct row *row, struct bytes raw);

/* atom.c */
void atom_open_text(struct reader *r, const struct row *row);
void atom_open_content(struct reader *r, const struct row *row);
void atom_id(struct reader *r, const struct row *row, struct bytes raw);
void atom_open_person(struct reader *r, const struct row *row);
void atom_person_name(struct reader *r, const struct row *row, struct bytes raw);
void atom_person_email(struct reader *r, const struct row *row, struct bytes raw);
void atom_person_url(struct reader *r, const struct row *row, struct bytes raw);
void atom_open_category(struct reader *r, const struct row *row);

/* link.c */
void link_open(struct reader *r, const struct row *row);
void link_close(struct reader *r, const struct row *row, struct bytes raw);
void link_open_rss(struct reader *r, const struct row *row);
void link_close_rss(struct reader *r, const struct row *row, struct bytes raw);

/* media.c: media, itunes and the podcast namespaces */
void media_original_link(struct reader *r, const struct row *row, struct bytes raw);
void media_original(struct reader *r, const struct row *row, struct bytes raw);
void media_open_content(struct reader *r, const struct row *row);
void media_open_thumbnail(struct reader *r, const struct row *row);
void media_open_text(struct reader *r, const struct row *row);
void media_open_image(struct reader *r, const struct row *row);
void media_open_person(struct reader *r, const struct row *row);
void media_person(struct reader *r, const struct row *row, struct bytes raw);

#endif
