#include "common/frame.h"

#include "tests/unit/check.h"

/* Encodes, decodes, and hands the result to the caller's eyes. */
static int
round_trip(const struct frame *frame, struct arena *arena, struct buf *out, struct frame *back,
	   struct err *err)
{
	buf_reset(out);
	return frame_encode(frame, out, err) < 0 ||
			       frame_decode(buf_bytes(out), arena, back, err) < 0
		       ? -1
		       : 0;
}

static void
says_the_same_on_the_other_side(void)
{
	static const uint64_t ids[] = {1, 300, UINT64_MAX};
	struct arena *arena = arena_new(100000);
	struct buf out = buf_init(100000);
	struct err err = {.kind = ERR_NONE};
	struct frame f = {.from = "parser@1", .stream = 77, .epoch = 5}, back;

	f.type = FRAME_HELLO;
	f.ack = "ipc:///run/x.ack";
	f.route = "sink/site";
	CHECK(round_trip(&f, arena, &out, &back, &err) == 0);
	CHECK(back.type == FRAME_HELLO && back.stream == 77 && back.epoch == 5);
	CHECK_STR(back.from, "parser@1");
	CHECK_STR(back.ack, f.ack);
	CHECK_STR(back.route, f.route);
	f.type = FRAME_DATA;
	f.id = 1234567890123;
	f.attempt = 3;
	f.body = (struct bytes){"\0body", 5};
	CHECK(round_trip(&f, arena, &out, &back, &err) == 0);
	CHECK(back.id == f.id && back.attempt == 3 && back.body.len == 5 &&
	      memcmp(back.body.data, "\0body", 5) == 0);
	f.type = FRAME_PONG;
	f.nonce = 9;
	f.ids = ids;
	f.id_count = 3;
	f.messages = 64;
	f.bytes = 1u << 20;
	CHECK(round_trip(&f, arena, &out, &back, &err) == 0);
	CHECK(back.nonce == 9 && back.id_count == 3 && back.ids[2] == UINT64_MAX &&
	      back.messages == 64 && back.bytes == 1u << 20);
	f.type = FRAME_NACK;
	f.nack = NACK_REJECT;
	f.reason = "no feed";
	f.delay_ms = 250;
	CHECK(round_trip(&f, arena, &out, &back, &err) == 0);
	CHECK(back.nack == NACK_REJECT && back.delay_ms == 250);
	CHECK_STR(back.reason, "no feed");
	buf_done(&out);
	arena_free(arena);
}

static void
says_a_reason_that_is_no_utf8_so_that_it_is_read(void)
{
	struct arena *arena = arena_new(100000);
	struct buf out = buf_init(100000);
	struct err err = {.kind = ERR_NONE};
	struct frame f = {.type = FRAME_NACK, .from = "x", .nack = NACK_REJECT}, back;
	char noise[2 * FRAME_REASON_MAX];

	f.reason = "root element <\xc2>: no feed";
	CHECK(round_trip(&f, arena, &out, &back, &err) == 0);
	CHECK_STR(back.reason, "root element <\xef\xbf\xbd>: no feed");
	memset(noise, 0xff, sizeof(noise) - 1);
	noise[sizeof(noise) - 1] = '\0';
	f.reason = noise;
	CHECK(round_trip(&f, arena, &out, &back, &err) == 0);
	CHECK(strlen(back.reason) > FRAME_REASON_MAX - 4 && back.reason[0] == '\xef');
	buf_done(&out);
	arena_free(arena);
}

static void
cuts_a_reason_that_is_too_long_and_keeps_it_valid(void)
{
	struct arena *arena = arena_new(100000);
	struct buf out = buf_init(100000);
	struct err err = {.kind = ERR_NONE};
	char reason[2 * FRAME_REASON_MAX + 2];
	struct frame f = {.type = FRAME_NACK, .from = "x", .nack = NACK_LATER, .reason = reason};
	struct frame back;

	for (size_t i = 0; i < FRAME_REASON_MAX; i++)
		memcpy(reason + 2 * i, "\xc3\xa9", 2);
	reason[2 * FRAME_REASON_MAX] = '\0';
	CHECK(round_trip(&f, arena, &out, &back, &err) == 0);
	CHECK(strlen(back.reason) == FRAME_REASON_MAX);
	buf_done(&out);
	arena_free(arena);
}

static void
refuses_what_is_no_frame_and_says_why(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{"", 0},
		{"garbage", 7},
		{"\x90", 1},                                    /* empty array */
		{"\x95\x01\x63\xa1x\x00\x00", 7},               /* unknown type */
		{"\x95\x02\x02\xa1x\x00\x00", 7},               /* version 2 */
		{"\x95\x01\x02\xa1x\x00\x00", 7},               /* DATA without its parts */
		{"\x95\x01\x1d\xa0\x00\x00", 6},                /* nobody speaks */
		{"\x98\x01\x02\xa1x\x00\x00\x01\x01\xa1y", 11}, /* a body that is text */
		{"\xdd\xff\xff\xff\xff", 5},                    /* 4,294,967,295 elements */
	};
	struct arena *arena = arena_new(100000);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = {.kind = ERR_NONE};
		struct frame frame;

		CHECK(frame_decode((struct bytes){bad[i].bytes, bad[i].len}, arena, &frame, &err) ==
		      -1);
		CHECK(err.kind == ERR_REJECT && err.text[0]);
		arena_reset(arena);
	}
	arena_free(arena);
}

static void
names_the_version_that_is_too_new(void)
{
	struct arena *arena = arena_new(1000);
	struct err err = {.kind = ERR_NONE};
	struct frame frame;

	(void)frame_decode((struct bytes){"\x95\x09\x02\xa1x\x00\x00", 7}, arena, &frame, &err);
	CHECK(strstr(err.text, "version 9") && strstr(err.text, "upgrade"));
	arena_free(arena);
}

int
main(void)
{
	RUN(says_the_same_on_the_other_side);
	RUN(says_a_reason_that_is_no_utf8_so_that_it_is_read);
	RUN(cuts_a_reason_that_is_too_long_and_keeps_it_valid);
	RUN(refuses_what_is_no_frame_and_says_why);
	RUN(names_the_version_that_is_too_new);
	return check_done();
}
