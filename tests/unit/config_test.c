#include "common/config.h"

#include "common/buf.h"
#include "common/file.h"
#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct config *
parse(const char *text, struct err *err)
{
	return config_parse("feedmill.conf", text, strlen(text), err);
}

/* "value@line value@line" of a key. */
static const char *
list(const struct config *config, const char *kind, const char *name, const char *key,
     struct buf *out)
{
	const struct config_section *section = config_section_find(config, kind, name);
	const struct config_list values = config_values(config, section, key);

	buf_reset(out);
	for (size_t i = 0; i < values.count; i++)
		(void)buf_addf(out, NULL, "%s%s@%d", i > 0 ? " " : "", values.values[i].text,
			       values.values[i].line);
	return buf_str(out);
}

static void
appends_resets_and_continues(void)
{
	SCOPED(config_free)
	struct config *config = parse("[tag a]\n"
				      "any = one\n"
				      "any = two\n"
				      "\tthree # not a comment\n"
				      "\n"
				      "  # a comment\n"
				      "    four = 4\n"
				      "\t[x]\n"
				      "none = gone\n"
				      "none =\n"
				      "\tleft\n"
				      "must = x\n"
				      "any = five\n"
				      "must =\n",
				      NULL);
	SCOPED(buf_done) struct buf out = buf_init(1000);

	CHECK_STR(list(config, "tag", "a", "any", &out),
		  "one@2 two@3 three # not a comment@4 four = 4@7 [x]@8 five@13");
	CHECK_STR(list(config, "tag", "a", "none", &out), "left@11");
	CHECK_STR(list(config, "tag", "a", "must", &out), "");
	CHECK_STR(list(config, "tag", "a", "absent", &out), "");
	CHECK_STR(list(config, "tag", "b", "any", &out), "");
}

static void
leaves_the_keys_of_others_alone_when_asked_to(void)
{
	static const struct config_key keys[] = {{"filter", CONFIG_TEXT, 0, NULL, 0, 0, NULL}};
	SCOPED(config_free)
	struct config *config = parse("[sink a]\nfilter = tag:x\nurl = y\n", NULL);
	const struct config_section *a = config_section_find(config, "sink", "a");
	const char *filter = NULL;

	CHECK(config_read(config, a, keys, 1, &filter, NULL) == -1 && !filter);
	CHECK(config_read_some(config, a, keys, 1, &filter, NULL) == 0);
	CHECK_STR(filter, "tag:x");
	CHECK_STR(config_path(config), "feedmill.conf");
}

static void
says_which_section_a_file_repeats(void)
{
	SCOPED(config_free)
	struct config *config = parse("[tag a]\n"
				      "[tag b]\n"
				      "[tag a]\n"
				      "[tag a]\n",
				      NULL);
	const struct config_section *a = config_section_find(config, "tag", "a");
	const struct config_section *b = config_section_find(config, "tag", "b");

	CHECK(a->again_line == 3 && a->line == 1);
	CHECK_STR(a->again_file, "feedmill.conf");
	CHECK(!b->again_file);
}

static void
joins_sections_of_one_name_and_keeps_their_order(void)
{
	SCOPED(config_free)
	struct config *config = parse("[sink site]\nb = 1\na = 2\n[sink]\nx = 1\n[sink other]\n"
				      "[ sink\tsite ]\nb = 3\n c\n",
				      NULL);
	SCOPED(buf_done) struct buf out = buf_init(1000);
	const struct config_section *site = config_section_find(config, "sink", "site");

	CHECK(config_section_count(config) == 3);
	CHECK(config_section_at(config, 0) == site && !config_section_at(config, 3));
	CHECK_STR(config_section_at(config, 1)->name, "");
	CHECK_STR(config_section_at(config, 2)->name, "other");
	CHECK(site->line == 1 && strcmp(site->file, "feedmill.conf") == 0);
	CHECK_STR(list(config, "sink", "site", "b", &out), "1@2 3@8 c@9");
	CHECK_STR(config_key_at(config, site, 0), "b");
	CHECK_STR(config_key_at(config, site, 1), "a");
	CHECK(!config_key_at(config, site, 2) && !config_key_at(config, NULL, 0));
	CHECK(!config_section_find(config, "sink", "sit") && !config_section_find(config, "", ""));
}

static void
finds_any_of_many_sections(void)
{
	SCOPED(buf_done) struct buf text = buf_init(8 << 20);
	SCOPED(config_free) struct config *config = NULL;
	int bad = 0;

	for (int i = 0; i < 50000; i++)
		(void)buf_addf(&text, NULL, "[feed http://h%d/]\ntag = %d\n", i, i);
	config = config_parse("feeds.conf", text.data, text.len, NULL);
	CHECK(config_section_count(config) == 50000);
	for (int i = 0; i < 50000; i++) {
		char name[40];
		const struct config_section *section;

		(void)snprintf(name, sizeof(name), "http://h%d/", i);
		section = config_section_find(config, "feed", name);
		bad += !section || section->line != 2 * i + 1;
	}
	CHECK(bad == 0 && !config_section_find(config, "feed", "http://h/"));
}

struct filled {
	const char *text, *plain;
	struct config_list list, hosts;
	int64_t number, interval, size, mode;
	bool on, off;
};

static const char *const modes[] = {"block", "expire", NULL};
static const struct config_key keys[] = {
	{"text", CONFIG_TEXT, offsetof(struct filled, text), "fallback", 0, 0, NULL},
	{"plain", CONFIG_TEXT, offsetof(struct filled, plain), NULL, 0, 0, NULL},
	{"list", CONFIG_LIST, offsetof(struct filled, list), NULL, 0, 0, NULL},
	{"hosts", CONFIG_LIST, offsetof(struct filled, hosts), "localhost", 0, 0, NULL},
	{"number", CONFIG_INT, offsetof(struct filled, number), "7", -10, 10, NULL},
	{"interval", CONFIG_DURATION, offsetof(struct filled, interval), "15m", 60, 604800, NULL},
	{"size", CONFIG_SIZE, offsetof(struct filled, size), "8M", 0, 0, NULL},
	{"on_full", CONFIG_CHOICE, offsetof(struct filled, mode), "expire", 0, 0, modes},
	{"on", CONFIG_BOOL, offsetof(struct filled, on), "yes", 0, 0, NULL},
	{"off", CONFIG_BOOL, offsetof(struct filled, off), NULL, 0, 0, NULL},
};

static int
fill(const char *text, struct filled *out, struct err *err)
{
	/* What out borrows is not looked at once it is gone. */
	SCOPED(config_free) struct config *config = parse(text, err);

	if (!config)
		return -1;
	return config_read(config, config_section_find(config, "fetcher", ""), keys, COUNT(keys),
			   out, err);
}

static void
fills_a_struct_by_its_table(void)
{
	SCOPED(config_free)
	struct config *config = parse("[fetcher]\ntext = a = b\nlist = x\n y\nhosts = h\n"
				      "number = -3\ninterval = 2h 30m\ninterval = 1h\nsize = 64K\n"
				      "on_full = block\non = No\noff = ON\nplain =\n\tlate\n",
				      NULL);
	struct filled got;

	memset(&got, 0xFF, sizeof(got));
	CHECK(config_read(config, config_section_find(config, "fetcher", ""), keys, COUNT(keys),
			  &got, NULL) == 0);
	CHECK_STR(got.text, "a = b");
	CHECK_STR(got.plain, "late");
	CHECK(got.list.count == 2 && got.hosts.count == 1);
	CHECK_STR(got.list.values[1].text, "y");
	CHECK(got.number == -3 && got.interval == 3600 && got.size == 65536 && got.mode == 0);
	CHECK(!got.on && got.off);
}

static void
falls_back_where_nothing_is_said(void)
{
	SCOPED(config_free)
	struct config *config = parse("[fetcher]\nnumber = 1\nnumber =\n", NULL);
	const struct config_section *sections[] = {NULL,
						   config_section_find(config, "fetcher", "")};

	for (size_t i = 0; i < COUNT(sections); i++) {
		struct filled got;

		memset(&got, 0xFF, sizeof(got));
		CHECK(config_read(config, sections[i], keys, COUNT(keys), &got, NULL) == 0);
		CHECK_STR(got.text, "fallback");
		CHECK(!got.plain && got.list.count == 0 && got.hosts.count == 1);
		CHECK_STR(got.hosts.values[0].text, "localhost");
		CHECK(got.number == 7 && got.interval == 900 && got.size == 8 << 20);
		CHECK(got.mode == 1 && got.on && !got.off);
	}
}

static void
says_where_what_and_what_is_allowed(void)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"[fetcher]\nnumber = 1\ntexte = x\n",
		 "feedmill.conf:3: unknown key 'texte' in [fetcher]; known: text, plain, list, "
		 "hosts, number, interval, size, on_full, on, off"},
		{"[fetcher]\ntexte =\n", "feedmill.conf:2: unknown key 'texte' in [fetcher]"},
		{"[fetcher]\n\n\ninterval = 5 parsecs\n",
		 "feedmill.conf:4: interval = 5 parsecs: allowed is a duration (90, 15m, 2h 30m; "
		 "units s m h d w), from 1m to 1w"},
		{"[fetcher]\ninterval = 59\n", ", from 1m to 1w"},
		{"[fetcher]\ninterval = 8d\n", ", from 1m to 1w"},
		{"[fetcher]\nnumber = 11\n",
		 "feedmill.conf:2: number = 11: allowed is a whole number, from -10 to 10"},
		{"[fetcher]\nsize = 8Q\n", "feedmill.conf:2: size = 8Q: allowed is a size (4096, "
					   "64K, 8M; units K M G T), at least 0"},
		{"[fetcher]\non_full = Block\n",
		 "feedmill.conf:2: on_full = Block: allowed is one of block, expire"},
		{"[fetcher]\non = maybe\n", "feedmill.conf:2: on = maybe: allowed is yes or no"},
		{"[fetcher]\ntext = one\n two\n",
		 "feedmill.conf:3: text takes one value, not a list"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {.kind = ERR_NONE};
		struct filled got, before;

		memset(&got, 0x5A, sizeof(got));
		before = got;
		CHECK(fill(cases[i].text, &got, &err) == -1 && err.kind == ERR_USAGE);
		if (!strstr(err.text, cases[i].said))
			CHECK_STR(err.text, cases[i].said);
		CHECK(memcmp(&got, &before, sizeof(got)) == 0);
	}
}

static void
knows_which_sections_may_stand(void)
{
	static const char *const kinds[] = {"feedmill", "sink", NULL};
	SCOPED(config_free) struct config *good = parse("[sink a]\n[feedmill]\n", NULL);
	SCOPED(config_free) struct config *bad = parse("[sink a]\n\n[snik b]\n", NULL);
	struct err err = {.kind = ERR_NONE};

	CHECK(config_check_kinds(good, kinds, &err) == 0);
	CHECK(config_check_kinds(bad, kinds, &err) == -1 && err.kind == ERR_USAGE);
	CHECK_STR(err.text, "feedmill.conf:3: unknown section [snik]; known: feedmill, sink");
}

static void
bounds_the_keys_of_a_section(void)
{
	SCOPED(buf_done) struct buf text = buf_init(1 << 20);
	struct err err = {.kind = ERR_NONE};

	(void)buf_adds(&text, "[x]\n", NULL);
	for (int i = 0; i < 257; i++)
		(void)buf_addf(&text, NULL, "k%d = 1\n", i);
	CHECK(!parse(buf_str(&text), &err) && err.kind == ERR_USAGE);
	CHECK_STR(err.text, "feedmill.conf:258: more than 256 keys in a section");
}

int
main(void)
{
	RUN(appends_resets_and_continues);
	RUN(joins_sections_of_one_name_and_keeps_their_order);
	RUN(says_which_section_a_file_repeats);
	RUN(leaves_the_keys_of_others_alone_when_asked_to);
	RUN(finds_any_of_many_sections);
	RUN(fills_a_struct_by_its_table);
	RUN(falls_back_where_nothing_is_said);
	RUN(says_where_what_and_what_is_allowed);
	RUN(knows_which_sections_may_stand);
	RUN(bounds_the_keys_of_a_section);
	return check_done();
}
