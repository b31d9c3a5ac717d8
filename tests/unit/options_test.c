#include "common/options.h"

#include <syslog.h>

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

static int
read_args(struct options *out, struct err *err, const char *a, const char *b, const char *c)
{
	static char words[4][64];
	const char *const args[] = {"feedmill-x", a, b, c};
	char *argv[5] = {NULL};
	int argc = 0;

	for (; argc < 4 && args[argc]; argc++) {
		(void)snprintf(words[argc], sizeof(words[0]), "%s", args[argc]);
		argv[argc] = words[argc];
	}
	return options_read(argc, argv, out, err);
}

static void
reads_what_every_daemon_takes(void)
{
	struct err err = {.kind = ERR_NONE};
	struct options o;

	(void)setenv("FEEDMILL_CONF", "/from/env.conf", 1);
	CHECK(read_args(&o, &err, "-n", "-i", "x-1.b") == 0);
	CHECK(o.check_only && !o.show_version);
	CHECK_STR(o.instance, "x-1.b");
	CHECK_STR(o.config_path, "/from/env.conf");
	CHECK(read_args(&o, &err, "-c", "/my.conf", "-V") == 0);
	CHECK_STR(o.config_path, "/my.conf");
	CHECK(o.show_version && !o.instance && !o.show_help);
	CHECK(read_args(&o, &err, "--help", NULL, NULL) == 0 && o.show_help);
	CHECK(read_args(&o, &err, "-h", NULL, NULL) == 0 && o.show_help && !o.show_version);
	CHECK(read_args(&o, &err, "--version", NULL, NULL) == 0 && o.show_version);
	(void)unsetenv("FEEDMILL_CONF");
	CHECK(read_args(&o, &err, NULL, NULL, NULL) == 0);
	CHECK_STR(o.config_path, "/etc/feedmill/feedmill.conf");
}

static void
says_what_is_allowed_instead(void)
{
	static const char *const bad[][2] = {{"-q", NULL},    {"-i", NULL},     {"word", NULL},
					     {"-i", "a/b"},   {"-i", "../etc"}, {"-i", ""},
					     {"--helm", NULL}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = {.kind = ERR_NONE};
		struct options o;

		CHECK(read_args(&o, &err, bad[i][0], bad[i][1], NULL) == -1);
		CHECK(err.kind == ERR_USAGE && err.text[0]);
	}
}

static void
help_names_every_option_and_the_instance(void)
{
	static const char *const options[] = {"-c FILE",       "-i INSTANCE",   "-n",
					      "-h, --help",    "-V, --version", "feedmill.conf",
					      "man feedmill-x"};
	SCOPED(buf_done) struct buf with = buf_init(4096), without = buf_init(4096);

	CHECK(options_help("x", "main", &with, NULL) == 0);
	CHECK(options_help("x", "", &without, NULL) == 0);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		CHECK(strstr(buf_str(&with), options[i]) != NULL);
	CHECK(strstr(buf_str(&with), "[-i INSTANCE]") && strstr(buf_str(&with), "else main"));
	CHECK(!strstr(buf_str(&without), "[-i INSTANCE]"));
}

static struct config *
load(const char *text, struct options_common *common, struct err *err)
{
	const char *path = tempdir_path("feedmill.conf");
	FILE *f = fopen(path, "w");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
	return options_load(path, common, err);
}

static void
reads_the_common_section_and_knows_the_kinds(void)
{
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	struct config *config = load(
		"[feedmill]\nstate_dir = /s\ndrain = 5s\nlog_level = debug\n[sink x]\ntype = y\n",
		&common, &err);

	CHECK(config != NULL);
	CHECK_STR(common.state_dir, "/s");
	CHECK_STR(common.runtime_dir, "/run/feedmill");
	CHECK(common.drain_s == 5 && common.log_level == LOG_DEBUG);
	config_free(config);
	CHECK(!load("[fechter]\n", &common, &err));
	CHECK(err.kind == ERR_USAGE && strstr(err.text, "feedmill.conf:1") &&
	      strstr(err.text, "fetcher"));
	CHECK(!load("[feedmill]\nstate_dri = /s\n", &common, &err));
	CHECK(strstr(err.text, "feedmill.conf:2") && strstr(err.text, "state_dir"));
	CHECK(!load("[fetcher]\n[parser 2]\n", &common, &err));
	CHECK(strstr(err.text, "feedmill.conf:2") && strstr(err.text, "write [parser]"));
}

int
main(void)
{
	(void)tempdir_make();
	RUN(reads_what_every_daemon_takes);
	RUN(says_what_is_allowed_instead);
	RUN(help_names_every_option_and_the_instance);
	RUN(reads_the_common_section_and_knows_the_kinds);
	tempdir_done();
	return check_done();
}
