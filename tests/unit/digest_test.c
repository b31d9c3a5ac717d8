#include "common/digest.h"

#include <stdint.h>

#include "tests/unit/check.h"

static void
check_hex(const unsigned char bytes[DIGEST_BYTES], const char *wanted)
{
	char hex[2 * DIGEST_BYTES + 1];

	digest_hex(bytes, DIGEST_BYTES, hex);
	CHECK_STR(hex, wanted);
}

/* FIPS 180-4 examples; the same object throughout. */
static void
knows_the_answers_of_sha256(void)
{
	static const struct {
		const char *text, *digest;
	} cases[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	SCOPED(digest_free) struct digest *d = digest_new();
	unsigned char out[DIGEST_BYTES];

	CHECK(d != NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		digest_begin(d);
		digest_add(d, cases[i].text, strlen(cases[i].text));
		digest_end(d, out);
		check_hex(out, cases[i].digest);

		/* In pieces it is the same. */
		digest_begin(d);
		for (const char *at = cases[i].text; *at; at++)
			digest_add(d, at, 1);
		digest_end(d, out);
		check_hex(out, cases[i].digest);
	}
	digest_begin(d);
	digest_add(d, "left unfinished", 15);
	digest_begin(d);
	digest_add(d, "abc", 3);
	digest_end(d, out);
	check_hex(out, cases[1].digest);
}

static void
tells_fields_apart_by_where_they_end(void)
{
	SCOPED(digest_free) struct digest *d = digest_new();
	unsigned char one[DIGEST_BYTES], two[DIGEST_BYTES];

	digest_begin(d);
	digest_add_field(d, "ab", 2);
	digest_add_field(d, "c", 1);
	digest_end(d, one);
	digest_begin(d);
	digest_add_field(d, "a", 1);
	digest_add_field(d, "bc", 2);
	digest_end(d, two);
	CHECK(memcmp(one, two, DIGEST_BYTES) != 0);
	digest_begin(d);
	digest_add(d, "\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c", 19);
	digest_end(d, two);
	CHECK(memcmp(one, two, DIGEST_BYTES) == 0); /* ids are for ever: so is this layout */
}

/* RFC 4231, cases 1, 2 and 6; and no key, no data. */
static void
knows_the_answers_of_hmac(void)
{
	unsigned char key[131], out[DIGEST_BYTES];

	memset(key, 0x0b, 20);
	CHECK(digest_hmac(key, 20, "Hi There", 8, out) == 0);
	check_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	CHECK(digest_hmac("Jefe", 4, "what do ya want for nothing?", 28, out) == 0);
	check_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	CHECK(digest_hmac(key, sizeof(key),
			  "Test Using Larger Than Block-Size Key - Hash Key First", 54, out) == 0);
	check_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	CHECK(digest_hmac(NULL, 0, "", 0, out) == 0);
	check_hex(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 4231, case 2, and RFC 2202, case 2; the rest of a hash's name counts. */
static void
knows_the_answers_of_hmac_by_name(void)
{
	static const struct {
		const char *hash, *mac;
	} cases[] = {
		{"sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{"sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"sha384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
			   "8e2240ca5e69e2c78b3239ecfab21649"},
		{"sha512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			   "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
		{"sha", ""},
		{"md5", ""},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char out[DIGEST_MAC_BYTES_MAX];
		char hex[2 * DIGEST_MAC_BYTES_MAX + 1] = "";
		const int len = digest_hmac_by(cases[i].hash, "Jefe", 4,
					       "what do ya want for nothing?", 28, out);

		CHECK(len == (int)strlen(cases[i].mac) / 2);
		digest_hex(out, (size_t)len, hex);
		CHECK_STR(hex, cases[i].mac);
	}
	CHECK(digest_equal("abc", "abc", 3) && !digest_equal("abc", "abd", 3));
}

/* RFC 3720, B.4, and the check value of the CRC catalogue. */
static void
knows_the_answers_of_crc32c_with_and_without_the_instruction(void)
{
	unsigned char bytes[32];
	uint32_t (*const ways[])(uint32_t, const void *, size_t) = {digest_crc32c,
								    digest_crc32c_table};

	for (size_t w = 0; w < 2; w++) {
		memset(bytes, 0, sizeof(bytes));
		CHECK(ways[w](0, bytes, sizeof(bytes)) == 0x8A9136AA);
		memset(bytes, 0xFF, sizeof(bytes));
		CHECK(ways[w](0, bytes, sizeof(bytes)) == 0x62A8AB43);
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)i;
		CHECK(ways[w](0, bytes, sizeof(bytes)) == 0x46DD794E);
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)(31 - i);
		CHECK(ways[w](0, bytes, sizeof(bytes)) == 0x113FDB5C);
		CHECK(ways[w](0, "123456789", 9) == 0xE3069283);
		CHECK(ways[w](0, "", 0) == 0);
	}
}

static void
continues_a_crc_at_any_cut(void)
{
	char text[100];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 37);
	for (size_t len = 0; len <= sizeof(text); len++) {
		const uint32_t whole = digest_crc32c(0, text, len);

		CHECK(digest_crc32c_table(0, text, len) == whole);
		for (size_t cut = 0; cut <= len; cut++)
			CHECK(digest_crc32c(digest_crc32c(0, text, cut), text + cut, len - cut) ==
			      whole);
	}
}

static void
writes_hex_in_lower_case(void)
{
	char hex[9];

	digest_hex((const unsigned char *)"\x00\x0F\xAB\xFF", 4, hex);
	CHECK_STR(hex, "000fabff");
	digest_hex((const unsigned char *)"", 0, hex);
	CHECK_STR(hex, "");
}

int
main(void)
{
	RUN(knows_the_answers_of_sha256);
	RUN(tells_fields_apart_by_where_they_end);
	RUN(knows_the_answers_of_hmac);
	RUN(knows_the_answers_of_hmac_by_name);
	RUN(knows_the_answers_of_crc32c_with_and_without_the_instruction);
	RUN(continues_a_crc_at_any_cut);
	RUN(writes_hex_in_lower_case);
	return check_done();
}
