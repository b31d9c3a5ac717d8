/* feedmill metrics: what the stages say of themselves, in the text format of Prometheus; once on
 * standard output, or to whoever asks over HTTP. */
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/listener.h"
#include "common/utf8.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"
#include "deploy/feedmill/show.h"

enum {
	STAGES_MAX = 256,
	PAGE_BYTES_MAX = 16 * 1024 * 1024,
	REQUEST_BYTES_MAX = 8192,
	CLIENT_SECONDS = 5,
};

/* Where a metric's numbers stand in a stage's status. */
enum scope {
	STAGE, /* a member, or one of a member: "spool.depth" */
	SINK,  /* of each object of "sinks" */
	ROUTE, /* of each object of "routes" */
	TAG,   /* each member of "tags" */
};

static const struct metric {
	const char *name, *type, *help;
	enum scope scope;
	const char *member;
} metrics[] = {
	{"uptime_seconds", "gauge", "How long the stage has run.", STAGE, "uptime_s"},
	{"handled_total", "counter", "Messages that the stage has handled.", STAGE, "handled"},
	{"rejected_total", "counter", "Messages that can never work.", STAGE, "rejected"},
	{"received_total", "counter", "Messages that came in.", STAGE, "in.received"},
	{"received_again_total", "counter", "Of these, sent once more.", STAGE, "in.again"},
	{"quarantine", "gauge", "Documents or items in the quarantine.", STAGE, "quarantine"},
	{"feeds", "gauge", "Feeds in the list.", STAGE, "feeds.listed"},
	{"feeds_due", "gauge", "Feeds whose poll is due.", STAGE, "feeds.due"},
	{"feeds_failing", "gauge", "Feeds whose last poll failed.", STAGE, "feeds.failing"},
	{"feeds_retired", "gauge", "Feeds that are gone for good.", STAGE, "feeds.retired"},
	{"polls_total", "counter", "Polls that were begun.", STAGE, "polls.started"},
	{"polls_failed_total", "counter", "Polls that failed.", STAGE, "polls.failed"},
	{"polls_unchanged_total", "counter", "Polls that were answered with 304.", STAGE,
	 "polls.unchanged"},
	{"polls_wire_bytes_total", "counter", "Bytes that polls took from the network.", STAGE,
	 "polls.wire_bytes"},
	{"websub_subscribed", "gauge", "Feeds that their hubs push.", STAGE, "websub.subscribed"},
	{"websub_asked_total", "counter", "Requests to hubs.", STAGE, "websub.asked"},
	{"websub_pushes_total", "counter", "Pushes that were taken in.", STAGE, "websub.pushes"},
	{"websub_forged_total", "counter", "Pushes without the right signature.", STAGE,
	 "websub.forged"},
	{"spool_documents", "gauge", "Documents that wait for a parser.", STAGE, "spool.depth"},
	{"spool_bytes", "gauge", "Their bytes.", STAGE, "spool.bytes"},
	{"spool_oldest_seconds", "gauge", "How long the oldest has waited.", STAGE,
	 "spool.oldest_s"},
	{"items_total", "counter", "Items that were parsed, or are new to the classifier.", STAGE,
	 "items"},
	{"warnings_total", "counter", "Faults of documents that were mended.", STAGE, "warnings"},
	{"outbox_bytes", "gauge", "Size of the outbox.", STAGE, "outbox_bytes"},
	{"tagged_total", "counter", "Items that were given the tag.", TAG, NULL},
	{"sink_accepted_total", "counter", "Items ever taken up.", SINK, "accepted"},
	{"sink_settled_total", "counter", "Items that the sink has, or is not to have.", SINK,
	 "settled"},
	{"sink_queued", "gauge", "Items that wait for the sink.", SINK, "depth"},
	{"sink_queued_bytes", "gauge", "Their bytes.", SINK, "bytes"},
	{"sink_oldest_seconds", "gauge", "How long the oldest has waited.", SINK, "oldest_s"},
	{"sink_delivered_total", "counter", "Items ever delivered.", SINK, "delivered"},
	{"sink_quarantined_total", "counter", "Items ever refused.", SINK, "quarantined"},
	{"sink_expired_total", "counter", "Items ever given up.", SINK, "expired"},
	{"sink_filtered_total", "counter", "Items that the sink's filter passed over.", SINK,
	 "filtered"},
	{"sink_replayed_total", "counter", "Items delivered once more by replays.", SINK,
	 "replayed"},
	{"sink_replay_queued", "gauge", "Rows that replays have still to look at.", SINK,
	 "replaying"},
	{"retagged_total", "counter", "Items that got other tags by retag.", STAGE, "retagged"},
	{"retag_queued", "gauge", "Rows that a retag has still to look at.", STAGE, "retag_left"},
	{"route_in_flight", "gauge", "Messages that are under way.", ROUTE, "in_flight"},
	{"route_resent_total", "counter", "Messages that had to be sent again.", ROUTE, "resent"},
};

/* One scrape. */
struct scrape {
	const char *runtime_dir;
	struct buf *out;
	struct {
		char stage[32], instance[128];
		struct jsondoc *doc; /* NULL: it does not answer */
	} stages[STAGES_MAX];
	size_t count;
};

static int
gather(void *arg, const char *stage, const char *instance)
{
	struct scrape *s = arg;
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);

	if (s->count == STAGES_MAX)
		return 1;
	(void)snprintf(s->stages[s->count].stage, sizeof(s->stages[0].stage), "%s", stage);
	(void)snprintf(s->stages[s->count].instance, sizeof(s->stages[0].instance), "%s", instance);
	if (ask(s->runtime_dir, stage, instance, "status", NULL, &answer, NULL) == 0)
		s->stages[s->count].doc = jsondoc_parse(buf_str(&answer), answer.len, NULL);
	s->count++;
	return 0;
}

/* A label's value, escaped. */
static void
put_value(struct buf *out, const char *text)
{
	if (!utf8_valid(text, strlen(text)))
		text = "?";
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			(void)buf_addc(out, '\\', NULL);
		(void)buf_addc(out, *text == '\n' ? ' ' : *text, NULL);
	}
}

static void
put_sample(struct scrape *s, size_t i, const char *metric, const char *label, const char *value,
	   int64_t number)
{
	(void)buf_addf(s->out, NULL, "feedmill_%s{stage=\"%s\",instance=\"", metric,
		       s->stages[i].stage);
	put_value(s->out, s->stages[i].instance);
	if (label) {
		(void)buf_addf(s->out, NULL, "\",%s=\"", label);
		put_value(s->out, value);
	}
	(void)buf_addf(s->out, NULL, "\"} %lld\n", (long long)number);
}

/* "spool.depth" in an object. */
static bool
number_at(const struct jsonval *object, const char *path, int64_t *out)
{
	char first[64];
	const char *dot = strchr(path, '.');

	if (!dot)
		return jsonval_int(jsonval_get(object, path), out);
	(void)snprintf(first, sizeof(first), "%.*s", (int)(dot - path), path);
	return number_at(jsonval_get(object, first), dot + 1, out);
}

static void
put_each(struct scrape *s, size_t i, const struct metric *m, const struct jsonval *list,
	 const char *label, const char *key)
{
	for (size_t n = 0; n < jsonval_count(list); n++) {
		const struct jsonval *object = jsonval_at(list, n);
		int64_t number;

		if (number_at(object, m->member, &number))
			put_sample(s, i, m->name, label, show_text(object, key), number);
	}
}

static void
put_tags(struct scrape *s, size_t i, const struct metric *m, const struct jsonval *tags)
{
	const struct jsonval *value;
	const void *at = NULL;
	const char *tag;
	int64_t number;

	while ((at = jsonval_next(tags, at, &tag, &value)))
		if (jsonval_int(value, &number))
			put_sample(s, i, m->name, "tag", tag, number);
}

static void
put_stage(struct scrape *s, size_t i, const struct metric *m)
{
	const struct jsonval *stage = jsondoc_root(s->stages[i].doc);
	int64_t number;

	switch (m->scope) {
	case STAGE:
		if (number_at(stage, m->member, &number))
			put_sample(s, i, m->name, NULL, NULL, number);
		break;
	case SINK:
		put_each(s, i, m, jsonval_get(stage, "sinks"), "sink", "sink");
		break;
	case ROUTE:
		put_each(s, i, m, jsonval_get(stage, "routes"), "to", "to");
		break;
	case TAG:
		put_tags(s, i, m, jsonval_get(stage, "tags"));
		break;
	}
}

static void
put_head(struct buf *out, const char *name, const char *type, const char *help)
{
	(void)buf_addf(out, NULL, "# HELP feedmill_%s %s\n# TYPE feedmill_%s %s\n", name, help,
		       name, type);
}

static int
scrape(const char *runtime_dir, struct buf *out, struct err *err)
{
	SCOPED(free) struct scrape *s = calloc(1, sizeof(*s));

	if (!s)
		return err_sys(err, "metrics");
	s->runtime_dir = runtime_dir;
	s->out = out;
	(void)ask_each(runtime_dir, gather, s);
	put_head(out, "up", "gauge", "Whether the stage answers: 1, or 0.");
	for (size_t i = 0; i < s->count; i++)
		put_sample(s, i, "up", NULL, NULL, s->stages[i].doc ? 1 : 0);
	put_head(out, "running", "gauge", "Whether it runs: 0 while it is paused or drains.");
	for (size_t i = 0; i < s->count; i++)
		if (s->stages[i].doc)
			put_sample(s, i, "running", NULL, NULL,
				   strcmp(show_text(jsondoc_root(s->stages[i].doc), "state"),
					  "running") == 0);
	for (size_t m = 0; m < sizeof(metrics) / sizeof(metrics[0]); m++) {
		put_head(out, metrics[m].name, metrics[m].type, metrics[m].help);
		for (size_t i = 0; i < s->count; i++)
			if (s->stages[i].doc)
				put_stage(s, i, &metrics[m]);
	}
	for (size_t i = 0; i < s->count; i++)
		jsondoc_free(s->stages[i].doc);
	return buf_failed(out, err);
}

/* Over HTTP. */

/* Reads until the empty line behind the head; whether it came. */
static bool
read_request(int fd, char head[REQUEST_BYTES_MAX])
{
	size_t len = 0;

	while (len + 1 < REQUEST_BYTES_MAX) {
		const ssize_t got = recv(fd, head + len, REQUEST_BYTES_MAX - 1 - len, 0);

		if (got <= 0)
			return false;
		len += (size_t)got;
		head[len] = '\0';
		if (strstr(head, "\r\n\r\n") || strstr(head, "\n\n"))
			return true;
	}
	return false;
}

static void
send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		const ssize_t put = send(fd, data, len, MSG_NOSIGNAL);

		if (put <= 0)
			return;
		data += put;
		len -= (size_t)put;
	}
}

static void
answer(int fd, const char *runtime_dir)
{
	static const char no[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
				 "Connection: close\r\n\r\n";
	const struct timeval limit = {.tv_sec = CLIENT_SECONDS};
	SCOPED(buf_done) struct buf page = buf_init(PAGE_BYTES_MAX);
	SCOPED(buf_done) struct buf head = buf_init(1024);
	char request[REQUEST_BYTES_MAX];

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!read_request(fd, request))
		return;
	if (strncmp(request, "GET /metrics ", 13) != 0 && strncmp(request, "GET / ", 6) != 0) {
		send_all(fd, no, sizeof(no) - 1);
		return;
	}
	if (scrape(runtime_dir, &page, NULL) < 0 ||
	    buf_addf(&head, NULL,
		     "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; "
		     "charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		     page.len) < 0)
		return;
	send_all(fd, buf_str(&head), head.len);
	send_all(fd, buf_str(&page), page.len);
}

static int
serve(const char *address, const char *runtime_dir)
{
	struct err err = {.kind = ERR_NONE};
	const int fd = listener_open(address, &err);
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	char port[32] = "?";

	if (fd < 0)
		return err.kind == ERR_USAGE ? command_usage("%s", err.text)
					     : command_bad("%s", err.text);
	if (getsockname(fd, (struct sockaddr *)&bound, &size) == 0)
		(void)getnameinfo((struct sockaddr *)&bound, size, NULL, 0, port, sizeof(port),
				  NI_NUMERICSERV);
	(void)printf("metrics at port %s, path /metrics\n", port);
	(void)fflush(stdout);
	for (;;) {
		const int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0 && errno != EINTR && errno != ECONNABORTED)
			break;
		if (client < 0)
			continue;
		answer(client, runtime_dir);
		(void)close(client);
	}
	(void)close(fd);
	return command_bad("accept: %s", strerror(errno));
}

int
command_metrics(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	const char *address = command_option(&argc, argv, "--listen", NULL);
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = NULL;
	SCOPED(buf_done) struct buf page = buf_init(PAGE_BYTES_MAX);

	if (argc > 1)
		return command_usage("metrics [--listen HOST:PORT]: '%s' is not expected", argv[1]);
	config = options_load(path, &common, &err);
	if (!config)
		return command_bad("%s", err.text);
	if (address)
		return serve(address, common.runtime_dir);
	if (scrape(common.runtime_dir, &page, &err) < 0)
		return command_bad("%s", err.text);
	(void)fputs(buf_str(&page), stdout);
	return COMMAND_GOOD;
}
