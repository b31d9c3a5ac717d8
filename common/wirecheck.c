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

struct key {
	uint32_t at, sketch;
};

struct level {
	size_t left; /* values to come: two for a member */
	size_t keys; /* seen; at an even number of values left a key is next */
	bool map;
};

struct walk {
	const unsigned char *data;
	size_t len, at, nodes;
	size_t depth;
	struct level levels[WIRE_DEPTH_MAX + 1];
	struct key (*keys)[WIRE_MEMBERS_MAX];
};

/* Reads the head at hand and moves past it, and past the value of a scalar. NULL, or why not. */
static const char *
walk_head(struct walk *w, struct head *out)
{
	const size_t left = w->len - w->at;
	const struct shape *shape;
	const unsigned char *p;

	if (left == 0)
		return "the message ends before its last value";
	p = w->data + w->at++;
	if (*p < 0x80 || *p >= 0xe0)
		*out = (struct head){KIND_SCALAR, 0};
	else if (*p < 0x90)
		*out = (struct head){KIND_MAP, *p & 0x0f};
	else if (*p < 0xa0)
		*out = (struct head){KIND_ARRAY, *p & 0x0f};
	else if (*p < 0xc0)
		*out = (struct head){KIND_STR, *p & 0x1f};
	else {
		shape = &shapes[*p - 0xc0];
		*out = (struct head){shape->kind, 0};
		if (left - 1 < (size_t)shape->length_bytes + shape->value_bytes)
			return "the message ends inside a value";
		for (unsigned i = 1; i <= shape->length_bytes; i++)
			out->count = out->count << 8 | p[i];
		w->at += (size_t)shape->length_bytes + shape->value_bytes;
	}
	return NULL;
}

static const char *
walk_enter(struct walk *w, const struct head *head)
{
	const bool map = head->kind == KIND_MAP;

	/* An element takes a byte at least, a member two: a count that cannot be true is refused
	 * before anybody believes it. */
	if (head->count > (w->len - w->at) / (map ? 2 : 1))
		return "a count larger than the message";
	if (map && head->count > WIRE_MEMBERS_MAX)
		return "a map of too many members";
	if (w->depth == WIRE_DEPTH_MAX)
		return "nested too deeply";
	w->levels[++w->depth] = (struct level){map ? head->count * 2 : head->count, 0, map};
	return NULL;
}

/* Maps are small, so that comparing a key with all before it stays within a fixed cost; the
 * sketch spares nearly every comparison. */
static const char *
walk_key(struct walk *w, size_t len)
{
	struct level *level = &w->levels[w->depth];
	struct key *keys = w->keys[w->depth - 1];
	const unsigned char *p = w->data + w->at;
	uint32_t sketch = (uint32_t)len;

	if (len > WIRE_KEY_BYTES_MAX)
		return "a key that is too long";
	if (len > 0)
		sketch |= (uint32_t)p[0] << 8 | (uint32_t)p[len / 2] << 16 |
			  (uint32_t)p[len - 1] << 24;
	for (size_t i = 0; i < level->keys; i++)
		if (keys[i].sketch == sketch && memcmp(w->data + keys[i].at, p, len) == 0)
			return "a key that is there twice";
	keys[level->keys++] = (struct key){(uint32_t)w->at, sketch};
	return NULL;
}

static const char *
walk_run(struct walk *w, const struct head *head)
{
	const char *run = (const char *)w->data + w->at;

	if (head->count > w->len - w->at)
		return "a length larger than the message";
	if (head->kind == KIND_STR && !utf8_valid(run, head->count))
		return "a text that is not UTF-8";
	return NULL;
}

static const char *
walk_value(struct walk *w, bool is_key)
{
	struct head head;
	const char *why = walk_head(w, &head);

	if (why)
		return why;
	if (is_key && head.kind != KIND_STR)
		return "a key that is not a text";
	switch (head.kind) {
	case KIND_NONE:
		return "a byte that begins no value";
	case KIND_EXT:
		return "an extension type";
	case KIND_SCALAR:
		return NULL;
	case KIND_ARRAY:
	case KIND_MAP:
		return walk_enter(w, &head);
	case KIND_STR:
	case KIND_BIN:
		why = walk_run(w, &head);
		if (!why && is_key)
			why = walk_key(w, head.count);
		w->at += why ? 0 : head.count;
		return why;
	}
	return "a byte that begins no value";
}

int
wire_check(struct bytes msg, struct err *err)
{
	/* Not filled with a pattern at each call, as the compiler's hardening would. */
	__attribute__((uninitialized)) struct key keys[WIRE_DEPTH_MAX][WIRE_MEMBERS_MAX];
	struct walk w = {.data = msg.data, .len = msg.len, .levels[0].left = 1, .keys = keys};

	if (msg.len > UINT32_MAX)
		return err_set(err, ERR_REJECT, "a message of more than 4 GiB");
	for (;;) {
		struct level *level = &w.levels[w.depth];
		const char *why;

		if (level->left == 0 && w.depth == 0)
			break;
		if (level->left == 0) {
			w.depth--;
			continue;
		}
		why = ++w.nodes > WIRE_NODES_MAX ? "too many values" : NULL;
		if (!why)
			why = walk_value(&w, level->map && level->left % 2 == 0);
		if (why)
			return err_set(err, ERR_REJECT, "byte %zu: %s", w.at, why);
		level->left--;
	}
	if (w.at < w.len)
		return err_set(err, ERR_REJECT, "byte %zu: more after the end", w.at);
	return 0;
}
