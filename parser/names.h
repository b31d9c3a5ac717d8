/* names - the namespaces that feeds use, by any of the URIs and prefixes they are known under. */
#ifndef FM_PARSER_NAMES_H
#define FM_PARSER_NAMES_H

#include <stddef.h>

enum ns {
	NS_OTHER, /* of no interest */
	NS_NONE,  /* no prefix and no namespace: the format's own */
	NS_RSS,
	NS_ATOM,
	NS_RDF,
	NS_DC,
	NS_TERMS, /* Dublin Core terms */
	NS_CONTENT,
	NS_ITUNES,
	NS_MEDIA,
	NS_PLAY, /* Google Play podcasts */
	NS_PODCAST,
	NS_WFW,
	NS_SYNDICATION,
	NS_FEEDBURNER,
	NS_HISTORY,  /* RFC 5005 */
	NS_THREAD,   /* RFC 4685 */
	NS_WEBFEEDS, /* Feedly's */
	NS_ADMIN,
	NS_XHTML,
	NS_XML,
};

/* The namespace of a URI: without regard to case, http or https, and a "/" or "#" at its end. */
enum ns ns_of_uri(const char *uri);

/* The namespace that a prefix is used for when nobody declared it. */
enum ns ns_of_prefix(const char *prefix);

#endif
