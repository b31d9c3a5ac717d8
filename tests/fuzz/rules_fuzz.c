/* A rule file: read, checked, and used on its own text. */
#include <string.h>

#include "classifier/check.h"
#include "classifier/explain.h"
#include "classifier/tagger.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 4096, ARENA_BYTES_MAX = 16 * 1024 * 1024, EXPLAINED_MAX = 1 << 24 };

static void
note(void *arg, bool is_note, const char *complaint)
{
	(void)is_note;
	FUZZ_CHECK(strncmp(complaint, "rules:", 6) == 0);
	++*(size_t *)arg;
}

/* Every tag that is given has reasons, and each reason stands where it says. */
static void
check_tags(const struct item *item, const struct item_tag *tags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		FUZZ_CHECK(tags[i].tag && tags[i].score >= 0 && tags[i].why_count > 0);
		for (size_t k = 0; k < tags[i].why_count; k++) {
			const struct item_why *why = &tags[i].why[k];

			FUZZ_CHECK(why->rule && why->field && why->text && why->at >= 0);
			FUZZ_CHECK(utf8_valid(why->text, strlen(why->text)));
			if (strcmp(why->field, "title") == 0)
				FUZZ_CHECK(strncmp(item->title + why->at, why->text,
						   strlen(why->text)) == 0);
			if (strcmp(why->field, "summary") == 0)
				FUZZ_CHECK((size_t)why->at < strlen(item->summary));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(rules_free) struct rules *rules = NULL;
	SCOPED(tagger_free) struct tagger *tagger = NULL;
	SCOPED(nearmisses_free) struct nearmisses *misses = NULL;
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	SCOPED(buf_done) struct buf out = buf_init(EXPLAINED_MAX);
	struct item item = item_empty();
	struct check_result result;
	const struct item_tag *tags;
	size_t count, complaints = 0;
	struct err err = {.kind = ERR_NONE};

	if (!arena || size > INPUT_MAX)
		return 0;
	rules = rules_parse("rules", (const char *)data, size, &err);
	if (!rules) {
		FUZZ_CHECK(err.kind == ERR_USAGE && strncmp(err.text, "rules:", 6) == 0);
		return 0;
	}
	FUZZ_CHECK(check_rules(rules, note, &complaints, &result, &err) == 0);
	FUZZ_CHECK(complaints == result.errors + result.notes);
	tagger = tagger_new(rules, &err);
	item.title = arena_strndup(arena, (const char *)data, size / 2);
	item.summary = arena_strndup(arena, (const char *)data, size);
	if (!tagger || !utf8_valid(item.title, strlen(item.title)))
		return 0;
	FUZZ_CHECK(tagger_run(tagger, &item, arena, &tags, &count, &err) == 0);
	check_tags(&item, tags, count);
	misses = nearmisses_new(rules, &err);
	FUZZ_CHECK(misses && nearmisses_find(misses, &item, arena, &err) == 0);
	explain_item(rules, tagger, misses, &item, &out);
	FUZZ_CHECK(buf_failed(&out, NULL) == 0);
	return 0;
}
