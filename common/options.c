#include "common/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static const char default_path[] = "/etc/feedmill/feedmill.conf";

static const char *const levels[] = {"emerg",  "alert", "crit",  "err", "warning",
				     "notice", "info",  "debug", NULL};

static const struct config_key keys[] = {
	{"state_dir", CONFIG_TEXT, offsetof(struct options_common, state_dir), "/var/lib/feedmill",
	 0, 0, NULL},
	{"runtime_dir", CONFIG_TEXT, offsetof(struct options_common, runtime_dir), "/run/feedmill",
	 0, 0, NULL},
	{"drain", CONFIG_DURATION, offsetof(struct options_common, drain_s), "20s", 1, 600, NULL},
	{"log_level", CONFIG_CHOICE, offsetof(struct options_common, log_level), "info", 0, 0,
	 levels},
};

/* One word of letters, digits and a little more: it becomes part of paths. */
static bool
is_instance(const char *name)
{
	const size_t len = strlen(name);

	return len > 0 && len <= OPTIONS_INSTANCE_MAX && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       len;
}

int
options_read(int argc, char **argv, struct options *out, struct err *err)
{
	const char *conf = getenv("FEEDMILL_CONF");
	struct options o = {.config_path = conf && *conf ? conf : default_path};
	static const struct option words[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int c;

	opterr = 0;
	optind = 0; /* from the start, whoever read before */
	while ((c = getopt_long(argc, argv, "c:i:nhV", words, NULL)) != -1) {
		switch (c) {
		case 'c':
			o.config_path = optarg;
			break;
		case 'i':
			o.instance = optarg;
			break;
		case 'n':
			o.check_only = true;
			break;
		case 'h':
			o.show_help = true;
			break;
		case 'V':
			o.show_version = true;
			break;
		default:
			return err_set(err, ERR_USAGE,
				       "option '%s' is unknown or lacks its value; known: -c FILE, "
				       "-i INSTANCE, -n (check the configuration and exit), -h "
				       "(help), -V (version)",
				       argv[optind - 1]);
		}
	}
	if (optind < argc)
		return err_set(err, ERR_USAGE, "'%s': no arguments are expected after the options",
			       argv[optind]);
	if (o.instance && !is_instance(o.instance))
		return err_set(
			err, ERR_USAGE,
			"instance '%s': 1 to %d letters, digits, '_', '-' and '.' are allowed",
			o.instance, OPTIONS_INSTANCE_MAX);
	*out = o;
	return 0;
}

int
options_help(const char *name, const char *instance, struct buf *out, struct err *err)
{
	if (buf_addf(out, err,
		     "usage: %s [-c FILE] %s [-n]\n"
		     "       %s -h | -V\n"
		     "A stage of the mill: it stays in the foreground and logs to standard error.\n"
		     "  -c FILE       the configuration, else $FEEDMILL_CONF, else %s\n"
		     "  -i INSTANCE   the name of this instance%s%s\n"
		     "  -n            check the configuration and exit\n"
		     "  -h, --help    this text\n"
		     "  -V, --version the version\n"
		     "SIGTERM ends it when what is in hand is done, SIGHUP reloads the "
		     "configuration.\n"
		     "Exit status: 0 asked to stop, 100 usage or configuration, 111 what a restart "
		     "may"
		     " cure.\nMore: man feedmill-%s, man feedmill.conf\n",
		     program_invocation_short_name, *instance ? "[-i INSTANCE]" : "-i INSTANCE",
		     program_invocation_short_name, default_path,
		     *instance ? ", else " : ", which is that of its section", instance, name) < 0)
		return -1;
	return 0;
}

/* "[fetcher x]" would be read by nobody. */
static int
check_names(const struct config *config, struct err *err)
{
	for (size_t i = 0; i < config_section_count(config); i++) {
		const struct config_section *section = config_section_at(config, i);

		if (*section->name && strcmp(section->kind, "sink") != 0 &&
		    strcmp(section->kind, "link") != 0)
			return err_set(err, ERR_USAGE,
				       "%s:%d: [%s %s]: only sink and link have names; write [%s]",
				       section->file, section->line, section->kind, section->name,
				       section->kind);
	}
	return 0;
}

struct config *
options_load(const char *path, struct options_common *common_out, struct err *err)
{
	static const char *const kinds[] = {"feedmill", "fetcher", "parser", "classifier",
					    "sink",     "link",    "websub", NULL};
	SCOPED(config_free) struct config *config = config_load(path, err);

	if (!config && access(path, F_OK) < 0 && errno == ENOENT)
		(void)err_set(err, ERR_USAGE,
			      "no configuration '%s'; -c FILE or FEEDMILL_CONF names another",
			      path);
	if (!config)
		return NULL;
	if (config_check_kinds(config, kinds, err) < 0 || check_names(config, err) < 0 ||
	    config_read(config, config_section_find(config, "feedmill", ""), keys,
			sizeof(keys) / sizeof(keys[0]), common_out, err) < 0)
		return NULL;
	return TAKE(config);
}
