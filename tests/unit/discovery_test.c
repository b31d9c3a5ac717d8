#include "common/discovery.h"

#include "common/socketfile.h"
#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

static int came, went;
static char last[300];

static void
note(void *arg, const char *path, bool there)
{
	(void)arg;
	came += there;
	went += !there;
	(void)snprintf(last, sizeof(last), "%s", path);
}

static void
look(struct discovery *d, int64_t now_ms)
{
	came = went = 0;
	discovery_look(d, now_ms, note, NULL);
}

static void
finds_sockets_that_come_and_go_at_once(void)
{
	struct discovery *d = discovery_new(tempdir, NULL, NULL);
	struct socketfile *one = socketfile_open(tempdir_path("1.in"), NULL), *two;

	look(d, 0);
	CHECK(came == 1 && went == 0);
	CHECK_STR(last, tempdir_path("1.in"));
	two = socketfile_open(tempdir_path("2.in"), NULL);
	look(d, 1); /* no scan is due: inotify told */
	CHECK(came == 1 && went == 0);
	socketfile_close(one);
	look(d, 2);
	CHECK(came == 0 && went == 1);
	CHECK_STR(last, tempdir_path("1.in"));
	socketfile_close(two);
	discovery_free(d);
}

static void
sees_a_socket_that_was_replaced_as_new(void)
{
	struct discovery *d = discovery_new(tempdir, NULL, NULL);
	struct socketfile *file = socketfile_open(tempdir_path("1.in"), NULL);

	look(d, 0);
	CHECK(came == 1);
	look(d, DISCOVERY_SCAN_MS);
	CHECK(came == 0 && went == 0);
	/* as after a kill -9: the file stays until the next life replaces it */
	CHECK(rename(tempdir_path("1.in"), tempdir_path("gone")) == 0);
	socketfile_close(file);
	file = socketfile_open(tempdir_path("1.in"), NULL);
	look(d, DISCOVERY_SCAN_MS + 1);
	CHECK(came == 1);
	socketfile_close(file);
	CHECK(remove(tempdir_path("gone")) == 0);
	discovery_free(d);
}

static void
looks_only_for_what_it_was_told(void)
{
	struct discovery *d = discovery_new(tempdir, "site", NULL);
	struct socketfile *other = socketfile_open(tempdir_path("site2.in"), NULL);
	struct socketfile *acks = socketfile_open(tempdir_path("site.ack"), NULL);
	struct socketfile *site = socketfile_open(tempdir_path("site.in"), NULL);
	FILE *plain = fopen(tempdir_path("x.in"), "w");

	look(d, 0);
	CHECK(came == 1);
	CHECK_STR(last, tempdir_path("site.in"));
	CHECK(plain && fclose(plain) == 0);
	socketfile_close(other);
	socketfile_close(acks);
	socketfile_close(site);
	discovery_free(d);
}

int
main(void)
{
	(void)tempdir_make();
	RUN(finds_sockets_that_come_and_go_at_once);
	RUN(sees_a_socket_that_was_replaced_as_new);
	RUN(looks_only_for_what_it_was_told);
	tempdir_done();
	return check_done();
}
