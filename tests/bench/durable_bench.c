/* A durable hand-over, three processes: a source with a spool -> link -> a spool in the middle (as
 * the outbox is) -> link -> a sink that keeps nothing. Every commit is synced (synchronous=FULL); a
 * message is acked when the next has committed it.
 *
 *   durable_bench [FOLDER [MESSAGES [SIZE]]]
 *
 * Prints messages a second from the first append to the last arrival. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/inlet.h"
#include "common/outlet.h"
#include "common/spool.h"
#include "tests/unit/folder.h"

enum {
	BATCH = 256,
	WINDOW = 1024,
	WINDOW_BYTES = 16 * 1024 * 1024,
	MESSAGE_BYTES_MAX = 1024 * 1024
};

static const char *const migrations[] = {SPOOL_SCHEMA, NULL};
static const char *root;
static char *payload;
static size_t payload_bytes = 5120;
static uint64_t messages = 50000;

static void
die(const char *what, const struct err *err)
{
	(void)fprintf(stderr, "durable_bench: %s: %s\n", what, err ? err->text : strerror(errno));
	exit(1);
}

/* One process: a spool and its way out, a way in, or both. */
struct node {
	struct socket_context *context;
	struct socket_wait *wait;
	struct arena *arena;
	struct db *db;
	struct spool *spool;
	struct socket *acks;
	struct outlet *outlet;
	struct inlet *inlet;
	uint64_t *done; /* acked by the next, not yet out of the spool */
	size_t done_count;
	struct err err;
};

static int
load(void *arg, uint64_t id, struct buf *out, struct err *err)
{
	return spool_load(((struct node *)arg)->spool, id, out, err);
}

static int
told(void *arg, const struct linkout_action *action, struct err *err)
{
	struct node *n = arg;

	(void)err;
	if (action->act == LINKOUT_ACKED)
		n->done[n->done_count++] = action->frame.id;
	return 0;
}

static struct node
node_new(const char *name)
{
	struct node n = {.wait = socket_wait_new(), .arena = arena_new(1024 * 1024)};

	n.context = socket_context_new(&n.err);
	n.done = calloc(messages + 1, sizeof(*n.done));
	if (!n.context || !n.wait || !n.arena || !n.done)
		die(name, &n.err);
	return n;
}

static void
node_send(struct node *n, const char *name, const char *to)
{
	const struct db_options db = {.migrations = migrations, .ballast_bytes = DB_BALLAST_BYTES};
	const struct outlet_owner owner = {load, told, n};
	char path[128], endpoint[160], folder[128];
	const struct outlet_options options = {
		.who = name,
		.ack_endpoint = endpoint,
		.route = to,
		.folder = folder,
		.message_bytes_max = MESSAGE_BYTES_MAX,
		.link = {.stream = 1, .first_epoch = 1},
	};

	(void)snprintf(path, sizeof(path), "%s/%s.db", root, name);
	n->db = db_open(path, &db, &n->err);
	n->spool = n->db ? spool_open(n->db, &n->err) : NULL;
	(void)snprintf(path, sizeof(path), "%s/%s.ack", root, name);
	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	(void)snprintf(folder, sizeof(folder), "%s/%s", root, to);
	n->acks = socket_bind(n->context, SOCKET_ACK_IN, path, 65536, 262144, &n->err);
	n->outlet = n->spool && n->acks ? outlet_new(n->context, &options, &owner, &n->err) : NULL;
	if (!n->outlet)
		die(name, &n->err);
}

static void
node_receive(struct node *n, const char *name)
{
	char path[128];
	const struct inlet_options options = {path, name, WINDOW, WINDOW_BYTES, MESSAGE_BYTES_MAX};

	(void)snprintf(path, sizeof(path), "%s/%s/1.in", root, name);
	n->inlet = inlet_new(n->context, &options, &n->err);
	if (!n->inlet)
		die(name, &n->err);
}

static void
node_turn(struct node *n)
{
	struct socket_message m;
	struct frame frame;

	socket_wait_clear(n->wait);
	if (n->inlet)
		inlet_wait(n->inlet, n->wait);
	if (n->outlet) {
		outlet_wait(n->outlet, n->wait);
		socket_wait_socket(n->wait, n->acks);
	}
	if (socket_wait_run(n->wait, 20, &n->err) < 0)
		die("wait", &n->err);
	while (n->outlet && socket_receive(n->acks, &m, NULL, &n->err) > 0) {
		if (frame_decode(m.bytes, n->arena, &frame, &n->err) < 0 ||
		    outlet_hear(n->outlet, &frame, clock_mono_ms(), &n->err) < 0)
			die("hear", &n->err);
		socket_message_done(&m);
		arena_reset(n->arena);
	}
	if ((n->outlet && outlet_turn(n->outlet, clock_mono_ms(), &n->err) < 0) ||
	    (n->inlet && inlet_read(n->inlet, clock_mono_ms(), &n->err) < 0))
		die("turn", &n->err);
}

/* What was acked leaves the spool; the caller's transaction is open. */
static void
node_settle(struct node *n)
{
	for (size_t i = 0; i < n->done_count; i++)
		if (spool_done(n->spool, n->done[i], &n->err) < 0)
			die("done", &n->err);
	n->done_count = 0;
}

static void
keep(struct node *n, struct bytes body)
{
	uint64_t seq;

	if (spool_append(n->spool, NULL, body, &seq, &n->err) < 0 ||
	    linkout_offer(outlet_link(n->outlet), seq, body.len, 0) < 0)
		die("append", &n->err);
}

static void
source(void)
{
	struct node n = node_new("source");
	uint64_t made = 0;

	node_send(&n, "source", "middle");
	for (;;) {
		size_t room = linkout_room(outlet_link(n.outlet), clock_mono_ms());

		if (db_begin(n.db, &n.err) < 0)
			die("begin", &n.err);
		for (int i = 0; i < BATCH && room > 0 && made < messages; i++, room--, made++)
			keep(&n, (struct bytes){payload, payload_bytes});
		node_settle(&n);
		if (db_commit(n.db, &n.err) < 0 || outlet_push(n.outlet, &n.err) < 0)
			die("commit", &n.err);
		node_turn(&n);
	}
}

static void
middle(void)
{
	struct node n = node_new("middle");
	struct inlet_message message;

	node_send(&n, "middle", "sink");
	node_receive(&n, "middle");
	for (;;) {
		uint64_t tickets[BATCH];
		int count = 0;

		node_turn(&n);
		if (db_begin(n.db, &n.err) < 0)
			die("begin", &n.err);
		for (; count < BATCH && inlet_peek(n.inlet, &message); inlet_pop(n.inlet)) {
			keep(&n, message.body);
			tickets[count++] = message.ticket;
		}
		node_settle(&n);
		/* Safe before it is acked. */
		if (db_commit(n.db, &n.err) < 0)
			die("commit", &n.err);
		for (int i = 0; i < count; i++)
			linkin_ack(inlet_link(n.inlet), tickets[i]);
		if (inlet_answer(n.inlet, &n.err) < 0 || outlet_push(n.outlet, &n.err) < 0)
			die("push", &n.err);
	}
}

static void
sink(void)
{
	struct node n = node_new("sink");
	struct inlet_message message;
	uint64_t got = 0;

	node_receive(&n, "sink");
	while (got < messages) {
		node_turn(&n);
		for (; inlet_peek(n.inlet, &message); inlet_pop(n.inlet), got++)
			linkin_ack(inlet_link(n.inlet), message.ticket);
		if (inlet_answer(n.inlet, &n.err) < 0)
			die("answer", &n.err);
	}
	exit(0);
}

static pid_t
start(void (*run)(void))
{
	const pid_t pid = fork();

	if (pid == 0)
		run();
	return pid;
}

int
main(int argc, char **argv)
{
	pid_t pids[3];
	int64_t from_us;
	int status = 1;

	if (argc > 1 && setenv("TMPDIR", argv[1], 1) < 0)
		die("set-up", NULL);
	SCOPED(folder_drop) struct folder folder = folder_make();
	messages = argc > 2 ? strtoull(argv[2], NULL, 10) : messages;
	payload_bytes = argc > 3 ? strtoull(argv[3], NULL, 10) : payload_bytes;
	payload = calloc(1, payload_bytes + 1);
	root = folder.path;
	if (!payload || payload_bytes >= MESSAGE_BYTES_MAX)
		die("set-up", NULL);
	for (size_t i = 0; i < payload_bytes; i++)
		payload[i] = (char)(i * 2654435761u >> 13);
	if (mkdir(folder_file(&folder, "middle"), 0770) < 0 ||
	    mkdir(folder_file(&folder, "sink"), 0770) < 0)
		die(root, NULL);
	from_us = clock_mono_us();
	pids[2] = start(sink);
	pids[1] = start(middle);
	pids[0] = start(source);
	(void)waitpid(pids[2], &status, 0);
	(void)printf("durable %5zu B: %.0f messages/s through two spools and two links, every "
		     "commit synced\n",
		     payload_bytes, (double)messages * 1e6 / (double)(clock_mono_us() - from_us));
	for (int i = 0; i < 2; i++) {
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
	}
	return status == 0 ? 0 : 1;
}
