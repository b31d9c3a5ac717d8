#include "parser/xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	NAMES = 512,           /* slots of the table of names; a power of two */
	NAME_LOWER_BYTES = 32, /* longer names mean nothing to us */
	/* Names, prefixes and URIs in libxml2's dictionary. A feed has a few hundred; its table
	 * does not grow with what is in it, so that a document of nothing but new names would take
	 * time as the square of its length. */
	DICT_MAX = 10000,
	DICT_KEEP = 4000, /* a parser with more is not kept for the next document */
	ATTRIBUTES_MAX = TAG_ATTRIBUTES_MAX,
};

struct slot {
	const xmlChar *local, *prefix, *uri;
	struct xml_name name;
	char lower[NAME_LOWER_BYTES];
};

struct xml {
	xmlParserCtxtPtr ctxt;
	struct repair *repair;
	const struct xml_handler *handler;
	void *self;
	bool stopped;
	bool begun; /* an element was told */
	size_t faults, undeclared;
	struct slot slots[NAMES];
	struct xml_attribute attributes[ATTRIBUTES_MAX];
};

static enum ns namespace(const xmlChar *prefix, const xmlChar *uri) {
	enum ns ns = NS_OTHER;

	if (uri) ns = ns_of_uri((const char *)uri);
	else if (!prefix) return NS_NONE;
	/* A well-known prefix bound to nothing, or to a URI that nobody knows, means what it says.
	 */
	return ns == NS_OTHER && prefix ? ns_of_prefix((const char *)prefix) : ns;
}

/* libxml2 interns names, so that three pointers stand for three strings. */
static const struct xml_name *
name_of(struct xml *xml, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	const uintptr_t mix = (uintptr_t)local * 31 + (uintptr_t)prefix * 17 + (uintptr_t)uri;
	struct slot *slot = &xml->slots[(mix ^ mix >> 9 ^ mix >> 17) % NAMES];
	size_t i;

	if (slot->local == local && slot->prefix == prefix && slot->uri == uri)
		return &slot->name;
	slot->local = local;
	slot->prefix = prefix;
	slot->uri = uri;
	for (i = 0; local[i] && i < sizeof(slot->lower) - 1; i++)
		slot->lower[i] =
			(char)(local[i] >= 'A' && local[i] <= 'Z' ? local[i] | 32 : local[i]);
	slot->lower[local[i] ? 0 : i] = '\0';
	slot->name = (struct xml_name){
		.ns = namespace(prefix, uri),
		.local = (const char *)local,
		.prefix = (const char *)prefix,
		.lower = slot->lower,
		.uri = uri,
	};
	slot->name.known = xml->handler->look_up(xml->self, &slot->name);
	return &slot->name;
}

static void
on_start(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
	 int namespace_count, const xmlChar **namespaces, int count, int defaulted,
	 const xmlChar **attributes)
{
	struct xml *xml = data;
	const struct xml_name *name = name_of(xml, local, prefix, uri);
	size_t n = 0;

	xml->begun = true;
	xml->undeclared += prefix && !uri;
	(void)namespace_count;
	(void)namespaces;
	(void)defaulted;
	/* Five pointers an attribute: name, prefix, URI, value, end of value. */
	for (int i = 0; i < count && n < ATTRIBUTES_MAX; i++, attributes += 5) {
		const xmlChar *a_prefix = attributes[1];

		xml->undeclared += a_prefix && !attributes[2];
		xml->attributes[n++] = (struct xml_attribute){
			.ns = a_prefix ? namespace(a_prefix, attributes[2]) : NS_NONE,
			.local = (const char *)attributes[0],
			.value = (const char *)attributes[3],
			.len = (size_t)(attributes[4] - attributes[3]),
		};
	}
	xml->handler->start(xml->self, name, xml->attributes, n);
}

static void
on_end(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml *xml = data;

	(void)local;
	(void)prefix;
	(void)uri;
	xml->handler->end(xml->self);
}

static void
on_text(void *data, const xmlChar *placeholders, int count)
{
	struct xml *xml = data;
	struct repair_run run;

	(void)placeholders;
	while (count-- > 0 && repair_take_run(xml->repair, &run)) {
		if (run.text)
			xml->handler->text(xml->self, &run);
		else
			xml->handler->cut(xml->self);
	}
}

/* Namespaces that are used without a declaration, and the like: nothing that stops the parser. Nor
 * is it a fault of the skeleton that there is none: the document ends in its first tag. */
static void
on_error(void *data, xmlErrorPtr error)
{
	struct xml *xml = data;

	if (error->level == XML_ERR_FATAL && error->domain == XML_FROM_PARSER && xml->begun)
		xml->faults++;
}

struct xml *
xml_new(void)
{
	xmlInitParser();
	return calloc(1, sizeof(struct xml));
}

void
xml_free(struct xml *xml)
{
	if (!xml)
		return;
	if (xml->ctxt)
		xmlFreeParserCtxt(xml->ctxt);
	free(xml);
}

/* A parser for the next document: the last one's, while its dictionary is small. */
static int
renew(struct xml *xml, struct err *err)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.serror = on_error,
	};

	if (xml->ctxt && xmlDictSize(xml->ctxt->dict) <= DICT_KEEP) {
		if (xmlCtxtResetPush(xml->ctxt, NULL, 0, NULL, "UTF-8") != 0)
			return err_set(err, ERR_RETRY, "libxml2: no memory");
	} else {
		if (xml->ctxt)
			xmlFreeParserCtxt(xml->ctxt);
		xml->ctxt = xmlCreatePushParserCtxt(&sax, xml, NULL, 0, NULL);
		if (!xml->ctxt)
			return err_set(err, ERR_RETRY, "libxml2: no memory");
	}
	/* NOENT makes "&amp;" in an attribute an "&" rather than "&#38;". The five references of
	 * XML are the only ones that a skeleton can hold. */
	(void)xmlCtxtUseOptions(xml->ctxt, XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_NOENT |
						   XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	memset(xml->slots, 0, sizeof(xml->slots));
	return 0;
}

void
xml_begin(struct xml *xml)
{
	xml->faults = xml->undeclared = 0;
	xml->begun = false;
}

size_t
xml_undeclared(const struct xml *xml)
{
	return xml->undeclared;
}

size_t
xml_faults(const struct xml *xml)
{
	return xml->faults;
}

void
xml_stop(struct xml *xml)
{
	xml->stopped = true;
	xmlStopParser(xml->ctxt);
}

/* It says "no memory", or "end of file" where its buffer could not take the chunk. */
static bool
has_no_memory(const xmlParserCtxt *ctxt)
{
	return ctxt->errNo == XML_ERR_NO_MEMORY || ctxt->errNo == XML_PARSER_EOF;
}

int
xml_read(struct xml *xml, struct repair *repair, const struct xml_handler *handler, void *self,
	 struct err *err)
{
	int chunk;

	if (renew(xml, err) < 0)
		return -1;
	xml->repair = repair;
	xml->handler = handler;
	xml->self = self;
	xml->stopped = false;
	while (!xml->stopped && (chunk = repair_next(repair, err)) != 0) {
		const struct buf *skeleton = &repair->skeleton;

		if (chunk < 0)
			return -1;
		/* The skeleton's chunks are a few KiB over REPAIR_CHUNK_BYTES at most, or a tag. */
		if (xmlParseChunk(xml->ctxt, skeleton->data, (int)skeleton->len, repair->done) !=
			    XML_ERR_OK &&
		    xml->ctxt->disableSAX && !xml->stopped)
			return has_no_memory(xml->ctxt)
				       ? err_set(err, ERR_RETRY, "libxml2: no memory")
				       : err_set(err, ERR_REJECT, "libxml2 gave up: error %d",
						 xml->ctxt->errNo);
		if (xmlDictSize(xml->ctxt->dict) > DICT_MAX)
			return err_set(err, ERR_REJECT, "over %d names of elements and attributes",
				       DICT_MAX);
	}
	return 0;
}

const struct xml_attribute *
xml_attribute(const struct xml_attribute *attributes, size_t count, enum ns ns, const char *local)
{
	for (size_t i = 0; i < count; i++)
		if (attributes[i].ns == ns && strcasecmp(attributes[i].local, local) == 0)
			return &attributes[i];
	return NULL;
}
