#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check.h"

static char folder[] = "/tmp/file_test.XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[4][200];
	static unsigned turn;
	char *out = path[turn++ % 4];

	(void)snprintf(out, sizeof(path[0]), "%s/%s", folder, name);
	return out;
}

static int
write_file(const char *name, const char *text, struct err *err)
{
	return file_replace(in_folder(name), (struct bytes){text, strlen(text)}, err);
}

static mode_t
umask_now(void)
{
	const mode_t mask = umask(022);

	(void)umask(mask);
	return mask;
}

static void
reads_up_to_its_ceiling_and_no_further(void)
{
	SCOPED(buf_done) struct buf exact = buf_init(5);
	SCOPED(buf_done) struct buf tight = buf_init(4);
	SCOPED(buf_done) struct buf appended = buf_init(100);
	struct err err = {.kind = ERR_NONE};

	CHECK(write_file("five", "hello", &err) == 0);
	CHECK(file_read(in_folder("five"), &exact, &err) == 0);
	CHECK_STR(buf_str(&exact), "hello");
	CHECK(file_read(in_folder("five"), &tight, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(strstr(err.text, "is larger than 4 bytes") != NULL);
	(void)buf_adds(&appended, "say ", NULL);
	CHECK(file_read(in_folder("five"), &appended, &err) == 0);
	CHECK_STR(buf_str(&appended), "say hello");
}

static void
reads_empty_large_and_endless_files(void)
{
	SCOPED(buf_done) struct buf empty = buf_init(100);
	SCOPED(buf_done) struct buf large = buf_init(1 << 20);
	SCOPED(buf_done) struct buf endless = buf_init(300000);
	SCOPED(buf_done) struct buf content = buf_init(1 << 20);
	struct err err = {.kind = ERR_NONE};

	CHECK(file_read("/dev/null", &empty, &err) == 0 && empty.len == 0);
	CHECK_STR(buf_str(&empty), "");
	while (content.len < 700001)
		(void)buf_addc(&content, (char)('a' + content.len % 26), NULL);
	CHECK(file_replace(in_folder("large"), buf_bytes(&content), &err) == 0);
	CHECK(file_read(in_folder("large"), &large, &err) == 0 && large.len == content.len);
	CHECK(memcmp(large.data, content.data, content.len) == 0);
	CHECK(file_read("/dev/zero", &endless, &err) == -1 && err.kind == ERR_REJECT);
}

static void
who_may_read_a_file_may_read_the_one_that_replaces_it(void)
{
	struct stat st;

	CHECK(write_file("secret", "old", NULL) == 0);
	CHECK(stat(in_folder("secret"), &st) == 0 && (st.st_mode & 0777) == (0644 & ~umask_now()));
	CHECK(chmod(in_folder("secret"), 0600) == 0);
	CHECK(write_file("secret", "new", NULL) == 0);
	CHECK(stat(in_folder("secret"), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(chmod(in_folder("secret"), 0660) == 0); /* wider than the umask */
	CHECK(write_file("secret", "newer", NULL) == 0);
	CHECK(stat(in_folder("secret"), &st) == 0 && (st.st_mode & 0777) == 0660);
}

static void
names_the_path_and_the_reason(void)
{
	SCOPED(buf_done) struct buf out = buf_init(100);
	struct err err = {.kind = ERR_NONE};

	CHECK(file_read(in_folder("none"), &out, &err) == -1 && err.kind == ERR_RETRY);
	CHECK(strstr(err.text, "/none': No such file or directory") != NULL);
	CHECK(file_read(folder, &out, &err) == -1);
	CHECK(write_file("no/such/folder", "x", &err) == -1);
	CHECK(strstr(err.text, "No such file or directory") != NULL);
	CHECK(file_sync_folder(in_folder("no/such"), &err) == -1);
	CHECK(file_sync_folder("/tmp", &err) == 0 && file_sync_folder("here", &err) == 0);
}

static void
replaces_whole_and_leaves_nothing_beside(void)
{
	SCOPED(buf_done) struct buf out = buf_init(100);
	struct stat st;

	CHECK(write_file("state", "a long first content", NULL) == 0);
	CHECK(write_file("state", "short", NULL) == 0);
	CHECK(file_read(in_folder("state"), &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "short");
	CHECK(stat(in_folder("state"), &st) == 0 && (st.st_mode & 0777) == 0644);
	CHECK(access(in_folder("state.new"), F_OK) == -1 && errno == ENOENT);
	/* What a crash left behind is in nobody's way. */
	CHECK(write_file("state.new", "half", NULL) == 0);
	CHECK(write_file("state", "third", NULL) == 0);
	CHECK(access(in_folder("state.new"), F_OK) == -1);
}

static void
keeps_the_old_content_when_the_new_does_not_fit(void)
{
	SCOPED(buf_done) struct buf out = buf_init(100);
	struct rlimit before;
	struct err err = {.kind = ERR_NONE};

	CHECK(write_file("kept", "old", NULL) == 0);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){10, before.rlim_max}) == 0);
	CHECK(write_file("kept", "more than ten bytes", &err) == -1 && err.kind == ERR_RETRY);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK(strstr(err.text, "File too large") != NULL);
	CHECK(file_read(in_folder("kept"), &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "old");
	CHECK(access(in_folder("kept.new"), F_OK) == -1);
}

static void
makes_missing_folders(void)
{
	struct stat st;
	struct err err = {.kind = ERR_NONE};
	static char long_path[5000];

	CHECK(file_mkdirs(in_folder("a/b//c/"), &err) == 0);
	CHECK(file_mkdirs(in_folder("a/b/c/d"), &err) == 0);
	CHECK(file_mkdirs(folder, &err) == 0);
	CHECK(stat(in_folder("a/b/c/d"), &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(write_file("plain", "x", NULL) == 0);
	CHECK(file_mkdirs(in_folder("plain/x"), &err) == -1 && err.kind == ERR_RETRY);
	CHECK(file_mkdirs(in_folder("plain"), &err) == -1); /* it is there, but no folder */
	memset(long_path, 'x', sizeof(long_path) - 1);
	CHECK(file_mkdirs(long_path, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(file_replace(long_path, (struct bytes){"x", 1}, &err) == -1);
	CHECK(err.kind == ERR_REJECT);
}

static void
remove_folder(void)
{
	static const char *const names[] = {"secret",  "five",  "large", "state", "kept", "plain",
					    "a/b/c/d", "a/b/c", "a/b",   "a",     ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(remove(in_folder(names[i])) == 0);
}

int
main(void)
{
	(void)umask(022);
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	RUN(reads_up_to_its_ceiling_and_no_further);
	RUN(reads_empty_large_and_endless_files);
	RUN(who_may_read_a_file_may_read_the_one_that_replaces_it);
	RUN(names_the_path_and_the_reason);
	RUN(replaces_whole_and_leaves_nothing_beside);
	RUN(keeps_the_old_content_when_the_new_does_not_fit);
	RUN(makes_missing_folders);
	RUN(remove_folder);
	return check_done();
}
