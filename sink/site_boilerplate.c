#include "sink/site_boilerplate.h"

#include <string.h>

/* What feeds append to an article: from the last `from` before `then` to the paragraph's end. A row
 * with `whole` is about a paragraph that consists of it, and is short. */
static const struct {
	const char *from, *then;
	bool whole;
} boilerplate[] = {
	{"The post ", " appeared first on ", false},
	{"The post ", " first appeared on ", false},
	{"This article ", " appeared first on ", false},
	{"This post ", " appeared first on ", false},
	{"", "on Medium, where people are continuing the conversation", false},
	{"Originally appeared here", "", false},
	{"Go Here to Read", "", false},
	{"submitted by ", "[comments]", false},
	{"Continue reading", "", true},
	{"Read more", "", true},
	{"Read the full", "", true},
	{"Read full", "", true},
	{"Full story", "", true},
	{"Keep reading", "", true},
	{"Click here to read", "", true},
};
enum { WHOLE_BYTES_MAX = 120 };

/* Where the last `from` before `then` begins; the first one when `then` is "". */
static const char *
find_between(const char *text, const char *from, const char *then)
{
	const char *const stop = strcasestr(text, then);
	const char *found = strcasestr(text, from);

	if (!stop || !found || *from == '\0' || *then == '\0')
		return stop ? found : NULL;
	for (const char *next = found; next && next < stop; next = strcasestr(next + 1, from))
		found = next;
	return found < stop ? found : NULL;
}

bool
boilerplate_drop(struct block *block)
{
	const char *const text = buf_str(&block->text);

	for (size_t i = 0; i < sizeof(boilerplate) / sizeof(boilerplate[0]); i++) {
		const char *const from =
			find_between(text, boilerplate[i].from, boilerplate[i].then);

		if (!from)
			continue;
		if (boilerplate[i].whole && (from != text || block->text.len > WHOLE_BYTES_MAX))
			continue;
		block_cut(block, (size_t)(from - text));
		return true;
	}
	return false;
}

bool
boilerplate_drop_ellipsis(struct block *block)
{
	static const char *const ends[] = {"[…]", "[...]", "[ … ]", "(more…)",  "(more...)",
					   "…",   "...",   "[+]",   "[&#8230;]"};
	bool found = false;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const size_t len = strlen(ends[i]);

		if (block->text.len <= len ||
		    memcmp(block->text.data + block->text.len - len, ends[i], len) != 0)
			continue;
		block_cut(block, block->text.len - len);
		found = true;
		if (!block_trim(block))
			break;
		i = (size_t)-1;
	}
	return found;
}
