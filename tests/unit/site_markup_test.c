#include "sink/site_markup.h"

#include "tests/unit/check.h"

static void
escapes_text_for_elements_and_attributes(void)
{
	struct buf out = buf_init(1024);

	MARKUP(&out, "<a title=\"{}\">{}</a>", "\"'<>&", "</a><script>alert(1)</script>");
	CHECK_STR(buf_str(&out), "<a title=\"&quot;&#39;&lt;&gt;&amp;\">"
				 "&lt;/a&gt;&lt;script&gt;alert(1)&lt;/script&gt;</a>");
	buf_done(&out);
}

static void
drops_what_no_page_holds(void)
{
	static const char text[] = "a\x01\x1F\x7F\tb\xC2\x85\xE2\x80\xAE\xE2\x81\xA6\xEF\xBF\xBE"
				   "c\xFF\xF0\x9F\x92\xA1\xEF\xBF\xBD";
	struct buf out = buf_init(1024);

	markup_text(&out, text, strlen(text));
	CHECK_STR(buf_str(&out), "a\tbc\xEF\xBF\xBD\xF0\x9F\x92\xA1\xEF\xBF\xBD");
	buf_done(&out);
}

static void
fills_a_template_in_order(void)
{
	struct buf out = buf_init(1024);

	MARKUP(&out, "{}-{}-{}", "a", NULL, "{}");
	CHECK_STR(buf_str(&out), "a--{}");
	buf_done(&out);
}

static void
keeps_json_out_of_reach_of_html(void)
{
	static const char json[] = "{\"a\":\"</script><!--&\"}";
	struct buf out = buf_init(1024);

	markup_json(&out, (struct bytes){json, strlen(json)});
	CHECK_STR(buf_str(&out), "{\"a\":\"\\u003c/script\\u003e\\u003c!--\\u0026\"}");
	buf_done(&out);
}

int
main(void)
{
	RUN(escapes_text_for_elements_and_attributes);
	RUN(drops_what_no_page_holds);
	RUN(fills_a_template_in_order);
	RUN(keeps_json_out_of_reach_of_html);
	return check_done();
}
