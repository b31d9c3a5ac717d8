/* fakestage - control sockets of stages that answer what a test wrote down, by a thread of their
 * own. A question that no row knows is answered with an error. */
#ifndef FM_TESTS_UNIT_FAKESTAGE_H
#define FM_TESTS_UNIT_FAKESTAGE_H

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/check.h"

enum { FAKESTAGES_MAX = 8, FAKESTAGE_LINE_MAX = 512, FAKESTAGE_ASKED_MAX = 64 };

struct fakestage_row {
	const char *who;      /* "fetcher/main" */
	const char *question; /* the whole line */
	const char *answer;
};

static struct {
	const struct fakestage_row *rows;
	size_t row_count;
	struct {
		char who[64];
		int fd;
	} stages[FAKESTAGES_MAX];
	size_t count;
	int stop[2];
	pthread_t thread;
	char asked[FAKESTAGE_ASKED_MAX][FAKESTAGE_LINE_MAX]; /* "fetcher/main: status" */
	size_t asked_count;
} fakestage;

static inline void
fakestage_answer(const char *who, int fd)
{
	char line[FAKESTAGE_LINE_MAX / 2];
	const char *answer = "{\"error\":\"it knows no such command\"}\n";
	size_t len = 0;

	while (len + 1 < sizeof(line) && read(fd, line + len, 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	for (size_t i = 0; i < fakestage.row_count; i++)
		if (strcmp(fakestage.rows[i].who, who) == 0 &&
		    strcmp(fakestage.rows[i].question, line) == 0)
			answer = fakestage.rows[i].answer;
	if (fakestage.asked_count < FAKESTAGE_ASKED_MAX)
		(void)snprintf(fakestage.asked[fakestage.asked_count++], FAKESTAGE_LINE_MAX,
			       "%.60s: %.400s", who, line);
	(void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	(void)close(fd);
}

static inline void *
fakestage_serve(void *arg)
{
	struct pollfd fds[FAKESTAGES_MAX + 1];

	(void)arg;
	for (;;) {
		for (size_t i = 0; i < fakestage.count; i++)
			fds[i] = (struct pollfd){.fd = fakestage.stages[i].fd, .events = POLLIN};
		fds[fakestage.count] = (struct pollfd){.fd = fakestage.stop[0], .events = POLLIN};
		(void)poll(fds, fakestage.count + 1, -1);
		if (fds[fakestage.count].revents)
			return NULL;
		for (size_t i = 0; i < fakestage.count; i++) {
			const int fd = fds[i].revents ? accept(fds[i].fd, NULL, NULL) : -1;

			if (fd >= 0)
				fakestage_answer(fakestage.stages[i].who, fd);
		}
	}
}

/* Below the runtime folder; every who of the rows gets a socket. */
static inline void
fakestage_start(const char *runtime, const struct fakestage_row *rows, size_t count)
{
	fakestage.rows = rows;
	fakestage.row_count = count;
	fakestage.count = fakestage.asked_count = 0;
	for (size_t r = 0; r < count; r++) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		size_t i = 0;

		while (i < fakestage.count && strcmp(fakestage.stages[i].who, rows[r].who) != 0)
			i++;
		if (i < fakestage.count)
			continue;
		(void)mkdir(runtime, 0700);
		(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%.*s", runtime,
			       (int)strcspn(rows[r].who, "/"), rows[r].who);
		(void)mkdir(address.sun_path, 0700);
		(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%.40s.ctl",
			       runtime, rows[r].who);
		(void)snprintf(fakestage.stages[i].who, sizeof(fakestage.stages[i].who), "%s",
			       rows[r].who);
		fakestage.stages[i].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK(bind(fakestage.stages[i].fd, (struct sockaddr *)&address, sizeof(address)) ==
			      0 &&
		      listen(fakestage.stages[i].fd, 16) == 0);
		fakestage.count++;
	}
	CHECK(pipe(fakestage.stop) == 0);
	CHECK(pthread_create(&fakestage.thread, NULL, fakestage_serve, NULL) == 0);
}

static inline void
fakestage_end(void)
{
	CHECK(write(fakestage.stop[1], "", 1) == 1);
	(void)pthread_join(fakestage.thread, NULL);
	for (size_t i = 0; i < fakestage.count; i++)
		(void)close(fakestage.stages[i].fd);
	(void)close(fakestage.stop[0]);
	(void)close(fakestage.stop[1]);
}

#endif
