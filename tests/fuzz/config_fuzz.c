/* The text of a configuration file. */
#include <string.h>

#include "common/buf.h"
#include "common/config.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

struct sample {
	const char *text;
	struct config_list list;
	int64_t number, interval, size, mode;
	bool on;
};

static const char *const modes[] = {"block", "expire", NULL};
static const struct config_key keys[] = {
	{"text", CONFIG_TEXT, offsetof(struct sample, text), "x", 0, 0, NULL},
	{"list", CONFIG_LIST, offsetof(struct sample, list), "x", 0, 0, NULL},
	{"number", CONFIG_INT, offsetof(struct sample, number), NULL, -5, 5, NULL},
	{"interval", CONFIG_DURATION, offsetof(struct sample, interval), "15m", 60, 604800, NULL},
	{"size", CONFIG_SIZE, offsetof(struct sample, size), NULL, 0, 0, NULL},
	{"mode", CONFIG_CHOICE, offsetof(struct sample, mode), NULL, 0, 0, modes},
	{"on", CONFIG_BOOL, offsetof(struct sample, on), NULL, 0, 0, NULL},
};

static void
check_read(const struct config *config, const struct config_section *section)
{
	struct err err = {.kind = ERR_NONE};
	struct sample sample;

	if (config_read(config, section, keys, sizeof(keys) / sizeof(keys[0]), &sample, &err) < 0) {
		FUZZ_CHECK(err.kind == ERR_USAGE && strncmp(err.text, "fuzz.conf:", 10) == 0);
		return;
	}
	FUZZ_CHECK(sample.number >= -5 && sample.number <= 5 && sample.size >= 0);
	FUZZ_CHECK(sample.interval >= 60 && sample.interval <= 604800);
	FUZZ_CHECK(sample.mode >= 0 && sample.mode <= 1 && *sample.text);
}

/* Writes the section as a file that says the same, and checks what it says on the way. */
static void
write_section(struct buf *out, const struct config *config, const struct config_section *section)
{
	const char *key;

	FUZZ_CHECK(config_section_find(config, section->kind, section->name) == section);
	FUZZ_CHECK(*section->kind && section->line > 0);
	(void)buf_addf(out, NULL, "[%s %s]\n", section->kind, section->name);
	for (size_t i = 0; (key = config_key_at(config, section, i)); i++) {
		const struct config_list list = config_values(config, section, key);

		if (list.count == 0)
			(void)buf_addf(out, NULL, "%s =\n", key);
		for (size_t k = 0; k < list.count; k++) {
			const char *text = list.values[k].text;

			FUZZ_CHECK(*text && utf8_valid(text, strlen(text)));
			FUZZ_CHECK(list.values[k].line > 0);
			(void)buf_addf(out, NULL, "%s = %s\n", key, text);
		}
	}
}

static struct config *
read_back(const char *text, size_t len, struct buf *out, struct err *err)
{
	SCOPED(config_free) struct config *config = config_parse("fuzz.conf", text, len, err);

	if (!config)
		return NULL;
	for (size_t i = 0; i < config_section_count(config); i++)
		write_section(out, config, config_section_at(config, i));
	FUZZ_CHECK(buf_failed(out, NULL) == 0);
	return TAKE(config);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	SCOPED(buf_done) struct buf once = buf_init(64 * len + 64);
	SCOPED(buf_done) struct buf twice = buf_init(64 * len + 64);
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *first = read_back((const char *)data, len, &once, &err);
	SCOPED(config_free) struct config *second = NULL;

	if (!first) {
		FUZZ_CHECK(err.kind == ERR_USAGE && strncmp(err.text, "fuzz.conf:", 10) == 0);
		return 0;
	}
	for (size_t i = 0; i < config_section_count(first); i++)
		check_read(first, config_section_at(first, i));
	second = read_back(buf_str(&once), once.len, &twice, NULL);
	FUZZ_CHECK(second && strcmp(buf_str(&once), buf_str(&twice)) == 0);
	return 0;
}
