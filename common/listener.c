#include "common/listener.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_BYTES_MAX = 256 };

/* Its two halves: host without brackets, "" for loopback. */
static int
split(const char *address, char host[HOST_BYTES_MAX], const char **port_out, struct err *err)
{
	const char *colon = strrchr(address, ':');
	size_t len;

	if (!colon || !colon[1] || colon - address >= HOST_BYTES_MAX)
		return err_set(err, ERR_USAGE, "'%.300s': an address is HOST:PORT or :PORT",
			       address);
	(void)snprintf(host, HOST_BYTES_MAX, "%.*s", (int)(colon - address), address);
	len = strlen(host);
	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		memmove(host, host + 1, len - 1);
	}
	*port_out = colon + 1;
	return 0;
}

int
listener_check(const char *address, struct err *err)
{
	char host[HOST_BYTES_MAX];
	const char *port;

	return split(address, host, &port, err);
}

static int
open_at(const struct addrinfo *at, const char *address, struct err *err)
{
	const int on = 1;
	const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(err, "cannot listen at '%s'", address);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, LISTENER_BACKLOG) == 0)
		return fd;
	(void)err_sys(err, "cannot listen at '%s'", address);
	(void)close(fd);
	return -1;
}

int
listener_open(const char *address, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *found = NULL;
	char host[HOST_BYTES_MAX];
	const char *port;
	int fd, got;

	if (split(address, host, &port, err) < 0)
		return -1;
	got = getaddrinfo(host[0] ? host : "127.0.0.1", port, &hints, &found);
	if (got != 0)
		return err_set(err, ERR_USAGE, "'%s': %s", address, gai_strerror(got));
	fd = open_at(found, address, err);
	freeaddrinfo(found);
	return fd;
}
