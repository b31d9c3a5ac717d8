#include "parser/names.h"

#include <string.h>
#include <strings.h>

/* Without scheme, "www." and what trailing() takes off. */
static const struct {
	const char *uri;
	enum ns ns;
} URIS[] = {
	{"purl.org/rss/1.0", NS_RSS},
	{"my.netscape.com/rdf/simple/0.9", NS_RSS},
	{"channel.netscape.com/rdf/simple/0.9", NS_RSS},
	{"my.netscape.com/publish/formats/rss-0.91.dtd", NS_RSS},
	{"backend.userland.com/rss", NS_RSS},
	{"backend.userland.com/rss2", NS_RSS},
	{"backend.userland.com/rss091", NS_RSS},
	{"backend.userland.com/rss092", NS_RSS},
	{"blogs.law.harvard.edu/tech/rss", NS_RSS},
	{"cyber.law.harvard.edu/rss/rss.html", NS_RSS},
	{"cyber.law.harvard.edu/rss", NS_RSS},
	{"rssboard.org/rss-specification", NS_RSS},
	{"purl.org/net/rss1.1", NS_RSS},
	{"w3.org/2005/atom", NS_ATOM},
	{"purl.org/atom/ns", NS_ATOM},
	{"purl.org/atom/app", NS_OTHER},
	{"example.com/newformat", NS_ATOM},
	{"necho", NS_ATOM},
	{"purl.org/pie", NS_ATOM},
	{"w3.org/1999/02/22-rdf-syntax-ns", NS_RDF},
	{"purl.org/dc/elements/1.0", NS_DC},
	{"purl.org/dc/elements/1.1", NS_DC},
	{"purl.org/dc/terms", NS_TERMS},
	{"purl.org/rss/1.0/modules/dcterms", NS_TERMS},
	{"purl.org/rss/1.0/modules/content", NS_CONTENT},
	{"itunes.com/dtds/podcast-1.0.dtd", NS_ITUNES},
	{"itunes.com/dtds/podcast-1.0", NS_ITUNES},
	{"itunes.com/dtd/podcast-1.0.dtd", NS_ITUNES},
	{"example.com/dtds/podcast-1.0.dtd", NS_ITUNES},
	{"search.yahoo.com/mrss", NS_MEDIA},
	{"search.yahoo.com/rss", NS_MEDIA},
	{"tools.search.yahoo.com/mrss", NS_MEDIA},
	{"video.search.yahoo.com/mrss", NS_MEDIA},
	{"google.com/schemas/play-podcasts/1.0", NS_PLAY},
	{"podcastindex.org/namespace/1.0", NS_PODCAST},
	{"github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md", NS_PODCAST},
	{"wellformedweb.org/commentapi", NS_WFW},
	{"purl.org/rss/1.0/modules/syndication", NS_SYNDICATION},
	{"rssnamespace.org/feedburner/ext/1.0", NS_FEEDBURNER},
	{"purl.org/syndication/history/1.0", NS_HISTORY},
	{"purl.org/syndication/thread/1.0", NS_THREAD},
	{"webfeeds.org/rss/1.0", NS_WEBFEEDS},
	{"webns.net/mvcb", NS_ADMIN},
	{"w3.org/1999/xhtml", NS_XHTML},
	{"w3.org/tr/xhtml1/transitional", NS_XHTML},
	{"w3.org/tr/xhtml1", NS_XHTML},
	{"w3.org/xml/1998/namespace", NS_XML},
};

static const struct {
	const char *prefix;
	enum ns ns;
} PREFIXES[] = {
	{"atom", NS_ATOM},
	{"atom10", NS_ATOM},
	{"atom03", NS_ATOM},
	{"a10", NS_ATOM},
	{"rss", NS_RSS},
	{"rdf", NS_RDF},
	{"dc", NS_DC},
	{"dcterms", NS_TERMS},
	{"dcterm", NS_TERMS},
	{"content", NS_CONTENT},
	{"itunes", NS_ITUNES},
	{"media", NS_MEDIA},
	{"googleplay", NS_PLAY},
	{"podcast", NS_PODCAST},
	{"wfw", NS_WFW},
	{"sy", NS_SYNDICATION},
	{"feedburner", NS_FEEDBURNER},
	{"fh", NS_HISTORY},
	{"thr", NS_THREAD},
	{"webfeeds", NS_WEBFEEDS},
	{"admin", NS_ADMIN},
	{"xhtml", NS_XHTML},
	{"html", NS_XHTML},
	{"xml", NS_XML},
};

enum ns
ns_of_uri(const char *uri)
{
	size_t len;

	while (*uri == ' ' || *uri == '\t' || *uri == '\n' || *uri == '\r')
		uri++;
	if (strncasecmp(uri, "http://", 7) == 0)
		uri += 7;
	else if (strncasecmp(uri, "https://", 8) == 0)
		uri += 8;
	if (strncasecmp(uri, "www.", 4) == 0)
		uri += 4;
	len = strlen(uri);
	while (len > 0 && strchr("/# \t\r\n", uri[len - 1]))
		len--;
	for (size_t i = 0; i < sizeof(URIS) / sizeof(URIS[0]); i++)
		if (strlen(URIS[i].uri) == len && strncasecmp(URIS[i].uri, uri, len) == 0)
			return URIS[i].ns;
	return NS_OTHER;
}

enum ns
ns_of_prefix(const char *prefix)
{
	for (size_t i = 0; i < sizeof(PREFIXES) / sizeof(PREFIXES[0]); i++)
		if (strcasecmp(PREFIXES[i].prefix, prefix) == 0)
			return PREFIXES[i].ns;
	return NS_OTHER;
}
