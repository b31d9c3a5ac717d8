/* An item's beginning and end: the draft becomes an entry. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parser/reader.h"

enum { SUMMARY_BYTES_MAX = 300 };

void
reader_open_item(struct reader *r)
{
	struct frame *f = reader_frame(r);

	if (r->in_item) { /* the last one was never closed */
		r->unfinished++;
		reader_close_item(r);
	}
	draft_reset(&r->item);
	r->in_item = true;
	if (!f->own_lang)
		return;
	/* An empty one says that the feed's language is not the item's (XML 1.0, 2.12). */
	r->item.text[FIELD_LANGUAGE] = f->own_lang;
	r->item.rank[FIELD_LANGUAGE] = *f->own_lang ? 3 : 6;
}

static const void *
copied(struct arena *arena, const void *list, size_t count, size_t size)
{
	void *copy = count > 0 ? arena_array(arena, count, size) : NULL;

	if (copy)
		memcpy(copy, list, count * size);
	return copy;
}

static void
fill(struct reader *r, struct item *item)
{
	struct draft *draft = &r->item;
	const char *const *text = draft->text;

	for (size_t i = 0; i < draft->enclosure_count && !draft->text[FIELD_IMAGE]; i++)
		if (draft->enclosures[i].type &&
		    strncasecmp(draft->enclosures[i].type, "image/", 6) == 0)
			draft->text[FIELD_IMAGE] = draft->enclosures[i].url;
	*item = item_empty();
	item->guid = text[FIELD_ID];
	item->url = text[FIELD_URL];
	item->title = text[FIELD_TITLE];
	item->summary = text[FIELD_SUMMARY];
	item->content = text[FIELD_CONTENT];
	item->language = text[FIELD_LANGUAGE];
	item->image = text[FIELD_IMAGE];
	item->comments = text[FIELD_COMMENTS];
	item->rights = text[FIELD_RIGHTS];
	item->source.title = text[FIELD_SOURCE_TITLE];
	item->source.url = text[FIELD_SOURCE_URL];
	item->published_s = draft->published.s;
	item->updated_s = draft->updated.s;
	item->authors =
		copied(r->arena, draft->authors, draft->author_count, sizeof(draft->authors[0]));
	item->author_count = item->authors ? draft->author_count : 0;
	item->categories = copied(r->arena, draft->categories, draft->category_count,
				  sizeof(draft->categories[0]));
	item->category_count = item->categories ? draft->category_count : 0;
	item->enclosures = copied(r->arena, draft->enclosures, draft->enclosure_count,
				  sizeof(draft->enclosures[0]));
	item->enclosure_count = item->enclosures ? draft->enclosure_count : 0;
}

/* A short content without markup is its own summary. */
static void
summarise(struct item *item)
{
	if (!item->summary && item->content &&
	    strnlen(item->content, SUMMARY_BYTES_MAX + 1) <= SUMMARY_BYTES_MAX &&
	    !strchr(item->content, '<'))
		item->summary = item->content;
}

static struct entry *
entry_add(struct reader *r)
{
	if (r->entry_count == READER_ITEMS_MAX) {
		r->left_out_items++;
		return NULL;
	}
	if (r->entry_count == r->entry_cap) {
		const size_t cap = r->entry_cap ? r->entry_cap * 2 : 64;
		struct entry *grown = reallocarray(r->entries, cap, sizeof(*grown));

		if (!grown) {
			r->starved = true;
			return NULL;
		}
		r->entries = grown;
		r->entry_cap = cap;
	}
	return &r->entries[r->entry_count];
}

static void
newest(struct reader *r, int64_t s)
{
	if (s != ITEM_NO_TIME && (r->newest_s == ITEM_NO_TIME || s > r->newest_s))
		r->newest_s = s;
}

void
reader_close_item(struct reader *r)
{
	struct entry *entry;

	if (!r->in_item)
		return;
	r->in_item = false;
	/* Half an item would come again whole, as a revision: better wait for it. */
	if (r->truncated) {
		r->cut_items++;
		return;
	}
	entry = entry_add(r);
	if (!entry)
		return;
	memset(entry, 0, sizeof(*entry));
	fill(r, &entry->item);
	summarise(&entry->item);
	entry->comments_feed = r->item.text[FIELD_COMMENTS_FEED];
	entry->source_id = r->item.text[FIELD_SOURCE_ID];
	newest(r, entry->item.published_s);
	newest(r, entry->item.updated_s);
	r->entry_count++;
}
