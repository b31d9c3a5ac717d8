#include "classifier/look.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "classifier/story.h"
#include "common/options.h"

enum { EXIT_GOOD, EXIT_NOT, EXIT_USAGE };
enum { ANSWER_BYTES_MAX = 64 * 1024 * 1024, FOUND_MAX = 20 };

static int
fail(const char *what, const struct err *err)
{
	(void)fprintf(stderr, "feedmill-classifier %s: %s\n", what, err->text);
	return EXIT_NOT;
}

/* The outbox that the configuration names, beside a classifier that may run. Returns new. */
static struct db *
open_outbox(const char *config_path, struct err *err)
{
	static const struct db_options options = {.shared_read = true};
	SCOPED(buf_done) struct buf path = buf_init(PATH_MAX);
	struct options_common common;
	SCOPED(config_free) struct config *config = options_load(config_path, &common, err);

	if (!config || buf_addf(&path, err, "%s/classifier/outbox.db", common.state_dir) < 0)
		return NULL;
	if (access(buf_str(&path), F_OK) < 0) {
		(void)err_set(err, ERR_REJECT, "'%s' is not there: no item was ever taken up",
			      buf_str(&path));
		return NULL;
	}
	return db_open(buf_str(&path), &options, err);
}

/* [-c FILE] WORD: the word; NULL: usage. */
static const char *
read_arguments(int argc, char **argv, const char **config_path_out)
{
	const char *set = getenv("FEEDMILL_CONF");
	int option;

	*config_path_out = set && *set ? set : "/etc/feedmill/feedmill.conf";
	while ((option = getopt(argc, argv, "c:")) != -1) {
		if (option != 'c')
			return NULL;
		*config_path_out = optarg;
	}
	return argc - optind == 1 ? argv[optind] : NULL;
}

int
look_explain(int argc, char **argv)
{
	const char *config_path;
	const char *id = read_arguments(argc, argv, &config_path);
	SCOPED(buf_done) struct buf out = buf_init(ANSWER_BYTES_MAX);
	SCOPED(db_close) struct db *db = NULL;
	struct json j = json_into(&out);
	struct err err = {.kind = ERR_NONE};

	if (!id) {
		(void)fprintf(stderr, "usage: feedmill-classifier explain [-c FILE] ITEM-ID\n");
		return EXIT_USAGE;
	}
	db = open_outbox(config_path, &err);
	if (!db || story_tell(db, id, NULL, &j, &err) < 0)
		return fail(argv[0], &err);
	(void)printf("%s\n", buf_str(&out));
	return EXIT_GOOD;
}

static void
print_id(void *arg, const char *id)
{
	(*(size_t *)arg)++;
	(void)printf("%s\n", id);
}

int
look_find(int argc, char **argv)
{
	const char *config_path;
	const char *text = read_arguments(argc, argv, &config_path);
	SCOPED(db_close) struct db *db = NULL;
	struct err err = {.kind = ERR_NONE};
	size_t found = 0;

	if (!text || !*text) {
		(void)fprintf(stderr, "usage: feedmill-classifier find [-c FILE] URL|GUID\n");
		return EXIT_USAGE;
	}
	db = open_outbox(config_path, &err);
	if (!db || story_find(db, text, FOUND_MAX, print_id, &found, &err) < 0)
		return fail(argv[0], &err);
	return found > 0 ? EXIT_GOOD : EXIT_NOT;
}
