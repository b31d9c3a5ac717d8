#include "parser/charset.h"

#include "parser/charset_labels.h"
#include "tests/unit/check.h"

static struct buf scratch;
static struct charset_result result;

/* The text as a string, of a document of that many bytes. */
static const char *
decoded_n(const char *bytes, size_t len, const char *content_type)
{
	static char text[4096];
	struct err err;

	CHECK(charset_decode((struct bytes){bytes, len}, content_type, &scratch, &result, &err) ==
	      0);
	CHECK(result.len < sizeof(text));
	memcpy(text, result.text, result.len);
	text[result.len] = '\0';
	return text;
}

static const char *
decoded(const char *bytes, const char *content_type)
{
	return decoded_n(bytes, strlen(bytes), content_type);
}

static void
borrows_what_is_clean_already(void)
{
	static const char text[] = "<?xml version=\"1.0\"?><a>Grüße</a>";

	CHECK_STR(decoded(text, NULL), text);
	CHECK(result.text == text);
	CHECK_STR(result.name, "utf-8");
}

static void
believes_a_mark_before_any_label(void)
{
	CHECK_STR(decoded("\xEF\xBB\xBF\xEF\xBB\xBFGrüße", "text/xml; charset=iso-8859-1"),
		  "Grüße");
	CHECK_STR(decoded_n("\xFF\xFE"
			    "a\0\xFC\0",
			    6, "text/xml; charset=utf-8"),
		  "aü");
	CHECK_STR(result.name, "utf-16le");
	CHECK_STR(decoded_n("\0<\0a\0>", 6, NULL), "<a>");
	CHECK_STR(decoded_n("\0\0\0<\0\1\xF6\0", 8, NULL), "<\xF0\x9F\x98\x80");
	CHECK_STR(decoded_n("<\0=\xD8\0\xDE", 6, NULL), "<\xF0\x9F\x98\x80");
}

static void
reads_ebcdic_where_the_bytes_show_it(void)
{
	/* <?xml encoding='cp500'?><a>[ */
	static const char bytes[] = "\x4C\x6F\xA7\x94\x93\x40\x85\x95\x83\x96\x84\x89\x95\x87\x7E"
				    "\x7D\x83\x97\xF5\xF0\xF0\x7D\x6F\x6E\x4C\x81\x6E\x4A";

	CHECK_STR(decoded(bytes, NULL), "<?xml encoding='cp500'?><a>[");
	CHECK_STR(result.name, "cp500");
	CHECK(!result.unknown && !result.disagrees);
	CHECK_STR(decoded("<?xml encoding='cp500'?>\u00e9", NULL),
		  "<?xml encoding='cp500'?>\u00e9");
}

static void
asks_http_then_the_declaration(void)
{
	CHECK_STR(decoded("<?xml version='1.0' encoding='iso-8859-2'?>\xBF", NULL),
		  "<?xml version='1.0' encoding='iso-8859-2'?>ż");
	CHECK_STR(decoded("<?xml version='1.0' encoding='iso-8859-2'?>\xBF",
			  "text/xml;charset=\"KOI8-R\""),
		  "<?xml version='1.0' encoding='iso-8859-2'?>©");
	CHECK_STR(decoded("<?xml encoding=\"cp1251\"?>\xCF", "text/xml; charset=nonsense"),
		  "<?xml encoding=\"cp1251\"?>П");
	CHECK(result.unknown);
}

static void
prefers_valid_utf_8_to_a_label_that_denies_it(void)
{
	CHECK_STR(decoded("<?xml encoding='iso-8859-1'?>ü", NULL),
		  "<?xml encoding='iso-8859-1'?>ü");
	CHECK(result.disagrees);
	CHECK_STR(decoded("<?xml encoding='utf-16'?>ü", NULL), "<?xml encoding='utf-16'?>ü");
	/* Two bytes of GBK may be valid UTF-8 by chance: a multibyte label holds for a few. */
	CHECK_STR(decoded("<?xml encoding='gbk'?>\xC4\xA3", NULL), "<?xml encoding='gbk'?>模");
}

static void
lets_one_stray_byte_spoil_one_character(void)
{
	CHECK_STR(decoded("Grüße \x93x\x94", NULL), "Grüße “x”");
	CHECK(result.replaced == 2);
	CHECK_STR(decoded("ü \xED\xA0\xBD\xED\xB8\x80", NULL), "ü \xF0\x9F\x98\x80");
}

static void
drops_control_characters(void)
{
	CHECK_STR(decoded_n("a\x01\0b\x0B\tc\x1F\n", 9, NULL), "ab\tc\n");
	CHECK(result.controls == 4);
	CHECK_STR(decoded("don\xC2\x92t \xEF\xBF\xBEx\xEF\xBF\xBDy", NULL), "don’t x\xEF\xBF\xBDy");
}

static void
ends_lines_as_xml_does(void)
{
	CHECK_STR(decoded("a\r\nb\rc\n", NULL), "a\nb\nc\n");
	CHECK(result.controls == 0);
}

static void
knows_the_names_of_encodings(void)
{
	static const char *const labels[][2] = {
		{"ISO_8859-2:1987", "iso-8859-2"},
		{"logical", "iso-8859-8-i"},
		{"UTF8", "utf-8"},
		{" 'ISO_8859-1' ", "windows-1252"},
		{"x-sjis", "shift_jis"},
		{"ks_c_5601-1987", "euc-kr"},
		{"IBM850", "cp850"},
		{"CP-866", "ibm866"},
		{"windows-31j", "shift_jis"},
		{"l2", "iso-8859-2"},
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const struct charset *c = charset_of_label(labels[i][0], strlen(labels[i][0]));

		CHECK_STR(c ? c->name : NULL, labels[i][1]);
	}
	CHECK(!charset_of_label("utf-7", 5));
	CHECK(!charset_of_label("iso-2022-cn-ext", 15));
	CHECK(!charset_of_label("", 0));
}

static void
guesses_what_nobody_labelled(void)
{
	/* "Привет из Москвы, как дела сегодня" */
	CHECK_STR(
		decoded("\xF0\xD2\xC9\xD7\xC5\xD4 \xC9\xDA \xED\xCF\xD3\xCB\xD7\xD9, \xCB\xC1\xCB "
			"\xC4\xC5\xCC\xC1 \xD3\xC5\xC7\xCF\xC4\xCE\xD1",
			NULL),
		"Привет из Москвы, как дела сегодня");
	CHECK_STR(result.name, "koi8-r");
	CHECK(result.guessed);
	CHECK_STR(decoded("caf\xE9 na\xEFve", NULL), "café naïve");
	CHECK_STR(result.name, "windows-1252");
}

int
main(void)
{
	scratch = buf_init(1 << 20);
	RUN(borrows_what_is_clean_already);
	RUN(believes_a_mark_before_any_label);
	RUN(reads_ebcdic_where_the_bytes_show_it);
	RUN(asks_http_then_the_declaration);
	RUN(prefers_valid_utf_8_to_a_label_that_denies_it);
	RUN(lets_one_stray_byte_spoil_one_character);
	RUN(drops_control_characters);
	RUN(ends_lines_as_xml_does);
	RUN(knows_the_names_of_encodings);
	RUN(guesses_what_nobody_labelled);
	buf_done(&scratch);
	return check_done();
}
