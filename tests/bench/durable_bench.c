/* A durable hand-over, three processes: a source -> link -> a store in the middle -> link -> a sink
 * that keeps nothing. Every commit is synced (synchronous=FULL); a message is acked when the next
 * has committed it. The rows:
 *
 *   hop     the source keeps nothing, as a broker's client does; the middle is a spool
 *   spools  the source is a spool too
 *   outbox  the source is a spool; the middle takes items up as the classifier does (decoded, seen,
 *           kept for replays, a cursor for the sink), all but the tagging
 *
 *   durable_bench [FOLDER [MESSAGES [SIZE [ROW]]]]
 *
 * Prints messages a second from the first append to the last arrival, and the CPU of all three. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "classifier/cursor.h"
#include "classifier/outbox.h"
#include "common/clock.h"
#include "common/inlet.h"
#include "common/item.h"
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
/* What the source, and what the middle, keeps messages in. */
enum store { NOTHING, SPOOL, OUTBOX };
static const char *root;
static struct buf payload;
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
	enum store store;
	struct db *db;
	struct spool *spool;
	struct outbox *outbox;
	struct cursor *cursor;
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
	struct node *n = arg;

	switch (n->store) {
	case SPOOL:
		return spool_load(n->spool, id, out, err);
	case OUTBOX:
		return outbox_load(n->outbox, (int64_t)id, out, err);
	case NOTHING:
		break;
	}
	return buf_add(out, payload.data, payload.len, err);
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
open_store(struct node *n, const char *name, enum store store)
{
	const struct db_options spool = {.migrations = migrations,
					 .ballast_bytes = DB_BALLAST_BYTES,
					 .page_bytes = DB_PAGE_BYTES_BODIES};
	const struct outbox_options outbox = {
		.keep_s = 86400, .keep_bytes = INT64_MAX, .seen_s = 86400};
	const struct cursor_options all = {NULL};
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s.db", root, name);
	n->store = store;
	if (store == SPOOL) {
		n->db = db_open(path, &spool, &n->err);
		n->spool = n->db ? spool_open(n->db, &n->err) : NULL;
	} else if (store == OUTBOX) {
		n->outbox = outbox_open(path, &outbox, &n->err);
		n->db = n->outbox ? outbox_db(n->outbox) : NULL;
		n->cursor = n->outbox ? cursor_open(n->outbox, "null", &all, &n->err) : NULL;
	}
	if (store != NOTHING && !n->spool && !n->cursor)
		die(name, &n->err);
}

static void
node_send(struct node *n, const char *name, const char *to)
{
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

	(void)snprintf(path, sizeof(path), "%s/%s.ack", root, name);
	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	(void)snprintf(folder, sizeof(folder), "%s/%s", root, to);
	n->acks = socket_bind(n->context, SOCKET_ACK_IN, path, 65536, 262144, &n->err);
	n->outlet = n->acks ? outlet_new(n->context, &options, &owner, &n->err) : NULL;
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

/* An item of the wanted size, its own one each time. */
static void
make_item(uint64_t number)
{
	static char text[MESSAGE_BYTES_MAX];
	char id[ITEM_ID_HEX + 1], url[64];
	struct item item = item_empty();
	struct err err;

	if (!text[0])
		for (size_t i = 0; i + 512 < payload_bytes; i++)
			text[i] = (char)('a' + (i * 2654435761u >> 13) % 26);
	(void)snprintf(id, sizeof(id), "%016llx%016llx",
		       (unsigned long long)(number * 0x9e3779b97f4a7c15U),
		       (unsigned long long)number);
	(void)snprintf(url, sizeof(url), "https://example.org/%llu", (unsigned long long)number);
	item.id = id;
	item.rev = "0123456789abcdef";
	item.url = url;
	item.title = "A title of a usual length, as feeds have them";
	item.summary = text;
	item.seq = number;
	item.feed.id = "00112233445566778899aabbccddeeff";
	item.feed.url = "https://example.org/feed";
	buf_reset(&payload);
	if (item_encode(&item, &payload, &err) < 0)
		die("item", &err);
}

/* Stores a message and, where that is its number's end, offers it: it is shown after the commit. */
static void
keep(struct node *n, struct bytes body, uint64_t number)
{
	struct item item;
	int got = 0;

	switch (n->store) {
	case OUTBOX:
		got = item_decode(body, n->arena, &item, &n->err) < 0
			      ? -1
			      : outbox_put(n->outbox, &item, NULL, &n->err);
		arena_reset(n->arena);
		break;
	case SPOOL:
		got = spool_append(n->spool, NULL, body, &number, &n->err);
		if (got == 0)
			got = linkout_offer(outlet_link(n->outlet), number, body.len, 0);
		break;
	case NOTHING:
		got = linkout_offer(outlet_link(n->outlet), number, body.len, 0);
		break;
	}
	if (got < 0)
		die("keep", &n->err);
}

static int
offer(void *arg, uint64_t seq, size_t len, struct err *err)
{
	(void)err;
	return linkout_offer(outlet_link(((struct node *)arg)->outlet), seq, len, 0);
}

/* Notes what the next has acked, commits, and shows what is new. */
static void
commit(struct node *n)
{
	int got = 0;

	for (size_t i = 0; got == 0 && i < n->done_count && n->store != NOTHING; i++)
		got = n->cursor ? cursor_acked(n->cursor, n->done[i], &n->err)
				: spool_done(n->spool, n->done[i], &n->err);
	n->done_count = 0;
	if (got == 0 && n->cursor && cursor_is_dirty(n->cursor))
		got = db_begin(n->db, &n->err) < 0 ? -1 : cursor_save(n->cursor, &n->err);
	if (got == 0 && n->store != NOTHING)
		got = n->outbox ? outbox_commit(n->outbox, &n->err) : db_commit(n->db, &n->err);
	if (got == 0 && n->cursor) {
		cursor_committed(n->cursor);
		got = cursor_offer(n->cursor, linkout_room(outlet_link(n->outlet), clock_mono_ms()),
				   offer, n, &n->err);
	}
	if (got < 0)
		die("commit", &n->err);
}

static void
source(enum store mine, enum store theirs)
{
	struct node n = node_new("source");
	uint64_t made = 0;

	open_store(&n, "source", mine);
	node_send(&n, "source", "middle");
	make_item(0);
	for (;;) {
		size_t room = linkout_room(outlet_link(n.outlet), clock_mono_ms());

		if (mine != NOTHING && db_begin(n.db, &n.err) < 0)
			die("begin", &n.err);
		for (int i = 0; i < BATCH && room > 0 && made < messages; i++, room--) {
			made++;
			if (theirs == OUTBOX)
				make_item(made);
			keep(&n, buf_bytes(&payload), made);
		}
		commit(&n);
		if (outlet_push(n.outlet, &n.err) < 0)
			die("push", &n.err);
		node_turn(&n);
	}
}

static void
middle(enum store mine)
{
	struct node n = node_new("middle");
	struct inlet_message message;

	open_store(&n, "middle", mine);
	node_send(&n, "middle", "sink");
	node_receive(&n, "middle");
	for (;;) {
		uint64_t tickets[BATCH];
		int count = 0;

		node_turn(&n);
		if (db_begin(n.db, &n.err) < 0)
			die("begin", &n.err);
		for (; count < BATCH && inlet_peek(n.inlet, &message); inlet_pop(n.inlet)) {
			keep(&n, message.body, 0);
			tickets[count++] = message.ticket;
		}
		/* Safe before it is acked. */
		commit(&n);
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

static double
children_cpu_us(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static const struct row {
	const char *name;
	enum store source, middle;
	const char *what;
} rows[] = {
	{"hop", NOTHING, SPOOL, "a spool between two links, as a broker is"},
	{"spools", SPOOL, SPOOL, "two spools and two links"},
	{"outbox", SPOOL, OUTBOX, "a spool, a link, the outbox with its cursor, a link"},
};

/* 0 when the sink has all. */
static int
run(const struct row *row)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const double before_us = children_cpu_us();
	int64_t from_us, took_us;
	pid_t pids[3];
	int status = 1;

	root = folder.path;
	if (mkdir(folder_file(&folder, "middle"), 0770) < 0 ||
	    mkdir(folder_file(&folder, "sink"), 0770) < 0)
		die(root, NULL);
	(void)fflush(stdout);
	from_us = clock_mono_us();
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0 && i == 0)
			source(row->source, row->middle);
		if (pids[i] == 0 && i == 1)
			middle(row->middle);
		if (pids[i] == 0)
			sink();
	}
	(void)waitpid(pids[2], &status, 0);
	took_us = clock_mono_us() - from_us;
	for (int i = 0; i < 2; i++) {
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
	}
	(void)printf("durable %-6s %5zu B: %.0f messages/s, %.1f us CPU each: %s, every commit"
		     " synced\n",
		     row->name, payload_bytes, (double)messages * 1e6 / (double)took_us,
		     (children_cpu_us() - before_us) / (double)messages, row->what);
	return status;
}

int
main(int argc, char **argv)
{
	int failed = 0;

	if (argc > 1 && setenv("TMPDIR", argv[1], 1) < 0)
		die("set-up", NULL);
	messages = argc > 2 ? strtoull(argv[2], NULL, 10) : messages;
	payload_bytes = argc > 3 ? strtoull(argv[3], NULL, 10) : payload_bytes;
	payload = buf_init(MESSAGE_BYTES_MAX);
	if (payload_bytes < 1024 || payload_bytes >= MESSAGE_BYTES_MAX)
		die("a size of 1024 to 1048575 bytes", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (argc <= 4 || strcmp(argv[4], rows[i].name) == 0)
			failed |= run(&rows[i]);
	buf_done(&payload);
	return failed ? 1 : 0;
}
