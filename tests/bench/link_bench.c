/* The link with its acks beside bare PUSH/PULL, one process to another over ipc, and what tcp and
 * CURVE cost it, in one run:
 *
 *   link_bench [MESSAGES [SIZE ...]]
 *
 * Prints a line a size: messages a second of both and their ratio, medians of the rounds; then how
 * long a message takes from when it was due to its arrival, at 10, 50 and 90 % of that rate. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/inlet.h"
#include "common/outlet.h"

enum { DATA_PORT = 17710, ACK_PORT = 17711 };
enum { SETTLE_US = 500 * 1000 }; /* the two have met by then */
enum { ROUNDS = 5, WINDOW = 256, WINDOW_BYTES = 4 * 1024 * 1024, SIZE_MAX_BYTES = 1024 * 1024 };

static char folder[64], inlet_path[96], ack_path[96], bare_endpoint[96];
static char keys_folder[96];
static enum way { WAY_IPC, WAY_TCP, WAY_CURVE } way;
static char *payload;
static size_t payload_bytes;
static double rate;    /* messages a second; 0: as fast as it goes */
static int64_t due_us; /* when the first of them was due */

static void
die(const char *what, const struct err *err)
{
	(void)fprintf(stderr, "link_bench: %s: %s\n", what, err ? err->text : strerror(errno));
	exit(1);
}

/* When message n is due, whether or not those before it were on time: a late one counts as late. */
static int64_t
due_at(uint64_t n)
{
	return due_us + (int64_t)((double)n * 1e6 / rate);
}

static int
by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Bare. */

static void
bare_receive(uint64_t messages)
{
	void *context = zmq_ctx_new();
	void *pull = zmq_socket(context, ZMQ_PULL);
	zmq_msg_t msg;

	if (zmq_bind(pull, bare_endpoint) < 0)
		die("bind", NULL);
	for (uint64_t n = 0; n < messages; n++) {
		(void)zmq_msg_init(&msg);
		if (zmq_msg_recv(&msg, pull, 0) < 0)
			die("receive", NULL);
		(void)zmq_msg_close(&msg);
	}
	exit(0);
}

static void
bare_send(uint64_t messages)
{
	void *context = zmq_ctx_new();
	void *push = zmq_socket(context, ZMQ_PUSH);

	if (zmq_connect(push, bare_endpoint) < 0)
		die("connect", NULL);
	for (uint64_t n = 0; n < messages; n++)
		if (zmq_send(push, payload, payload_bytes, 0) < 0)
			die("send", NULL);
	(void)zmq_close(push);
	(void)zmq_ctx_term(context);
}

/* Link. */

static void
link_receive(uint64_t messages)
{
	const struct inlet_options options = {inlet_path, "bench@in", WINDOW, WINDOW_BYTES,
					      SIZE_MAX_BYTES};
	struct err err = {.kind = ERR_NONE};
	struct socket_context *context = socket_context_new(&err);
	struct inlet *inlet = context ? inlet_new(context, &options, &err) : NULL;
	char endpoint[64];
	struct socket_wait *wait = socket_wait_new();
	struct inlet_message message;
	double *took_us = calloc(messages, sizeof(*took_us));
	uint64_t got = 0;

	if (!took_us)
		die("latencies", NULL);
	resolver_endpoint("127.0.0.1", DATA_PORT, endpoint, sizeof(endpoint));
	if (!inlet || (way == WAY_CURVE && socket_context_secure(context, keys_folder, &err) < 0) ||
	    (way != WAY_IPC && inlet_listen(inlet, endpoint, &err) != 0))
		die("inlet", &err);
	while (got < messages) {
		socket_wait_clear(wait);
		inlet_wait(inlet, wait);
		if (socket_wait_run(wait, 100, &err) < 0 ||
		    inlet_read(inlet, clock_mono_ms(), &err) < 0)
			die("read", &err);
		for (; inlet_peek(inlet, &message); inlet_pop(inlet), got++) {
			int64_t due;

			memcpy(&due, message.body.data, sizeof(due));
			took_us[got] = (double)(clock_mono_us() - due);
			linkin_ack(inlet_link(inlet), message.ticket);
		}
		if (inlet_answer(inlet, &err) < 0)
			die("answer", &err);
	}
	if (rate > 0) {
		qsort(took_us, messages, sizeof(*took_us), by_value);
		(void)printf("p50 %.0f us, p99 %.0f us\n", took_us[messages / 2],
			     took_us[messages - 1 - messages / 100]);
		(void)fflush(stdout);
	}
	inlet_free(inlet);
	socket_context_free(context);
	exit(0);
}

static uint64_t acked;

static int
load(void *arg, uint64_t id, struct buf *out, struct err *err)
{
	const int64_t due = rate > 0 ? due_at(id) : 0;

	(void)arg;
	memcpy(payload, &due, sizeof(due));
	return buf_add(out, payload, payload_bytes, err);
}

static int
told(void *arg, const struct linkout_action *action, struct err *err)
{
	(void)arg;
	(void)err;
	acked += action->act == LINKOUT_ACKED;
	return 0;
}

/* How many are due by now. */
static uint64_t
due_by_now(uint64_t messages)
{
	const double due = (double)(clock_mono_us() - due_us) * rate / 1e6;

	return rate == 0 || due >= (double)messages ? messages : due < 0 ? 0 : (uint64_t)due + 1;
}

/* A poll's milliseconds are too coarse between two messages: sleeps itself, and 0 is for the poll.
 */
static int
wait_ms(uint64_t offered, uint64_t messages)
{
	const int64_t left_us =
		rate > 0 && offered < messages ? due_at(offered) - clock_mono_us() : 0;
	const struct timespec rest = {.tv_nsec = (left_us < 200 ? left_us : 200) * 1000};

	if (left_us > 0)
		(void)nanosleep(&rest, NULL);
	return rate > 0 && offered < messages ? 0 : 50;
}

static void
link_send(uint64_t messages)
{
	const struct outlet_owner owner = {load, told, NULL};
	struct err err = {.kind = ERR_NONE};
	struct socket_context *context = socket_context_new(&err);
	struct socket_wait *wait = socket_wait_new();
	struct arena *arena = arena_new(1024 * 1024);
	char endpoint[128], ack_tcp[64];
	const struct resolver_place place = {"127.0.0.1", DATA_PORT, DATA_PORT, ""};
	const struct outlet_options options = {
		.places = &place,
		.place_count = way != WAY_IPC,
		.ack_endpoint_tcp = ack_tcp,
		.keys = way == WAY_CURVE ? keys_folder : NULL,
		.who = "bench@out",
		.ack_endpoint = endpoint,
		.route = "bench",
		.folder = folder,
		.only = way == WAY_IPC ? NULL : "nobody-by-ipc",
		.message_bytes_max = SIZE_MAX_BYTES,
		.link = {.stream = 1, .first_epoch = (uint64_t)getpid()},
	};
	struct socket *acks;
	struct outlet *outlet;
	uint64_t offered = 0;

	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s", ack_path);
	resolver_endpoint("127.0.0.1", ACK_PORT, ack_tcp, sizeof(ack_tcp));
	if (context && way == WAY_CURVE && socket_context_secure(context, keys_folder, &err) < 0)
		die("keys", &err);
	acks = context ? socket_bind(context, SOCKET_ACK_IN, ack_path, 65536, 262144, &err) : NULL;
	if (acks && way != WAY_IPC && socket_bind_tcp(context, acks, ack_tcp, &err) != 0)
		die("acks", &err);
	outlet = acks ? outlet_new(context, &options, &owner, &err) : NULL;
	if (!outlet)
		die("outlet", &err);
	acked = 0;
	while (acked < messages) {
		struct socket_message m;
		struct frame frame;
		uint64_t due;
		size_t room;

		socket_wait_clear(wait);
		outlet_wait(outlet, wait);
		socket_wait_socket(wait, acks);
		if (socket_wait_run(wait, wait_ms(offered, messages), &err) < 0)
			die("wait", &err);
		while (socket_receive(acks, &m, NULL, &err) > 0) {
			if (frame_decode(m.bytes, arena, &frame, &err) < 0 ||
			    outlet_hear(outlet, &frame, clock_mono_ms(), &err) < 0)
				die("hear", &err);
			socket_message_done(&m);
			arena_reset(arena);
		}
		if (outlet_turn(outlet, clock_mono_ms(), &err) < 0)
			die("turn", &err);
		room = linkout_room(outlet_link(outlet), clock_mono_ms());
		due = due_by_now(messages);
		for (; room > 0 && offered < due; room--)
			if (linkout_offer(outlet_link(outlet), offered++, payload_bytes, 0) < 0)
				die("offer", NULL);
		if (outlet_push(outlet, &err) < 0)
			die("push", &err);
	}
	outlet_free(outlet);
	socket_close(acks);
	socket_context_free(context);
	socket_wait_free(wait);
	arena_free(arena);
}

/* Rounds. */

static double
round_of(void (*receive)(uint64_t), void (*send)(uint64_t), uint64_t messages)
{
	const int64_t from_us = clock_mono_us();
	const pid_t pid = fork();
	int status;

	if (pid == 0)
		receive(messages);
	send(messages);
	(void)waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("receiver", NULL);
	return (double)messages * 1e6 / (double)(clock_mono_us() - from_us);
}

/* One machine that knows itself. */
static void
make_keys(void)
{
	char from[128], to[160];
	struct curve_key public;
	struct err err = {.kind = ERR_NONE};

	(void)snprintf(keys_folder, sizeof(keys_folder), "%s/keys", folder);
	if (curve_generate(keys_folder, &public, &err) < 0)
		die("keys", &err);
	(void)snprintf(from, sizeof(from), "%s/public.pub", keys_folder);
	(void)snprintf(to, sizeof(to), "%s/peers/self.pub", keys_folder);
	if (link(from, to) < 0)
		die("keys", NULL);
}

static void
compare(uint64_t messages, size_t size)
{
	static const double loads[] = {0.1, 0.5, 0.9};
	double bare[ROUNDS], linked[ROUNDS], tcp[ROUNDS], curve[ROUNDS];

	payload_bytes = size;
	for (int r = 0; r < ROUNDS; r++) {
		bare[r] = round_of(bare_receive, bare_send, messages);
		way = WAY_IPC;
		linked[r] = round_of(link_receive, link_send, messages);
		way = WAY_TCP;
		tcp[r] = round_of(link_receive, link_send, messages);
		way = WAY_CURVE;
		curve[r] = round_of(link_receive, link_send, messages);
	}
	qsort(bare, ROUNDS, sizeof(bare[0]), by_value);
	qsort(linked, ROUNDS, sizeof(linked[0]), by_value);
	qsort(tcp, ROUNDS, sizeof(tcp[0]), by_value);
	qsort(curve, ROUNDS, sizeof(curve[0]), by_value);
	(void)printf("link %6zu B: bare %8.0f msg/s, with acks %8.0f msg/s, ratio %.2f; over tcp "
		     "%8.0f, with CURVE %8.0f\n",
		     size, bare[ROUNDS / 2], linked[ROUNDS / 2],
		     linked[ROUNDS / 2] / bare[ROUNDS / 2], tcp[ROUNDS / 2], curve[ROUNDS / 2]);
	(void)fflush(stdout);
	way = WAY_IPC;
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		rate = linked[ROUNDS / 2] * loads[i];
		due_us = clock_mono_us() + SETTLE_US;
		(void)printf("link %6zu B at %2.0f %% of it: ", size, loads[i] * 100);
		(void)fflush(stdout);
		(void)round_of(link_receive, link_send, messages);
	}
	rate = 0;
}

int
main(int argc, char **argv)
{
	const uint64_t messages = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;

	(void)snprintf(folder, sizeof(folder), "/tmp/link_bench.XXXXXX");
	payload = calloc(1, SIZE_MAX_BYTES);
	if (!payload || !mkdtemp(folder))
		die("set-up", NULL);
	(void)snprintf(inlet_path, sizeof(inlet_path), "%s/1.in", folder);
	(void)snprintf(ack_path, sizeof(ack_path), "%s/1.ack", folder);
	(void)snprintf(bare_endpoint, sizeof(bare_endpoint), "ipc://%s/bare", folder);
	make_keys();
	if (argc > 2)
		for (int i = 2; i < argc; i++)
			compare(messages, strtoul(argv[i], NULL, 10));
	else {
		compare(messages, 1024);
		compare(messages, 5 * 1024);
		compare(messages / 5, 50 * 1024);
	}
	for (const char *name = "1.in.lock\0001.ack.lock\0bare\0keys/secret.key\0keys/public.pub\0"
				"keys/peers/self.pub\0keys/peers\0keys\0";
	     *name; name += strlen(name) + 1) {
		char path[160];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
		(void)remove(path);
	}
	(void)rmdir(folder);
	free(payload);
	return 0;
}
