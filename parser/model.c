#include "parser/model.h"

#include "common/json.h"
#include "common/record.h"

#define FEED(member)  offsetof(struct parse_feed, member)
#define ENTRY(member) offsetof(struct entry, member)

static const struct record_field author_fields[] = {
	{"name", RECORD_TEXT, offsetof(struct item_author, name), 0, NULL, 0, 0},
	{"email", RECORD_TEXT, offsetof(struct item_author, email), 0, NULL, 0, 0},
	{"url", RECORD_TEXT, offsetof(struct item_author, url), 0, NULL, 0, 0},
	{0},
};

static const struct record_field enclosure_fields[] = {
	{"url", RECORD_TEXT, offsetof(struct item_enclosure, url), 0, NULL, 0, 0},
	{"type", RECORD_TEXT, offsetof(struct item_enclosure, type), 0, NULL, 0, 0},
	{"length", RECORD_LENGTH, offsetof(struct item_enclosure, length_bytes), 0, NULL, 0, 0},
	{0},
};

static const struct record_field feed_fields[] = {
	{"format", RECORD_TEXT, FEED(format), 0, NULL, 0, 0},
	{"encoding", RECORD_TEXT, FEED(encoding), 0, NULL, 0, 0},
	{"id", RECORD_TEXT, FEED(id), 0, NULL, 0, 0},
	{"title", RECORD_TEXT, FEED(title), 0, NULL, 0, 0},
	{"subtitle", RECORD_TEXT, FEED(subtitle), 0, NULL, 0, 0},
	{"link", RECORD_TEXT, FEED(link), 0, NULL, 0, 0},
	{"self", RECORD_TEXT, FEED(self), 0, NULL, 0, 0},
	{"hubs", RECORD_STRINGS, FEED(hubs), 0, NULL, FEED(hub_count), sizeof(char *)},
	{"language", RECORD_TEXT, FEED(language), 0, NULL, 0, 0},
	{"updated", RECORD_TIME, FEED(updated_s), 0, NULL, 0, 0},
	{"published", RECORD_TIME, FEED(published_s), 0, NULL, 0, 0},
	{"generator", RECORD_TEXT, FEED(generator), 0, NULL, 0, 0},
	{"image", RECORD_TEXT, FEED(image), 0, NULL, 0, 0},
	{"icon", RECORD_TEXT, FEED(icon), 0, NULL, 0, 0},
	{"ttl", RECORD_LENGTH, FEED(ttl_min), 0, NULL, 0, 0},
	{"rights", RECORD_TEXT, FEED(rights), 0, NULL, 0, 0},
	{"authors", RECORD_OBJECTS, FEED(authors), 0, author_fields, FEED(author_count),
	 sizeof(struct item_author)},
	{"categories", RECORD_STRINGS, FEED(categories), 0, NULL, FEED(category_count),
	 sizeof(char *)},
	{0},
};

static const struct record_field source_fields[] = {
	{"title", RECORD_TEXT, ENTRY(item.source.title), 0, NULL, 0, 0},
	{"url", RECORD_TEXT, ENTRY(item.source.url), 0, NULL, 0, 0},
	{"id", RECORD_TEXT, ENTRY(source_id), 0, NULL, 0, 0},
	{0},
};

static const struct record_field entry_fields[] = {
	{"key", RECORD_TEXT, ENTRY(key), 0, NULL, 0, 0},
	{"id", RECORD_TEXT, ENTRY(item.guid), 0, NULL, 0, 0},
	{"rev", RECORD_TEXT, ENTRY(item.rev), 0, NULL, 0, 0},
	{"url", RECORD_TEXT, ENTRY(item.url), 0, NULL, 0, 0},
	{"title", RECORD_TEXT, ENTRY(item.title), 0, NULL, 0, 0},
	{"summary", RECORD_TEXT, ENTRY(item.summary), 0, NULL, 0, 0},
	{"content", RECORD_TEXT, ENTRY(item.content), 0, NULL, 0, 0},
	{"authors", RECORD_OBJECTS, ENTRY(item.authors), 0, author_fields, ENTRY(item.author_count),
	 sizeof(struct item_author)},
	{"published", RECORD_TIME, ENTRY(item.published_s), 0, NULL, 0, 0},
	{"updated", RECORD_TIME, ENTRY(item.updated_s), 0, NULL, 0, 0},
	{"categories", RECORD_STRINGS, ENTRY(item.categories), 0, NULL, ENTRY(item.category_count),
	 sizeof(char *)},
	{"enclosures", RECORD_OBJECTS, ENTRY(item.enclosures), 0, enclosure_fields,
	 ENTRY(item.enclosure_count), sizeof(struct item_enclosure)},
	{"image", RECORD_TEXT, ENTRY(item.image), 0, NULL, 0, 0},
	{"language", RECORD_TEXT, ENTRY(item.language), 0, NULL, 0, 0},
	{"rights", RECORD_TEXT, ENTRY(item.rights), 0, NULL, 0, 0},
	{"comments", RECORD_TEXT, ENTRY(item.comments), 0, NULL, 0, 0},
	{"comments_feed", RECORD_TEXT, ENTRY(comments_feed), 0, NULL, 0, 0},
	{"source", RECORD_OBJECT, 0, 0, source_fields, 0, 0},
	{0},
};

int
model_json(const struct parse_result *result, struct buf *out, struct err *err)
{
	struct json j = json_into(out);

	json_object(&j);
	json_key(&j, "feed");
	json_object(&j);
	record_json(&result->feed, feed_fields, &j);
	json_close(&j);
	json_key(&j, "items");
	json_array(&j);
	for (size_t i = 0; i < result->entry_count; i++) {
		json_object(&j);
		record_json(&result->entries[i], entry_fields, &j);
		json_close(&j);
	}
	json_close(&j);
	if (result->warning_count > 0) {
		json_key(&j, "warnings");
		json_array(&j);
		for (size_t i = 0; i < result->warning_count; i++)
			json_text(&j, result->warnings[i]);
		json_close(&j);
	}
	json_close(&j);
	return buf_failed(out, err);
}

int
model_error(const char *why, struct buf *out, struct err *err)
{
	struct json j = json_into(out);

	json_object(&j);
	json_member(&j, "error", why);
	json_close(&j);
	return buf_failed(out, err);
}
