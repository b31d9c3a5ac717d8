/* sketch - what an item is recognised by when another feed tells the same: its address without
 * tracking parameters, its title, and a MinHash of the first words of its text (Broder, "On the
 * resemblance and containment of documents", 1997: two texts agree in as many of the minima as
 * they share of their three-word shingles). A fixed size, from a bounded piece of the text. */
#ifndef FM_CLASSIFIER_SKETCH_H
#define FM_CLASSIFIER_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/text.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/item.h"

enum {
	SKETCH_MINIMA = 24,
	SKETCH_BANDS = 8,       /* three minima each: texts that share half meet in one, mostly */
	SKETCH_LEAD_WORDS = 64, /* of the text */
	SKETCH_LEAD_WORDS_MIN = 20,
};

/* 0 stands for "has none" in the keys. */
struct sketch {
	uint64_t url, title;
	uint64_t title_bits; /* a bit for each longer word of the title */
	uint32_t feed, host;
	uint32_t numbers; /* of the title, in any order */
	uint16_t minima[SKETCH_MINIMA];
	uint8_t title_words, lead_words; /* at most 255 and SKETCH_LEAD_WORDS */
};

/* What is used for every item. */
struct sketcher {
	struct text text;
	struct buf url;
};
struct sketcher sketcher_init(void);
void sketcher_done(struct sketcher *sketcher);

/* -1 with ERR_RETRY without memory. */
int sketch_item(struct sketcher *sketcher, const struct item *item, struct sketch *out,
		struct err *err);

/* The key of a band; 0 where the text is too short to tell by. */
uint64_t sketch_band(const struct sketch *sketch, size_t band);

/* Whether both tell the same story, as far as they themselves show; for items of two feeds. */
bool sketch_same_title(const struct sketch *a, const struct sketch *b);
bool sketch_same_text(const struct sketch *a, const struct sketch *b);

/* Appends the address as a key: no scheme, "www.", tracking parameters, final slash. Nothing where
 * it names a whole host or is no http(s) address. */
void sketch_url_key(const char *url, struct buf *out);

#endif
