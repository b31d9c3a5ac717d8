/* xml - the one door to libxml2: reads a document's skeleton (repair) and tells a handler what is
 * in it. A parser is kept from document to document, as its tables of names are worth keeping.
 *
 * libxml2 sees neither declarations nor text, only well-formed tags, in chunks: no entities, no
 * DTD, no network, no files, whatever a document says. */
#ifndef FM_PARSER_XML_H
#define FM_PARSER_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "parser/names.h"
#include "parser/repair.h"

struct xml;

struct xml_name {
	enum ns ns;
	const char *local;  /* as spelt; the same pointer for the same name within a document */
	const char *prefix; /* NULL: none */
	const char *lower;  /* local in lower case; "" where it is longer than any that matters */
	const void *uri;    /* the namespace's URI, one pointer for each; NULL: none */
	const void *known;  /* what the handler knows of the name (xml_handler.look_up) */
};

struct xml_attribute {
	enum ns ns; /* NS_NONE without a prefix */
	const char *local;
	const char *value; /* not terminated; references are decoded */
	size_t len;
};

struct xml_handler {
	/* What the handler knows of a name; asked when a name is met for the first time in a
	 * document, and perhaps again. */
	const void *(*look_up)(void *self, const struct xml_name *name);
	void (*start)(void *self, const struct xml_name *name,
		      const struct xml_attribute *attributes, size_t count);
	void (*end)(void *self);
	void (*text)(void *self, const struct repair_run *run);
	/* The document ended here; the end tags to come are made up. */
	void (*cut)(void *self);
};

struct xml *xml_new(void); /* NULL without memory */
void xml_free(struct xml *xml);
SCOPED_DEFINE(struct xml, xml_free)

/* Reads what repair_begin was given. 0, or -1 (ERR_REJECT: libxml2 gave up, or there are thousands
 * of names in it; what was told before that stands; ERR_RETRY: no memory). */
int xml_read(struct xml *xml, struct repair *repair, const struct xml_handler *handler, void *self,
	     struct err *err);

/* Nothing was read yet of the next document. */
void xml_begin(struct xml *xml);

/* Elements and attributes of the last document whose prefix is not declared. */
size_t xml_undeclared(const struct xml *xml);
/* How often in the last document libxml2 found a tag not well-formed: a fault of repair's. */
size_t xml_faults(const struct xml *xml);

/* From within a handler: read no more. */
void xml_stop(struct xml *xml);

/* The attribute of that name, without regard to case; NULL where it is missing. */
const struct xml_attribute *xml_attribute(const struct xml_attribute *attributes, size_t count,
					  enum ns ns, const char *local);

#endif
