#include "common/discovery.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVENT_BYTES = 4096, PATH_BYTES = 512 };

struct file {
	char *path;
	ino_t inode; /* a new one under the same name: the receiver was restarted */
	bool found;  /* by the present look */
};

struct discovery {
	char *folder;
	char *only;
	int fd;
	int64_t looked_ms;
	bool looked;
	struct file files[DISCOVERY_FILES_MAX];
	size_t count;
};

void
discovery_free(struct discovery *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->files[i].path);
	if (d->fd >= 0)
		(void)close(d->fd);
	free(d->folder);
	free(d->only);
	free(d);
}

struct discovery *
discovery_new(const char *folder, const char *only, struct err *err)
{
	SCOPED(discovery_free) struct discovery *d = calloc(1, sizeof(*d));

	if (!d) {
		(void)err_sys(err, "watch '%s'", folder);
		return NULL;
	}
	d->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	d->folder = strdup(folder);
	d->only = only ? strdup(only) : NULL;
	if (d->fd < 0 || !d->folder || (only && !d->only) ||
	    inotify_add_watch(d->fd, folder, IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE) <
		    0) {
		(void)err_sys(err, "watch '%s'", folder);
		return NULL;
	}
	return TAKE(d);
}

int
discovery_fd(const struct discovery *d)
{
	return d->fd;
}

static bool
is_wanted(const struct discovery *d, const char *name)
{
	const size_t len = strlen(name);

	if (len <= 3 || strcmp(name + len - 3, ".in") != 0)
		return false;
	return !d->only || (strlen(d->only) == len - 3 && strncmp(d->only, name, len - 3) == 0);
}

static struct file *
find(struct discovery *d, const char *path)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->files[i].path, path) == 0)
			return &d->files[i];
	return NULL;
}

static void
found(struct discovery *d, const char *name, void (*each)(void *, const char *, bool), void *arg)
{
	char path[PATH_BYTES];
	struct file *file;
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", d->folder, name) >= (int)sizeof(path) ||
	    stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	file = find(d, path);
	if (!file && d->count < DISCOVERY_FILES_MAX) {
		file = &d->files[d->count];
		*file = (struct file){.path = strdup(path)};
		if (!file->path)
			return; /* the next look tries again */
		d->count++;
	}
	if (!file)
		return;
	file->found = true;
	if (file->inode != st.st_ino)
		each(arg, path, true);
	file->inode = st.st_ino;
}

static bool
has_news(struct discovery *d, int64_t now_ms)
{
	char events[EVENT_BYTES];
	bool news = !d->looked || now_ms - d->looked_ms >= DISCOVERY_SCAN_MS;

	/* What happened does not matter: the folder says it better, also after an overflow. */
	while (read(d->fd, events, sizeof(events)) > 0)
		news = true;
	return news;
}

void
discovery_look(struct discovery *d, int64_t now_ms,
	       void (*each)(void *arg, const char *path, bool there), void *arg)
{
	const struct dirent *entry;
	DIR *dir;

	if (!has_news(d, now_ms))
		return;
	d->looked = true;
	d->looked_ms = now_ms;
	for (size_t i = 0; i < d->count; i++)
		d->files[i].found = false;
	dir = opendir(d->folder);
	while (dir && (entry = readdir(dir)))
		if (is_wanted(d, entry->d_name))
			found(d, entry->d_name, each, arg);
	if (dir)
		(void)closedir(dir);
	for (size_t i = 0; i < d->count; i++) {
		if (d->files[i].found)
			continue;
		each(arg, d->files[i].path, false);
		free(d->files[i].path);
		d->files[i--] = d->files[--d->count];
	}
}
