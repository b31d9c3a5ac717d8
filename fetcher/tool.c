#include "fetcher/tool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/options.h"
#include "common/scope.h"
#include "fetcher/feedlist.h"

enum { PATH_BYTES_MAX = 4096 };

static const char default_conf[] = "/etc/feedmill/feedmill.conf";

int
tool_complain(const char *tool, const struct err *err)
{
	(void)fprintf(stderr, "%s: %s\n", tool, err->text);
	return TOOL_NOT;
}

struct config *
tool_conf(const char *path, struct fetcher_conf *out, struct err *err)
{
	const char *named = path ? path : getenv("FEEDMILL_CONF");
	SCOPED(config_free) struct config *config = NULL;
	struct options_common common;

	if (!named && access(default_conf, R_OK) < 0)
		config = config_parse("defaults", "", 0, err);
	else
		config = options_load(named ? named : default_conf, &common, err);
	if (!config || config_read(config, config_section_find(config, "fetcher", ""), conf_keys,
				   CONF_KEYS, out, err) < 0)
		return NULL;
	return TAKE(config);
}

struct http *
tool_http(const struct config *config, const struct fetcher_conf *conf,
	  struct addresses **addresses_out, struct err *err)
{
	SCOPED(addresses_free)
	struct addresses *addresses = addresses_new(conf->allow_address, err);
	struct http *http;

	if (!addresses || conf_check(conf, config, err) < 0)
		return NULL;
	http = conf_http(conf, addresses, err);
	if (http)
		*addresses_out = TAKE(addresses);
	return http;
}

void
tool_clean(struct bytes text, struct buf *out)
{
	const unsigned char *s = text.data;

	for (size_t i = 0; i < text.len; i++)
		(void)buf_addc(out, s[i] >= 0x20 && s[i] < 0x7f ? (char)s[i] : '?', NULL);
}

/* Check-feeds. */

struct tally {
	size_t feeds, warnings;
};

static int
tally_feed(void *arg, const struct listed *feed, struct err *err)
{
	(void)feed;
	(void)err;
	((struct tally *)arg)->feeds++;
	return 0;
}

static void
tally_warning(void *arg, const char *text)
{
	(void)printf("left out: %s\n", text);
	((struct tally *)arg)->warnings++;
}

int
tool_check_feeds(int argc, char **argv)
{
	SCOPED(buf_done) struct buf path = buf_init(PATH_BYTES_MAX);
	SCOPED(config_free) struct config *config = NULL;
	const char *conf_path = NULL;
	struct err err = {.kind = ERR_NONE};
	struct tally tally = {.feeds = 0};
	const struct feedlist_to to = {.each = tally_feed, .warn = tally_warning, .arg = &tally};
	struct fetcher_conf conf;
	bool optional;

	for (int c; (c = getopt(argc, argv, "c:")) != -1;) {
		if (c != 'c')
			return TOOL_USAGE;
		conf_path = optarg;
	}
	if (optind != argc) {
		(void)fprintf(stderr, "usage: feedmill-fetcher check-feeds [-c FILE]\n");
		return TOOL_USAGE;
	}
	config = tool_conf(conf_path, &conf, &err);
	if (!config || conf_feeds_path(&conf, config_path(config), &path, &optional, &err) < 0 ||
	    feedlist_read(buf_str(&path), optional, &to, &err) < 0) {
		return tool_complain("check-feeds", &err);
	}
	(void)printf("%s: %zu feeds, %zu left out\n", buf_str(&path), tally.feeds, tally.warnings);
	return tally.warnings > 0 ? TOOL_NOT : TOOL_GOOD;
}
