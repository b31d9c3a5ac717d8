#include "common/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/check.h"

static int
port_of(int fd)
{
	struct sockaddr_in at;
	socklen_t size = sizeof(at);

	return getsockname(fd, (struct sockaddr *)&at, &size) == 0 ? ntohs(at.sin_port) : -1;
}

static void
listens_on_loopback_where_no_host_is_named(void)
{
	struct err err = {.kind = ERR_NONE};
	const int fd = listener_open(":0", &err);
	struct sockaddr_in at;
	socklen_t size = sizeof(at);
	int accepting = 0;

	CHECK(fd >= 0);
	CHECK(getsockname(fd, (struct sockaddr *)&at, &size) == 0);
	CHECK(at.sin_family == AF_INET && at.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	size = sizeof(accepting);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &size) == 0 && accepting);
	(void)close(fd);
}

static void
says_when_somebody_is_there_already(void)
{
	struct err err = {.kind = ERR_NONE};
	const int fd = listener_open("127.0.0.1:0", &err);
	char address[64];

	(void)snprintf(address, sizeof(address), "127.0.0.1:%d", port_of(fd));
	CHECK(listener_open(address, &err) == -1);
	CHECK(err.kind == ERR_RETRY && strstr(err.text, address));
	(void)close(fd);
}

static void
refuses_what_is_no_address(void)
{
	static const char *const wrong[] = {"", "8089", "127.0.0.1", "127.0.0.1:", ":"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = {.kind = ERR_NONE};

		CHECK(listener_check(wrong[i], &err) == -1 && err.kind == ERR_USAGE);
		CHECK(listener_open(wrong[i], &err) == -1 && err.kind == ERR_USAGE);
	}
	CHECK(listener_check("[::1]:8089", NULL) == 0 && listener_check(":8089", NULL) == 0);
}

int
main(void)
{
	RUN(listens_on_loopback_where_no_host_is_named);
	RUN(says_when_somebody_is_there_already);
	RUN(refuses_what_is_no_address);
	return check_done();
}
