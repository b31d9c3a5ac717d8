#include "common/curve.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/socket.h"
#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

enum { PATIENCE_MS = 20000, REFUSED_MS = 1500 };

static char folders[3][128];
static struct curve_key publics[3];

/* Copies a public key: "peers/NAME" of machine at. */
static void
introduce(int at, const char *name, const struct curve_key *key)
{
	char path[300];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/peers/%s", folders[at], name);
	file = fopen(path, "w");
	CHECK(file);
	if (file) {
		CHECK(fprintf(file, "%s\n", key->text) > 0);
		CHECK(fclose(file) == 0);
	}
}

static void
makes_a_pair_once_and_guards_the_secret(void)
{
	struct err err = {.kind = ERR_NONE};
	struct curve_key public, secret;
	char path[200];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/secret.key", folders[0]);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(curve_own(folders[0], &public, &secret, &err) == 0);
	CHECK_STR(public.text, publics[0].text);
	CHECK(curve_generate(folders[0], &public, &err) == -1 && err.kind == ERR_USAGE);
	CHECK(chmod(path, 0640) == 0);
	CHECK(curve_own(folders[0], &public, &secret, &err) == -1 && err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "0600"));
	CHECK(chmod(path, 0600) == 0);
}

/* A disk that is full: as far as a test may make one. */
static void
a_pair_that_could_not_be_written_is_not_in_the_way(void)
{
	struct err err = {.kind = ERR_NONE};
	struct curve_key public = {""}, secret;
	struct rlimit whole, little;
	char folder[200];
	int made;

	(void)snprintf(folder, sizeof(folder), "%s/full", tempdir);
	CHECK(getrlimit(RLIMIT_FSIZE, &whole) == 0 && signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	little = whole;
	little.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_FSIZE, &little) == 0);
	made = curve_generate(folder, &public, &err);
	CHECK(setrlimit(RLIMIT_FSIZE, &whole) == 0);
	CHECK(made == -1 && err.kind != ERR_USAGE);
	CHECK_STR(public.text, "");
	CHECK(curve_generate(folder, &public, &err) == 0);
	CHECK(curve_own(folder, &public, &secret, &err) == 0);
}

static void
a_credential_goes_before_the_folder(void)
{
	struct err err = {.kind = ERR_NONE};
	struct curve_key public, secret;
	char from[200], to[200];

	(void)snprintf(from, sizeof(from), "%s/secret.key", folders[1]);
	(void)snprintf(to, sizeof(to), "%s/feedmill.key", tempdir);
	CHECK(symlink(from, to) == 0);
	CHECK(setenv("CREDENTIALS_DIRECTORY", tempdir, 1) == 0);
	CHECK(curve_own(folders[0], &public, &secret, &err) == 0);
	CHECK_STR(public.text, publics[1].text);
	CHECK(unsetenv("CREDENTIALS_DIRECTORY") == 0 && unlink(to) == 0);
}

static void
a_credential_that_says_none_leaves_the_folders_key(void)
{
	struct err err = {.kind = ERR_NONE};
	struct curve_key public, secret;
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/feedmill.key", tempdir);
	CHECK(setenv("CREDENTIALS_DIRECTORY", tempdir, 1) == 0);
	file = fopen(path, "w");
	CHECK(file && fputs("none", file) >= 0 && fclose(file) == 0);
	CHECK(curve_own(folders[0], &public, &secret, &err) == 0);
	CHECK_STR(public.text, publics[0].text);
	/* Anything else is meant to be a key. */
	file = fopen(path, "w");
	CHECK(file && fputs("nonesuch", file) >= 0 && fclose(file) == 0);
	CHECK(curve_own(folders[0], &public, &secret, &err) == -1 && err.kind == ERR_USAGE);
	CHECK(unsetenv("CREDENTIALS_DIRECTORY") == 0 && unlink(path) == 0);
}

static void
knows_a_machine_by_all_its_keys(void)
{
	struct curve_key keys[CURVE_PEERS_MAX];
	static const struct curve_key bad = {"no key"};
	/* The right characters, but each five of them are worth more than 32 bits. */
	static const struct curve_key too_much = {"########################################"};

	introduce(2, "a.pub", &publics[0]);
	introduce(2, "a.new.pub", &publics[1]);
	introduce(2, "ab.pub", &publics[2]);
	introduce(2, "a.bad.pub", &bad);
	introduce(2, "a.much.pub", &too_much);
	introduce(2, "a.txt", &publics[0]);
	CHECK(curve_peers(folders[2], "a", keys) == 2);
	CHECK_STR(keys[0].text, publics[1].text);
	CHECK_STR(keys[1].text, publics[0].text);
	CHECK(curve_peers(folders[2], "", keys) == 3);
	CHECK(curve_peers(folders[2], "c", keys) == 0);
}

static bool
comes_up(struct socket *s, int patience_ms)
{
	const int64_t until_ms = clock_mono_ms() + patience_ms;
	struct socket_wait *wait = socket_wait_new();
	bool up = false;

	while (!up && clock_mono_ms() < until_ms) {
		socket_wait_clear(wait);
		socket_wait_socket(wait, s);
		CHECK(socket_wait_run(wait, 50, NULL) == 0);
		up = socket_event(s) == SOCKET_UP;
	}
	socket_wait_free(wait);
	return up;
}

static int
bind_somewhere(struct socket_context *context, struct socket *s, char endpoint[64])
{
	struct err err = {.kind = ERR_NONE};

	for (int port = 20000 + (int)(getpid() % 20000); port < 60000; port++) {
		int taken;

		(void)snprintf(endpoint, 64, "tcp://127.0.0.1:%d", port);
		taken = socket_bind_tcp(context, s, endpoint, &err);
		if (taken <= 0)
			return taken;
	}
	return -1;
}

/* The server has key 0 and admits whom it knows; the client has key 1. */
static void
only_known_keys_get_in_and_the_message_says_whose(void)
{
	struct err err = {.kind = ERR_NONE};
	struct socket_context *server = socket_context_new(&err),
			      *client = socket_context_new(&err);
	struct socket *in, *out;
	struct socket_message message;
	struct socket_wait *wait = socket_wait_new();
	const int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
	char endpoint[64];
	int got = 0;

	CHECK(socket_context_secure(server, folders[0], &err) == 0);
	CHECK(socket_context_secure(client, folders[1], &err) == 0);
	in = socket_bind(server, SOCKET_DATA_IN, tempdir_path("x.in"), 16, 1000, &err);
	CHECK(in && bind_somewhere(server, in, endpoint) == 0);
	/* In the clear; to another's key; and unknown to the server. */
	out = socket_connect(client, SOCKET_DATA_OUT, endpoint, 16, &err);
	CHECK(out && !comes_up(out, REFUSED_MS));
	socket_close(out);
	out = socket_connect_to(client, SOCKET_DATA_OUT, endpoint, &publics[2], 16, &err);
	CHECK(out && !comes_up(out, REFUSED_MS));
	socket_close(out);
	out = socket_connect_to(client, SOCKET_DATA_OUT, endpoint, &publics[0], 16, &err);
	CHECK(out && !comes_up(out, REFUSED_MS));
	/* Made known, with no restart of anybody. */
	introduce(0, "client.pub", &publics[1]);
	socket_close(out);
	out = socket_connect_to(client, SOCKET_DATA_OUT, endpoint, &publics[0], 16, &err);
	CHECK(out && comes_up(out, PATIENCE_MS));
	CHECK(socket_send(out, (struct bytes){"hello", 5}, &err) == 0);
	while (!got && clock_mono_ms() < until_ms) {
		socket_wait_clear(wait);
		socket_wait_socket(wait, in);
		CHECK(socket_wait_run(wait, 100, NULL) == 0);
		got = socket_receive(in, &message, NULL, NULL);
	}
	CHECK(got == 1);
	if (got == 1) {
		CHECK(message.bytes.len == 5);
		CHECK_STR(socket_message_key(&message), publics[1].text);
		socket_message_done(&message);
	}
	socket_wait_free(wait);
	socket_close(out);
	/* On this machine it needs no key. */
	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s", tempdir_path("x.in"));
	out = socket_connect(client, SOCKET_DATA_OUT, endpoint, 16, &err);
	CHECK(out && comes_up(out, PATIENCE_MS));
	socket_close(out);
	socket_close(in);
	socket_context_free(client);
	socket_context_free(server);
}

int
main(void)
{
	(void)tempdir_make();
	for (int i = 0; i < 3; i++) {
		(void)snprintf(folders[i], sizeof(folders[i]), "%s/%d", tempdir, i);
		CHECK(curve_generate(folders[i], &publics[i], NULL) == 0);
	}
	RUN(makes_a_pair_once_and_guards_the_secret);
	RUN(a_pair_that_could_not_be_written_is_not_in_the_way);
	RUN(a_credential_goes_before_the_folder);
	RUN(a_credential_that_says_none_leaves_the_folders_key);
	RUN(only_known_keys_get_in_and_the_message_says_whose);
	RUN(knows_a_machine_by_all_its_keys);
	tempdir_done();
	return check_done();
}
