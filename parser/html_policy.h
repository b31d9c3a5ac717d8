/* html_policy - what may stand in our HTML, as tables: the elements and what becomes of each, the
 * attributes and what each may say, the schemes of URLs. What no table names is left out. */
#ifndef FM_PARSER_HTML_POLICY_H
#define FM_PARSER_HTML_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

/* In the order of their names: the table is searched by it. */
enum html_name {
	HTML_A,
	HTML_ABBR,
	HTML_ACRONYM,
	HTML_ADDRESS,
	HTML_ANNOTATION,
	HTML_ANNOTATION_XML,
	HTML_ARTICLE,
	HTML_ASIDE,
	HTML_AUDIO,
	HTML_B,
	HTML_BDI,
	HTML_BDO,
	HTML_BIG,
	HTML_BLOCKQUOTE,
	HTML_BODY,
	HTML_BR,
	HTML_CAPTION,
	HTML_CENTER,
	HTML_CITE,
	HTML_CODE,
	HTML_COL,
	HTML_COLGROUP,
	HTML_DD,
	HTML_DEL,
	HTML_DETAILS,
	HTML_DFN,
	HTML_DIALOG,
	HTML_DIR,
	HTML_DIV,
	HTML_DL,
	HTML_DT,
	HTML_EM,
	HTML_EMBED,
	HTML_FIELDSET,
	HTML_FIGCAPTION,
	HTML_FIGURE,
	HTML_FOOTER,
	HTML_FORM,
	HTML_H1,
	HTML_H2,
	HTML_H3,
	HTML_H4,
	HTML_H5,
	HTML_H6,
	HTML_HEAD,
	HTML_HEADER,
	HTML_HGROUP,
	HTML_HR,
	HTML_I,
	HTML_IFRAME,
	HTML_IMAGE,
	HTML_IMG,
	HTML_INS,
	HTML_KBD,
	HTML_LEGEND,
	HTML_LI,
	HTML_LISTING,
	HTML_MAIN,
	HTML_MARK,
	HTML_MATH,
	HTML_MENU,
	HTML_META,
	HTML_NAV,
	HTML_NOBR,
	HTML_NOEMBED,
	HTML_NOFRAMES,
	HTML_NOSCRIPT,
	HTML_OBJECT,
	HTML_OL,
	HTML_P,
	HTML_PICTURE,
	HTML_PLAINTEXT,
	HTML_PRE,
	HTML_Q,
	HTML_RB,
	HTML_RP,
	HTML_RT,
	HTML_RTC,
	HTML_RUBY,
	HTML_S,
	HTML_SAMP,
	HTML_SCRIPT,
	HTML_SEARCH,
	HTML_SECTION,
	HTML_SMALL,
	HTML_SOURCE,
	HTML_SPAN,
	HTML_STRIKE,
	HTML_STRONG,
	HTML_STYLE,
	HTML_SUB,
	HTML_SUMMARY,
	HTML_SUP,
	HTML_SVG,
	HTML_TABLE,
	HTML_TBODY,
	HTML_TD,
	HTML_TEMPLATE,
	HTML_TEXTAREA,
	HTML_TFOOT,
	HTML_TH,
	HTML_THEAD,
	HTML_TIME,
	HTML_TITLE,
	HTML_TR,
	HTML_TRACK,
	HTML_TT,
	HTML_U,
	HTML_UL,
	HTML_VAR,
	HTML_VIDEO,
	HTML_WBR,
	HTML_XMP,
	HTML_NAMES, /* their number; also: none of them */
};

/* What an element is to the balancer. */
enum html_kind {
	HTML_UNWRAP,     /* the tags go, the content stays */
	HTML_BLOCK,      /* ends a paragraph */
	HTML_HEADING,    /* a block; ends the heading that is open */
	HTML_ITEM,       /* li, dt, dd: a block that needs its list */
	HTML_INLINE,     /* span and the like */
	HTML_FORMATTING, /* b and the like: goes on in the next block when it was not ended */
	HTML_RUBY_PART,  /* rt, rp: only inside ruby */
	HTML_VOID,       /* no content, no end tag */
	HTML_RULE,       /* a void that ends a paragraph */
	HTML_PICTURED,   /* img */
	HTML_EMBEDDED,   /* iframe, embed, object: becomes a link */
	HTML_TABLED,     /* table */
	HTML_TABLE_PART, /* caption, colgroup, col, tbody, tr, td, ... */
	HTML_RAW,        /* its content is text without markup, and goes */
	HTML_VERBATIM,   /* its content is text without markup, and stays: xmp, plaintext */
	HTML_SKIP,       /* the element goes with all that is in it */
	HTML_KINDS,
};

enum {
	HTML_SPECIAL = 1,   /* an end tag of an inline element does not reach across it */
	HTML_DIVISIBLE = 2, /* may be closed and opened again in the middle of its content */
	HTML_MARKER = 4, /* formatting outside does not reach into it, nor tags within out of it */
	HTML_BREAKOUT = 8, /* ends svg and math */
	HTML_PASSED = 16,  /* li, dt and dd look past it for the list that they belong to */
};

enum html_attribute_name {
	HTML_ATTR_ABBR,
	HTML_ATTR_ALT,
	HTML_ATTR_CITE,
	HTML_ATTR_CLASS,
	HTML_ATTR_COLSPAN,
	HTML_ATTR_CONTROLS,
	HTML_ATTR_DATA,
	HTML_ATTR_DATA_LAZY_SRC,
	HTML_ATTR_DATA_LAZY_SRCSET,
	HTML_ATTR_DATA_ORIGINAL,
	HTML_ATTR_DATA_SRC,
	HTML_ATTR_DATA_SRCSET,
	HTML_ATTR_DATETIME,
	HTML_ATTR_DEFAULT,
	HTML_ATTR_DIR,
	HTML_ATTR_HEIGHT,
	HTML_ATTR_HREF,
	HTML_ATTR_HREFLANG,
	HTML_ATTR_KIND,
	HTML_ATTR_LABEL,
	HTML_ATTR_LANG,
	HTML_ATTR_LOADING,
	HTML_ATTR_LOOP,
	HTML_ATTR_MEDIA,
	HTML_ATTR_MUTED,
	HTML_ATTR_OPEN,
	HTML_ATTR_PLAYSINLINE,
	HTML_ATTR_POSTER,
	HTML_ATTR_PRELOAD,
	HTML_ATTR_REFERRERPOLICY,
	HTML_ATTR_REL,
	HTML_ATTR_REVERSED,
	HTML_ATTR_ROWSPAN,
	HTML_ATTR_SCOPE,
	HTML_ATTR_SIZES,
	HTML_ATTR_SPAN,
	HTML_ATTR_SRC,
	HTML_ATTR_SRCLANG,
	HTML_ATTR_SRCSET,
	HTML_ATTR_START,
	HTML_ATTR_STYLE,
	HTML_ATTR_TITLE,
	HTML_ATTR_TYPE,
	HTML_ATTR_VALUE,
	HTML_ATTR_WIDTH,
	HTML_ATTRS, /* their number; also: none of them */
};

/* What an attribute may say; anything else leaves it out. */
enum html_value {
	HTML_TEXT_VALUE, /* anything */
	HTML_FLAG,       /* its being there is all: written without a value */
	HTML_ALWAYS,     /* written with the value of choices, whatever the source has */
	HTML_PLAYED,     /* the same, of what has something to play */
	HTML_NUMBER,     /* digits, at most HTML_NUMBER_MAX; "12px" is 12 */
	HTML_INTEGER,    /* the same, or negative */
	HTML_CHOICE,     /* one of choices, separated by blanks */
	HTML_LANGUAGE,   /* a language tag */
	HTML_MIME,       /* a media type */
	HTML_TOKENS,     /* those of its words that choices has */
	HTML_HIGHLIGHT,  /* those of its words that begin with "language-" */
	HTML_LINK_URL,
	HTML_MEDIA_URL,
	HTML_SRCSET, /* candidates with media URLs */
	HTML_VALUES,
};

enum { HTML_NUMBER_MAX = 20000 };

struct html_rule {
	enum html_attribute_name name;
	enum html_value value;
	const char *choices;
};

struct html_element {
	char name[16];
	enum html_kind kind;
	enum html_name as;             /* the element that is written; HTML_NAMES: none */
	unsigned flags;                /* HTML_SPECIAL | ... */
	const struct html_rule *rules; /* the last one has the name HTML_ATTRS; NULL: none */
	unsigned char len;             /* of the name */
};

/* What a video or audio that has something to play begins with: html_attribute writes it. */
#define HTML_PLAYER " controls preload=\"none\""

extern const struct html_element html_elements[HTML_NAMES];

/* For every element, after its own. */
extern const struct html_rule html_global_rules[];

/* By their names in any case of letters; NULL and HTML_ATTRS where the tables have none. */
const struct html_element *html_element_find(const char *name, size_t len);
enum html_attribute_name html_attribute_find(struct bytes name);
const char *html_attribute_text(enum html_attribute_name name);

/* NULL-terminated. */
extern const char *const html_link_schemes[];
extern const char *const html_media_schemes[];

#endif
