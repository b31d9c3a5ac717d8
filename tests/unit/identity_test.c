#include "parser/identity.h"

#include "tests/unit/check.h"

static struct digest *digest;
static struct arena *arena;
static struct entry entries[8];
static size_t count;

static struct item *
add(const char *guid, const char *url, const char *title, const char *content)
{
	struct item *item = &entries[count].item;

	memset(&entries[count++], 0, sizeof(entries[0]));
	*item = item_empty();
	item->guid = guid;
	item->url = url;
	item->title = title;
	item->content = content;
	return item;
}

static void
assign(const char *feed_id)
{
	struct err err;

	CHECK(identity_assign(digest, feed_id, entries, &count, arena, &err) == 0);
}

static void
begin(void)
{
	count = 0;
}

/* Ids are promised to be the same for ever: these are pinned. */
static void
makes_the_same_id_on_every_machine(void)
{
	begin();
	(void)add("tag:x,1", "https://example.org/1", "One", "<p>x</p>");
	assign("0123456789abcdef0123456789abcdef");
	CHECK_STR(entries[0].item.id, "2fb8a55666a6e320bb28d2b52703172c");
	CHECK_STR(entries[0].item.rev, "7fbc70f61904e79f");
	CHECK_STR(entries[0].key, "tag:x,1");
}

static void
tells_items_with_one_guid_apart(void)
{
	begin();
	(void)add("same", "https://example.org/1", "One", NULL);
	(void)add("same", "https://example.org/2", "Two", NULL);
	(void)add("own", "https://example.org/3", "Three", NULL);
	assign(NULL);
	CHECK(count == 3);
	CHECK_STR(entries[0].key, "same example.org/1");
	CHECK_STR(entries[1].key, "same example.org/2");
	CHECK_STR(entries[2].key, "own");
	begin();
	(void)add("same", "https://example.org/", "One", NULL);
	(void)add("same", "https://example.org/", "Two", NULL);
	assign(NULL);
	CHECK_STR(entries[0].key, "same example.org/ One");
	CHECK_STR(entries[1].key, "same example.org/ Two");
}

static void
tells_items_without_guid_apart(void)
{
	begin();
	(void)add(NULL, "https://example.org/1", "One", NULL);
	add(NULL, "https://example.org/", "News", "a")->published_s = 1000;
	add(NULL, "https://example.org/", "News", "b")->published_s = 2000;
	(void)add(NULL, NULL, "Note", "x");
	(void)add(NULL, NULL, "Note", "y");
	assign(NULL);
	CHECK(count == 5);
	CHECK_STR(entries[0].key, "example.org/1");
	CHECK_STR(entries[1].key, "example.org/ News 1000");
	CHECK_STR(entries[2].key, "example.org/ News 2000");
	CHECK(strncmp(entries[3].key, "content:", 8) == 0);
	CHECK(strcmp(entries[3].key, entries[4].key) != 0);
}

static void
is_not_moved_by_an_item_that_is_there_twice(void)
{
	char once[ITEM_ID_HEX + 1];

	begin();
	(void)add("g", "https://example.org/1", "One", "x");
	assign("feed");
	memcpy(once, entries[0].item.id, sizeof(once));
	begin();
	(void)add("g", "https://example.org/1", "One", "x");
	(void)add("g", "https://example.org/1", "One", "x");
	assign("feed");
	CHECK(count == 2);
	CHECK_STR(entries[0].item.id, once);
	CHECK_STR(entries[1].item.id, once);
	CHECK_STR(entries[1].item.rev, entries[0].item.rev);
}

static void
takes_the_first_of_two_versions(void)
{
	begin();
	(void)add("g", "https://example.org/1", "One", "new");
	(void)add("g", "https://example.org/1", "One", "old");
	(void)add("h", "https://example.org/2", "Two", "x");
	assign("feed");
	CHECK(count == 2);
	CHECK_STR(entries[0].item.content, "new");
	CHECK_STR(entries[1].item.guid, "h");
}

static void
sees_through_tracking_parameters_and_schemes(void)
{
	char id[ITEM_ID_HEX + 1], rev[ITEM_REV_HEX + 1];

	begin();
	(void)add(NULL, "https://example.org/1?a=b#c", "One", "x");
	assign("feed");
	memcpy(id, entries[0].item.id, sizeof(id));
	memcpy(rev, entries[0].item.rev, sizeof(rev));
	begin();
	(void)add(NULL, "http://example.org/1?utm_source=rss&a=b&fbclid=7#c", "One", "x");
	assign("feed");
	CHECK_STR(entries[0].item.id, id);
	CHECK_STR(entries[0].item.rev, rev);
	CHECK_STR(entries[0].key, "example.org/1?a=b#c");
	begin();
	(void)add(NULL, "http://example.org/1?utm_source=rss", "One", "x");
	assign("feed");
	CHECK_STR(entries[0].key, "example.org/1");
}

static void
makes_a_revision_of_content_and_not_of_dates(void)
{
	char rev[ITEM_REV_HEX + 1];

	begin();
	add("g", NULL, "One", "x")->updated_s = 1;
	assign("feed");
	memcpy(rev, entries[0].item.rev, sizeof(rev));
	begin();
	add("g", NULL, "One", "x")->updated_s = 2;
	assign("feed");
	CHECK_STR(entries[0].item.rev, rev);
	begin();
	add("g", NULL, "One", "y")->updated_s = 1;
	assign("feed");
	CHECK(strcmp(entries[0].item.rev, rev) != 0);
}

static void
keeps_the_ids_of_feeds_apart(void)
{
	char id[ITEM_ID_HEX + 1];

	begin();
	(void)add("1", NULL, "x", NULL);
	assign("a");
	memcpy(id, entries[0].item.id, sizeof(id));
	begin();
	(void)add("1", NULL, "x", NULL);
	assign("b");
	CHECK(strcmp(entries[0].item.id, id) != 0);
}

int
main(void)
{
	digest = digest_new();
	arena = arena_new(1 << 20);
	RUN(makes_the_same_id_on_every_machine);
	RUN(tells_items_with_one_guid_apart);
	RUN(tells_items_without_guid_apart);
	RUN(is_not_moved_by_an_item_that_is_there_twice);
	RUN(takes_the_first_of_two_versions);
	RUN(sees_through_tracking_parameters_and_schemes);
	RUN(makes_a_revision_of_content_and_not_of_dates);
	RUN(keeps_the_ids_of_feeds_apart);
	arena_free(arena);
	digest_free(digest);
	return check_done();
}
