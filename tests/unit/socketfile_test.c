#include "common/socketfile.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

static int
connects(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int ok;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ok = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	(void)close(fd);
	return ok;
}

static void
answers_under_its_name_whatever_the_umask(void)
{
	const char *path = tempdir_path("a.in");
	const mode_t umask_before = umask(077);
	struct err err = {.kind = ERR_NONE};
	struct socketfile *file = socketfile_open(path, &err);
	struct stat st;

	CHECK(file && connects(path));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0660);
	socketfile_close(file);
	CHECK(access(path, F_OK) < 0);
	(void)umask(umask_before);
}

static void
keeps_a_second_owner_out(void)
{
	const char *path = tempdir_path("b.in");
	struct err err = {.kind = ERR_NONE};
	struct socketfile *file = socketfile_open(path, &err);

	CHECK(file && !socketfile_open(path, &err));
	CHECK(err.kind == ERR_USAGE && strstr(err.text, "in use") && strstr(err.text, path));
	CHECK(connects(path)); /* and does no harm to the first */
	socketfile_close(file);
}

static void
replaces_what_a_dead_owner_left(void)
{
	const char *path = tempdir_path("c.in");
	struct err err = {.kind = ERR_NONE};
	struct socketfile *file;
	FILE *left = fopen(path, "w");

	CHECK(left && fclose(left) == 0);
	file = socketfile_open(path, &err);
	CHECK(file && connects(path));
	socketfile_close(file);
}

static void
refuses_a_path_that_no_socket_can_have(void)
{
	struct err err = {.kind = ERR_NONE};
	char path[200];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK(!socketfile_open(path, &err));
	CHECK(err.kind == ERR_USAGE && strstr(err.text, "runtime_dir"));
}

/* As a hardened unit makes it: umask 0077, and never a word about the bit that it inherits. */
static void
a_folder_is_open_to_its_group_from_the_first_moment(void)
{
	const char *outer = tempdir_path("run");
	const mode_t mask = umask(0077);
	struct err err = {.kind = ERR_NONE};
	char inner[300];
	struct stat st;

	CHECK(mkdir(outer, 0770) == 0 && chmod(outer, 02770) == 0);
	(void)snprintf(inner, sizeof(inner), "%s/parser", outer);
	CHECK(socketfile_folder(inner, &err) == 0);
	CHECK(stat(inner, &st) == 0 && (st.st_mode & 07777) == 02770);
	CHECK(umask(mask) == 0077);
	CHECK(socketfile_folder(inner, &err) == 0);
	(void)snprintf(inner, sizeof(inner), "%s/none/parser", outer);
	CHECK(socketfile_folder(inner, &err) < 0);
}

int
main(void)
{
	(void)tempdir_make();
	RUN(answers_under_its_name_whatever_the_umask);
	RUN(keeps_a_second_owner_out);
	RUN(replaces_what_a_dead_owner_left);
	RUN(refuses_a_path_that_no_socket_can_have);
	RUN(a_folder_is_open_to_its_group_from_the_first_moment);
	tempdir_done();
	return check_done();
}
