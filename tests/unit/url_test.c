#include "common/url.h"

#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct example {
	const char *base, *ref;
	const char *wanted; /* NULL: refused */
};

static void
check_resolve(const struct example *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		SCOPED(buf_done) struct buf out = buf_init(2 * URL_MAX_BYTES);
		struct err err = {.kind = ERR_NONE};
		const int got =
			url_resolve(cases[i].base, cases[i].ref, strlen(cases[i].ref), &out, &err);

		if (cases[i].wanted)
			CHECK_STR(got == 0 ? buf_str(&out) : err.text, cases[i].wanted);
		else
			CHECK(got == -1 && err.kind == ERR_REJECT && err.text[0] && out.len == 0);
		if ((got == 0) != (cases[i].wanted != NULL))
			(void)printf("# '%s' against '%s' gave '%s'\n", cases[i].ref,
				     cases[i].base ? cases[i].base : "", buf_str(&out));
	}
}

/* RFC 3986, 5.4.1 and 5.4.2; "http:g" as browsers read it. */
static void
resolves_the_examples_of_rfc_3986(void)
{
	static const char base[] = "http://a/b/c/d;p?q";
	static const struct example cases[] = {
		{base, "g:h", "g:h"},
		{base, "g", "http://a/b/c/g"},
		{base, "./g", "http://a/b/c/g"},
		{base, "g/", "http://a/b/c/g/"},
		{base, "/g", "http://a/g"},
		{base, "//g", "http://g/"},
		{base, "?y", "http://a/b/c/d;p?y"},
		{base, "g?y", "http://a/b/c/g?y"},
		{base, "#s", "http://a/b/c/d;p?q#s"},
		{base, "g#s", "http://a/b/c/g#s"},
		{base, "g?y#s", "http://a/b/c/g?y#s"},
		{base, ";x", "http://a/b/c/;x"},
		{base, "g;x", "http://a/b/c/g;x"},
		{base, "g;x?y#s", "http://a/b/c/g;x?y#s"},
		{base, "", "http://a/b/c/d;p?q"},
		{base, ".", "http://a/b/c/"},
		{base, "./", "http://a/b/c/"},
		{base, "..", "http://a/b/"},
		{base, "../", "http://a/b/"},
		{base, "../g", "http://a/b/g"},
		{base, "../..", "http://a/"},
		{base, "../../", "http://a/"},
		{base, "../../g", "http://a/g"},
		{base, "../../../g", "http://a/g"},
		{base, "../../../../g", "http://a/g"},
		{base, "/./g", "http://a/g"},
		{base, "/../g", "http://a/g"},
		{base, "g.", "http://a/b/c/g."},
		{base, ".g", "http://a/b/c/.g"},
		{base, "g..", "http://a/b/c/g.."},
		{base, "..g", "http://a/b/c/..g"},
		{base, "./../g", "http://a/b/g"},
		{base, "./g/.", "http://a/b/c/g/"},
		{base, "g/./h", "http://a/b/c/g/h"},
		{base, "g/../h", "http://a/b/c/h"},
		{base, "g;x=1/./y", "http://a/b/c/g;x=1/y"},
		{base, "g;x=1/../y", "http://a/b/c/y"},
		{base, "g?y/./x", "http://a/b/c/g?y/./x"},
		{base, "g?y/../x", "http://a/b/c/g?y/../x"},
		{base, "g#s/./x", "http://a/b/c/g#s/./x"},
		{base, "g#s/../x", "http://a/b/c/g#s/../x"},
		{base, "http:g", "http://a/b/c/g"},
	};

	check_resolve(cases, COUNT(cases));
}

static void
reads_what_publishers_misspell(void)
{
	static const char base[] = "https://Example.COM:443/blog/post?id=1#top";
	static const struct example cases[] = {
		{base, "", "https://example.com/blog/post?id=1"},
		{base, "   ", "https://example.com/blog/post?id=1"},
		{base, "?q", "https://example.com/blog/post?q"},
		{base, "?", "https://example.com/blog/post?"},
		{base, "#f", "https://example.com/blog/post?id=1#f"},
		{base, "#", "https://example.com/blog/post?id=1#"},
		{base, "/", "https://example.com/"},
		{base, "//cdn.example.net/i.png", "https://cdn.example.net/i.png"},
		{base, "///cdn.example.net/i.png", "https://cdn.example.net/i.png"},
		{base, "\\\\cdn.example.net\\i.png", "https://cdn.example.net/i.png"},
		{base, "/\\cdn.example.net", "https://cdn.example.net/"},
		{base, "\\a\\..\\b", "https://example.com/b"},
		{base, "a\\b?c\\d#e\\f", "https://example.com/blog/a/b?c\\d#e\\f"},
		{base, "https:page", "https://example.com/blog/page"},
		{base, "https:/page", "https://example.com/page"},
		{base, "https:?x", "https://example.com/blog/post?x"},
		{base, "https:", "https://example.com/blog/post?id=1"},
		{base, "HTTPS:\\\\other\\x", "https://other/x"},
		{base, "http:other", "http://other/"},
		{base, "http:/other/x", "http://other/x"},
		{base, "http:////other///x", "http://other///x"},
		{base, "http:\\other\\x", "http://other/x"},
		{base, " \n\tpage \r\n", "https://example.com/blog/page"},
		{base, "\001\037page\001", "https://example.com/blog/page"},
		{base, "pa\nge\t/x\r", "https://example.com/blog/page/x"},
		{base, "ht\ntp://o\tther/", "http://other/"},
		{base, "a b", "https://example.com/blog/a%20b"},
		{base, "a%20b%2F%zz%", "https://example.com/blog/a%20b%2F%zz%"},
		{base, "\"<>`{}^|~'", "https://example.com/blog/%22%3C%3E%60%7B%7D%5E|~'"},
		{base, "?\"<>`{}^|~'", "https://example.com/blog/post?%22%3C%3E`{}^|~%27"},
		{base, "#\"<>`{}^|~'", "https://example.com/blog/post?id=1#%22%3C%3E%60{}^|~'"},
		{base, "a\001b\177c", "https://example.com/blog/a%01b%7Fc"},
		{base, "caf\xC3\xA9?\xE2\x82\xAC#\xF0\x9F\x98\x80",
		 "https://example.com/blog/caf\xC3\xA9?\xE2\x82\xAC#\xF0\x9F\x98\x80"},
		{base, "caf\xE9", "https://example.com/blog/caf%E9"},
		{base,
		 "a\xC2\x85"
		 "b\xE2\x80\xAE"
		 "c\xE2\x80\xA8",
		 "https://example.com/blog/a%C2%85b%E2%80%AEc%E2%80%A8"},
		{base, "a/%2e%2E/b/%2e", "https://example.com/blog/b/"},
		{base, ".%2e/.%2E/.../b", "https://example.com/.../b"},
		{base, "%2e%2e%2e", "https://example.com/blog/%2e%2e%2e"},
		{base, "a//../b", "https://example.com/blog/a/b"},
		{base, "a//b///", "https://example.com/blog/a//b///"},
		{base, "..//x", "https://example.com//x"},
		{base, "1:2", "https://example.com/blog/1:2"},
		{base, "./a:b", "https://example.com/blog/a:b"},
		{base, ":x", "https://example.com/blog/:x"},
		{base, "-a:b", "https://example.com/blog/-a:b"},
		{base, "x y:z", "https://example.com/blog/x%20y:z"},
		{base, "@user", "https://example.com/blog/@user"},
		{base, "a#b#c", "https://example.com/blog/a#b#c"},
		{base, "a?b?c", "https://example.com/blog/a?b?c"},
	};

	check_resolve(cases, COUNT(cases));
}

static void
settles_the_authority(void)
{
	static const struct example cases[] = {
		{NULL, "HTTP://WWW.Example.COM", "http://www.example.com/"},
		{NULL, "http://example.com?q", "http://example.com/?q"},
		{NULL, "http://example.com#f", "http://example.com/#f"},
		{NULL, "http:example.com", "http://example.com/"},
		{NULL, "http://example.com:80/", "http://example.com/"},
		{NULL, "http://example.com:0080/", "http://example.com/"},
		{NULL, "http://example.com:/x", "http://example.com/x"},
		{NULL, "http://example.com:443/", "http://example.com:443/"},
		{NULL, "https://example.com:443/", "https://example.com/"},
		{NULL, "ftp://example.com:21/x", "ftp://example.com/x"},
		{NULL, "http://example.com:65535/", "http://example.com:65535/"},
		{NULL, "http://example.com:65536/", NULL},
		{NULL, "http://example.com:99999999999999999999/", NULL},
		{NULL, "http://example.com:8a/", NULL},
		{NULL, "http://a:b:80/", NULL},
		{NULL, "http://user:pw@Example.com/", "http://user:pw@example.com/"},
		{NULL, "http://us@er:p w@h/", "http://us%40er:p%20w@h/"},
		{NULL, "http://@h/", "http://h/"},
		{NULL, "http://user@/", NULL},
		{NULL, "http://good.example\\@evil.example/", "http://good.example/@evil.example/"},
		{NULL, "http://evil.example/@good", "http://evil.example/@good"},
		{NULL, "http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"},
		{NULL, "http://[::1]", "http://[::1]/"},
		{NULL, "http://[::ffff:127.0.0.1]:80/", "http://[::ffff:127.0.0.1]/"},
		{NULL, "http://user:p@[::1]:81/", "http://user:p@[::1]:81/"},
		{NULL, "http://[::1", NULL},
		{NULL, "http://[::1]x/", NULL},
		{NULL, "http://[fe80::1%25eth0]/", NULL},
		{NULL, "http://[]/", NULL},
		{NULL, "http://[1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5:6:7:8]/", NULL},
		{NULL, "http://::1/", NULL},
		{NULL, "http://m\xC3\xBCnchen.example/", "http://m\xC3\xBCnchen.example/"},
		{NULL, "http://m%C3%BCnchen.example/", "http://m\xC3\xBCnchen.example/"},
		{NULL, "http://ex%41mple.com/", "http://example.com/"},
		{NULL, "http://a%2Fb/", NULL},
		{NULL, "http://a%00b/", NULL},
		{NULL, "http://a%FFb/", NULL},
		{NULL, "http://a%zz/", NULL},
		{NULL, "http://a b/", NULL},
		{NULL, "http://a<b>/", NULL},
		{NULL,
		 "http://a\xE2\x80\xAE"
		 "b/",
		 NULL},
		{NULL, "http://under_score.example./", "http://under_score.example./"},
		{NULL, "http://192.0.2.1./", "http://192.0.2.1./"},
		{NULL, "http://0x7f.1/", "http://0x7f.1/"},
		{NULL, "http://2130706433/", "http://2130706433/"},
		{NULL, "http://4294967296/", NULL},
		{NULL, "http://1.2.3.256/", NULL},
		{NULL, "http://1.2.3.4.5/", NULL},
		{NULL, "http://a.example.074/", NULL},
		{NULL, "http://example.08/", NULL},
		{NULL, "http://a.0x/", NULL},
		{NULL, "http://1.2.3.4a/", "http://1.2.3.4a/"},
		{NULL, "http://", NULL},
		{NULL, "http:///", NULL},
		{NULL, "http:", NULL},
		{NULL, "http://:80/", NULL},
		{NULL, "http://?q", NULL},
		{NULL, "https://#f", NULL},
	};

	check_resolve(cases, COUNT(cases));
}

/* A host that no browser would look up makes no link; one that is spelt in other letters is read
 * as browsers read it. */
static void
reads_hosts_as_names(void)
{
	static const struct example cases[] = {
		{NULL, "http://a\xC2\xA0/", NULL},
		{NULL, "http://\xE3\x80\x80/", NULL},
		{NULL, "http://news.example\xE2\x80\xA6", NULL},
		{NULL, "http://a\xE2\x84\x80x/", NULL},
		{NULL, "http://good.example\xEF\xBC\x8F.evil.example/", NULL},
		{NULL, "http://a\xEF\xBC\xA0x/", NULL},
		{NULL, "http://\xEE\x80\x80x/", NULL},
		{NULL, "http://\xC2\xAD/", NULL},
		{NULL, "http://a\xE2\x80\x8Dx/", NULL},
		{NULL, "http://\xE2\x80\x8D/", NULL},
		{NULL, "http://xn--/", NULL},
		{NULL, "http://a.xn--b/", NULL},
		{NULL, "http://xn--a-/", NULL},
		{NULL, "http://xn--99999999999999/", NULL},
		{NULL, "http://xn--zzzzzz.example/", NULL},
		{NULL, "http://xn--abc!d/", NULL},
		{NULL, "http://XN--MNCHEN-3YA.example/", "http://xn--mnchen-3ya.example/"},
		{NULL, "http://xn--bcher-kva.xn--p1ai/", "http://xn--bcher-kva.xn--p1ai/"},
		{NULL, "http://xn--ls8h.la/", "http://xn--ls8h.la/"},
		{NULL, "http://ne\xC2\xADws.ex\xE2\x80\x8B\x61mple/", "http://news.example/"},
		{NULL, "http://\xEF\xBC\xA1\xEF\xBC\x8E\xEF\xBC\x91x/", "http://a.1x/"},
		{NULL, "http://a\xE3\x80\x82\xEF\xBD\x82/", "http://a.b/"},
		{NULL, "http://\xEF\xBC\x92\xEF\xBC\x95\xEF\xBC\x96.1.1.1/", NULL},
		{NULL, "http://\xD9\x86\xE2\x80\x8C\xD8\xA7.example/",
		 "http://\xD9\x86\xE2\x80\x8C\xD8\xA7.example/"},
	};

	check_resolve(cases, COUNT(cases));
}

static void
wants_a_base_for_what_is_relative(void)
{
	static const struct example cases[] = {
		{NULL, "", NULL},
		{NULL, "page", NULL},
		{"", "//host/", NULL},
		{"page", "page", NULL},
		{"", "#f", NULL},
		{"/a/b", "c", NULL},
		{"http:", "page", NULL},
		{"http://a b/", "page", NULL},
		{"mailto:x@example.com", "page", NULL},
		{"mailto:x@example.com", "", NULL},
		{"mailto:x@example.com", "//host/", NULL},
		{"mailto:x@example.com", "#f", "mailto:x@example.com#f"},
		{"mailto:x@example.com", "http://h/", "http://h/"},
		{" http://h/a\tb/ ", " c ", "http://h/ab/c"},
		{"HTTP:\\\\User:Pw@H:8080\\a\\b", "c", "http://User:Pw@h:8080/a/c"},
		{"http://h", "c", "http://h/c"},
		{"http://h", "", "http://h/"},
		{"http://h?q", "", "http://h/?q"},
		{"http://h/a/../b/./c", "", "http://h/b/c"},
	};

	check_resolve(cases, COUNT(cases));
}

static void
lets_other_schemes_through(void)
{
	static const char base[] = "http://h/a/b";
	static const struct example cases[] = {
		{base, "MAILTO:Some.One@Example.COM?subject=A b",
		 "mailto:Some.One@Example.COM?subject=A%20b"},
		{base, "magnet:?xt=urn:btih:ABC&dn=a", "magnet:?xt=urn:btih:ABC&dn=a"},
		{base, "urn:ISBN:0-330-28700-1", "urn:ISBN:0-330-28700-1"},
		{base, "tag:Example.com,2026:/x/../y", "tag:Example.com,2026:/x/../y"},
		{base, "data:text/html,<b>\"x\"", "data:text/html,%3Cb%3E%22x%22"},
		{base, "java\nscript:alert(1)", "javascript:alert(1)"},
		{base, "gopher://User@Host:70/x/../y", "gopher://User@Host:70/x/../y"},
		{base, "gopher://h:x/", NULL},
		{base, "gopher://h:65536/", NULL},
		{base, "gopher://a^b/", NULL},
		{base, "gopher://a b/", NULL},
		{base, "gopher://<a>/", NULL},
		{base, "gopher://:70", NULL},
		{base, "gopher://user@/", NULL},
		{base, "gopher://@", NULL},
		{base, "gopher://[::1]:70/", "gopher://[::1]:70/"},
		{base, "gopher://[x]/", NULL},
		{base, "file:///etc/passwd", "file:///etc/passwd"},
		{base, "x:\\a\\b", "x:\\a\\b"},
		{base, "a+b-c.1:x", "a+b-c.1:x"},
		{base, "x:", "x:"},
		{"gopher://Host/a/b/c", "../d", "gopher://Host/a/d"},
		{"gopher://Host/a/b/c", "/x/../d", "gopher://Host/d"},
		{"gopher://Host/a", "//Other/x/../y", "gopher://Other/x/../y"},
		{"gopher://Host/a", "///y", "gopher:///y"},
		{"gopher://Host", "d", "gopher://Host/d"},
		{"gopher://Host", "?q", "gopher://Host?q"},
		{"x:/a/b", "../../c", "x:/c"},
		{"x:/a", ".//p", "x:/.//p"},
		{"x:/a", "\\b", "x:/\\b"},
	};

	check_resolve(cases, COUNT(cases));
}

static void
resolves_its_own_result_to_itself(void)
{
	static const char *const refs[] = {
		"a b?c'd#e`f", "//H:81/%2e/x", "caf\xC3\xA9\xFF",
		"//u:p@q@h/",  "x:/.//p",      "../..//",
	};

	for (size_t i = 0; i < COUNT(refs); i++) {
		SCOPED(buf_done) struct buf once = buf_init(1000);
		SCOPED(buf_done) struct buf twice = buf_init(1000);

		CHECK(url_resolve("http://h/a/b", refs[i], strlen(refs[i]), &once, NULL) == 0);
		CHECK(url_resolve(NULL, buf_str(&once), once.len, &twice, NULL) == 0);
		CHECK_STR(buf_str(&twice), buf_str(&once));
	}
}

static void
refuses_what_is_too_long_and_appends(void)
{
	static char text[URL_MAX_BYTES + 100];
	SCOPED(buf_done) struct buf out = buf_init(2 * URL_MAX_BYTES);
	SCOPED(buf_done) struct buf tiny = buf_init(5);
	struct err err = {.kind = ERR_NONE};

	memset(text, 'a', sizeof(text));
	CHECK(buf_adds(&out, "before ", NULL) == 0);
	CHECK(url_resolve("http://h/", text, sizeof(text), &out, &err) == -1);
	CHECK(err.kind == ERR_REJECT);
	CHECK_STR(buf_str(&out), "before ");
	/* Over it only once it is resolved, or encoded. */
	CHECK(url_resolve("http://h/", text, URL_MAX_BYTES, &out, &err) == -1);
	CHECK(url_resolve("http://h/", text, URL_MAX_BYTES - 9, &out, &err) == 0);
	CHECK(out.len == 7 + URL_MAX_BYTES);
	memset(text, ' ', sizeof(text));
	text[0] = text[URL_MAX_BYTES - 10] = 'a';
	CHECK(url_resolve("http://h/", text, URL_MAX_BYTES - 9, &out, &err) == -1);
	memset(text, '\n', sizeof(text));
	text[0] = 'a';
	text[sizeof(text) - 1] = 'b';
	buf_reset(&out);
	CHECK(url_resolve("http://h/", text, sizeof(text), &out, &err) == 0);
	CHECK_STR(buf_str(&out), "http://h/ab");
	CHECK(url_resolve(NULL, "http://h/", 9, &tiny, &err) == -1 && tiny.len == 0);
}

static void
splits_and_borrows(void)
{
	static const char text[] = "HTTP://u:p@[::1]:80/a?b#c";
	static const char relative[] = "a?";
	struct url url;

	url_split(text, strlen(text), &url);
	CHECK(url.scheme.data == text && url.scheme.len == 4);
	CHECK(url.userinfo.data == text + 7 && url.userinfo.len == 3);
	CHECK(url.host.data == text + 11 && url.host.len == 5);
	CHECK(url.port.data == text + 17 && url.port.len == 2);
	CHECK(url.path.data == text + 19 && url.path.len == 2);
	CHECK(url.query.data == text + 22 && url.query.len == 1);
	CHECK(url.fragment.data == text + 24 && url.fragment.len == 1);
	url_split(relative, strlen(relative), &url);
	CHECK(!url.scheme.data && !url.host.data && !url.userinfo.data && !url.port.data);
	CHECK(url.path.len == 1 && url.query.data && url.query.len == 0 && !url.fragment.data);
	url_split(NULL, 0, &url);
	CHECK(!url.scheme.data && url.path.data && url.path.len == 0 && !url.query.data);
}

static void
sees_through_disguised_schemes(void)
{
	static const char *const http[] = {"http", "https", NULL};
	static const struct {
		const char *ref;
		size_t len; /* 0: strlen */
		bool allowed;
	} cases[] = {
		{"http://h/", 0, true},
		{"HtTpS://h/", 0, true},
		{" \n http://h/", 0, true},
		{"ht\ttp://h/", 0, true},
		{"", 0, true},
		{"page", 0, true},
		{"/a:b", 0, true},
		{"?a:b", 0, true},
		{"#javascript:x", 0, true},
		{"./javascript:x", 0, true},
		{":javascript", 0, true},
		{"1javascript:x", 0, true},
		{"java script:x", 0, true},
		{"java\0script:x", 14, true},
		{"java\x01script:x", 0, true},
		{"\xC2\xA0javascript:x", 0, true},
		{"javascript", 0, true},
		{"javascript:alert(1)", 0, false},
		{"JaVaScRiPt:alert(1)", 0, false},
		{" javascript:x", 0, false},
		{"\x01\x02\x1Fjavascript:x", 0, false},
		{"\0javascript:x", 13, false},
		{"\n\r\tjavascript:x", 0, false},
		{"java\nscript:x", 0, false},
		{"java\r\nscript\t:x", 0, false},
		{"\tj\ta\tv\ta\ts\tc\tr\ti\tp\tt\t:\tx", 0, false},
		{"javascript:", 0, false},
		{"vbscript:x", 0, false},
		{"data:text/html,x", 0, false},
		{"httpx://h/", 0, false},
		{"htt:p", 0, false},
		{"feed:http://h/", 0, false},
		{"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz:x", 0, false},
		{"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", 0, true},
	};
	static const char *const none[] = {NULL};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const size_t len = cases[i].len ? cases[i].len : strlen(cases[i].ref);

		CHECK(url_scheme_in(cases[i].ref, len, http) == cases[i].allowed);
		if (url_scheme_in(cases[i].ref, len, http) != cases[i].allowed)
			(void)printf("# '%s'\n", cases[i].ref);
	}
	CHECK(!url_scheme_in("http:", 5, none) && url_scheme_in("x", 1, none));
	CHECK(url_scheme_in(NULL, 0, http));
}

static void
knows_what_is_http(void)
{
	static const char *const yes[] = {"http://h", " HTTPS://h/x ", "http:h", "http:\\\\h"};
	static const char *const no[] = {"",           "h",           "//h/",
					 "http://",    "http://a b/", "ftp://h/",
					 "httpx://h/", "data:x",      "http://h:x/"};

	for (size_t i = 0; i < COUNT(yes); i++)
		CHECK(url_is_http(yes[i], strlen(yes[i])));
	for (size_t i = 0; i < COUNT(no); i++)
		CHECK(!url_is_http(no[i], strlen(no[i])));
	CHECK(!url_is_http(NULL, 0));
}

static void
names_the_host_that_a_browser_would_ask(void)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: refused */
	} cases[] = {
		{"http://WWW.Example.com:8080/x", "www.example.com"},
		{"https://u:p@h/", "h"},
		{"http://good\\@evil/", "good"},
		{"http://[::1]:80/", "[::1]"},
		{"gopher://Host/x", "host"},
		{"mailto:x@h", ""},
		{"file:///x", ""},
		{"/x", NULL},
		{"http://", NULL},
		/* What is plain to see is read as what is not. */
		{"http://a.example.org", "a.example.org"},
		{"https://a-1.example.org:65535/x", "a-1.example.org"},
		{"http://a.example.org:65536/", NULL},
		{"http://a.example.org:x/", NULL},
		{"http://a.example.org:80", "a.example.org"},
		{"http://a.example.org?x/y", "a.example.org"},
		{"http://127.0.0.1:8080/", "127.0.0.1"},
		{"http://127.1/", "127.1"},
		{"http://0127.0.0.1/", "0127.0.0.1"},
		{"http://1.2.3.4.5/", NULL},
		{"http://1.2.3.256/", NULL},
		{"http://u@a.example.org/", "a.example.org"},
		{"http:///a.example.org/", "a.example.org"},
		{"http://a_b.example.org/", "a_b.example.org"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		SCOPED(buf_done) struct buf out = buf_init(1000);
		const int got = url_host(cases[i].text, strlen(cases[i].text), &out, NULL);

		CHECK(got == (cases[i].host ? 0 : -1));
		CHECK_STR(buf_str(&out), cases[i].host ? cases[i].host : "");
	}
}

static void
takes_credentials_out(void)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"http://u:p@h/x@y?z@#@", "http://h/x@y?z@#@"},
		{"http://u:p@q@h/", "http://h/"},
		{"http:u:p@h/", "http:h/"},
		{"http:\\\\u:p@h\\x", "http:\\\\h\\x"},
		{"ht\ntp://u:\tp@h/", "http://h/"},
		{" http:///u:p@h/", "http:///h/"},
		{"//u:p@h/", "//h/"},
		{"gopher://u:p@h/", "gopher://h/"},
		{"http://@h/", "http://h/"},
		{"http://h/u:p@x", "http://h/u:p@x"},
		{"mailto:x@h", "mailto:x@h"},
		{"", ""},
	};
	SCOPED(buf_done) struct buf tiny = buf_init(3);

	for (size_t i = 0; i < COUNT(cases); i++) {
		SCOPED(buf_done) struct buf out = buf_init(1000);

		CHECK(url_without_credentials(cases[i].text, strlen(cases[i].text), &out, NULL) ==
		      0);
		CHECK_STR(buf_str(&out), cases[i].shown);
	}
	CHECK(url_without_credentials("http://u@h/", 11, &tiny, NULL) == -1 && tiny.len == 0);
}

int
main(void)
{
	RUN(resolves_the_examples_of_rfc_3986);
	RUN(reads_what_publishers_misspell);
	RUN(settles_the_authority);
	RUN(reads_hosts_as_names);
	RUN(wants_a_base_for_what_is_relative);
	RUN(lets_other_schemes_through);
	RUN(resolves_its_own_result_to_itself);
	RUN(refuses_what_is_too_long_and_appends);
	RUN(splits_and_borrows);
	RUN(sees_through_disguised_schemes);
	RUN(knows_what_is_http);
	RUN(names_the_host_that_a_browser_would_ask);
	RUN(takes_credentials_out);
	return check_done();
}
