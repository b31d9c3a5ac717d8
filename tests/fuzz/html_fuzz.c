/* A fragment of HTML: what comes out must hold to the policy, as read by a scanner of its own. */
#include <string.h>

#include "common/utf8.h"
#include "parser/html.h"
#include "parser/html_policy.h"
#include "parser/html_token.h"
#include "tests/fuzz/fuzz.h"

static const char BASE[] = "https://feed.example/a/b";

static void
check_bytes(const char *p, size_t len)
{
	FUZZ_CHECK(utf8_valid(p, len));
	FUZZ_CHECK(strlen(p) == len);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(((unsigned char)p[i] >= ' ' && p[i] != 0x7F) || p[i] == '\n' ||
			   p[i] == '\t');
}

static int
starts_with_one_of(struct bytes value, const char *const *schemes)
{
	for (; *schemes; schemes++) {
		const size_t len = strlen(*schemes);

		if (value.len > len && memcmp(value.data, *schemes, len) == 0 &&
		    ((const char *)value.data)[len] == ':')
			return 1;
	}
	return 0;
}

/* Every attribute is one that the element may have, in quotes that nothing can leave. */
static void
check_attribute(const struct html_element *element, const struct html_attribute *attribute)
{
	static const char image[] = "data:image/";
	static const struct html_rule src = {HTML_ATTR_SRC, HTML_MEDIA_URL, NULL};
	static const struct html_rule srcset = {HTML_ATTR_SRCSET, HTML_SRCSET, NULL};
	const enum html_attribute_name name = html_attribute_find(attribute->name);
	const struct bytes value = attribute->value;
	const struct html_rule *rule = element->rules;

	FUZZ_CHECK(name < HTML_ATTRS);
	while (rule && rule->name < HTML_ATTRS && rule->name != name)
		rule++;
	if (!rule || rule->name == HTML_ATTRS)
		for (rule = html_global_rules; rule->name < HTML_ATTRS && rule->name != name;)
			rule++;
	if (rule->name == HTML_ATTRS && element->kind == HTML_PICTURED)
		rule = name == HTML_ATTR_SRC ? &src : &srcset;
	FUZZ_CHECK(rule->name == name);
	if (!value.data)
		return;
	FUZZ_CHECK(((const char *)value.data)[-1] == '"');
	FUZZ_CHECK(!memchr(value.data, '<', value.len) && !memchr(value.data, '>', value.len));
	if (rule->value == HTML_LINK_URL)
		FUZZ_CHECK(starts_with_one_of(value, html_link_schemes));
	if (rule->value == HTML_MEDIA_URL && !(rule == &src && value.len > sizeof(image) &&
					       memcmp(value.data, image, sizeof(image) - 1) == 0))
		FUZZ_CHECK(starts_with_one_of(value, html_media_schemes));
}

/* Only elements that may be written, each with its end tag, none too deep. */
static void
check_markup(const char *html, size_t len)
{
	const struct html_element *open[HTML_DEPTH_MAX];
	struct html_tokens in = html_tokens(html, len);
	struct html_token token;
	size_t depth = 0;

	FUZZ_CHECK(!strstr(html, "<!") && !strstr(html, "<?"));
	while (html_token_next(&in, &token)) {
		const struct html_element *element;

		if (token.kind == HTML_TEXT) {
			FUZZ_CHECK(!memchr(token.text, '<', token.len));
			continue;
		}
		element = html_element_find(token.text, token.len);
		FUZZ_CHECK(element && &html_elements[element->as] == element);
		if (token.kind == HTML_END) {
			FUZZ_CHECK(depth > 0 && open[depth - 1] == element);
			depth--;
			continue;
		}
		for (size_t i = 0; i < token.attribute_count; i++)
			check_attribute(element, &token.attributes[i]);
		if (element->kind == HTML_VOID || element->kind == HTML_RULE ||
		    element->kind == HTML_PICTURED || element->as == HTML_COL)
			continue;
		FUZZ_CHECK(depth < HTML_DEPTH_MAX);
		open[depth++] = element;
	}
	FUZZ_CHECK(depth == 0 && in.at == in.end);
}

static void
check_sanitised(const char *html, size_t len, const char *base)
{
	SCOPED(buf_done) struct buf out = buf_init(8 * len + (size_t)64 * 1024);
	SCOPED(buf_done) struct buf again = buf_init(8 * len + (size_t)64 * 1024);

	FUZZ_CHECK(html_sanitise(html, len, base, &out, NULL) == 0);
	check_bytes(buf_str(&out), out.len);
	check_markup(buf_str(&out), out.len);
	FUZZ_CHECK(html_sanitise(buf_str(&out), out.len, base, &again, NULL) == 0);
	FUZZ_CHECK(out.len == again.len);
	FUZZ_CHECK(memcmp(buf_str(&out), buf_str(&again), out.len) == 0);
}

static void
check_text(const char *html, size_t len)
{
	SCOPED(buf_done) struct buf text = buf_init(3 * len + 16);
	SCOPED(buf_done) struct buf escaped = buf_init(18 * len + 16);
	SCOPED(buf_done) struct buf back = buf_init(18 * len + 16);

	FUZZ_CHECK(html_to_text(html, len, &text, NULL) == 0);
	FUZZ_CHECK(utf8_valid(buf_str(&text), text.len) && !strstr(buf_str(&text), "  "));
	FUZZ_CHECK(html_escape(buf_str(&text), text.len, &escaped, NULL) == 0);
	FUZZ_CHECK(!strpbrk(buf_str(&escaped), "<>\""));
	FUZZ_CHECK(html_decode_entities(buf_str(&escaped), escaped.len, &back, NULL) == 0);
	FUZZ_CHECK(strcmp(buf_str(&back), buf_str(&text)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *html = (const char *)data;

	check_sanitised(html, len, BASE);
	check_sanitised(html, len, NULL);
	check_text(html, len);
	return 0;
}
