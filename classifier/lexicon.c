#include "classifier/lexicon.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Three things with the same letters: the seed of their hash tells them apart. */
enum entry_kind { ENTRY_WORD, ENTRY_PREFIX, ENTRY_MARK };

/* A folded word. */
struct entry {
	uint64_t head;    /* its first 8 bytes: for most words all that need be compared */
	uint32_t tail_at; /* the others, in letters */
	uint32_t symbol;  /* in any case; 0: no phrase asks for it */
	uint32_t exact;   /* the first of its spellings + 1 */
	uint8_t len;
	uint8_t kind;
	uint8_t kin;
};

/* Two arrays, and the entries close together in the order in which they came, measured faster
 * than one table of entries, half of which is empty. */
struct slot {
	uint32_t hash;
	uint32_t entry; /* + 1; 0: nothing here */
};

/* A folded word in a spelling of its own. */
struct spelling {
	uint32_t bytes_at;
	uint8_t len;
	uint32_t symbol;
	uint32_t next; /* + 1 */
};

enum {
	FILTER_BITS_PER_ENTRY = 8,
	SLOTS_LEAST = 128,
	FILTER_BITS_LEAST = 1 << 12,
	STEM_BYTES = 3,
	STEM_SLOTS = 1024,
	STEM_BITS = 1 << 14,
};

struct lexicon {
	struct entry *entries;
	size_t entry_count, entry_cap;
	struct slot *slots; /* by hash; a power of 2 of them, at most two thirds taken */
	size_t slot_count;
	struct spelling *spellings;
	size_t spelling_count, spelling_cap;
	char *letters;
	size_t letter_count, letter_cap;
	/* One bit for each hash that is there: most words of a text stop here, in the first
	 * level cache. */
	uint64_t *filter;
	uint32_t filter_mask;
	/* Word starts by their first three bytes: whether any begins like this, and then bit n: one
	 * of n bytes may. The few shorter ones are tried for each word. */
	uint64_t stem_bits[STEM_BITS / 64];
	uint64_t stems[STEM_SLOTS];
	uint64_t short_stems;
	uint32_t symbols;
	uint8_t *kin; /* by symbol - 1 */
	size_t kin_cap;
};

static uint64_t
chunk(const char *s)
{
	uint64_t value;

	memcpy(&value, s, sizeof(value));
	return le64toh(value); /* the first byte lowest */
}

/* The first 8 of len > 0 bytes; reads 8, whatever stands behind. */
static uint64_t
head_of(const char *s, size_t len)
{
	return len < 8 ? chunk(s) << (64 - 8 * len) : chunk(s);
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

static uint8_t
kin_of(uint32_t hash)
{
	return (uint8_t)(hash >> 26);
}

static uint32_t
stem_of(const char *fold)
{
	const unsigned char a = (unsigned char)fold[0], b = (unsigned char)fold[1],
			    c = (unsigned char)fold[2];

	return ((uint32_t)a << 16 | (uint32_t)b << 8 | c) * 0x9E3779B1 >> 18; /* of STEM_BITS */
}

/* The lengths of the word starts that a word may have. */
static uint64_t
stem_lengths(const struct lexicon *x, const char *fold)
{
	const uint32_t stem = stem_of(fold);

	if (!(x->stem_bits[stem / 64] >> (stem % 64) & 1))
		return x->short_stems;
	return x->short_stems | x->stems[stem % STEM_SLOTS];
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
	free(lexicon->slots);
	free(lexicon->spellings);
	free(lexicon->letters);
	free(lexicon->filter);
	free(lexicon->kin);
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
	if (!grow(&x->letters, x->letter_count, len, &x->letter_cap, 1))
		return false;
	memcpy(x->letters + x->letter_count, s, len);
	*at_out = (uint32_t)x->letter_count;
	x->letter_count += len;
	return true;
}

static bool
is_entry(const struct lexicon *x, const struct entry *entry, enum entry_kind kind, const char *s,
	 size_t len)
{
	return entry->head == head_of(s, len) && entry->len == len &&
	       entry->kind == (uint8_t)kind &&
	       (len <= 8 || memcmp(x->letters + entry->tail_at, s + 8, len - 8) == 0);
}

/* Where the word is, or would be; NULL without any slot. */
static struct slot *
slot_of(const struct lexicon *x, enum entry_kind kind, const char *s, size_t len, uint32_t hash)
{
	size_t slot = hash & (x->slot_count - 1);

	if (!x->slots)
		return NULL;
	while (x->slots[slot].entry &&
	       (x->slots[slot].hash != hash ||
		!is_entry(x, &x->entries[x->slots[slot].entry - 1], kind, s, len)))
		slot = (slot + 1) & (x->slot_count - 1);
	return &x->slots[slot];
}

static bool
slots_grow(struct lexicon *x)
{
	const size_t count = x->slot_count ? x->slot_count * 2 : SLOTS_LEAST;
	struct slot *slots;

	if ((x->entry_count + 1) * 3 < x->slot_count * 2)
		return true;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < x->slot_count; i++) {
		size_t slot = x->slots[i].hash & (count - 1);

		if (!x->slots[i].entry)
			continue;
		while (slots[slot].entry)
			slot = (slot + 1) & (count - 1);
		slots[slot] = x->slots[i];
	}
	free(x->slots);
	x->slots = slots;
	x->slot_count = count;
	return true;
}

static void
note_stem(struct lexicon *x, const char *s, size_t len)
{
	const uint32_t stem = stem_of(s);

	if (len < STEM_BYTES) {
		x->short_stems |= (uint64_t)1 << len;
		return;
	}
	x->stem_bits[stem / 64] |= (uint64_t)1 << (stem % 64);
	x->stems[stem % STEM_SLOTS] |= (uint64_t)1 << len;
}

/* Good until the next is added. */
static struct entry *
entry_add(struct lexicon *x, enum entry_kind kind, const char *s, size_t len)
{
	char padded[(WORDS_BYTES_MAX + 8) & ~7] = {0};
	struct entry entry = {.len = (uint8_t)len, .kind = (uint8_t)kind};
	struct slot *slot;
	uint32_t hash;

	memcpy(padded, s, len);
	hash = hash_of(kind, padded, len);
	entry.head = head_of(padded, len);
	entry.kin = kin_of(hash);
	if (!slots_grow(x) || !grow(&x->entries, x->entry_count, 1, &x->entry_cap, sizeof(entry)))
		return NULL;
	slot = slot_of(x, kind, padded, len, hash);
	if (slot->entry)
		return &x->entries[slot->entry - 1];
	if (len > 8 && !keep_letters(x, s + 8, len - 8, &entry.tail_at))
		return NULL;
	x->entries[x->entry_count++] = entry;
	*slot = (struct slot){hash, (uint32_t)x->entry_count};
	if (kind == ENTRY_PREFIX)
		note_stem(x, padded, len);
	return &x->entries[x->entry_count - 1];
}

/* 0 without memory. */
static uint32_t
symbol_new(struct lexicon *x, uint8_t kin)
{
	if (!grow(&x->kin, x->symbols, 1, &x->kin_cap, 1))
		return 0;
	x->kin[x->symbols] = kin;
	return ++x->symbols;
}

static uint32_t
spelling_add(struct lexicon *x, struct entry *entry, const struct phrase_element *element)
{
	const uint8_t kin = entry->kin;
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
	spelling.symbol = symbol_new(x, kin);
	if (!spelling.symbol)
		return 0;
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
		entry->symbol = symbol_new(x, entry->kin);
	return entry->symbol;
}

static bool
may_begin(const struct lexicon *x, const struct entry *entry, uint32_t beginnings)
{
	bool may = entry->symbol && entry->symbol <= beginnings;

	for (uint32_t i = entry->exact; i && !may; i = x->spellings[i - 1].next)
		may = x->spellings[i - 1].symbol <= beginnings;
	return may;
}

void
lexicon_seal(struct lexicon *x, uint32_t beginnings)
{
	size_t bits = FILTER_BITS_LEAST;

	while (bits < x->entry_count * FILTER_BITS_PER_ENTRY)
		bits *= 2;
	x->filter_mask = (uint32_t)(bits - 1);
	/* Without memory there is no filter: slower, and the same answers. */
	free(x->filter);
	x->filter = calloc(bits / 64, sizeof(*x->filter));
	for (size_t i = 0; x->filter && i < x->slot_count; i++) {
		const uint32_t bit = x->slots[i].hash >> 4 & x->filter_mask;

		if (x->slots[i].entry &&
		    may_begin(x, &x->entries[x->slots[i].entry - 1], beginnings))
			x->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
	}
}

uint32_t
lexicon_count(const struct lexicon *lexicon)
{
	return lexicon->symbols;
}

uint64_t
lexicon_kin(const struct lexicon *lexicon, uint32_t symbol)
{
	return (uint64_t)1 << lexicon->kin[symbol - 1];
}

size_t
lexicon_bytes(const struct lexicon *x)
{
	return sizeof(*x) + x->entry_cap * sizeof(*x->entries) + x->slot_count * sizeof(*x->slots) +
	       x->spelling_cap * sizeof(*x->spellings) + x->letter_cap + (x->filter_mask + 1) / 8 +
	       x->kin_cap;
}

/* Finding. */

static const struct entry *
look_up(const struct lexicon *x, uint64_t wanted, enum entry_kind kind, const char *s, size_t len,
	uint64_t *kin_out)
{
	const uint32_t hash = hash_of(kind, s, len);
	const uint32_t bit = hash >> 4 & x->filter_mask;
	const uint64_t kin = (uint64_t)1 << kin_of(hash);
	const struct slot *slot;

	if (x->filter && !(wanted & kin) && !(x->filter[bit / 64] >> (bit % 64) & 1))
		return NULL;
	slot = slot_of(x, kind, s, len, hash);
	if (!slot || !slot->entry)
		return NULL;
	*kin_out |= kin;
	return &x->entries[slot->entry - 1];
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
lexicon_find(const struct lexicon *x, const struct words_element *element, uint64_t wanted,
	     uint32_t out[LEXICON_SYMBOLS_MAX], uint64_t *kin_out)
{
	const struct entry *entry;
	size_t count = 0;
	uint64_t lengths;

	*kin_out = 0;
	if (element->kind == WORDS_BREAK)
		return 0;
	if (element->kind == WORDS_MARK) {
		char mark[8] = {0};

		memcpy(mark, &element->mark, sizeof(element->mark));
		entry = look_up(x, wanted, ENTRY_MARK, mark, sizeof(element->mark), kin_out);
		return entry ? add_symbols(x, entry, element, out) : 0;
	}
	if (element->fold_len <= WORDS_BYTES_MAX && !element->cut) {
		entry = look_up(x, wanted, ENTRY_WORD, element->fold, element->fold_len, kin_out);
		if (entry)
			count = add_symbols(x, entry, element, out);
	}
	lengths = element->fold_len > 0 ? stem_lengths(x, element->fold) : 0;
	for (; lengths; lengths &= lengths - 1) {
		const size_t len = (size_t)__builtin_ctzll(lengths);

		if (len > element->fold_len)
			break;
		entry = look_up(x, wanted, ENTRY_PREFIX, element->fold, len, kin_out);
		if (entry)
			count += add_symbols(x, entry, element, out + count);
	}
	return count;
}
