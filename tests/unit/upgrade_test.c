/* upgrade - what earlier versions said on the wire is still understood: tests/golden/upgrade/
 * VERSION/frames, a frame a line in hex. `upgrade_test --write FILE` makes it for this version. */
#include <dirent.h>

#include "common/arena.h"
#include "common/document.h"
#include "common/frame.h"
#include "common/item.h"
#include "tests/unit/check.h"

#define GOLDEN "tests/golden/upgrade"
enum { ARENA_BYTES = 1 << 20, LINE_BYTES_MAX = 64 * 1024 };

static const uint64_t ids[] = {1, 300, 70000, UINT64_MAX};

/* One of each type; every member that the type has differs from 0. */
static const struct frame samples[] = {
	{.type = FRAME_HELLO, .ack = "ipc:///run/feedmill/fetcher/main.ack", .route = "sink/site"},
	{.type = FRAME_DATA, .id = 1234567890123, .attempt = 3},
	{.type = FRAME_FENCE, .nonce = 9, .ids = ids, .id_count = 4},
	{.type = FRAME_LEAVE},
	{.type = FRAME_WELCOME, .messages = 64, .bytes = 1U << 24},
	{.type = FRAME_RESET, .nonce = 5},
	{.type = FRAME_ACK, .ids = ids, .id_count = 4},
	{.type = FRAME_NACK,
	 .id = 300,
	 .nack = NACK_REJECT,
	 .reason = "neither RSS, Atom nor JSON Feed",
	 .delay_ms = 250},
	{.type = FRAME_CREDIT, .messages = 32, .bytes = 4096},
	{.type = FRAME_PONG, .nonce = 9, .messages = 64, .bytes = 77, .ids = ids, .id_count = 4},
	{.type = FRAME_HINT},
	{.type = FRAME_BYE},
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static void
sample_document(struct buf *out)
{
	static const struct document doc = {.feed_id = "0123456789abcdef0123456789abcdef",
					    .feed_url = "https://example.org/feed",
					    .url = "https://example.org/feed.xml",
					    .content_type = "application/rss+xml",
					    .content_language = "en",
					    .seq = 17,
					    .fetched_s = 1760000000,
					    .status = 200,
					    .body = {"<rss/>", 6}};

	CHECK(document_encode(&doc, out, NULL) == 0);
}

static void
sample_item(struct buf *out)
{
	static const struct item_why why = {"bitcoin", "title", "Bitcoin", 4};
	static const struct item_tag tag = {"crypto", 7.5, &why, 1};
	struct item item = item_empty();

	item.id = "0123456789abcdef0123456789abcdef";
	item.rev = "0123456789abcdef";
	item.seq = 17;
	item.guid = "tag:example.org,2026:1";
	item.url = "https://example.org/1";
	item.title = "The Bitcoin question";
	item.published_s = 1760000000;
	item.feed.id = "0123456789abcdef0123456789abcdef";
	item.feed.url = "https://example.org/feed";
	item.tags = &tag;
	item.tag_count = 1;
	CHECK(item_encode(&item, out, NULL) == 0);
}

/* The i-th sample; DATA carries a document, HINT an item, so that bodies are read too. */
static int
encode(size_t i, struct buf *out)
{
	SCOPED(buf_done) struct buf body = buf_init(LINE_BYTES_MAX);
	struct frame frame = samples[i];

	frame.from = "parser@1";
	frame.stream = 0xFEDCBA9876543210;
	frame.epoch = 5;
	if (frame.type == FRAME_DATA)
		sample_document(&body);
	if (frame.type == FRAME_HINT)
		sample_item(&body);
	frame.body = buf_bytes(&body);
	return frame_encode(&frame, out, NULL);
}

static int
write_frames(const char *path)
{
	FILE *file = fopen(path, "w");

	for (size_t i = 0; file && i < SAMPLES; i++) {
		SCOPED(buf_done) struct buf out = buf_init(LINE_BYTES_MAX);

		if (encode(i, &out) < 0)
			break;
		(void)fprintf(file, "%s ", frame_name(samples[i].type));
		for (size_t n = 0; n < out.len; n++)
			(void)fprintf(file, "%02x", (unsigned char)out.data[n]);
		(void)fputc('\n', file);
	}
	return file && fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* "HELLO 95..." -> the bytes. */
static struct bytes
read_hex(const char *line, struct buf *out)
{
	const char *at = strchr(line, ' ');
	unsigned byte;

	buf_reset(out);
	for (at = at ? at + 1 : ""; sscanf(at, "%2x", &byte) == 1; at += 2)
		(void)buf_addc(out, (char)byte, NULL);
	return buf_bytes(out);
}

static void
check_ids(const struct frame *got, const struct frame *wanted)
{
	CHECK(got->id_count == wanted->id_count);
	for (size_t i = 0; i < wanted->id_count && i < got->id_count; i++)
		CHECK(got->ids[i] == wanted->ids[i]);
}

static void
check_body(const struct frame *got, struct arena *arena)
{
	struct document doc;
	struct item item;

	if (got->type == FRAME_DATA) {
		CHECK(document_decode(got->body, arena, &doc, NULL) == 0 && doc.seq == 17);
		CHECK_STR(doc.feed_url, "https://example.org/feed");
		CHECK(doc.body.len == 6 && doc.status == 200);
	}
	if (got->type == FRAME_HINT) {
		CHECK(item_decode(got->body, arena, &item, NULL) == 0 && item.tag_count == 1);
		CHECK_STR(item.title, "The Bitcoin question");
		CHECK_STR(item.tags[0].why[0].text, "Bitcoin");
	}
}

static void
check_frame(const struct frame *got, const struct frame *wanted, struct arena *arena)
{
	CHECK(got->type == wanted->type && got->epoch == 5);
	CHECK(got->stream == 0xFEDCBA9876543210);
	CHECK_STR(got->from, "parser@1");
	if (wanted->ack) {
		CHECK_STR(got->ack, wanted->ack);
		CHECK_STR(got->route, wanted->route);
	}
	CHECK(got->id == wanted->id && got->attempt == wanted->attempt);
	CHECK(got->nonce == wanted->nonce && got->messages == wanted->messages);
	CHECK(got->bytes == wanted->bytes && got->nack == wanted->nack);
	CHECK(got->delay_ms == wanted->delay_ms);
	check_ids(got, wanted);
	if (wanted->reason)
		CHECK_STR(got->reason, wanted->reason);
	check_body(got, arena);
}

static void
check_version(const char *version)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(buf_done) struct buf frame = buf_init(LINE_BYTES_MAX);
	SCOPED(free) char *line = NULL;
	char path[512];
	size_t room = 0, count = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), GOLDEN "/%s/frames", version);
	file = fopen(path, "r");
	CHECK(file);
	while (file && getline(&line, &room, file) > 0 && count < SAMPLES) {
		struct frame got = {0};
		struct err err = {.kind = ERR_NONE};

		arena_reset(arena);
		if (frame_decode(read_hex(line, &frame), arena, &got, &err) < 0)
			(void)printf("# %s: %.20s: %s\n", version, line, err.text);
		CHECK(err.kind == ERR_NONE);
		check_frame(&got, &samples[count++], arena);
	}
	CHECK(count == SAMPLES);
	if (file)
		(void)fclose(file);
}

static void
understands_what_every_version_said_on_the_wire(void)
{
	DIR *dir = opendir(GOLDEN);
	const struct dirent *entry;
	int versions = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		check_version(entry->d_name);
		versions++;
	}
	CHECK(versions > 0);
	if (dir)
		(void)closedir(dir);
}

/* The rule by which frames grow: more elements at the end, which who knows them not skips. */
static void
skips_what_a_later_version_adds_to_a_frame(void)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);

	for (size_t i = 0; i < SAMPLES; i++) {
		SCOPED(buf_done) struct buf out = buf_init(LINE_BYTES_MAX);
		struct frame got = {0};

		arena_reset(arena);
		CHECK(encode(i, &out) == 0);
		CHECK(((unsigned char)out.data[0] & 0xF0) == 0x90); /* a short array */
		out.data[0]++;
		CHECK(buf_add(&out, "\x81\xa3new\x01", 6, NULL) == 0);
		CHECK(frame_decode(buf_bytes(&out), arena, &got, NULL) == 0);
		check_frame(&got, &samples[i], arena);
	}
}

static void
refuses_another_layout_and_says_which(void)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(buf_done) struct buf out = buf_init(LINE_BYTES_MAX);
	struct err err = {.kind = ERR_NONE};
	struct frame got;

	CHECK(encode(0, &out) == 0);
	out.data[1] = FRAME_VERSION + 1;
	CHECK(frame_decode(buf_bytes(&out), arena, &got, &err) < 0 && err.kind == ERR_REJECT);
	CHECK(strstr(err.text, "version 2") && strstr(err.text, "upgrade"));
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--write") == 0)
		return write_frames(argv[2]);
	RUN(understands_what_every_version_said_on_the_wire);
	RUN(skips_what_a_later_version_adds_to_a_frame);
	RUN(refuses_another_layout_and_says_which);
	return check_done();
}
