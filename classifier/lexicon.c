#include "classifier/lexicon.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Three things with the same letters: the seed of their hash tells them apart. */
enum entry_kind { ENTRY_WORD, ENTRY_PREFIX, ENTRY_MARK };

/* A folded word. */
struct entry {
	uint32_t bytes_at; /* in letters, zeroes up to a multiple of 8 behind it */
	uint8_t len;
	uint8_t kind;
	uint32_t hash;
	uint32_t symbol; /* in any case; 0: no phrase asks for it */
	uint32_t exact;  /* the first of its spellings + 1 */
};

/* A folded word in a spelling of its own. */
struct spelling {
	uint32_t bytes_at;
	uint8_t len;
	uint32_t symbol;
	uint32_t next; /* + 1 */
};

enum {
	FILTER_BITS_PER_ENTRY = 16,
	FILTER_BITS_LEAST = 1 << 12,
	STEM_SLOTS = 1024, /* by the first two bytes of a word */
};

struct lexicon {
	struct entry *entries;
	size_t entry_count, entry_cap;
	struct spelling *spellings;
	size_t spelling_count, spelling_cap;
	char *letters;
	size_t letter_count, letter_cap;
	uint32_t *slots; /* entry + 1, by hash; a power of 2 */
	size_t slot_count;
	/* One bit for each hash that is there: most words of a text stop here, in the first
	 * level cache. */
	uint64_t *filter;
	uint32_t filter_mask;
	uint64_t stems[STEM_SLOTS]; /* bit n: a word start of n bytes may begin like this */
	uint32_t symbols;
};

static uint64_t
chunk(const char *s)
{
	uint64_t value;

	memcpy(&value, s, sizeof(value));
	return le64toh(value); /* the first byte lowest */
}

/* len > 0. Reads up to the next multiple of 8 bytes, whatever stands there. */
static uint32_t
hash_of(enum entry_kind kind, const char *s, size_t len)
{
	uint64_t h = 0x9E3779B97F4A7C15 * (len * 4 + kind + 1);

	for (; len > 8; len -= 8, s += 8) {
		h = (h ^ chunk(s)) * 0x9FB21C651E98DF25;
		h ^= h >> 29;
	}
	h = (h ^ (chunk(s) << (64 - 8 * len))) * 0x9FB21C651E98DF25;
	h ^= h >> 32;
	return (uint32_t)(h * 0x9FB21C651E98DF25 >> 32);
}

static size_t
stem_slot(const char *fold)
{
	const unsigned char a = (unsigned char)fold[0], b = (unsigned char)fold[1];

	return ((size_t)a * 37 + b) % STEM_SLOTS;
}

struct lexicon *
lexicon_new(void)
{
	return calloc(1, sizeof(struct lexicon));
}

void
lexicon_free(struct lexicon *lexicon)
{
	if (!lexicon)
		return;
	free(lexicon->entries);
	free(lexicon->spellings);
	free(lexicon->letters);
	free(lexicon->slots);
	free(lexicon->filter);
	free(lexicon);
}

/* Building. */

/* Room for one more of size bytes. */
static bool
grow(void *array_inout, size_t count, size_t more, size_t *cap, size_t size)
{
	size_t wanted = *cap ? *cap : 64;
	void *array, *grown;

	if (count + more <= *cap)
		return true;
	while (wanted < count + more)
		wanted *= 2;
	memcpy(&array, array_inout, sizeof(array));
	grown = reallocarray(array, wanted, size);
	if (!grown)
		return false;
	memcpy(array_inout, &grown, sizeof(grown));
	*cap = wanted;
	return true;
}

static bool
keep_letters(struct lexicon *x, const char *s, size_t len, uint32_t *at_out)
{
	const size_t padded = (len + 8) & ~(size_t)7;

	if (!grow(&x->letters, x->letter_count, padded, &x->letter_cap, 1))
		return false;
	memset(x->letters + x->letter_count, 0, padded);
	memcpy(x->letters + x->letter_count, s, len);
	*at_out = (uint32_t)x->letter_count;
	x->letter_count += padded;
	return true;
}

static const struct entry *
entry_find(const struct lexicon *x, enum entry_kind kind, const char *s, size_t len, uint32_t hash)
{
	size_t slot;

	if (x->slot_count == 0)
		return NULL;
	for (slot = hash & (x->slot_count - 1); x->slots[slot];
	     slot = (slot + 1) & (x->slot_count - 1)) {
		const struct entry *entry = &x->entries[x->slots[slot] - 1];

		if (entry->hash == hash && entry->kind == (uint8_t)kind && entry->len == len &&
		    memcmp(x->letters + entry->bytes_at, s, len) == 0)
			return entry;
	}
	return NULL;
}

static bool
slots_grow(struct lexicon *x)
{
	const size_t count = x->slot_count ? x->slot_count * 2 : 256;
	uint32_t *slots;

	if (x->entry_count * 2 < x->slot_count)
		return true;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < x->entry_count; i++) {
		size_t slot = x->entries[i].hash & (count - 1);

		while (slots[slot])
			slot = (slot + 1) & (count - 1);
		slots[slot] = (uint32_t)i + 1;
	}
	free(x->slots);
	x->slots = slots;
	x->slot_count = count;
	return true;
}

static struct entry *
entry_add(struct lexicon *x, enum entry_kind kind, const char *s, size_t len)
{
	char padded[(WORDS_BYTES_MAX + 8) & ~7] = {0};
	const struct entry *known;
	struct entry entry = {.len = (uint8_t)len, .kind = (uint8_t)kind};
	size_t slot;

	memcpy(padded, s, len);
	entry.hash = hash_of(kind, padded, len);
	known = entry_find(x, kind, s, len, entry.hash);
	if (known)
		return &x->entries[known - x->entries];
	if (!slots_grow(x) || !grow(&x->entries, x->entry_count, 1, &x->entry_cap, sizeof(entry)) ||
	    !keep_letters(x, s, len, &entry.bytes_at))
		return NULL;
	slot = entry.hash & (x->slot_count - 1);
	while (x->slots[slot])
		slot = (slot + 1) & (x->slot_count - 1);
	x->entries[x->entry_count++] = entry;
	x->slots[slot] = (uint32_t)x->entry_count;
	if (kind == ENTRY_PREFIX && len == 1)
		for (size_t i = 0; i < 256; i++)
			x->stems[stem_slot((const char[]){s[0], (char)i})] |= 1U << 1;
	else if (kind == ENTRY_PREFIX)
		x->stems[stem_slot(s)] |= (uint64_t)1 << len;
	return &x->entries[x->entry_count - 1];
}

static uint32_t
spelling_add(struct lexicon *x, struct entry *entry, const struct phrase_element *element)
{
	struct spelling spelling = {.len = element->exact_len, .next = entry->exact};

	for (uint32_t i = entry->exact; i; i = x->spellings[i - 1].next) {
		const struct spelling *known = &x->spellings[i - 1];

		if (known->len == element->exact_len &&
		    memcmp(x->letters + known->bytes_at, element->exactly, known->len) == 0)
			return known->symbol;
	}
	if (!grow(&x->spellings, x->spelling_count, 1, &x->spelling_cap, sizeof(spelling)) ||
	    !keep_letters(x, element->exactly, element->exact_len, &spelling.bytes_at))
		return 0;
	spelling.symbol = ++x->symbols;
	x->spellings[x->spelling_count++] = spelling;
	entry->exact = (uint32_t)x->spelling_count;
	return spelling.symbol;
}

uint32_t
lexicon_add(struct lexicon *x, const struct phrase_element *element)
{
	struct entry *entry;

	if (element->kind == PHRASE_MARK)
		entry = entry_add(x, ENTRY_MARK, (const char *)&element->mark, sizeof(uint32_t));
	else
		entry = entry_add(x, element->kind == PHRASE_WORD ? ENTRY_WORD : ENTRY_PREFIX,
				  element->fold, element->fold_len);
	if (!entry)
		return 0;
	if (element->exact)
		return spelling_add(x, entry, element);
	if (!entry->symbol)
		entry->symbol = ++x->symbols;
	return entry->symbol;
}

void
lexicon_seal(struct lexicon *x)
{
	size_t bits = FILTER_BITS_LEAST;

	while (bits < x->entry_count * FILTER_BITS_PER_ENTRY)
		bits *= 2;
	/* Without memory there is no filter: slower, and the same answers. */
	free(x->filter);
	x->filter = calloc(bits / 64, sizeof(*x->filter));
	x->filter_mask = (uint32_t)(bits - 1);
	for (size_t i = 0; x->filter && i < x->entry_count; i++) {
		const uint32_t bit = x->entries[i].hash >> 4 & x->filter_mask;

		x->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
	}
}

uint32_t
lexicon_count(const struct lexicon *lexicon)
{
	return lexicon->symbols;
}

size_t
lexicon_bytes(const struct lexicon *x)
{
	return sizeof(*x) + x->entry_cap * sizeof(*x->entries) +
	       x->spelling_cap * sizeof(*x->spellings) + x->letter_cap +
	       x->slot_count * sizeof(*x->slots) + (x->filter_mask + 1) / 8;
}

/* Finding. */

static const struct entry *
look_up(const struct lexicon *x, enum entry_kind kind, const char *s, size_t len)
{
	const uint32_t hash = hash_of(kind, s, len);
	const uint32_t bit = hash >> 4 & x->filter_mask;

	if (x->filter && !(x->filter[bit / 64] >> (bit % 64) & 1))
		return NULL;
	return entry_find(x, kind, s, len, hash);
}

/* Adds the symbols of an entry that the element's word is, or begins with. */
static size_t
add_symbols(const struct lexicon *x, const struct entry *entry, const struct words_element *element,
	    uint32_t *out)
{
	size_t count = 0;

	if (entry->symbol)
		out[count++] = entry->symbol;
	for (uint32_t i = entry->exact; i; i = x->spellings[i - 1].next) {
		const struct spelling *spelling = &x->spellings[i - 1];

		if (spelling->len <= element->exact_len &&
		    (entry->kind == ENTRY_PREFIX || spelling->len == element->exact_len) &&
		    memcmp(x->letters + spelling->bytes_at, element->exact, spelling->len) == 0) {
			out[count++] = spelling->symbol;
			break;
		}
	}
	return count;
}

size_t
lexicon_find(const struct lexicon *x, const struct words_element *element,
	     uint32_t out[LEXICON_SYMBOLS_MAX])
{
	const struct entry *entry;
	size_t count = 0;
	uint64_t lengths;

	if (element->kind == WORDS_BREAK)
		return 0;
	if (element->kind == WORDS_MARK) {
		char mark[8] = {0};

		memcpy(mark, &element->mark, sizeof(element->mark));
		entry = look_up(x, ENTRY_MARK, mark, sizeof(element->mark));
		return entry ? add_symbols(x, entry, element, out) : 0;
	}
	if (element->fold_len <= WORDS_BYTES_MAX && !element->cut) {
		entry = look_up(x, ENTRY_WORD, element->fold, element->fold_len);
		if (entry)
			count = add_symbols(x, entry, element, out);
	}
	lengths = element->fold_len > 0 ? x->stems[stem_slot(element->fold)] : 0;
	for (; lengths; lengths &= lengths - 1) {
		const size_t len = (size_t)__builtin_ctzll(lengths);

		if (len > element->fold_len)
			break;
		entry = look_up(x, ENTRY_PREFIX, element->fold, len);
		if (entry)
			count += add_symbols(x, entry, element, out + count);
	}
	return count;
}
