#include "common/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

static int server;

static const char *
heard(void)
{
	static char text[1000];
	const ssize_t got = recv(server, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

static void
speaks_the_protocol(void)
{
	notify_ready();
	CHECK_STR(heard(), "READY=1");
	notify_status("3 feeds due");
	CHECK_STR(heard(), "STATUS=3 feeds due");
	notify_watchdog();
	CHECK_STR(heard(), "WATCHDOG=1");
	notify_stopping();
	CHECK_STR(heard(), "STOPPING=1");
	notify_reloading();
	CHECK(strncmp(heard(), "RELOADING=1\nMONOTONIC_USEC=", 27) == 0);
}

static void
is_silent_without_a_socket(void)
{
	(void)unsetenv("NOTIFY_SOCKET");
	notify_ready();
	CHECK_STR(heard(), "");
}

static void
halves_the_watchdog_s_time_if_it_is_ours(void)
{
	char pid[32];

	(void)unsetenv("WATCHDOG_USEC");
	CHECK(notify_watchdog_ms() == 0);
	(void)setenv("WATCHDOG_USEC", "30000000", 1);
	CHECK(notify_watchdog_ms() == 15000);
	(void)setenv("WATCHDOG_PID", "1", 1);
	CHECK(notify_watchdog_ms() == 0);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("WATCHDOG_PID", pid, 1);
	CHECK(notify_watchdog_ms() == 15000);
}

int
main(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)tempdir_make();
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", tempdir_path("notify"));
	server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(bind(server, (const struct sockaddr *)&address, sizeof(address)) == 0);
	(void)setenv("NOTIFY_SOCKET", address.sun_path, 1);
	RUN(speaks_the_protocol);
	RUN(is_silent_without_a_socket);
	RUN(halves_the_watchdog_s_time_if_it_is_ours);
	(void)close(server);
	tempdir_done();
	return check_done();
}
