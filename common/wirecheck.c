#include "common/wirecheck.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

enum kind { KIND_NONE, KIND_SCALAR, KIND_STR, KIND_BIN, KIND_ARRAY, KIND_MAP, KIND_EXT };

/* What follows a first byte of 0xc0 to 0xdf: a length of so many bytes, or a value of so many. */
static const struct shape {
	unsigned char kind, length_bytes, value_bytes;
} shapes[32] = {
	/* nil, never used, false, true */
	{KIND_SCALAR, 0, 0},
	{KIND_NONE, 0, 0},
	{KIND_SCALAR, 0, 0},
	{KIND_SCALAR, 0, 0},
	/* bin 8, 16, 32; ext 8, 16, 32 */
	{KIND_BIN, 1, 0},
	{KIND_BIN, 2, 0},
	{KIND_BIN, 4, 0},
	{KIND_EXT, 1, 0},
	{KIND_EXT, 2, 0},
	{KIND_EXT, 4, 0},
	/* float 32, 64; unsigned 8 to 64; signed 8 to 64 */
	{KIND_SCALAR, 0, 4},
	{KIND_SCALAR, 0, 8},
	{KIND_SCALAR, 0, 1},
	{KIND_SCALAR, 0, 2},
	{KIND_SCALAR, 0, 4},
	{KIND_SCALAR, 0, 8},
	{KIND_SCALAR, 0, 1},
	{KIND_SCALAR, 0, 2},
	{KIND_SCALAR, 0, 4},
	{KIND_SCALAR, 0, 8},
	/* fixext 1 to 16 */
	{KIND_EXT, 0, 0},
	{KIND_EXT, 0, 0},
	{KIND_EXT, 0, 0},
	{KIND_EXT, 0, 0},
	{KIND_EXT, 0, 0},
	/* str 8, 16, 32; array 16, 32; map 16, 32 */
	{KIND_STR, 1, 0},
	{KIND_STR, 2, 0},
	{KIND_STR, 4, 0},
	{KIND_ARRAY, 2, 0},
	{KIND_ARRAY, 4, 0},
	{KIND_MAP, 2, 0},
	{KIND_MAP, 4, 0},
};

/* The head of a value: its kind, and how many bytes, elements or members come after it. */
struct head {
	enum kind kind;
	size_t count;
};

struct cursor {
	const unsigned char *begin, *at, *end;
};

/* A container that is being walked; the message itself is the outermost. */
struct level {
	size_t left; /* values to come: two for a member */
	size_t keys; /* seen */
	bool map;
};

struct key {
	uint32_t at, sketch;
};

/* Reads the head at hand and moves past it, and past the value of a scalar. NULL, or why not. */
static inline const char *
read_head(struct cursor *c, struct head *out)
{
	const size_t left = (size_t)(c->end - c->at);
	const struct shape *shape;
	unsigned char first;

	if (left == 0)
		return "the message ends before its last value";
	first = *c->at++;
	if (first < 0x80 || first >= 0xe0)
		*out = (struct head){KIND_SCALAR, 0};
	else if (first < 0x90)
		*out = (struct head){KIND_MAP, first & 0x0f};
	else if (first < 0xa0)
		*out = (struct head){KIND_ARRAY, first & 0x0f};
	else if (first < 0xc0)
		*out = (struct head){KIND_STR, first & 0x1f};
	else {
		shape = &shapes[first - 0xc0];
		*out = (struct head){shape->kind, 0};
		if (left - 1 < (size_t)shape->length_bytes + shape->value_bytes)
			return "the message ends inside a value";
		for (unsigned i = 0; i < shape->length_bytes; i++)
			out->count = out->count << 8 | c->at[i];
		c->at += shape->length_bytes + shape->value_bytes;
	}
	return NULL;
}

static inline const char *
open_level(const struct cursor *c, const struct head *head, size_t depth, struct level *out)
{
	const bool map = head->kind == KIND_MAP;

	/* An element takes a byte at least, a member two: a count that cannot be true is refused
	 * before anybody believes it. */
	if (head->count > (size_t)(c->end - c->at) / (map ? 2 : 1))
		return "a count larger than the message";
	if (map && head->count > WIRE_MEMBERS_MAX)
		return "a map of too many members";
	if (depth == WIRE_DEPTH_MAX)
		return "nested too deeply";
	*out = (struct level){map ? head->count * 2 : head->count, 0, map};
	return NULL;
}

/* Most texts are short and ASCII: no call for them. Two reads that overlap see every byte. */
static inline bool
is_short_ascii(const unsigned char *s, size_t len)
{
	uint64_t seen = 0, wide[2];
	uint32_t narrow[2];

	if (len > sizeof(wide))
		return false;
	if (len >= sizeof(wide[0])) {
		memcpy(&wide[0], s, sizeof(wide[0]));
		memcpy(&wide[1], s + len - sizeof(wide[1]), sizeof(wide[1]));
		seen = wide[0] | wide[1];
	} else if (len >= sizeof(narrow[0])) {
		memcpy(&narrow[0], s, sizeof(narrow[0]));
		memcpy(&narrow[1], s + len - sizeof(narrow[1]), sizeof(narrow[1]));
		seen = narrow[0] | narrow[1];
	} else {
		for (size_t i = 0; i < len; i++)
			seen |= s[i];
	}
	return (seen & 0x8080808080808080) == 0;
}

static inline const char *
check_run(const struct cursor *c, const struct head *head)
{
	if (head->count > (size_t)(c->end - c->at))
		return "a length larger than the message";
	if (head->kind == KIND_STR && !is_short_ascii(c->at, head->count) &&
	    !utf8_valid((const char *)c->at, head->count))
		return "a text that is not UTF-8";
	return NULL;
}

/* Maps are small, so that comparing a key with all before it stays within a fixed cost; the
 * sketch spares nearly every comparison. */
static inline const char *
check_key(const struct cursor *c, size_t len, struct level *level, struct key *keys)
{
	uint32_t sketch = (uint32_t)len;

	if (len > WIRE_KEY_BYTES_MAX)
		return "a key that is too long";
	if (len > 0)
		sketch |= (uint32_t)c->at[0] << 8 | (uint32_t)c->at[len / 2] << 16 |
			  (uint32_t)c->at[len - 1] << 24;
	for (size_t i = 0; i < level->keys; i++)
		if (keys[i].sketch == sketch && memcmp(c->begin + keys[i].at, c->at, len) == 0)
			return "a key that is there twice";
	keys[level->keys++] = (struct key){(uint32_t)(c->at - c->begin), sketch};
	return NULL;
}

struct walk {
	size_t depth, nodes;
	struct level levels[WIRE_DEPTH_MAX + 1];
	struct key keys[WIRE_DEPTH_MAX + 1][WIRE_MEMBERS_MAX];
};

/* Takes one value; of a container its head, after which the walk is inside. */
static inline const char *
take_value(struct cursor *c, struct walk *w)
{
	struct level *level = &w->levels[w->depth];
	const bool is_key = level->map && level->left % 2 == 0;
	struct head head;
	const char *why = read_head(c, &head);

	level->left--;
	if (why)
		return why;
	if (is_key && head.kind != KIND_STR)
		return "a key that is not a text";
	switch (head.kind) {
	case KIND_SCALAR:
		return NULL;
	case KIND_STR:
	case KIND_BIN:
		why = check_run(c, &head);
		if (!why && is_key)
			why = check_key(c, head.count, level, w->keys[w->depth]);
		c->at += why ? 0 : head.count;
		return why;
	case KIND_ARRAY:
	case KIND_MAP:
		return open_level(c, &head, w->depth++, level + 1);
	case KIND_EXT:
		return "an extension type";
	case KIND_NONE:
		break;
	}
	return "a byte that begins no value";
}

/* Walks to the end of the value at hand. */
static const char *
walk(struct cursor *c)
{
	/* Not filled with a pattern at each call, as the compiler's hardening would. */
	__attribute__((uninitialized)) struct walk w;
	const char *why = NULL;

	w.depth = 0;
	w.nodes = 0;
	w.levels[0] = (struct level){.left = 1};
	while (!why) {
		if (w.levels[w.depth].left > 0)
			why = ++w.nodes > WIRE_NODES_MAX ? "too many values" : take_value(c, &w);
		else if (w.depth > 0)
			w.depth--;
		else
			break;
	}
	return why;
}

int
wire_check(struct bytes msg, struct err *err)
{
	const unsigned char *data = msg.data;
	struct cursor c = {data, data, data ? data + msg.len : data};
	const char *why = msg.len > UINT32_MAX ? "a message of more than 4 GiB" : walk(&c);

	if (!why && c.at < c.end)
		why = "more after the end";
	if (why)
		return err_set(err, ERR_REJECT, "byte %zu: %s", (size_t)(c.at - c.begin), why);
	return 0;
}
