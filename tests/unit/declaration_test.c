#include "classifier/declaration.h"
#include "tests/unit/check.h"

static const char *
refused(const char *text)
{
	static struct err err;
	SCOPED(config_free)
	struct config *config = config_parse("f.conf", text, strlen(text), &err);

	if (!config)
		return "no configuration";
	err = (struct err){.kind = ERR_NONE};
	if (declarations_check(config, &err) == 0)
		return "taken";
	return err.kind == ERR_USAGE ? err.text : "not usage";
}

static void
reads_what_concerns_the_outbox_and_leaves_the_rest(void)
{
	static const char text[] = "[classifier]\n"
				   "[sink a]\ntype = jsonl\npath = x\n"
				   "[sink b]\nfilter = tag:crypto\nfrom = now\non_full = expire\n"
				   "max_age = 2h\nmax_size = 1M\n";
	SCOPED(config_free) struct config *config = config_parse("f", text, strlen(text), NULL);
	struct cursor_options a, b;

	CHECK(declarations_check(config, NULL) == 0);
	CHECK(declaration_read(config, declaration_at(config, 0), &a, NULL) == 0);
	CHECK(declaration_read(config, declaration_at(config, 1), &b, NULL) == 0);
	CHECK(!declaration_at(config, 2));
	CHECK(!a.filter && !a.from_now && !a.expire);
	CHECK_STR(b.filter, "tag:crypto");
	CHECK(b.from_now && b.expire && b.max_age_s == 7200 && b.max_bytes == 1 << 20);
}

static void
says_where_and_what_is_wrong(void)
{
	CHECK(strncmp(refused("[sink a]\ntype = x\nfilter = crypto\n"),
		      "f.conf:3: filter term 'crypto'", 30) == 0);
	CHECK(strncmp(refused("[sink a]\nfrom = then\n"), "f.conf:2: from = then", 21) == 0);
	CHECK(strstr(refused("[sink a]\non_full = expire\n"), "f.conf:1: [sink a]: on_full"));
	CHECK(strstr(refused("[sink ../x]\n"), "a sink's name is"));
	CHECK(strstr(refused("[sink]\n"), "a sink's name is"));
	CHECK(strstr(refused("[sink a]\nmax_age = 1s\n"), "f.conf:2: max_age"));
}

static bool
knows_crypto(void *arg, const char *tag)
{
	(void)arg;
	return strcmp(tag, "crypto") == 0;
}

static char doubts[256];

static void
note_doubt(void *arg, const struct declaration_doubt *doubt)
{
	const size_t used = strlen(doubts);

	(void)arg;
	(void)snprintf(doubts + used, sizeof(doubts) - used, "%s:%d %s %s;", doubt->file,
		       doubt->line, doubt->sink, doubt->tag);
}

static void
doubts_tags_that_nothing_gives(void)
{
	static const char text[] = "[sink a]\ntype = jsonl\n"
				   "[sink b]\nfilter = tag:crypto lang:en tag:any\n"
				   "[sink c]\nfilter = tag:crypto,cripto -tag:wears feed:x.org\n";
	SCOPED(config_free) struct config *config = config_parse("f", text, strlen(text), NULL);

	CHECK(declarations_check(config, NULL) == 0);
	declarations_doubt(config, knows_crypto, note_doubt, NULL);
	CHECK_STR(doubts, "f:6 c cripto;f:6 c wears;");
}

int
main(void)
{
	RUN(reads_what_concerns_the_outbox_and_leaves_the_rest);
	RUN(says_where_and_what_is_wrong);
	RUN(doubts_tags_that_nothing_gives);
	return check_done();
}
