#include "common/wirecheck.h"

#include "common/clock.h"
#include "tests/unit/check.h"

#define LITERAL(s) ((struct bytes){(s), sizeof(s) - 1})

static const char *
verdict(struct bytes msg)
{
	static struct err err;

	return wire_check(msg, &err) == 0 ? "good" : err.text;
}

static void
passes_every_kind_of_value(void)
{
	CHECK_STR(verdict(LITERAL("\xc0")), "good");
	CHECK_STR(verdict(LITERAL("\x95\x01\xff\xc2\xc3\xa2hi")), "good");
	CHECK_STR(verdict(LITERAL("\x94\xcc\xff\xcd\x01\x02\xce\x01\x02\x03\x04\xcf"
				  "12345678")),
		  "good");
	CHECK_STR(verdict(LITERAL("\x94\xd0\xff\xd1\x01\x02\xd2\x01\x02\x03\x04\xd3"
				  "12345678")),
		  "good");
	CHECK_STR(verdict(LITERAL("\x92\xca"
				  "1234"
				  "\xcb"
				  "12345678")),
		  "good");
	CHECK_STR(verdict(LITERAL("\x93\xd9\x01"
				  "a\xda\x00\x01"
				  "a\xdb\x00\x00\x00\x01"
				  "a")),
		  "good");
	CHECK_STR(verdict(LITERAL("\x93\xc4\x01\xff\xc5\x00\x01\xff\xc6\x00\x00\x00\x01\xff")),
		  "good");
	CHECK_STR(verdict(LITERAL("\x82\xa1"
				  "a\x81\xa1"
				  "a\x01\xa1"
				  "b\x90")),
		  "good");
	CHECK_STR(verdict(LITERAL("\xdc\x00\x01\xdd\x00\x00\x00\x01\xde\x00\x01\xa0\xdf"
				  "\x00\x00\x00\x00")),
		  "good");
}

static void
refuses_what_is_cut_off_at_any_byte(void)
{
	static const char msg[] = "\x83\xa1"
				  "a\x92\xcd\x01\x02\xcb"
				  "12345678\xa1"
				  "b\xda\x00\x03xyz\xa1"
				  "c\xc4\x02\xff\xff";

	CHECK_STR(verdict(LITERAL(msg)), "good");
	for (size_t len = 0; len < sizeof(msg) - 1; len++)
		CHECK(wire_check((struct bytes){msg, len}, NULL) == -1);
	CHECK_STR(verdict((struct bytes){NULL, 0}),
		  "byte 0: the message ends before its last value");
}

static void
refuses_counts_that_the_message_cannot_hold(void)
{
	CHECK_STR(verdict(LITERAL("\xdd\x10\x00\x00\x00")),
		  "byte 5: a count larger than the message");
	CHECK_STR(verdict(LITERAL("\xdf\x10\x00\x00\x00")),
		  "byte 5: a count larger than the message");
	CHECK_STR(verdict(LITERAL("\xdf\xff\xff\xff\xff\xa1"
				  "a\x01")),
		  "byte 5: a count larger than the message");
	CHECK_STR(verdict(LITERAL("\xdb\xff\xff\xff\xff"
				  "a")),
		  "byte 5: a length larger than the message");
	CHECK_STR(verdict(LITERAL("\xc6\x00\x00\x00\x02"
				  "a")),
		  "byte 5: a length larger than the message");
}

static void
refuses_what_comes_after_the_end(void)
{
	CHECK_STR(verdict(LITERAL("\x01\x02")), "byte 1: more after the end");
	CHECK_STR(verdict(LITERAL("\x80\xc0")), "byte 1: more after the end");
}

static void
refuses_ext_and_unused_bytes(void)
{
	CHECK_STR(verdict(LITERAL("\xc1")), "byte 1: a byte that begins no value");
	CHECK_STR(verdict(LITERAL("\xd4\x01\x02")), "byte 1: an extension type");
	CHECK_STR(verdict(LITERAL("\xc7\x01\x01\x02")), "byte 2: an extension type");
}

static void
refuses_text_that_is_not_utf8(void)
{
	CHECK_STR(verdict(LITERAL("\xa2\xc3\xa4")), "good");
	CHECK_STR(verdict(LITERAL("\xa1\xff")), "byte 1: a text that is not UTF-8");
	CHECK_STR(verdict(LITERAL("\x81\xa2\xc0\x80\x01")), "byte 2: a text that is not UTF-8");
	CHECK_STR(verdict(LITERAL("\xc4\x01\xff")), "good");
}

static void
sees_a_bad_byte_at_any_place_of_a_text(void)
{
	for (size_t len = 1; len < 31; len++)
		for (size_t bad = 0; bad < len; bad++) {
			char msg[32];

			memset(msg, 'a', sizeof(msg));
			msg[0] = (char)(0xa0 | len);
			CHECK(wire_check((struct bytes){msg, len + 1}, NULL) == 0);
			msg[1 + bad] = (char)0x80;
			CHECK(wire_check((struct bytes){msg, len + 1}, NULL) == -1);
		}
}

static void
refuses_keys_that_are_no_text_or_there_twice(void)
{
	CHECK_STR(verdict(LITERAL("\x81\x01\x01")), "byte 2: a key that is not a text");
	CHECK_STR(verdict(LITERAL("\x82\xa1"
				  "a\x01\xa1"
				  "a\x02")),
		  "byte 5: a key that is there twice");
	/* The same key in another spelling of its length. */
	CHECK_STR(verdict(LITERAL("\x82\xa1"
				  "a\x01\xd9\x01"
				  "a\x02")),
		  "byte 6: a key that is there twice");
	/* In another map it is another key. */
	CHECK_STR(verdict(LITERAL("\x92\x81\xa1"
				  "a\x01\x81\xa1"
				  "a\x01")),
		  "good");
	CHECK_STR(verdict(LITERAL("\x82\xa1"
				  "a\x81\xa1"
				  "a\x01\xa1"
				  "a\x01")),
		  "byte 8: a key that is there twice");
}

static void
refuses_what_is_nested_too_deeply(void)
{
	char msg[64];

	memset(msg, 0x91, sizeof(msg));
	msg[WIRE_DEPTH_MAX] = 0x01;
	CHECK_STR(verdict((struct bytes){msg, WIRE_DEPTH_MAX + 1}), "good");
	msg[WIRE_DEPTH_MAX] = (char)0x91;
	msg[WIRE_DEPTH_MAX + 1] = 0x01;
	CHECK_STR(verdict((struct bytes){msg, WIRE_DEPTH_MAX + 2}), "byte 17: nested too deeply");
	memset(msg, 0x91, sizeof(msg));
	CHECK(wire_check((struct bytes){msg, sizeof(msg)}, NULL) == -1);
}

static void
refuses_too_many_values_and_members(void)
{
	const size_t len = WIRE_NODES_MAX + 5;
	SCOPED(free) unsigned char *msg = calloc(1, len);

	CHECK(msg != NULL);
	if (!msg)
		return;
	/* An array of nil: itself and its elements are the values. */
	memset(msg, 0xc0, len);
	memcpy(msg, "\xdd\x00\x01\x86\x9f", 5); /* 99,999 */
	CHECK_STR(verdict((struct bytes){msg, len - 1}), "good");
	memcpy(msg, "\xdd\x00\x01\x86\xa0", 5);
	CHECK_STR(verdict((struct bytes){msg, len}), "byte 100004: too many values");

	/* A map of 256 members is read, one of 257 is not. */
	for (unsigned members = 256; members <= 257; members++) {
		size_t at = 3;

		msg[0] = 0xde;
		msg[1] = (unsigned char)(members >> 8);
		msg[2] = (unsigned char)members;
		for (unsigned i = 0; i < members; i++) {
			msg[at++] = 0xa2;
			msg[at++] = (unsigned char)('0' + i / 64);
			msg[at++] = (unsigned char)('0' + i % 64);
			msg[at++] = 0xc0;
		}
		CHECK_STR(verdict((struct bytes){msg, at}),
			  members == 256 ? "good" : "byte 3: a map of too many members");
	}
}

/* Maps filled to the brim with keys that look alike: the worst there is. */
static void
takes_a_time_linear_in_the_message(void)
{
	enum { MAPS = 190, MEMBERS = 256, KEY = 60 };
	const size_t max = 3 + (size_t)MAPS * (3 + MEMBERS * (2 + KEY + 1));
	SCOPED(free) unsigned char *msg = malloc(max);
	int64_t began_us, took_us;
	size_t at = 3;

	CHECK(msg != NULL);
	if (!msg)
		return;
	memcpy(msg, "\xdc\x00\xbe", 3);
	for (int m = 0; m < MAPS; m++) {
		memcpy(msg + at, "\xde\x01\x00", 3);
		at += 3;
		for (unsigned i = 0; i < MEMBERS; i++) {
			msg[at++] = 0xd9;
			msg[at++] = KEY;
			memset(msg + at, 'k', KEY);
			msg[at + KEY - 2] = (unsigned char)('0' + i / 64);
			msg[at + KEY - 3] = (unsigned char)('0' + i % 64);
			at += KEY;
			msg[at++] = 0xc0;
		}
	}
	began_us = clock_mono_us();
	CHECK_STR(verdict((struct bytes){msg, at}), "good");
	took_us = clock_mono_us() - began_us;
	(void)printf("# %zu bytes of keys that look alike: %lld us\n", at, (long long)took_us);
	CHECK(took_us < 5 * 1000 * 1000);
}

int
main(void)
{
	RUN(passes_every_kind_of_value);
	RUN(refuses_what_is_cut_off_at_any_byte);
	RUN(refuses_counts_that_the_message_cannot_hold);
	RUN(refuses_what_comes_after_the_end);
	RUN(refuses_ext_and_unused_bytes);
	RUN(refuses_text_that_is_not_utf8);
	RUN(sees_a_bad_byte_at_any_place_of_a_text);
	RUN(refuses_keys_that_are_no_text_or_there_twice);
	RUN(refuses_what_is_nested_too_deeply);
	RUN(refuses_too_many_values_and_members);
	RUN(takes_a_time_linear_in_the_message);
	return check_done();
}
