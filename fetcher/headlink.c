#include "fetcher/headlink.h"

#include <string.h>
#include <strings.h>

#include "common/httphead.h"

struct headlink_walk
headlink_begin(struct bytes head)
{
	return (struct headlink_walk){.head = head};
}

/* The rest of the line is read from its front. */

static int
peek(const struct bytes *rest)
{
	return rest->len > 0 ? *(const unsigned char *)rest->data : -1;
}

static void
skip(struct bytes *rest, size_t n)
{
	rest->data = (const char *)rest->data + n;
	rest->len -= n;
}

static void
skip_any(struct bytes *rest, const char *set)
{
	while (rest->len > 0 && peek(rest) != '\0' && strchr(set, peek(rest)))
		skip(rest, 1);
}

/* Everything up to one of the set. */
static struct bytes
take_until(struct bytes *rest, const char *set)
{
	struct bytes taken = {rest->data, 0};

	while (rest->len > 0 && (peek(rest) == '\0' || !strchr(set, peek(rest)))) {
		skip(rest, 1);
		taken.len++;
	}
	return taken;
}

/* What stands between quotes; the first one is at hand. One that nobody closes ends with the line.
 */
static struct bytes
take_quoted(struct bytes *rest)
{
	struct bytes taken;

	skip(rest, 1);
	taken = (struct bytes){rest->data, 0};
	while (rest->len > 0 && peek(rest) != '"') {
		const size_t n = peek(rest) == '\\' && rest->len > 1 ? 2 : 1;

		skip(rest, n);
		taken.len += n;
	}
	if (rest->len > 0)
		skip(rest, 1);
	return taken;
}

static bool
is_name(struct bytes name, const char *wanted)
{
	return name.len == strlen(wanted) && strncasecmp(name.data, wanted, name.len) == 0;
}

/* One parameter, behind its semicolon. */
static void
take_parameter(struct bytes *rest, struct headlink *link)
{
	struct bytes name, value = {"", 0};

	skip_any(rest, " \t");
	name = take_until(rest, "=;, \t");
	skip_any(rest, " \t");
	if (peek(rest) == '=') {
		skip(rest, 1);
		skip_any(rest, " \t");
		value = peek(rest) == '"' ? take_quoted(rest) : take_until(rest, ";, \t");
	}
	if (is_name(name, "rel") && !link->rel.data)
		link->rel = value;
	else if (is_name(name, "type") && !link->type.data)
		link->type = value;
	else if (is_name(name, "anchor"))
		link->anchored = true;
}

/* The link at the front of the line; false: there is none, and the line is done with. */
static bool
take_link(struct bytes *rest, struct headlink *out)
{
	struct headlink link = {.anchored = false};

	skip_any(rest, ", \t");
	if (peek(rest) != '<')
		return false;
	skip(rest, 1);
	link.target = take_until(rest, ">");
	if (peek(rest) != '>')
		return false;
	skip(rest, 1);
	for (;;) {
		skip_any(rest, " \t");
		if (peek(rest) != ';')
			break;
		skip(rest, 1);
		take_parameter(rest, &link);
	}
	/* Whatever stands before the next comma is not ours to understand. */
	(void)take_until(rest, ",");
	*out = link;
	return true;
}

bool
headlink_next(struct headlink_walk *w, struct headlink *out)
{
	while (w->given < HEADLINK_MAX) {
		struct headlink link;

		while (!take_link(&w->rest, &link))
			if (w->lines >= HEADLINK_LINES_MAX ||
			    !httphead_line(w->head, "Link", w->lines++, &w->rest))
				return false;
		w->given++;
		if (link.rel.len > 0) {
			*out = link;
			return true;
		}
	}
	return false;
}

bool
headlink_is(const struct headlink *link, const char *rel)
{
	struct bytes rest = link->rel;

	while (rest.len > 0) {
		skip_any(&rest, " \t");
		if (is_name(take_until(&rest, " \t"), rel))
			return true;
	}
	return false;
}
