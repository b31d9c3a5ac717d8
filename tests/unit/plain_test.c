#include "parser/plain.h"

#include "tests/unit/check.h"

static struct buf out;

static struct bytes
bytes(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

static const char *
title(const char *text)
{
	buf_reset(&out);
	CHECK(plain_title(bytes(text), &out, NULL) == 0);
	return buf_str(&out);
}

static void
takes_markup_out_of_titles_that_have_any(void)
{
	CHECK_STR(title("A <b>bold</b> move &amp; more"), "A bold move & more");
	CHECK_STR(title(" one<br/>two \n three"), "one two three");
	CHECK_STR(title("<p>x</p>"), "x");
}

static void
leaves_alone_what_only_looks_like_markup(void)
{
	CHECK_STR(title("std::vector<int> in C++"), "std::vector<int> in C++");
	CHECK_STR(title("How should <selectedoption> work?"), "How should <selectedoption> work?");
	CHECK_STR(title("</example>"), "</example>");
	CHECK_STR(title("a < b && c > d"), "a < b && c > d");
	CHECK_STR(title("&lt;p&gt; is a paragraph"), "<p> is a paragraph");
	CHECK_STR(title(""), "");
}

static void
decodes_labels_that_are_not_about_markup(void)
{
	buf_reset(&out);
	CHECK(plain_label(bytes(" R&amp;D "), &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "R&D");
	buf_reset(&out);
	CHECK(plain_label(bytes("&lt;p&gt;"), &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "&lt;p&gt;");
	buf_reset(&out);
	CHECK(plain_label(bytes("<p>x</p>"), &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "<p>x</p>");
}

static void
splits_a_person_into_name_and_address(void)
{
	static const char *const samples[][3] = {
		{"Jo Doe <jo@example.org>", "Jo Doe", "jo@example.org"},
		{"jo@example.org (Jo Doe)", "Jo Doe", "jo@example.org"},
		{"Jo Doe (mailto:jo@example.org)", "Jo Doe", "jo@example.org"},
		{" jo@example.org ", "", "jo@example.org"},
		{"jo@example.org Jo Doe", "Jo Doe", "jo@example.org"},
		{"Jo Doe (staff)", "Jo Doe (staff)", ""},
		{"Jo @ work", "Jo @ work", ""},
		{"", "", ""},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct bytes name, email;

		plain_person(bytes(samples[i][0]), &name, &email);
		CHECK(name.len == strlen(samples[i][1]) &&
		      memcmp(samples[i][1], name.len ? name.data : "", name.len) == 0);
		CHECK(email.len == strlen(samples[i][2]) &&
		      memcmp(samples[i][2], email.len ? email.data : "", email.len) == 0);
	}
}

static void
reads_numbers_and_base64(void)
{
	CHECK(plain_number(bytes(" 42 KB")) == 42);
	CHECK(plain_number(bytes("1,024,000")) == 1024000 && plain_number(bytes("1,02")) == 1);
	CHECK(plain_number(bytes("x")) == -1);
	CHECK(plain_number(bytes("9999999999999999999")) == -1);
	buf_reset(&out);
	CHECK(plain_base64(bytes("PGI+\n eDwvYj4="), &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "<b>x</b>");
}

int
main(void)
{
	out = buf_init(4096);
	RUN(takes_markup_out_of_titles_that_have_any);
	RUN(leaves_alone_what_only_looks_like_markup);
	RUN(decodes_labels_that_are_not_about_markup);
	RUN(splits_a_person_into_name_and_address);
	RUN(reads_numbers_and_base64);
	buf_done(&out);
	return check_done();
}
