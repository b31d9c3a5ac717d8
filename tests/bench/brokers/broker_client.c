/* The durable hand-over of durable_bench with a broker in the middle: one process publishes with
 * confirms, another takes and acks, until all have come.
 *
 *   broker_client redis|rabbit|nats PORT MESSAGES SIZE WINDOW
 *
 * WINDOW is how many are unconfirmed at most, and how many the taker acks at once. Prints messages
 * a second from the first publish to the last ack. */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <hiredis/hiredis.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int port;
static long messages, size, window;
static char *payload;

static void
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "broker_client: %s: %s\n", what, why ? why : "failed");
	exit(1);
}

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Redis: a stream with one group. */

static redisContext *
redis_connect(void)
{
	redisContext *c = redisConnect("127.0.0.1", port);

	if (!c || c->err)
		die("redis", c ? c->errstr : NULL);
	return c;
}

static redisReply *
redis_reply(redisContext *c)
{
	void *got;
	redisReply *reply;

	if (redisGetReply(c, &got) != REDIS_OK)
		die("redis", c->errstr);
	reply = got;
	if (reply->type == REDIS_REPLY_ERROR)
		die("redis", reply->str);
	return reply;
}

static void
redis_set_up(void)
{
	redisContext *c = redis_connect();

	freeReplyObject(redisCommand(c, "DEL feed"));
	freeReplyObject(redisCommand(c, "XGROUP CREATE feed sinks $ MKSTREAM"));
	redisFree(c);
}

static void
redis_publish(void)
{
	redisContext *c = redis_connect();
	long sent = 0, confirmed = 0;

	while (confirmed < messages) {
		for (; sent < messages && sent - confirmed < window; sent++)
			(void)redisAppendCommand(c, "XADD feed * body %b", payload, (size_t)size);
		freeReplyObject(redis_reply(c));
		confirmed++;
	}
}

static void
redis_take(void)
{
	redisContext *c = redis_connect();

	for (long got = 0; got < messages;) {
		redisReply *reply = redisCommand(
			c, "XREADGROUP GROUP sinks one COUNT %ld BLOCK 2000 STREAMS feed >",
			window);
		const redisReply *rows;

		if (!reply)
			die("redis", c->errstr);
		if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0) {
			rows = reply->element[0]->element[1];
			for (size_t i = 0; i < rows->elements; i++) {
				const char *id = rows->element[i]->element[0]->str;

				(void)redisAppendCommand(c, "XACK feed sinks %s", id);
				(void)redisAppendCommand(c, "XDEL feed %s", id);
			}
			for (size_t i = 0; i < 2 * rows->elements; i++)
				freeReplyObject(redis_reply(c));
			got += (long)rows->elements;
		}
		freeReplyObject(reply);
	}
}

/* RabbitMQ: a quorum queue. */

static const char queue_name[] = "feedmill-bench";

static amqp_connection_state_t
rabbit_connect(void)
{
	amqp_connection_state_t c = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(c);

	if (!socket || amqp_socket_open(socket, "127.0.0.1", port) != AMQP_STATUS_OK ||
	    amqp_login(c, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type !=
		    AMQP_RESPONSE_NORMAL ||
	    !amqp_channel_open(c, 1))
		die("rabbit", "no connection");
	return c;
}

static void
rabbit_set_up(void)
{
	amqp_connection_state_t c = rabbit_connect();
	amqp_table_entry_t quorum = {.key = amqp_cstring_bytes("x-queue-type"),
				     .value = {.kind = AMQP_FIELD_KIND_UTF8,
					       .value.bytes = amqp_cstring_bytes("quorum")}};
	const amqp_table_t arguments = {1, &quorum};
	const amqp_bytes_t queue = amqp_cstring_bytes(queue_name);

	(void)amqp_queue_delete(c, 1, queue, 0, 0);
	if (!amqp_queue_declare(c, 1, queue, 0, 1, 0, 0, arguments))
		die("rabbit", "the queue cannot be declared");
	(void)amqp_connection_close(c, AMQP_REPLY_SUCCESS);
}

static void
rabbit_publish(void)
{
	amqp_connection_state_t c = rabbit_connect();
	const amqp_basic_properties_t durable = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
						 .delivery_mode = 2};
	const amqp_bytes_t queue = amqp_cstring_bytes(queue_name);
	const amqp_bytes_t body = {(size_t)size, payload};
	long confirmed = 0;

	(void)amqp_confirm_select(c, 1);
	for (long sent = 0; confirmed < messages;) {
		amqp_frame_t frame;

		for (; sent < messages && sent - confirmed < window; sent++)
			if (amqp_basic_publish(c, 1, amqp_empty_bytes, queue, 0, 0, &durable,
					       body) != AMQP_STATUS_OK)
				die("rabbit", "publish");
		amqp_maybe_release_buffers(c);
		if (amqp_simple_wait_frame(c, &frame) != AMQP_STATUS_OK)
			die("rabbit", "wait for a confirm");
		if (frame.frame_type == AMQP_FRAME_METHOD &&
		    frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
			const amqp_basic_ack_t *ack = frame.payload.method.decoded;

			if ((long)ack->delivery_tag > confirmed)
				confirmed = (long)ack->delivery_tag;
		}
	}
}

static void
rabbit_take(void)
{
	amqp_connection_state_t c = rabbit_connect();
	const uint16_t ahead = (uint16_t)(2 * window > 65000 ? 65000 : 2 * window);

	(void)amqp_basic_qos(c, 1, 0, ahead, 0);
	(void)amqp_basic_consume(c, 1, amqp_cstring_bytes(queue_name), amqp_empty_bytes, 0, 0, 0,
				 amqp_empty_table);
	for (long got = 0; got < messages;) {
		amqp_envelope_t envelope;

		amqp_maybe_release_buffers(c);
		if (amqp_consume_message(c, &envelope, NULL, 0).reply_type != AMQP_RESPONSE_NORMAL)
			die("rabbit", "consume");
		got++;
		if (got % window == 0 || got == messages)
			(void)amqp_basic_ack(c, 1, envelope.delivery_tag, 1);
		amqp_destroy_envelope(&envelope);
	}
	(void)amqp_connection_close(c, AMQP_REPLY_SUCCESS);
}

/* NATS: a JetStream work queue in files. */

static void
nats_check(natsStatus status, const char *what)
{
	if (status != NATS_OK)
		die(what, natsStatus_GetText(status));
}

static jsCtx *
nats_connect(natsConnection **connection)
{
	jsOptions options;
	char url[64];
	jsCtx *js;

	(void)snprintf(url, sizeof(url), "nats://127.0.0.1:%d", port);
	(void)jsOptions_Init(&options);
	options.PublishAsync.MaxPending = window;
	nats_check(natsConnection_ConnectTo(connection, url), "nats: connect");
	nats_check(natsConnection_JetStream(&js, *connection, &options), "nats: JetStream");
	return js;
}

static void
nats_set_up(void)
{
	const char *subjects[] = {"feed.items"};
	natsConnection *connection;
	jsCtx *js = nats_connect(&connection);
	jsStreamConfig stream;
	jsErrCode code;

	(void)jsStreamConfig_Init(&stream);
	stream.Name = "FEED";
	stream.Subjects = subjects;
	stream.SubjectsLen = 1;
	stream.Storage = js_FileStorage;
	stream.Retention = js_WorkQueuePolicy;
	(void)js_DeleteStream(js, "FEED", NULL, &code);
	nats_check(js_AddStream(NULL, js, &stream, NULL, &code), "nats: stream");
	natsConnection_Close(connection);
}

static void
nats_publish(void)
{
	natsConnection *connection;
	jsCtx *js = nats_connect(&connection);
	jsPubOptions options;

	for (long i = 0; i < messages; i++)
		nats_check(js_PublishAsync(js, "feed.items", payload, (int)size, NULL),
			   "nats: publish");
	(void)jsPubOptions_Init(&options);
	options.MaxWait = 60000;
	nats_check(js_PublishAsyncComplete(js, &options), "nats: confirms");
}

static void
nats_take(void)
{
	natsConnection *connection;
	jsCtx *js = nats_connect(&connection);
	natsSubscription *subscription;
	jsErrCode code;

	nats_check(js_PullSubscribe(&subscription, js, "feed.items", "sinks", NULL, NULL, &code),
		   "nats: subscribe");
	for (long got = 0; got < messages;) {
		natsMsgList list;
		const natsStatus status =
			natsSubscription_Fetch(&list, subscription, (int)window, 2000, &code);

		if (status == NATS_TIMEOUT)
			continue;
		nats_check(status, "nats: fetch");
		for (int i = 0; i < list.Count; i++)
			nats_check(natsMsg_Ack(list.Msgs[i], NULL), "nats: ack");
		got += list.Count;
		natsMsgList_Destroy(&list);
	}
	nats_check(natsConnection_Flush(connection), "nats: flush");
}

static const struct broker {
	const char *name;
	void (*set_up)(void), (*publish)(void), (*take)(void);
} brokers[] = {
	{"redis", redis_set_up, redis_publish, redis_take},
	{"rabbit", rabbit_set_up, rabbit_publish, rabbit_take},
	{"nats", nats_set_up, nats_publish, nats_take},
};

static void
run(const struct broker *broker)
{
	double from_s;
	int status;
	pid_t pids[2];
	void (*const parts[2])(void) = {broker->take, broker->publish};

	/* Libraries with threads do not outlive a fork: the set-up has a process of its own. */
	pids[0] = fork();
	if (pids[0] == 0) {
		broker->set_up();
		exit(0);
	}
	if (waitpid(pids[0], &status, 0) < 0 || status != 0)
		die(broker->name, "set-up");
	from_s = now_s();
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			parts[i]();
			exit(0);
		}
	}
	for (int i = 0; i < 2; i++)
		if (waitpid(pids[i], &status, 0) < 0 || status != 0)
			die(broker->name, "a part of it ended");
	(void)printf("%.0f\n", (double)messages / (now_s() - from_s));
}

int
main(int argc, char **argv)
{
	if (argc != 6)
		die("usage", "broker_client redis|rabbit|nats PORT MESSAGES SIZE WINDOW");
	port = (int)strtol(argv[2], NULL, 10);
	messages = strtol(argv[3], NULL, 10);
	size = strtol(argv[4], NULL, 10);
	window = strtol(argv[5], NULL, 10);
	payload = malloc((size_t)size + 1);
	if (!payload || port <= 0 || messages <= 0 || size <= 0 || window <= 0)
		die("arguments", "numbers above 0");
	for (long i = 0; i < size; i++)
		payload[i] = (char)(' ' + (i * 2654435761L >> 13) % 90);
	for (size_t i = 0; i < sizeof(brokers) / sizeof(brokers[0]); i++)
		if (strcmp(argv[1], brokers[i].name) == 0) {
			run(&brokers[i]);
			return 0;
		}
	die(argv[1], "no such broker");
	return 1;
}
