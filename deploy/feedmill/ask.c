#include "deploy/feedmill/ask.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/jsondoc.h"

enum { PATH_BYTES = 512, INSTANCES_MAX = 1024 };

int
ask_connect(const char *runtime_dir, const char *stage, const char *instance, const char *command,
	    struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval limit = {.tv_sec = ASK_SECONDS};
	int fd;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s/%s.ctl", runtime_dir, stage,
		     instance) >= (int)sizeof(address.sun_path))
		return err_set(err, ERR_USAGE, "%s/%s/%s.ctl: the path is too long", runtime_dir,
			       stage, instance);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    dprintf(fd, "%s\n", command) < 0) {
		(void)err_set(err, ERR_RETRY, "%s@%s %s: '%s': %s%s", stage, instance,
			      errno == EACCES ? "may not be asked" : "does not run",
			      address.sun_path, strerror(errno),
			      errno == EACCES ? "; ask as root or as one of the group feedmill"
					      : "; feedmill status shows what does");
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* {"error":"..."} as the whole answer is a no. */
static int
check_no(const struct buf *answer, size_t from, struct err *err)
{
	SCOPED(jsondoc_free)
	struct jsondoc *doc = jsondoc_parse(buf_str(answer) + from, answer->len - from, NULL);
	const char *error =
		doc ? jsonval_text(jsonval_get(jsondoc_root(doc), "error"), NULL) : NULL;

	return error ? err_set(err, ERR_REJECT, "%s", error) : 0;
}

int
ask(const char *runtime_dir, const char *stage, const char *instance, const char *command,
    const char *argument, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf line = buf_init(PATH_BYTES * 16);
	const size_t from = out->len;
	SCOPED(close) int fd = -1;

	if (buf_addf(&line, err, "%s%s%s", command, argument ? " " : "", argument ? argument : "") <
	    0)
		return -1;
	fd = ask_connect(runtime_dir, stage, instance, buf_str(&line), err);
	if (fd < 0)
		return -1;
	for (;;) {
		char *room = buf_reserve(out, 65536, err);
		const ssize_t got = room ? recv(fd, room, 65536, 0) : -1;

		if (!room)
			return -1;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "%s@%s gave no answer within %d s", stage, instance,
				       ASK_SECONDS);
		if (got == 0)
			break;
		out->len += (size_t)got;
		out->data[out->len] = '\0';
	}
	return check_no(out, from, err);
}

static int
by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int
each_instance(const char *runtime_dir, const char *stage,
	      int (*each)(void *arg, const char *stage, const char *instance), void *arg)
{
	char folder[PATH_BYTES];
	char *names[INSTANCES_MAX];
	const struct dirent *entry;
	size_t count = 0;
	int got = 0;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "%s/%s", runtime_dir, stage);
	dir = opendir(folder);
	while (dir && count < INSTANCES_MAX && (entry = readdir(dir))) {
		const size_t len = strlen(entry->d_name);

		if (len > 4 && strcmp(entry->d_name + len - 4, ".ctl") == 0 &&
		    (names[count] = strndup(entry->d_name, len - 4)))
			count++;
	}
	if (dir)
		(void)closedir(dir);
	qsort(names, count, sizeof(names[0]), by_name);
	for (size_t i = 0; i < count; i++) {
		if (!got)
			got = each(arg, stage, names[i]);
		free(names[i]);
	}
	return got;
}

int
ask_each(const char *runtime_dir, int (*each)(void *arg, const char *stage, const char *instance),
	 void *arg)
{
	static const char *const stages[] = {"fetcher", "parser", "classifier", "sink"};
	int got = 0;

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && !got; i++)
		got = each_instance(runtime_dir, stages[i], each, arg);
	return got;
}

FILE *
ask_lines(int fd)
{
	const struct timeval forever = {0};

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof(forever));
	return fdopen(fd, "r");
}
