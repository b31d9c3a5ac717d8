#include "common/urlpart.h"

#include "tests/unit/check.h"

static struct bytes
text(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

static void
encodes_by_part_and_never_twice(void)
{
	static const char raw[] = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\x7F";
	static const char *const wanted[] = {
		[URLPART_OPAQUE] = "%20!%22#$%&'()*+,-./:;%3C=%3E?@[\\]^_`{|}~%7F",
		[URLPART_USERINFO] = ("%20!%22#$%&'()*+,-.%2F:%3B%3C%3D%3E?%40%5B%5C%5D%5E_"
				      "%60%7B%7C%7D~%7F"),
		[URLPART_PATH] = "%20!%22#$%&'()*+,-./:;%3C=%3E?@[\\]%5E_%60%7B|%7D~%7F",
		[URLPART_QUERY] = "%20!%22#$%&%27()*+,-./:;%3C=%3E?@[\\]^_`{|}~%7F",
		[URLPART_FRAGMENT] = "%20!%22#$%&'()*+,-./:;%3C=%3E?@[\\]^_%60{|}~%7F",
	};

	for (int part = URLPART_OPAQUE; part <= URLPART_FRAGMENT; part++) {
		SCOPED(buf_done) struct buf once = buf_init(200);
		SCOPED(buf_done) struct buf twice = buf_init(200);

		urlpart_encode(&once, (enum urlpart)part, text(raw));
		CHECK_STR(buf_str(&once), wanted[part]);
		urlpart_encode(&twice, (enum urlpart)part, text(buf_str(&once)));
		CHECK_STR(buf_str(&twice), wanted[part]);
	}
}

static void
keeps_letters_and_encodes_what_misleads(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
		{"\xC2\x80\xC2\x9F\xC2\xA0", "%C2%80%C2%9F\xC2\xA0"},
		{"\xE2\x80\x8E\xE2\x80\xA8\xE2\x81\xA9", "%E2%80%8E%E2%80%A8%E2%81%A9"},
		{"\xEF\xBF\xBE\xEF\xB7\x90\xEF\xBF\xBD", "%EF%BF%BE%EF%B7%90%EF%BF%BD"},
		{"a\xFF\xC3", "a%FF%C3"},
		{"\xED\xA0\x80", "%ED%A0%80"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SCOPED(buf_done) struct buf out = buf_init(200);

		urlpart_encode(&out, URLPART_PATH, text(cases[i].text));
		CHECK_STR(buf_str(&out), cases[i].wanted);
	}
}

static void
never_climbs_above_where_the_path_begins(void)
{
	SCOPED(buf_done) struct buf out = buf_init(200);

	(void)buf_adds(&out, "x://y/", NULL);
	urlpart_segments(&out, 5, text("a/../../../b/%2E%2e/c\\..\\"), false);
	CHECK_STR(buf_str(&out), "x://y/c\\..\\");
	buf_reset(&out);
	(void)buf_adds(&out, "x://y/", NULL);
	urlpart_segments(&out, 5, text("a\\b\\..\\c/."), true);
	CHECK_STR(buf_str(&out), "x://y/a/c/");
}

static void
takes_long_paths_in_linear_time(void)
{
	enum { DEEP = 200000 };
	SCOPED(buf_done) struct buf path = buf_init(8 * DEEP);
	SCOPED(buf_done) struct buf out = buf_init(8 * DEEP);

	for (int i = 0; i < DEEP; i++)
		(void)buf_adds(&path, "aa/", NULL);
	for (int i = 0; i < DEEP; i++)
		(void)buf_adds(&path, "../", NULL);
	(void)buf_addc(&out, '/', NULL);
	urlpart_segments(&out, 0, (struct bytes){path.data, path.len}, true);
	CHECK_STR(buf_str(&out), "/");
}

int
main(void)
{
	RUN(encodes_by_part_and_never_twice);
	RUN(keeps_letters_and_encodes_what_misleads);
	RUN(never_climbs_above_where_the_path_begins);
	RUN(takes_long_paths_in_linear_time);
	return check_done();
}
