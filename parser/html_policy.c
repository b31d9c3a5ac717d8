#include "parser/html_policy.h"

#include <string.h>

enum { NAME_BYTES = 16 };

const char *const html_link_schemes[] = {
	"http",   "https", "mailto", "tel",    "sms",    "ftp",  "geo",  "gemini",
	"gopher", "irc",   "ircs",   "magnet", "matrix", "news", "xmpp", NULL,
};
const char *const html_media_schemes[] = {"http", "https", NULL};

/* Attributes. */

static const char attributes[HTML_ATTRS][NAME_BYTES + 1] = {
	[HTML_ATTR_ABBR] = "abbr",
	[HTML_ATTR_ALT] = "alt",
	[HTML_ATTR_CITE] = "cite",
	[HTML_ATTR_CLASS] = "class",
	[HTML_ATTR_COLSPAN] = "colspan",
	[HTML_ATTR_CONTROLS] = "controls",
	[HTML_ATTR_DATA] = "data",
	[HTML_ATTR_DATA_LAZY_SRC] = "data-lazy-src",
	[HTML_ATTR_DATA_LAZY_SRCSET] = "data-lazy-srcset",
	[HTML_ATTR_DATA_ORIGINAL] = "data-original",
	[HTML_ATTR_DATA_SRC] = "data-src",
	[HTML_ATTR_DATA_SRCSET] = "data-srcset",
	[HTML_ATTR_DATETIME] = "datetime",
	[HTML_ATTR_DEFAULT] = "default",
	[HTML_ATTR_DIR] = "dir",
	[HTML_ATTR_HEIGHT] = "height",
	[HTML_ATTR_HREF] = "href",
	[HTML_ATTR_HREFLANG] = "hreflang",
	[HTML_ATTR_KIND] = "kind",
	[HTML_ATTR_LABEL] = "label",
	[HTML_ATTR_LANG] = "lang",
	[HTML_ATTR_LOADING] = "loading",
	[HTML_ATTR_LOOP] = "loop",
	[HTML_ATTR_MEDIA] = "media",
	[HTML_ATTR_MUTED] = "muted",
	[HTML_ATTR_OPEN] = "open",
	[HTML_ATTR_PLAYSINLINE] = "playsinline",
	[HTML_ATTR_POSTER] = "poster",
	[HTML_ATTR_PRELOAD] = "preload",
	[HTML_ATTR_REFERRERPOLICY] = "referrerpolicy",
	[HTML_ATTR_REL] = "rel",
	[HTML_ATTR_REVERSED] = "reversed",
	[HTML_ATTR_ROWSPAN] = "rowspan",
	[HTML_ATTR_SCOPE] = "scope",
	[HTML_ATTR_SIZES] = "sizes",
	[HTML_ATTR_SPAN] = "span",
	[HTML_ATTR_SRC] = "src",
	[HTML_ATTR_SRCLANG] = "srclang",
	[HTML_ATTR_SRCSET] = "srcset",
	[HTML_ATTR_START] = "start",
	[HTML_ATTR_STYLE] = "style",
	[HTML_ATTR_TITLE] = "title",
	[HTML_ATTR_TYPE] = "type",
	[HTML_ATTR_VALUE] = "value",
	[HTML_ATTR_WIDTH] = "width",
};

#define RULES_END                                                                                  \
	{                                                                                          \
		HTML_ATTRS, HTML_VALUES, NULL                                                      \
	}

const struct html_rule html_global_rules[] = {
	{HTML_ATTR_TITLE, HTML_TEXT_VALUE, NULL},
	{HTML_ATTR_LANG, HTML_LANGUAGE, NULL},
	{HTML_ATTR_DIR, HTML_CHOICE, "ltr rtl auto"},
	RULES_END,
};

static const struct html_rule a_rules[] = {
	{HTML_ATTR_HREF, HTML_LINK_URL, NULL},
	{HTML_ATTR_REL, HTML_TOKENS,
	 "alternate author bookmark external help license me next nofollow noopener noreferrer "
	 "prev search sponsored tag ugc"},
	{HTML_ATTR_HREFLANG, HTML_LANGUAGE, NULL},
	{HTML_ATTR_TYPE, HTML_MIME, NULL},
	RULES_END,
};

/* src and srcset are written by html_image. */
static const struct html_rule img_rules[] = {
	{HTML_ATTR_SIZES, HTML_TEXT_VALUE, NULL},
	{HTML_ATTR_ALT, HTML_TEXT_VALUE, NULL},
	{HTML_ATTR_WIDTH, HTML_NUMBER, NULL},
	{HTML_ATTR_HEIGHT, HTML_NUMBER, NULL},
	{HTML_ATTR_LOADING, HTML_ALWAYS, "lazy"},
	{HTML_ATTR_REFERRERPOLICY, HTML_ALWAYS, "no-referrer"},
	RULES_END,
};

static const struct html_rule source_rules[] = {
	{HTML_ATTR_SRC, HTML_MEDIA_URL, NULL},    {HTML_ATTR_SRCSET, HTML_SRCSET, NULL},
	{HTML_ATTR_SIZES, HTML_TEXT_VALUE, NULL}, {HTML_ATTR_MEDIA, HTML_TEXT_VALUE, NULL},
	{HTML_ATTR_TYPE, HTML_MIME, NULL},        {HTML_ATTR_WIDTH, HTML_NUMBER, NULL},
	{HTML_ATTR_HEIGHT, HTML_NUMBER, NULL},    RULES_END,
};

/* Nothing is loaded before the reader asks for it; without controls nobody could ask. They come
 * first, where a source that follows can still put them. */
static const struct html_rule audio_rules[] = {
	{HTML_ATTR_CONTROLS, HTML_PLAYED, NULL}, {HTML_ATTR_PRELOAD, HTML_PLAYED, "none"},
	{HTML_ATTR_SRC, HTML_MEDIA_URL, NULL},   {HTML_ATTR_LOOP, HTML_FLAG, NULL},
	{HTML_ATTR_MUTED, HTML_FLAG, NULL},      RULES_END,
};

static const struct html_rule video_rules[] = {
	{HTML_ATTR_CONTROLS, HTML_PLAYED, NULL},  {HTML_ATTR_PRELOAD, HTML_PLAYED, "none"},
	{HTML_ATTR_SRC, HTML_MEDIA_URL, NULL},    {HTML_ATTR_POSTER, HTML_MEDIA_URL, NULL},
	{HTML_ATTR_WIDTH, HTML_NUMBER, NULL},     {HTML_ATTR_HEIGHT, HTML_NUMBER, NULL},
	{HTML_ATTR_LOOP, HTML_FLAG, NULL},        {HTML_ATTR_MUTED, HTML_FLAG, NULL},
	{HTML_ATTR_PLAYSINLINE, HTML_FLAG, NULL}, RULES_END,
};

static const struct html_rule track_rules[] = {
	{HTML_ATTR_SRC, HTML_MEDIA_URL, NULL},
	{HTML_ATTR_KIND, HTML_CHOICE, "subtitles captions descriptions chapters"},
	{HTML_ATTR_SRCLANG, HTML_LANGUAGE, NULL},
	{HTML_ATTR_LABEL, HTML_TEXT_VALUE, NULL},
	{HTML_ATTR_DEFAULT, HTML_FLAG, NULL},
	RULES_END,
};

static const struct html_rule quote_rules[] = {
	{HTML_ATTR_CITE, HTML_LINK_URL, NULL},
	RULES_END,
};

static const struct html_rule edit_rules[] = {
	{HTML_ATTR_CITE, HTML_LINK_URL, NULL},
	{HTML_ATTR_DATETIME, HTML_TEXT_VALUE, NULL},
	RULES_END,
};

static const struct html_rule time_rules[] = {
	{HTML_ATTR_DATETIME, HTML_TEXT_VALUE, NULL},
	RULES_END,
};

static const struct html_rule ol_rules[] = {
	{HTML_ATTR_START, HTML_INTEGER, NULL},
	{HTML_ATTR_REVERSED, HTML_FLAG, NULL},
	{HTML_ATTR_TYPE, HTML_CHOICE, "1 a A i I"},
	RULES_END,
};

static const struct html_rule li_rules[] = {
	{HTML_ATTR_VALUE, HTML_INTEGER, NULL},
	RULES_END,
};

static const struct html_rule cell_rules[] = {
	{HTML_ATTR_COLSPAN, HTML_NUMBER, NULL},
	{HTML_ATTR_ROWSPAN, HTML_NUMBER, NULL},
	{HTML_ATTR_SCOPE, HTML_CHOICE, "row col rowgroup colgroup"},
	{HTML_ATTR_ABBR, HTML_TEXT_VALUE, NULL},
	RULES_END,
};

static const struct html_rule col_rules[] = {
	{HTML_ATTR_SPAN, HTML_NUMBER, NULL},
	RULES_END,
};

static const struct html_rule details_rules[] = {
	{HTML_ATTR_OPEN, HTML_FLAG, NULL},
	RULES_END,
};

static const struct html_rule code_rules[] = {
	{HTML_ATTR_CLASS, HTML_HIGHLIGHT, NULL},
	RULES_END,
};

/* Elements. */

#define ROW(name, kind, as, flags, rules)                                                          \
	{                                                                                          \
		name, kind, as, flags, rules, sizeof(name) - 1                                     \
	}
#define GOES(name, kind, flags) ROW(name, kind, HTML_NAMES, flags, NULL)

enum {
	LIST = HTML_SPECIAL | HTML_BREAKOUT,
	SECTION = HTML_SPECIAL | HTML_DIVISIBLE,
	CELL = HTML_SPECIAL | HTML_MARKER,
};

const struct html_element html_elements[HTML_NAMES] = {
	[HTML_A] = ROW("a", HTML_FORMATTING, HTML_A, 0, a_rules),
	[HTML_ABBR] = ROW("abbr", HTML_INLINE, HTML_ABBR, 0, NULL),
	[HTML_ACRONYM] = ROW("acronym", HTML_INLINE, HTML_ABBR, 0, NULL),
	[HTML_ADDRESS] = ROW("address", HTML_BLOCK, HTML_ADDRESS, SECTION | HTML_PASSED, NULL),
	[HTML_ANNOTATION] = GOES("annotation", HTML_SKIP, 0),
	[HTML_ANNOTATION_XML] = GOES("annotation-xml", HTML_SKIP, 0),
	[HTML_ARTICLE] = ROW("article", HTML_BLOCK, HTML_ARTICLE, SECTION, NULL),
	[HTML_ASIDE] = ROW("aside", HTML_BLOCK, HTML_ASIDE, SECTION, NULL),
	[HTML_AUDIO] = ROW("audio", HTML_INLINE, HTML_AUDIO, 0, audio_rules),
	[HTML_B] = ROW("b", HTML_FORMATTING, HTML_B, HTML_BREAKOUT, NULL),
	[HTML_BDI] = ROW("bdi", HTML_INLINE, HTML_BDI, 0, NULL),
	[HTML_BDO] = ROW("bdo", HTML_INLINE, HTML_BDO, 0, NULL),
	[HTML_BIG] = GOES("big", HTML_UNWRAP, HTML_BREAKOUT),
	[HTML_BLOCKQUOTE] = ROW("blockquote", HTML_BLOCK, HTML_BLOCKQUOTE, SECTION | HTML_BREAKOUT,
				quote_rules),
	[HTML_BODY] = GOES("body", HTML_UNWRAP, HTML_BREAKOUT),
	[HTML_BR] = ROW("br", HTML_VOID, HTML_BR, HTML_BREAKOUT, NULL),
	[HTML_CAPTION] = ROW("caption", HTML_TABLE_PART, HTML_CAPTION, CELL, NULL),
	[HTML_CENTER] = ROW("center", HTML_BLOCK, HTML_DIV, HTML_BREAKOUT, NULL),
	[HTML_CITE] = ROW("cite", HTML_INLINE, HTML_CITE, 0, NULL),
	[HTML_CODE] = ROW("code", HTML_FORMATTING, HTML_CODE, HTML_BREAKOUT, code_rules),
	[HTML_COL] = ROW("col", HTML_TABLE_PART, HTML_COL, 0, col_rules),
	[HTML_COLGROUP] = ROW("colgroup", HTML_TABLE_PART, HTML_COLGROUP, HTML_SPECIAL, col_rules),
	[HTML_DD] = ROW("dd", HTML_ITEM, HTML_DD, LIST, NULL),
	[HTML_DEL] = ROW("del", HTML_INLINE, HTML_DEL, 0, edit_rules),
	[HTML_DETAILS] = ROW("details", HTML_BLOCK, HTML_DETAILS, HTML_SPECIAL, details_rules),
	[HTML_DFN] = ROW("dfn", HTML_INLINE, HTML_DFN, 0, NULL),
	[HTML_DIALOG] = ROW("dialog", HTML_BLOCK, HTML_DIV, 0, NULL),
	[HTML_DIR] = ROW("dir", HTML_BLOCK, HTML_UL, 0, NULL),
	[HTML_DIV] = ROW("div", HTML_BLOCK, HTML_DIV, SECTION | HTML_PASSED | HTML_BREAKOUT, NULL),
	[HTML_DL] = ROW("dl", HTML_BLOCK, HTML_DL, LIST, NULL),
	[HTML_DT] = ROW("dt", HTML_ITEM, HTML_DT, LIST, NULL),
	[HTML_EM] = ROW("em", HTML_FORMATTING, HTML_EM, HTML_BREAKOUT, NULL),
	[HTML_EMBED] = GOES("embed", HTML_EMBEDDED, HTML_BREAKOUT),
	[HTML_FIELDSET] = ROW("fieldset", HTML_BLOCK, HTML_DIV, 0, NULL),
	[HTML_FIGCAPTION] = ROW("figcaption", HTML_BLOCK, HTML_FIGCAPTION, HTML_SPECIAL, NULL),
	[HTML_FIGURE] = ROW("figure", HTML_BLOCK, HTML_FIGURE, HTML_SPECIAL, NULL),
	[HTML_FOOTER] = ROW("footer", HTML_BLOCK, HTML_FOOTER, SECTION, NULL),
	[HTML_FORM] = ROW("form", HTML_BLOCK, HTML_DIV, 0, NULL),
	[HTML_H1] = ROW("h1", HTML_HEADING, HTML_H1, SECTION | HTML_BREAKOUT, NULL),
	[HTML_H2] = ROW("h2", HTML_HEADING, HTML_H2, SECTION | HTML_BREAKOUT, NULL),
	[HTML_H3] = ROW("h3", HTML_HEADING, HTML_H3, SECTION | HTML_BREAKOUT, NULL),
	[HTML_H4] = ROW("h4", HTML_HEADING, HTML_H4, SECTION | HTML_BREAKOUT, NULL),
	[HTML_H5] = ROW("h5", HTML_HEADING, HTML_H5, SECTION | HTML_BREAKOUT, NULL),
	[HTML_H6] = ROW("h6", HTML_HEADING, HTML_H6, SECTION | HTML_BREAKOUT, NULL),
	[HTML_HEAD] = GOES("head", HTML_UNWRAP, HTML_BREAKOUT),
	[HTML_HEADER] = ROW("header", HTML_BLOCK, HTML_HEADER, SECTION, NULL),
	[HTML_HGROUP] = ROW("hgroup", HTML_BLOCK, HTML_HGROUP, SECTION, NULL),
	[HTML_HR] = ROW("hr", HTML_RULE, HTML_HR, HTML_BREAKOUT, NULL),
	[HTML_I] = ROW("i", HTML_FORMATTING, HTML_I, HTML_BREAKOUT, NULL),
	[HTML_IFRAME] = GOES("iframe", HTML_EMBEDDED, 0),
	[HTML_IMAGE] = ROW("image", HTML_PICTURED, HTML_IMG, 0, img_rules),
	[HTML_IMG] = ROW("img", HTML_PICTURED, HTML_IMG, HTML_BREAKOUT, img_rules),
	[HTML_INS] = ROW("ins", HTML_INLINE, HTML_INS, 0, edit_rules),
	[HTML_KBD] = ROW("kbd", HTML_INLINE, HTML_KBD, 0, NULL),
	[HTML_LEGEND] = ROW("legend", HTML_BLOCK, HTML_DIV, 0, NULL),
	[HTML_LI] = ROW("li", HTML_ITEM, HTML_LI, LIST, li_rules),
	[HTML_LISTING] = ROW("listing", HTML_BLOCK, HTML_PRE, HTML_BREAKOUT, NULL),
	[HTML_MAIN] = ROW("main", HTML_BLOCK, HTML_DIV, 0, NULL),
	[HTML_MARK] = ROW("mark", HTML_INLINE, HTML_MARK, 0, NULL),
	[HTML_MATH] = GOES("math", HTML_UNWRAP, 0),
	[HTML_MENU] = ROW("menu", HTML_BLOCK, HTML_UL, HTML_BREAKOUT, NULL),
	[HTML_META] = GOES("meta", HTML_UNWRAP, HTML_BREAKOUT),
	[HTML_NAV] = ROW("nav", HTML_BLOCK, HTML_DIV, 0, NULL),
	[HTML_NOBR] = GOES("nobr", HTML_UNWRAP, HTML_BREAKOUT),
	[HTML_NOEMBED] = GOES("noembed", HTML_RAW, 0),
	[HTML_NOFRAMES] = GOES("noframes", HTML_RAW, 0),
	[HTML_NOSCRIPT] = GOES("noscript", HTML_UNWRAP, 0),
	[HTML_OBJECT] = GOES("object", HTML_EMBEDDED, 0),
	[HTML_OL] = ROW("ol", HTML_BLOCK, HTML_OL, LIST, ol_rules),
	[HTML_P] = ROW("p", HTML_BLOCK, HTML_P, SECTION | HTML_PASSED | HTML_BREAKOUT, NULL),
	[HTML_PICTURE] = ROW("picture", HTML_INLINE, HTML_PICTURE, 0, NULL),
	[HTML_PLAINTEXT] = ROW("plaintext", HTML_VERBATIM, HTML_PRE, 0, NULL),
	[HTML_PRE] = ROW("pre", HTML_BLOCK, HTML_PRE, HTML_SPECIAL | HTML_BREAKOUT, code_rules),
	[HTML_Q] = ROW("q", HTML_INLINE, HTML_Q, 0, quote_rules),
	[HTML_RB] = GOES("rb", HTML_RUBY_PART, 0),
	[HTML_RP] = ROW("rp", HTML_RUBY_PART, HTML_RP, 0, NULL),
	[HTML_RT] = ROW("rt", HTML_RUBY_PART, HTML_RT, 0, NULL),
	[HTML_RTC] = GOES("rtc", HTML_RUBY_PART, 0),
	[HTML_RUBY] = ROW("ruby", HTML_INLINE, HTML_RUBY, HTML_BREAKOUT, NULL),
	[HTML_S] = ROW("s", HTML_FORMATTING, HTML_S, HTML_BREAKOUT, NULL),
	[HTML_SAMP] = ROW("samp", HTML_INLINE, HTML_SAMP, 0, NULL),
	[HTML_SCRIPT] = GOES("script", HTML_RAW, 0),
	[HTML_SEARCH] = ROW("search", HTML_BLOCK, HTML_DIV, 0, NULL),
	[HTML_SECTION] = ROW("section", HTML_BLOCK, HTML_SECTION, SECTION, NULL),
	[HTML_SMALL] = ROW("small", HTML_FORMATTING, HTML_SMALL, HTML_BREAKOUT, NULL),
	[HTML_SOURCE] = ROW("source", HTML_VOID, HTML_SOURCE, 0, source_rules),
	[HTML_SPAN] = ROW("span", HTML_INLINE, HTML_SPAN, HTML_BREAKOUT, NULL),
	[HTML_STRIKE] = ROW("strike", HTML_FORMATTING, HTML_S, HTML_BREAKOUT, NULL),
	[HTML_STRONG] = ROW("strong", HTML_FORMATTING, HTML_STRONG, HTML_BREAKOUT, NULL),
	[HTML_STYLE] = GOES("style", HTML_RAW, 0),
	[HTML_SUB] = ROW("sub", HTML_INLINE, HTML_SUB, HTML_BREAKOUT, NULL),
	[HTML_SUMMARY] = ROW("summary", HTML_BLOCK, HTML_SUMMARY, HTML_SPECIAL, NULL),
	[HTML_SUP] = ROW("sup", HTML_INLINE, HTML_SUP, HTML_BREAKOUT, NULL),
	[HTML_SVG] = GOES("svg", HTML_SKIP, 0),
	[HTML_TABLE] = ROW("table", HTML_TABLED, HTML_TABLE, HTML_SPECIAL | HTML_BREAKOUT, NULL),
	[HTML_TBODY] = ROW("tbody", HTML_TABLE_PART, HTML_TBODY, HTML_SPECIAL, NULL),
	[HTML_TD] = ROW("td", HTML_TABLE_PART, HTML_TD, CELL, cell_rules),
	[HTML_TEMPLATE] = GOES("template", HTML_SKIP, 0),
	[HTML_TEXTAREA] = GOES("textarea", HTML_RAW, 0),
	[HTML_TFOOT] = ROW("tfoot", HTML_TABLE_PART, HTML_TFOOT, HTML_SPECIAL, NULL),
	[HTML_TH] = ROW("th", HTML_TABLE_PART, HTML_TH, CELL, cell_rules),
	[HTML_THEAD] = ROW("thead", HTML_TABLE_PART, HTML_THEAD, HTML_SPECIAL, NULL),
	[HTML_TIME] = ROW("time", HTML_INLINE, HTML_TIME, 0, time_rules),
	[HTML_TITLE] = GOES("title", HTML_RAW, 0),
	[HTML_TR] = ROW("tr", HTML_TABLE_PART, HTML_TR, HTML_SPECIAL, NULL),
	[HTML_TRACK] = ROW("track", HTML_VOID, HTML_TRACK, 0, track_rules),
	[HTML_TT] = ROW("tt", HTML_FORMATTING, HTML_CODE, HTML_BREAKOUT, NULL),
	[HTML_U] = ROW("u", HTML_FORMATTING, HTML_U, HTML_BREAKOUT, NULL),
	[HTML_UL] = ROW("ul", HTML_BLOCK, HTML_UL, LIST, NULL),
	[HTML_VAR] = ROW("var", HTML_INLINE, HTML_VAR, HTML_BREAKOUT, NULL),
	[HTML_VIDEO] = ROW("video", HTML_INLINE, HTML_VIDEO, 0, video_rules),
	[HTML_WBR] = ROW("wbr", HTML_VOID, HTML_WBR, 0, NULL),
	[HTML_XMP] = ROW("xmp", HTML_VERBATIM, HTML_PRE, 0, NULL),
};

/* By name. */

/* Letters lower-cased, the rest of the key zero; false when it can be no name. */
static bool
key_of(const char *name, size_t len, char key[NAME_BYTES])
{
	if (len == 0 || len > NAME_BYTES || memchr(name, '\0', len))
		return false;
	memset(key, 0, NAME_BYTES);
	for (size_t i = 0; i < len; i++)
		key[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
	return true;
}

/* The row whose name is key among count rows of row_bytes, sorted by the name each begins with;
 * count where there is none. */
static size_t
row_find(const void *rows, size_t count, size_t row_bytes, const char key[NAME_BYTES])
{
	size_t least = 0;
	size_t most = count;

	while (least < most) {
		const size_t middle = (least + most) / 2;
		const int order = memcmp((const char *)rows + middle * row_bytes, key, NAME_BYTES);

		if (order == 0)
			return middle;
		if (order < 0)
			least = middle + 1;
		else
			most = middle;
	}
	return count;
}

const struct html_element *
html_element_find(const char *name, size_t len)
{
	char key[NAME_BYTES];
	size_t row;

	if (!key_of(name, len, key))
		return NULL;
	row = row_find(html_elements, HTML_NAMES, sizeof(html_elements[0]), key);
	return row < HTML_NAMES ? &html_elements[row] : NULL;
}

enum html_attribute_name
html_attribute_find(struct bytes name)
{
	char key[NAME_BYTES];

	if (!key_of(name.data, name.len, key))
		return HTML_ATTRS;
	return (enum html_attribute_name)row_find(attributes, HTML_ATTRS, sizeof(attributes[0]),
						  key);
}

const char *
html_attribute_text(enum html_attribute_name name)
{
	return attributes[name];
}
