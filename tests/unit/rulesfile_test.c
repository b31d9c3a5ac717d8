#include "classifier/rulesfile.h"
#include "common/file.h"
#include "tests/unit/check.h"

static const char *
path_of(const char *config, const char *value)
{
	static struct buf out;

	buf_done(&out);
	out = buf_init(4096);
	CHECK(rulesfile_path(config, value, &out, NULL) == 0);
	return buf_str(&out);
}

static void
rules_lie_beside_the_configuration(void)
{
	CHECK_STR(path_of("/etc/feedmill/feedmill.conf", NULL), "/etc/feedmill/rules.conf");
	CHECK_STR(path_of("a/b.conf", "c/d.conf"), "a/c/d.conf");
	CHECK_STR(path_of("b.conf", "d.conf"), "d.conf");
	CHECK_STR(path_of("a/b.conf", "/d.conf"), "/d.conf");
}

static void
a_person_gets_those_that_the_configuration_names(void)
{
	static const char text[] = "[classifier]\nrules = mine.conf\n";
	char folder[] = "/tmp/rulesfile_test.XXXXXX", path[64], wanted[64];
	SCOPED(buf_done) struct buf out = buf_init(4096);
	struct err err = {.kind = ERR_NONE};

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/f.conf", folder);
	(void)snprintf(wanted, sizeof(wanted), "%s/mine.conf", folder);
	CHECK(file_replace(path, (struct bytes){text, strlen(text)}, &err) == 0);
	CHECK(rulesfile_find(path, &out, &err) == 0);
	CHECK_STR(buf_str(&out), wanted);
	buf_reset(&out);
	CHECK(setenv("FEEDMILL_CONF", path, 1) == 0);
	CHECK(rulesfile_find(NULL, &out, &err) == 0);
	CHECK_STR(buf_str(&out), wanted);
	CHECK(rulesfile_find("/nowhere/f.conf", &out, &err) == -1 && err.kind == ERR_USAGE);
	(void)unlink(path);
	(void)rmdir(folder);
}

int
main(void)
{
	RUN(rules_lie_beside_the_configuration);
	RUN(a_person_gets_those_that_the_configuration_names);
	return check_done();
}
