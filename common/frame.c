#include "common/frame.h"

#include <string.h>

#include "common/utf8.h"
#include "common/wire.h"

/* What follows [version, type, from, stream, epoch] in a frame of each type, in order. */
enum part {
	PART_END,
	ACK_ENDPOINT,
	ROUTE,
	ID,
	ATTEMPT,
	BODY,
	NONCE,
	IDS,
	MESSAGES,
	BYTES,
	KIND,
	REASON,
	DELAY
};

enum { HEAD_PARTS = 5, PARTS_MAX = 4 };

static const struct shape {
	enum frame_type type;
	const char *name;
	enum part parts[PARTS_MAX + 1];
} shapes[] = {
	{FRAME_HELLO, "HELLO", {ACK_ENDPOINT, ROUTE}},
	{FRAME_DATA, "DATA", {ID, ATTEMPT, BODY}},
	{FRAME_FENCE, "FENCE", {NONCE, IDS}},
	{FRAME_LEAVE, "LEAVE", {PART_END}},
	{FRAME_WELCOME, "WELCOME", {MESSAGES, BYTES}},
	{FRAME_RESET, "RESET", {NONCE}},
	{FRAME_ACK, "ACK", {IDS}},
	{FRAME_NACK, "NACK", {ID, KIND, REASON, DELAY}},
	{FRAME_CREDIT, "CREDIT", {MESSAGES, BYTES}},
	{FRAME_PONG, "PONG", {NONCE, MESSAGES, BYTES, IDS}},
	{FRAME_HINT, "HINT", {BODY}},
	{FRAME_BYE, "BYE", {PART_END}},
};

static const struct shape *
shape_of(uint64_t type)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if ((uint64_t)shapes[i].type == type)
			return &shapes[i];
	return NULL;
}

static size_t
part_count(const struct shape *shape)
{
	size_t n = 0;

	while (n < PARTS_MAX && shape->parts[n] != PART_END)
		n++;
	return n;
}

const char *
frame_name(enum frame_type type)
{
	const struct shape *shape = shape_of((uint64_t)type);

	return shape ? shape->name : "?";
}

static void
put_ids(struct buf *out, const uint64_t *ids, size_t count)
{
	wire_put_array(out, count);
	for (size_t i = 0; i < count; i++)
		wire_put_uint(out, ids[i]);
}

/* A reason quotes what a stranger wrote, perhaps cut in the middle of a character, and a reader
 * refuses a frame that is no UTF-8: the message would come back for ever. */
static void
put_mended(struct buf *out, const char *text, size_t len)
{
	char mended[FRAME_REASON_MAX];
	const char *at = text, *end = text + len;
	size_t size = 0;

	while (at < end) {
		char bytes[UTF8_BYTES_MAX];
		const size_t more = utf8_put(utf8_next(&at, end), bytes);

		if (size + more > sizeof(mended))
			break;
		memcpy(mended + size, bytes, more);
		size += more;
	}
	wire_put_str_n(out, mended, size);
}

static void
put_text(struct buf *out, const char *text, size_t max)
{
	const size_t len = text ? utf8_cut(text, strlen(text), max) : 0;

	if (utf8_valid(text ? text : "", len))
		wire_put_str_n(out, text ? text : "", len);
	else
		put_mended(out, text, len);
}

static void
put_part(struct buf *out, const struct frame *frame, enum part part)
{
	switch (part) {
	case ACK_ENDPOINT:
		put_text(out, frame->ack, FRAME_ENDPOINT_MAX);
		break;
	case ROUTE:
		put_text(out, frame->route, FRAME_NAME_MAX);
		break;
	case ID:
		wire_put_uint(out, frame->id);
		break;
	case ATTEMPT:
		wire_put_uint(out, frame->attempt);
		break;
	case BODY:
		wire_put_bin(out, frame->body.data, frame->body.len);
		break;
	case NONCE:
		wire_put_uint(out, frame->nonce);
		break;
	case IDS:
		put_ids(out, frame->ids, frame->id_count);
		break;
	case MESSAGES:
		wire_put_uint(out, frame->messages);
		break;
	case BYTES:
		wire_put_uint(out, frame->bytes);
		break;
	case KIND:
		wire_put_uint(out, (uint64_t)frame->nack);
		break;
	case REASON:
		put_text(out, frame->reason, FRAME_REASON_MAX);
		break;
	case DELAY:
		wire_put_int(out, frame->delay_ms);
		break;
	case PART_END:
		break;
	}
}

int
frame_encode(const struct frame *frame, struct buf *out, struct err *err)
{
	const struct shape *shape = shape_of((uint64_t)frame->type);
	const size_t parts = part_count(shape);

	wire_put_array(out, HEAD_PARTS + parts);
	wire_put_uint(out, FRAME_VERSION);
	wire_put_uint(out, (uint64_t)frame->type);
	put_text(out, frame->from, FRAME_NAME_MAX);
	wire_put_uint(out, frame->stream);
	wire_put_uint(out, frame->epoch);
	for (size_t i = 0; i < parts; i++)
		put_part(out, frame, shape->parts[i]);
	if (buf_failed(out, err) < 0)
		return err_in(err, "%s frame", shape->name);
	return 0;
}

static void
get_ids(struct wire_in *in, struct arena *arena, struct frame *frame)
{
	const size_t count = wire_count(in);
	uint64_t *ids = count <= FRAME_IDS_MAX ? arena_array(arena, count, sizeof(*ids)) : NULL;

	if (!ids) {
		wire_fail(in, "too many ids");
		return;
	}
	for (size_t i = 0; i < count; i++)
		ids[i] = wire_self_uint(wire_at(in, i));
	frame->ids = ids;
	frame->id_count = count;
}

static void
get_part(struct wire_in *in, struct arena *arena, enum part part, struct frame *frame)
{
	switch (part) {
	case ACK_ENDPOINT:
		frame->ack = wire_self_str(in, FRAME_ENDPOINT_MAX);
		break;
	case ROUTE:
		frame->route = wire_self_str(in, FRAME_NAME_MAX);
		break;
	case ID:
		frame->id = wire_self_uint(in);
		break;
	case ATTEMPT:
		frame->attempt = (uint32_t)wire_self_uint(in);
		break;
	case BODY:
		frame->body = wire_self_bin(in, SIZE_MAX);
		break;
	case NONCE:
		frame->nonce = wire_self_uint(in);
		break;
	case IDS:
		get_ids(in, arena, frame);
		break;
	case MESSAGES:
		frame->messages = (uint32_t)wire_self_uint(in);
		break;
	case BYTES:
		frame->bytes = wire_self_uint(in);
		break;
	case KIND:
		frame->nack = (enum frame_nack)wire_self_uint(in);
		break;
	case REASON:
		frame->reason = wire_self_str(in, FRAME_REASON_MAX);
		break;
	case DELAY:
		frame->delay_ms = (int64_t)wire_self_uint(in);
		break;
	case PART_END:
		break;
	}
}

int
frame_decode(struct bytes msg, struct arena *arena, struct frame *out, struct err *err)
{
	struct wire_in *in = wire_in(msg, arena);
	struct frame frame = {0};
	const struct shape *shape;
	uint64_t version;
	size_t parts;

	version = wire_self_uint(wire_at(in, 0));
	shape = shape_of(wire_self_uint(wire_at(in, 1)));
	if (wire_fault(in, err) < 0)
		return err_in(err, "frame");
	if (version != FRAME_VERSION)
		return err_set(err, ERR_REJECT,
			       "frame: protocol version %llu, this program speaks %d: upgrade the "
			       "older of the two",
			       (unsigned long long)version, FRAME_VERSION);
	if (!shape)
		return err_set(err, ERR_REJECT, "frame: unknown type");
	parts = part_count(shape);
	if (wire_count(in) < HEAD_PARTS + parts)
		return err_set(err, ERR_REJECT, "%s frame: too short", shape->name);
	frame.type = shape->type;
	frame.from = wire_self_str(wire_at(in, 2), FRAME_NAME_MAX);
	frame.stream = wire_self_uint(wire_at(in, 3));
	frame.epoch = wire_self_uint(wire_at(in, 4));
	for (size_t i = 0; i < parts; i++)
		get_part(wire_at(in, HEAD_PARTS + i), arena, shape->parts[i], &frame);
	if (!frame.from || !frame.from[0])
		wire_fail(in, "no sender's name");
	if (wire_fault(in, err) < 0)
		return err_in(err, "%s frame", shape->name);
	*out = frame;
	return 0;
}
