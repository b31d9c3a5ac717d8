#include "fetcher/feedstory.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/options.h"
#include "fetcher/daemon.h"
#include "fetcher/report.h"

enum { EXIT_GOOD, EXIT_NOT, EXIT_USAGE };
enum { PATH_BYTES_MAX = 4096, ANSWER_BYTES_MAX = 1024 * 1024 };

/* The state, and the pace that the schedule is told by. */
static struct state *
open_state(const char *config_path, struct fetcher_conf *conf_out, struct err *err)
{
	struct options_common common;
	SCOPED(config_free) struct config *config = options_load(config_path, &common, err);
	char dir[PATH_BYTES_MAX];

	if (!config || config_read(config, config_section_find(config, "fetcher", ""), conf_keys,
				   CONF_KEYS, conf_out, err) < 0)
		return NULL;
	*conf_out = (struct fetcher_conf){.interval_s = conf_out->interval_s,
					  .max_interval_s = conf_out->max_interval_s,
					  .retry_s = conf_out->retry_s}; /* the rest borrows */
	(void)snprintf(dir, sizeof(dir), "%s/fetcher", common.state_dir);
	if (access(dir, F_OK) < 0) {
		(void)err_set(err, ERR_REJECT, "'%s' is not there: no fetcher has run yet", dir);
		return NULL;
	}
	return state_open_read(dir, err);
}

int
feedstory_explain(int argc, char **argv)
{
	const char *set = getenv("FEEDMILL_CONF");
	const char *config_path = set && *set ? set : "/etc/feedmill/feedmill.conf";
	SCOPED(buf_done) struct buf out = buf_init(ANSWER_BYTES_MAX);
	SCOPED(state_close) struct state *state = NULL;
	struct daemon daemon = {.stage = NULL};
	struct json j = json_into(&out);
	struct err err = {.kind = ERR_NONE};
	int option;

	while ((option = getopt(argc, argv, "c:")) != -1) {
		if (option != 'c')
			return EXIT_USAGE;
		config_path = optarg;
	}
	if (argc - optind != 1) {
		(void)fprintf(stderr, "usage: feedmill-fetcher explain [-c FILE] FEED-ID|URL\n");
		return EXIT_USAGE;
	}
	state = open_state(config_path, &daemon.conf, &err);
	daemon.state = state; /* a feed's story needs nothing else */
	if (!state || report_control(&daemon, "explain", argv[optind], &j, &err) < 0) {
		(void)fprintf(stderr, "feedmill-fetcher explain: %s\n", err.text);
		return EXIT_NOT;
	}
	(void)printf("%s\n", buf_str(&out));
	return EXIT_GOOD;
}
