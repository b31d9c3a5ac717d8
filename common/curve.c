#include "common/curve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/file.h"

enum {
	PATH_BYTES = 512,
	BINARY_KEY_BYTES = 32,
	PEERS_READ_MS = 5000,
	FRAMES_MAX = 8, /* of a request; those past the known ones are read and dropped */
};

static const char z85[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  ".-:+=^!/*?&<>()[]{}@%$#";

/* Key files. */

static int
read_key(int fd, struct curve_key *out)
{
	char text[CURVE_KEY_CHARS + 8] = "";
	const ssize_t got = read(fd, text, sizeof(text) - 1);
	const size_t len = got > 0 ? strspn(text, z85) : 0;

	uint8_t binary[BINARY_KEY_BYTES];

	if (len != CURVE_KEY_CHARS || strspn(text + len, " \t\r\n") != strlen(text + len))
		return -1;
	text[len] = '\0';
	/* Right characters alone are no key: five of them can be worth more than 32 bits, and a
	 * socket that is given such a key fails. */
	if (!zmq_z85_decode(binary, text))
		return -1;
	memcpy(out->text, text, len + 1);
	return 0;
}

static int
read_secret(const char *path, bool credential, struct curve_key *out, struct err *err)
{
	SCOPED(close) const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, ERR_USAGE, "key '%s': %s%s", path, strerror(errno),
			       errno == ENOENT ? "; `feedmill keygen` makes one" : "");
	/* systemd guards its credentials by itself. */
	if (!credential && (st.st_mode & 077))
		return err_set(err, ERR_USAGE, "key '%s': others may read it: chmod 0600", path);
	if (read_key(fd, out) < 0)
		return err_set(err, ERR_USAGE, "key '%s': not one line of %d characters of Z85",
			       path, CURVE_KEY_CHARS);
	return 0;
}

/* systemd's units give "none" where there is no key to give (deploy/systemd/10-hardening.conf). */
static bool
is_given(const char *path)
{
	static const char none[] = "none";
	SCOPED(close) const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[sizeof(none) + 1];
	const ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text));

	return fd >= 0 && !(got == (ssize_t)strlen(none) && memcmp(text, none, strlen(none)) == 0);
}

int
curve_own(const char *folder, struct curve_key *public_out, struct curve_key *secret_out,
	  struct err *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_BYTES] = "";
	struct curve_key secret, public;
	bool credential;

	if (credentials)
		(void)snprintf(path, sizeof(path), "%s/feedmill.key", credentials);
	credential = credentials && is_given(path);
	if (!credential)
		(void)snprintf(path, sizeof(path), "%s/secret.key", folder);
	if (read_secret(path, credential, &secret, err) < 0)
		return -1;
	if (zmq_curve_public(public.text, secret.text) < 0)
		return err_set(err, ERR_USAGE, "key '%s': %s", path, zmq_strerror(zmq_errno()));
	*secret_out = secret;
	*public_out = public;
	return 0;
}

/* "NAME.pub" or "NAME.ANYTHING.pub". */
static bool
is_of(const char *file, const char *name)
{
	const size_t len = strlen(file), name_len = strlen(name);

	if (len <= 4 || file[0] == '.' || strcmp(file + len - 4, ".pub") != 0)
		return false;
	return name_len == 0 || (strncmp(file, name, name_len) == 0 && file[name_len] == '.');
}

size_t
curve_peers(const char *folder, const char *name, struct curve_key out[CURVE_PEERS_MAX])
{
	char path[PATH_BYTES];
	struct dirent **files = NULL;
	size_t count = 0;
	int found;

	(void)snprintf(path, sizeof(path), "%s/peers", folder);
	found = scandir(path, &files, NULL, alphasort);
	for (int i = 0; i < found; i++) {
		char file[PATH_BYTES + 300];
		int fd;

		(void)snprintf(file, sizeof(file), "%s/%s", path, files[i]->d_name);
		fd = is_of(files[i]->d_name, name) && count < CURVE_PEERS_MAX
			     ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
			     : -1;
		if (fd >= 0) {
			count += read_key(fd, &out[count]) == 0;
			(void)close(fd);
		}
		free(files[i]);
	}
	free(files);
	return count;
}

static int
write_key(const char *path, mode_t mode, const struct curve_key *key, struct err *err)
{
	SCOPED(close) const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_USAGE,
			       "key '%s' is there already; a new pair is made in another folder",
			       path);
	if (fd < 0)
		return err_sys(err, "key '%s'", path);
	if (dprintf(fd, "%s\n", key->text) < 0 || fsync(fd) < 0)
		(void)err_sys(err, "key '%s'", path);
	else if (file_sync_folder(path, err) == 0)
		return 0;
	(void)unlink(path); /* half a key would stand in the way of the next try */
	return -1;
}

int
curve_generate(const char *folder, struct curve_key *public_out, struct err *err)
{
	char secret_path[PATH_BYTES], public_path[PATH_BYTES], peers[PATH_BYTES];
	struct curve_key secret, public;

	(void)snprintf(secret_path, sizeof(secret_path), "%s/secret.key", folder);
	(void)snprintf(public_path, sizeof(public_path), "%s/public.pub", folder);
	(void)snprintf(peers, sizeof(peers), "%s/peers", folder);
	if (zmq_curve_keypair(public.text, secret.text) < 0)
		return err_set(err, ERR_USAGE, "key pair: %s", zmq_strerror(zmq_errno()));
	if ((mkdir(folder, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(peers, 0755) < 0 && errno != EEXIST))
		return err_sys(err, "folder '%s'", folder);
	if (write_key(secret_path, 0600, &secret, err) < 0)
		return -1;
	(void)unlink(public_path); /* of a secret that is gone */
	if (write_key(public_path, 0644, &public, err) < 0) {
		(void)unlink(secret_path); /* nobody could be told its other half */
		return -1;
	}
	*public_out = public;
	return 0;
}

/* The handler (ZeroMQ RFC 27). */

struct curve {
	pthread_t thread;
	void *asked; /* REP */
	char folder[PATH_BYTES];
	int watch; /* inotify */
	int64_t read_ms;
	struct curve_key peers[CURVE_PEERS_MAX];
	size_t count;
};

enum zap_frame {
	ZAP_VERSION,
	ZAP_REQUEST,
	ZAP_DOMAIN,
	ZAP_ADDRESS,
	ZAP_IDENTITY,
	ZAP_MECHANISM,
	ZAP_CREDENTIALS
};

struct request {
	size_t len[FRAMES_MAX];
	char bytes[FRAMES_MAX][64];
	size_t count;
};

static void
refresh(struct curve *curve)
{
	const int64_t now_ms = clock_mono_ms();
	char events[4096];
	bool news = curve->read_ms == 0 || now_ms - curve->read_ms >= PEERS_READ_MS;

	while (read(curve->watch, events, sizeof(events)) > 0)
		news = true;
	if (!news)
		return;
	curve->read_ms = now_ms;
	curve->count = curve_peers(curve->folder, "", curve->peers);
}

/* 0, or -1: the context ends. */
static int
hear(struct curve *curve, struct request *request)
{
	int more = 1;

	*request = (struct request){0};
	while (more) {
		const size_t i = request->count < FRAMES_MAX ? request->count++ : FRAMES_MAX - 1;
		size_t size = sizeof(more);
		int got;

		do
			got = zmq_recv(curve->asked, request->bytes[i], sizeof(request->bytes[i]),
				       0);
		while (got < 0 && zmq_errno() == EINTR);
		if (got < 0 || zmq_getsockopt(curve->asked, ZMQ_RCVMORE, &more, &size) < 0)
			return -1;
		request->len[i] = (size_t)got; /* of a longer frame: more than there is room for */
	}
	return 0;
}

static bool
is(const struct request *request, enum zap_frame frame, const char *text)
{
	return request->count > (size_t)frame && request->len[frame] == strlen(text) &&
	       memcmp(request->bytes[frame], text, strlen(text)) == 0;
}

/* The client's key becomes its messages' User-Id. */
static bool
is_allowed(struct curve *curve, const struct request *request, struct curve_key *who_out)
{
	who_out->text[0] = '\0';
	if (is(request, ZAP_MECHANISM, "NULL"))
		return true; /* ipc, and loopback of a mill that has no keys */
	if (!is(request, ZAP_MECHANISM, "CURVE") || request->count <= ZAP_CREDENTIALS ||
	    request->len[ZAP_CREDENTIALS] != BINARY_KEY_BYTES ||
	    !zmq_z85_encode(who_out->text, (const uint8_t *)request->bytes[ZAP_CREDENTIALS],
			    BINARY_KEY_BYTES))
		return false;
	refresh(curve);
	for (size_t i = 0; i < curve->count; i++)
		if (strcmp(curve->peers[i].text, who_out->text) == 0)
			return true;
	return false;
}

static void
answer(struct curve *curve, const struct request *request, bool yes, const char *who)
{
	(void)zmq_send(curve->asked, "1.0", 3, ZMQ_SNDMORE);
	(void)zmq_send(curve->asked, request->bytes[ZAP_REQUEST],
		       request->len[ZAP_REQUEST] < sizeof(request->bytes[0])
			       ? request->len[ZAP_REQUEST]
			       : 0,
		       ZMQ_SNDMORE);
	(void)zmq_send(curve->asked, yes ? "200" : "400", 3, ZMQ_SNDMORE);
	(void)zmq_send(curve->asked, "", 0, ZMQ_SNDMORE);
	(void)zmq_send(curve->asked, who, yes ? strlen(who) : 0, ZMQ_SNDMORE);
	(void)zmq_send(curve->asked, "", 0, 0);
}

static void *
handle(void *arg)
{
	struct curve *curve = arg;
	struct request request;
	struct curve_key who;

	while (hear(curve, &request) == 0) {
		const bool yes = is_allowed(curve, &request, &who);

		answer(curve, &request, yes, who.text);
	}
	(void)zmq_close(curve->asked);
	return NULL;
}

struct curve *
curve_start(void *zmq_context, const char *folder, struct err *err)
{
	SCOPED(free) struct curve *curve = calloc(1, sizeof(*curve));
	char path[PATH_BYTES + 8];
	const int linger = 0;

	if (!curve) {
		(void)err_sys(err, "keys '%s'", folder);
		return NULL;
	}
	(void)snprintf(curve->folder, sizeof(curve->folder), "%s", folder);
	(void)snprintf(path, sizeof(path), "%s/peers", folder);
	curve->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (curve->watch < 0) {
		(void)err_sys(err, "watch '%s'", path);
		return NULL;
	}
	/* Without the folder nobody is allowed; the next reading may find it. */
	(void)inotify_add_watch(curve->watch, path,
				IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE);
	curve->asked = zmq_socket(zmq_context, ZMQ_REP);
	if (!curve->asked ||
	    zmq_setsockopt(curve->asked, ZMQ_LINGER, &linger, sizeof(linger)) < 0 ||
	    zmq_bind(curve->asked, "inproc://zeromq.zap.01") < 0 ||
	    (errno = pthread_create(&curve->thread, NULL, handle, curve)) != 0) {
		(void)err_set(err, ERR_RETRY, "handler of keys: %s", zmq_strerror(zmq_errno()));
		if (curve->asked)
			(void)zmq_close(curve->asked);
		(void)close(curve->watch);
		return NULL;
	}
	return TAKE(curve);
}

void
curve_join(struct curve *curve)
{
	if (!curve)
		return;
	(void)pthread_join(curve->thread, NULL);
	(void)close(curve->watch);
	free(curve);
}
