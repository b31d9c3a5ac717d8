/* canned - a web server on loopback for unit tests: answers each path with bytes that the test
 * wrote down, and remembers what it was asked. A thread a connection, one server at a time. */
#ifndef FM_TESTS_UNIT_CANNED_H
#define FM_TESTS_UNIT_CANNED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CANNED_ASKED_MAX = 256, CANNED_HEAD_MAX = 8192, CANNED_TALKS_MAX = 256 };

enum canned_then {
	CANNED_KEEP,   /* and the connection stays */
	CANNED_CLOSE,  /* and the connection is closed */
	CANNED_RESET,  /* and the connection is reset */
	CANNED_HANG,   /* and nothing more comes */
	CANNED_REPEAT, /* `again` is sent until the client has had enough */
};

struct canned {
	const char *path;
	int nth; /* the n-th (from 1) request for the path; 0: any */
	const char *answer;
	size_t len; /* 0: strlen */
	enum canned_then then;
	const char *again;
};

struct canned_server {
	int fd, port, connections;
	const struct canned *rows;
	size_t count;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t silent;       /* talks got fewer */
	int talks[CANNED_TALKS_MAX]; /* connections that are served now */
	size_t talk_count;
	char *asked[CANNED_ASKED_MAX]; /* whole heads, in order */
	size_t asked_count;
};

static struct canned_server canned;

static bool
canned_send(int fd, const char *data, size_t len)
{
	while (len > 0) {
		const ssize_t put = send(fd, data, len, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		data += put;
		len -= (size_t)put;
	}
	return true;
}

/* Remembers the request; the row that answers it. */
static const struct canned *
canned_row(const char *head)
{
	const struct canned *found = NULL;
	const char *path = strchr(head, ' ');
	const size_t len = path ? strcspn(path + 1, " ") : 0;
	int nth = 1;

	pthread_mutex_lock(&canned.lock);
	for (size_t i = 0; path && i < canned.asked_count; i++) {
		const char *other = strchr(canned.asked[i], ' ');

		nth += other && strncmp(other + 1, path + 1, len + 1) == 0;
	}
	if (canned.asked_count < CANNED_ASKED_MAX)
		canned.asked[canned.asked_count++] = strdup(head);
	for (size_t i = 0; path && i < canned.count && !found; i++)
		if (strlen(canned.rows[i].path) == len &&
		    strncmp(canned.rows[i].path, path + 1, len) == 0 &&
		    (canned.rows[i].nth == 0 || canned.rows[i].nth == nth))
			found = &canned.rows[i];
	pthread_mutex_unlock(&canned.lock);
	return found;
}

static void *
canned_talk(void *arg)
{
	static const struct canned none = {
		.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"};
	static const struct linger reset = {.l_onoff = 1};
	const int fd = *(int *)arg;
	char head[CANNED_HEAD_MAX];
	size_t len = 0;
	bool open = true;

	free(arg);
	while (open) {
		const ssize_t got = recv(fd, head + len, sizeof(head) - 1 - len, 0);
		const struct canned *row;

		if (got <= 0)
			break;
		len += (size_t)got;
		head[len] = '\0';
		if (!strstr(head, "\r\n\r\n"))
			continue;
		row = canned_row(head);
		row = row ? row : &none;
		len = 0;
		open = canned_send(fd, row->answer, row->len ? row->len : strlen(row->answer));
		if (row->then == CANNED_CLOSE || row->then == CANNED_RESET)
			open = false;
		if (row->then == CANNED_RESET)
			(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		while (open && row->then == CANNED_REPEAT)
			open = canned_send(fd, row->again, strlen(row->again));
	}
	pthread_mutex_lock(&canned.lock);
	for (size_t i = 0; i < canned.talk_count; i++)
		if (canned.talks[i] == fd)
			canned.talks[i] = canned.talks[--canned.talk_count];
	(void)close(fd);
	(void)pthread_cond_signal(&canned.silent);
	pthread_mutex_unlock(&canned.lock);
	return NULL;
}

/* A connection is served from here on; false: there are too many. */
static bool
canned_admit(int fd)
{
	bool admitted;

	pthread_mutex_lock(&canned.lock);
	canned.connections++;
	admitted = canned.talk_count < CANNED_TALKS_MAX;
	if (admitted)
		canned.talks[canned.talk_count++] = fd;
	pthread_mutex_unlock(&canned.lock);
	return admitted;
}

static void *
canned_serve(void *arg)
{
	pthread_attr_t detached;

	(void)arg;
	(void)pthread_attr_init(&detached);
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (;;) {
		int *fd = malloc(sizeof(*fd));
		pthread_t thread;

		if (!fd)
			break;
		*fd = accept(canned.fd, NULL, NULL);
		if (*fd < 0) {
			free(fd);
			break;
		}
		if (!canned_admit(*fd) ||
		    pthread_create(&thread, &detached, canned_talk, fd) != 0) {
			perror("canned server");
			exit(EXIT_FAILURE);
		}
	}
	(void)pthread_attr_destroy(&detached);
	return NULL;
}

/* Listens on a free port, canned.port. The rows are borrowed until canned_stop. */
static void
canned_start(const struct canned *rows, size_t count)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	memset(&canned, 0, sizeof(canned));
	canned.rows = rows;
	canned.count = count;
	(void)pthread_mutex_init(&canned.lock, NULL);
	(void)pthread_cond_init(&canned.silent, NULL);
	canned.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(canned.fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(canned.fd, 64) < 0 ||
	    getsockname(canned.fd, (struct sockaddr *)&address, &len) < 0 ||
	    pthread_create(&canned.thread, NULL, canned_serve, NULL) != 0) {
		perror("canned server");
		exit(EXIT_FAILURE);
	}
	canned.port = ntohs(address.sin_port);
}

/* Nobody looks at the rows any more when it returns. */
static void
canned_stop(void)
{
	(void)shutdown(canned.fd, SHUT_RDWR);
	(void)pthread_join(canned.thread, NULL);
	(void)close(canned.fd);
	pthread_mutex_lock(&canned.lock);
	for (size_t i = 0; i < canned.talk_count; i++)
		(void)shutdown(canned.talks[i], SHUT_RDWR);
	while (canned.talk_count > 0)
		(void)pthread_cond_wait(&canned.silent, &canned.lock);
	pthread_mutex_unlock(&canned.lock);
	for (size_t i = 0; i < canned.asked_count; i++)
		free(canned.asked[i]);
	canned.asked_count = 0;
}

/* The n-th (from 0) request's head; "" when there was none. */
static inline const char *
canned_asked(size_t n)
{
	const char *head = "";

	pthread_mutex_lock(&canned.lock);
	if (n < canned.asked_count)
		head = canned.asked[n];
	pthread_mutex_unlock(&canned.lock);
	return head;
}

#endif
