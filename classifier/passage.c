#include "classifier/passage.h"

#include <string.h>

typedef int reader(void *arg, const struct passage *passage, struct err *err);

static int
read_plain(const char *name, const char *s, enum rules_place place, reader *read, void *arg,
	   struct err *err)
{
	const struct passage passage = {
		.name = name, .words = s, .len = s ? strlen(s) : 0, .first = place, .rest = place};

	if (!s)
		return 0;
	return read(arg, &passage, err) < 0 ? err_in(err, "%s", name) : 0;
}

static int
read_html(const char *name, const char *s, enum rules_place rest, struct text *text, reader *read,
	  void *arg, struct err *err)
{
	struct passage passage = {.name = name, .text = text, .first = RULES_IN_LEAD, .rest = rest};

	if (!s)
		return 0;
	if (text_from_html(text, s, strlen(s), err) < 0)
		return err_in(err, "%s", name);
	passage.words = buf_str(&text->plain);
	passage.len = text->plain.len;
	passage.lead = text_lead(passage.words, passage.len, RULES_LEAD_CHARACTERS);
	return read(arg, &passage, err) < 0 ? err_in(err, "%s", name) : 0;
}

int
passage_each(const struct item *item, struct text *text, reader *read, void *arg, struct err *err)
{
	if (read_plain("title", item->title, RULES_IN_TITLE, read, arg, err) < 0)
		return -1;
	for (size_t i = 0; i < item->category_count; i++)
		if (read_plain("category", item->categories[i], RULES_IN_CATEGORY, read, arg, err) <
		    0)
			return -1;
	if (read_html("summary", item->summary, RULES_IN_REST, text, read, arg, err) < 0)
		return -1;
	return read_html("content", item->content, RULES_IN_BODY, text, read, arg, err);
}

enum rules_place
passage_place(const struct passage *passage, size_t at)
{
	return at < passage->lead ? passage->first : passage->rest;
}

int64_t
passage_origin(const struct passage *passage, size_t at)
{
	return (int64_t)(passage->text ? text_origin(passage->text, at) : at);
}
