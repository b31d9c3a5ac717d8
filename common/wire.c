#include "common/wire.h"

#include <math.h>
#include <msgpack.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Out. */

enum { HEAD_BYTES_MAX = 9 }; /* the largest value that has no bytes behind it */

/* Into room that room_for has made. */
static inline int
pack_into(void *arg, const char *data, size_t len)
{
	struct buf *out = arg;

	if (len > 0)
		memcpy(out->data + out->len, data, len);
	out->len += len;
	out->data[out->len] = '\0';
	return 0;
}

static inline msgpack_packer
packer(struct buf *out)
{
	return (msgpack_packer){.data = out, .callback = pack_into};
}

/* For a value of len bytes behind its head. */
static inline bool
room_for(struct buf *out, size_t len)
{
	/* What msgpack cannot say does not fit either. */
	return buf_reserve(out, HEAD_BYTES_MAX + (len <= UINT32_MAX ? len : out->max), NULL);
}

void
wire_put_map(struct buf *out, size_t members)
{
	msgpack_packer p = packer(out);

	if (room_for(out, 0))
		(void)msgpack_pack_map(&p, members);
}

void
wire_put_array(struct buf *out, size_t elements)
{
	msgpack_packer p = packer(out);

	if (room_for(out, 0))
		(void)msgpack_pack_array(&p, elements);
}

void
wire_put_str(struct buf *out, const char *s)
{
	wire_put_str_n(out, s, strlen(s));
}

void
wire_put_str_n(struct buf *out, const char *s, size_t len)
{
	msgpack_packer p = packer(out);

	if (!room_for(out, len))
		return;
	(void)msgpack_pack_str(&p, len);
	(void)msgpack_pack_str_body(&p, s, len);
}

void
wire_put_bin(struct buf *out, const void *data, size_t len)
{
	msgpack_packer p = packer(out);

	if (!room_for(out, len))
		return;
	(void)msgpack_pack_bin(&p, len);
	(void)msgpack_pack_bin_body(&p, data, len);
}

void
wire_put_int(struct buf *out, int64_t n)
{
	msgpack_packer p = packer(out);

	if (room_for(out, 0))
		(void)msgpack_pack_int64(&p, n);
}

void
wire_put_uint(struct buf *out, uint64_t n)
{
	msgpack_packer p = packer(out);

	if (room_for(out, 0))
		(void)msgpack_pack_uint64(&p, n);
}

void
wire_put_double(struct buf *out, double n)
{
	msgpack_packer p = packer(out);

	if (room_for(out, 0))
		(void)msgpack_pack_double(&p, n);
}

void
wire_put_nil(struct buf *out)
{
	msgpack_packer p = packer(out);

	if (room_for(out, 0))
		(void)msgpack_pack_nil(&p);
}

/* The header of a map of 16 to 65535 members, whose count can be written over later. */
static const char MAP16[3] = {(char)0xde, 0, 0};

struct wire_map
wire_map_begin(struct buf *out)
{
	const struct wire_map map = {.out = out, .at = out->len};

	(void)buf_add(out, MAP16, sizeof(MAP16), NULL);
	return map;
}

void
wire_map_key(struct wire_map *m, const char *key)
{
	m->members++;
	wire_put_str(m->out, key);
}

void
wire_map_str(struct wire_map *m, const char *key, const char *s)
{
	if (!s || !*s)
		return;
	wire_map_key(m, key);
	wire_put_str(m->out, s);
}

void
wire_map_int(struct wire_map *m, const char *key, int64_t n)
{
	wire_map_key(m, key);
	wire_put_int(m->out, n);
}

void
wire_map_uint(struct wire_map *m, const char *key, uint64_t n)
{
	wire_map_key(m, key);
	wire_put_uint(m->out, n);
}

void
wire_map_double(struct wire_map *m, const char *key, double n)
{
	wire_map_key(m, key);
	wire_put_double(m->out, n);
}

void
wire_map_bin(struct wire_map *m, const char *key, struct bytes b)
{
	wire_map_key(m, key);
	wire_put_bin(m->out, b.data, b.len);
}

void
wire_map_raw(struct wire_map *m, struct bytes pairs, uint32_t members)
{
	m->members += members;
	(void)buf_add(m->out, pairs.data, pairs.len, NULL);
}

void
wire_map_end(struct wire_map *m)
{
	/* Nobody could read it back. */
	if (m->members > WIRE_MEMBERS_MAX)
		m->out->failed = BUF_FULL;
	if (m->out->failed)
		return;
	m->out->data[m->at + 1] = (char)(m->members >> 8);
	m->out->data[m->at + 2] = (char)(m->members & 0xff);
}

/* In. */

struct message {
	struct arena *arena;
	char fault[160]; /* the first one; "" none */
};

struct wire_in {
	struct message *message;
	const struct wire_in *parent; /* NULL: the message itself */
	const char *key;              /* in parent; NULL: its element number index */
	uint32_t index;
	uint32_t next; /* member to look at first: readers ask in the writer's order */
	const msgpack_object *value;
};

/* "tags[2].why[0].at" */
/* NOLINTBEGIN(misc-no-recursion): WIRE_DEPTH_MAX bounds it */
static void
path_of(const struct wire_in *in, const char *key, struct buf *out)
{
	if (in && in->parent)
		path_of(in->parent, in->key, out);
	if (in && in->parent && !in->key)
		(void)buf_addf(out, NULL, "[%u]", in->index);
	if (key)
		(void)buf_addf(out, NULL, "%s%s", out->len > 0 ? "." : "", key);
}
/* NOLINTEND(misc-no-recursion) */

static void fault(struct wire_in *in, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void
fault(struct wire_in *in, const char *key, const char *fmt, ...)
{
	SCOPED(buf_done) struct buf text = buf_init(4096);
	va_list ap;
	char why[96];

	if (in->message->fault[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	path_of(in, key, &text);
	(void)snprintf(in->message->fault, sizeof(in->message->fault), "%s%s%s", buf_str(&text),
		       text.len > 0 ? ": " : "", why);
}

static void
zone_free(void *zone)
{
	msgpack_zone_free(zone);
}

/* Unpacked values refer to msg and live in a zone that goes with the arena. */
static const msgpack_object *
unpack(struct bytes msg, struct arena *arena)
{
	msgpack_object *value = arena_alloc(arena, sizeof(*value));
	msgpack_unpacked unpacked;
	size_t at = 0;

	if (!value)
		return NULL;
	msgpack_unpacked_init(&unpacked);
	if (msgpack_unpack_next(&unpacked, msg.data, msg.len, &at) != MSGPACK_UNPACK_SUCCESS) {
		msgpack_unpacked_destroy(&unpacked);
		return NULL;
	}
	*value = unpacked.data;
	if (arena_defer(arena, zone_free, msgpack_unpacked_release_zone(&unpacked)) < 0)
		return NULL;
	return value;
}

struct wire_in *
wire_in(struct bytes msg, struct arena *arena)
{
	struct wire_in *in = arena_alloc(arena, sizeof(*in));
	struct message *message = arena_alloc(arena, sizeof(*message));
	struct err err;

	if (!in || !message)
		return NULL;
	in->message = message;
	message->arena = arena;
	if (wire_check(msg, &err) < 0)
		fault(in, NULL, "%s", err.text);
	else if (!(in->value = unpack(msg, arena)))
		fault(in, NULL, "no memory to read it");
	return in;
}

static bool
readable(const struct wire_in *in)
{
	return in && in->value && !in->message->fault[0];
}

/* msgpack-c gives an empty text no pointer. */
static bool
is_key(const msgpack_object_str *have, const char *key, size_t len)
{
	return have->size == len && (len == 0 || memcmp(have->ptr, key, len) == 0);
}

/* The value under key; NULL where it is absent or nil. */
static const msgpack_object *
member(struct wire_in *in, const char *key)
{
	const size_t len = strlen(key);
	const msgpack_object_map *map;

	if (!readable(in))
		return NULL;
	if (in->value->type != MSGPACK_OBJECT_MAP) {
		fault(in, NULL, "not a map");
		return NULL;
	}
	map = &in->value->via.map;
	for (uint32_t n = 0; n < map->size; n++) {
		const uint32_t i =
			in->next + n < map->size ? in->next + n : in->next + n - map->size;
		const msgpack_object_kv *kv = &map->ptr[i];

		if (!is_key(&kv->key.via.str, key, len))
			continue;
		in->next = i + 1 < map->size ? i + 1 : 0;
		return kv->val.type == MSGPACK_OBJECT_NIL ? NULL : &kv->val;
	}
	return NULL;
}

/* Each takes a value apart; key names the member for a fault, NULL the value at hand. */
static const char *
as_str(struct wire_in *in, const char *key, const msgpack_object *v, size_t max)
{
	const msgpack_object_str *s = &v->via.str;
	const char *copy;

	if (v->type != MSGPACK_OBJECT_STR)
		fault(in, key, "not a text");
	else if (s->size > max)
		fault(in, key, "longer than %zu bytes", max);
	else if (s->size > 0 && memchr(s->ptr, '\0', s->size))
		fault(in, key, "a NUL byte inside");
	else if (!(copy = arena_strndup(in->message->arena, s->ptr, s->size)))
		fault(in, key, "the message takes too much memory");
	else
		return copy;
	return NULL;
}

static struct bytes
as_bin(struct wire_in *in, const char *key, const msgpack_object *v, size_t max)
{
	if (v->type != MSGPACK_OBJECT_BIN)
		fault(in, key, "not bytes");
	else if (v->via.bin.size > max)
		fault(in, key, "longer than %zu bytes", max);
	else
		return (struct bytes){v->via.bin.ptr, v->via.bin.size};
	return (struct bytes){NULL, 0};
}

static uint64_t
as_uint(struct wire_in *in, const char *key, const msgpack_object *v)
{
	if (v->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
		return v->via.u64;
	fault(in, key, "not a number from 0 up");
	return 0;
}

static int64_t
as_int(struct wire_in *in, const char *key, const msgpack_object *v)
{
	if (v->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		return v->via.i64;
	if (v->type == MSGPACK_OBJECT_POSITIVE_INTEGER && v->via.u64 <= INT64_MAX)
		return (int64_t)v->via.u64;
	fault(in, key, "not a whole number, or too large");
	return 0;
}

static double
as_double(struct wire_in *in, const char *key, const msgpack_object *v)
{
	if (v->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
		return (double)v->via.u64;
	if (v->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		return (double)v->via.i64;
	if ((v->type == MSGPACK_OBJECT_FLOAT64 || v->type == MSGPACK_OBJECT_FLOAT32) &&
	    isfinite(v->via.f64))
		return v->via.f64;
	fault(in, key, "not a finite number");
	return 0;
}

const char *
wire_str(struct wire_in *in, const char *key, size_t max)
{
	const msgpack_object *v = member(in, key);
	const char *s = v ? as_str(in, key, v, max) : NULL;

	return s && *s ? s : NULL;
}

struct bytes
wire_bin(struct wire_in *in, const char *key, size_t max)
{
	const msgpack_object *v = member(in, key);

	return v ? as_bin(in, key, v, max) : (struct bytes){NULL, 0};
}

int64_t
wire_int(struct wire_in *in, const char *key)
{
	return wire_int_or(in, key, 0);
}

int64_t
wire_int_or(struct wire_in *in, const char *key, int64_t absent)
{
	const msgpack_object *v = member(in, key);

	return v ? as_int(in, key, v) : absent;
}

uint64_t
wire_uint(struct wire_in *in, const char *key)
{
	const msgpack_object *v = member(in, key);

	return v ? as_uint(in, key, v) : 0;
}

double
wire_double(struct wire_in *in, const char *key)
{
	const msgpack_object *v = member(in, key);

	return v ? as_double(in, key, v) : 0;
}

bool
wire_has(struct wire_in *in, const char *key)
{
	return member(in, key) != NULL;
}

static struct wire_in *
step_into(struct wire_in *in, const char *key, uint32_t index, const msgpack_object *v)
{
	struct wire_in *child = arena_alloc(in->message->arena, sizeof(*child));

	if (!child) {
		fault(in, key, "the message takes too much memory");
		return NULL;
	}
	*child = (struct wire_in){
		.message = in->message, .parent = in, .key = key, .index = index, .value = v};
	return child;
}

struct wire_in *
wire_child(struct wire_in *in, const char *key)
{
	const msgpack_object *v = member(in, key);

	if (!v)
		return NULL;
	if (v->type != MSGPACK_OBJECT_MAP && v->type != MSGPACK_OBJECT_ARRAY) {
		fault(in, key, "neither a map nor an array");
		return NULL;
	}
	return step_into(in, key, 0, v);
}

size_t
wire_count(struct wire_in *in)
{
	if (!readable(in))
		return 0;
	if (in->value->type != MSGPACK_OBJECT_ARRAY) {
		fault(in, NULL, "not an array");
		return 0;
	}
	return in->value->via.array.size;
}

struct wire_in *
wire_at(struct wire_in *in, size_t i)
{
	if (i >= wire_count(in))
		return NULL;
	return step_into(in, NULL, (uint32_t)i, &in->value->via.array.ptr[i]);
}

const char *
wire_self_str(struct wire_in *in, size_t max)
{
	return readable(in) ? as_str(in, NULL, in->value, max) : NULL;
}

uint64_t
wire_self_uint(struct wire_in *in)
{
	return readable(in) ? as_uint(in, NULL, in->value) : 0;
}

struct bytes
wire_self_bin(struct wire_in *in, size_t max)
{
	return readable(in) ? as_bin(in, NULL, in->value, max) : (struct bytes){NULL, 0};
}

static bool
is_known(const msgpack_object_str *key, const char *const *known, size_t *next)
{
	/* Members mostly come in the order of known. */
	for (size_t i = *next; known[i]; i++)
		if (is_key(key, known[i], strlen(known[i]))) {
			*next = i + 1;
			return true;
		}
	for (size_t i = 0; i < *next; i++)
		if (is_key(key, known[i], strlen(known[i])))
			return true;
	return false;
}

static int
add_to(void *out, const char *data, size_t len)
{
	return buf_add(out, data, len, NULL);
}

struct bytes
wire_rest(struct wire_in *in, const char *const *known, uint32_t *members_out)
{
	SCOPED(buf_done) struct buf rest = buf_init(UINT32_MAX);
	const msgpack_object_map *map;
	msgpack_packer p = {.data = &rest, .callback = add_to};
	uint32_t members = 0;
	size_t next = 0;
	char *copy;

	*members_out = 0;
	if (!readable(in) || in->value->type != MSGPACK_OBJECT_MAP)
		return (struct bytes){NULL, 0};
	map = &in->value->via.map;
	for (uint32_t i = 0; i < map->size; i++) {
		if (is_known(&map->ptr[i].key.via.str, known, &next))
			continue;
		members++;
		(void)msgpack_pack_object(&p, map->ptr[i].key);
		(void)msgpack_pack_object(&p, map->ptr[i].val);
	}
	if (members == 0)
		return (struct bytes){NULL, 0};
	copy = rest.failed ? NULL : arena_strndup(in->message->arena, buf_str(&rest), rest.len);
	if (!copy || members > WIRE_REST_MAX) {
		fault(in, NULL, copy ? "too many unknown members" : "takes too much memory");
		return (struct bytes){NULL, 0};
	}
	*members_out = members;
	return (struct bytes){copy, rest.len};
}

int
wire_fault(const struct wire_in *in, struct err *err)
{
	if (!in)
		return err_set(err, ERR_REJECT, "no memory to read it");
	if (in->message->fault[0])
		return err_set(err, ERR_REJECT, "%s", in->message->fault);
	return 0;
}

void
wire_fail(struct wire_in *in, const char *why)
{
	if (in)
		fault(in, NULL, "%s", why);
}
