#include "parser/draft.h"

#include <string.h>
#include <strings.h>

void
draft_reset(struct draft *r)
{
	/* The arrays behind the counts keep what they hold: nobody looks there. */
	memset(r->text, 0, sizeof(r->text));
	memset(r->rank, DRAFT_RANK_NONE, sizeof(r->rank));
	r->published = r->updated = (struct draft_time){ITEM_NO_TIME, DRAFT_RANK_NONE};
	r->author_count = r->category_count = r->enclosure_count = r->hub_count = 0;
	r->author_rank = DRAFT_RANK_NONE;
	r->ttl_min = r->update_frequency = 0;
}

bool
draft_wants(const struct draft *r, enum field field, uint8_t rank)
{
	return rank < r->rank[field];
}

void
draft_set(struct draft *r, enum field field, uint8_t rank, const char *text)
{
	if (!text || !*text || !draft_wants(r, field, rank))
		return;
	r->text[field] = text;
	r->rank[field] = rank;
}

void
draft_set_time(struct draft_time *t, uint8_t rank, int64_t s)
{
	if (rank > t->rank)
		return;
	t->s = s;
	t->rank = rank;
}

static const char *
present(const char *text)
{
	return text && *text ? text : NULL;
}

static bool
same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

void
draft_add_author(struct draft *r, uint8_t rank, const char *name, const char *email,
		 const char *url)
{
	const struct item_author author = {present(name), present(email), present(url)};

	if ((!author.name && !author.email && !author.url) || rank > r->author_rank)
		return;
	if (rank < r->author_rank)
		r->author_count = 0;
	r->author_rank = rank;
	for (size_t i = 0; i < r->author_count; i++) {
		struct item_author *known = &r->authors[i];

		if (author.name ? same(known->name, author.name)
				: same(known->email, author.email)) {
			known->email = known->email ? known->email : author.email;
			known->url = known->url ? known->url : author.url;
			return;
		}
	}
	if (r->author_count < ITEM_LIST_MAX)
		r->authors[r->author_count++] = author;
	else
		r->over++;
}

void
draft_add_category(struct draft *r, const char *category)
{
	if (!present(category))
		return;
	for (size_t i = 0; i < r->category_count; i++)
		if (strcmp(r->categories[i], category) == 0)
			return;
	if (r->category_count < ITEM_LIST_MAX)
		r->categories[r->category_count++] = category;
	else
		r->over++;
}

void
draft_add_enclosure(struct draft *r, const char *url, const char *type, int64_t length_bytes)
{
	if (!present(url))
		return;
	for (size_t i = 0; i < r->enclosure_count; i++) {
		struct item_enclosure *known = &r->enclosures[i];

		if (strcmp(known->url, url) == 0) {
			known->type = known->type ? known->type : present(type);
			if (known->length_bytes < 0)
				known->length_bytes = length_bytes;
			return;
		}
	}
	if (r->enclosure_count < ITEM_LIST_MAX)
		r->enclosures[r->enclosure_count++] =
			(struct item_enclosure){url, present(type), length_bytes};
	else
		r->over++;
}

void
draft_add_hub(struct draft *r, const char *url)
{
	for (size_t i = 0; i < r->hub_count; i++)
		if (same(r->hubs[i], url))
			return;
	if (!present(url))
		return;
	if (r->hub_count < DRAFT_HUBS_MAX)
		r->hubs[r->hub_count++] = url;
	else
		r->over++;
}
