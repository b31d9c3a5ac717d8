#include "fetcher/listwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 4096, EVENT_BYTES = 4096, FOLDERS = 3 };

static const uint32_t changes = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
				IN_DELETE | IN_ATTRIB | IN_ONLYDIR;

struct listwatch {
	int fd;
	char path[PATH_BYTES_MAX];
	int folders[FOLDERS]; /* watch descriptors, -1: not there */
};

void
listwatch_free(struct listwatch *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		(void)close(w->fd);
	free(w);
}

/* The folder of feeds.conf, feeds.conf.d and feeds.d; the latter two may come and go. */
static void
look_for_folders(struct listwatch *w)
{
	const char *slash = strrchr(w->path, '/');
	const int dir_len = slash ? (int)(slash - w->path) : 0;
	char names[FOLDERS][PATH_BYTES_MAX + sizeof("/feeds.d")];

	(void)snprintf(names[0], sizeof(names[0]), "%.*s", slash ? dir_len + 1 : 1,
		       slash ? w->path : ".");
	(void)snprintf(names[1], sizeof(names[1]), "%s.d", w->path);
	(void)snprintf(names[2], sizeof(names[2]), "%.*sfeeds.d", slash ? dir_len + 1 : 0, w->path);
	for (int i = 0; i < FOLDERS; i++)
		/* The same folder again is the same watch; a new one of that name is a new one. */
		w->folders[i] = inotify_add_watch(w->fd, names[i], changes);
}

int
listwatch_follow(struct listwatch *w, const char *path, struct err *err)
{
	if (strlen(path) >= sizeof(w->path))
		return err_set(err, ERR_USAGE, "'%.100s...': the path is too long", path);
	for (int i = 0; i < FOLDERS; i++)
		if (w->folders[i] >= 0)
			(void)inotify_rm_watch(w->fd, w->folders[i]);
	memcpy(w->path, path, strlen(path) + 1);
	look_for_folders(w);
	return 0;
}

struct listwatch *
listwatch_new(const char *path, struct err *err)
{
	SCOPED(listwatch_free) struct listwatch *w = calloc(1, sizeof(*w));

	if (!w) {
		(void)err_sys(err, "watch '%s'", path);
		return NULL;
	}
	for (int i = 0; i < FOLDERS; i++)
		w->folders[i] = -1;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0) {
		(void)err_sys(err, "watch '%s'", path);
		return NULL;
	}
	return listwatch_follow(w, path, err) < 0 ? NULL : TAKE(w);
}

int
listwatch_fd(const struct listwatch *w)
{
	return w->fd;
}

bool
listwatch_moved(struct listwatch *w)
{
	char events[EVENT_BYTES];
	bool moved = false;

	/* What it was does not matter. */
	while (read(w->fd, events, sizeof(events)) > 0)
		moved = true;
	if (moved)
		look_for_folders(w);
	return moved;
}
