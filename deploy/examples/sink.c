/* A sink of one's own: every revision of an item becomes a file in the sink's state folder.
 *     cc -o feedmill-files sink.c $(pkg-config --cflags --libs feedmill)
 *     feedmill-files -c /etc/feedmill/feedmill.conf -i files       serves [sink files] */
#include <fcntl.h>
#include <feedmill.h>
#include <stdio.h>
#include <unistd.h>

static int
put(struct fm_sink *sink, void *self, const struct fm_item *item)
{
	const char *dir = fm_sink_state_dir(sink), *json = fm_json(item, NULL);
	const int folder = open(dir, O_RDONLY);
	char fresh[4096], path[4096];
	int file, bad;

	(void)self;
	(void)snprintf(fresh, sizeof(fresh), "%s/new", dir);
	(void)snprintf(path, sizeof(path), "%s/%s-%s.json", dir, fm_text(item, FM_ID),
		       fm_text(item, FM_REV));
	file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	/* There under its name, whole and for good, or not at all; and no harm if it comes again.
	 */
	bad = !json || dprintf(file, "%s\n", json) < 0 || fsync(file) < 0 ||
	      rename(fresh, path) < 0 || fsync(folder) < 0;
	(void)close(file);
	(void)close(folder);
	return bad ? fm_fail(sink, FM_RETRY, "cannot write %s", path) : FM_OK;
}

int
main(int argc, char **argv)
{
	static const struct fm_sink_ops ops = {.api = FM_API, .put = put};
	static const struct fm_sink_type type = {"files", &ops};

	return fm_sink_main(argc, argv, &type, 1);
}
