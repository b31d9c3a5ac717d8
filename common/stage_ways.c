#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/file.h"
#include "common/frame.h"
#include "common/outlet.h"
#include "common/socketfile.h"
#include "common/stage_inside.h"

enum {
	ACK_HWM = 65536,
	ACK_BYTES_MAX = 256 * 1024,
};

/* A number that names this stage's space of message ids on this route: kept beside the state that
 * the ids belong to. */
static int
kept_stream(struct stage *stage, uint64_t *stream_out, struct err *err)
{
	SCOPED(buf_done) struct buf text = buf_init(64);
	char path[STAGE_PATH_BYTES + 16];
	uint64_t stream;

	(void)snprintf(path, sizeof(path), "%s/stream", stage->state_dir);
	if (access(path, F_OK) == 0) {
		if (file_read(path, &text, err) < 0)
			return -1;
		*stream_out = strtoull(buf_str(&text), NULL, 16);
		return 0;
	}
	if (getrandom(&stream, sizeof(stream), 0) != sizeof(stream))
		return err_sys(err, "random number");
	if (buf_addf(&text, err, "%016llx\n", (unsigned long long)stream) < 0 ||
	    file_replace(path, buf_bytes(&text), err) < 0)
		return -1;
	*stream_out = stream;
	return 0;
}

/* The folder of a stage's sockets below the runtime directory. */
int
stage_socket_folder(const struct stage *stage, const char *name, char out[STAGE_PATH_BYTES],
		    struct err *err)
{
	if (snprintf(out, STAGE_PATH_BYTES, "%s/%s", stage->common.runtime_dir, name) >=
	    STAGE_PATH_BYTES)
		return err_set(err, ERR_USAGE, "runtime_dir '%s': the path is too long",
			       stage->common.runtime_dir);
	if (file_mkdirs(stage->common.runtime_dir, err) < 0)
		return -1;
	return socketfile_folder(out, err);
}

static int
bind_acks(struct stage *stage, struct err *err)
{
	char folder[STAGE_PATH_BYTES], path[STAGE_PATH_BYTES + 80];

	if (stage->acks)
		return 0;
	if (stage_socket_folder(stage, stage->ops->name, folder, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s.ack", folder, stage->options.instance);
	(void)snprintf(stage->ack_endpoint, sizeof(stage->ack_endpoint), "ipc://%s", path);
	stage->acks = socket_bind(stage->context, SOCKET_ACK_IN, path, ACK_HWM, ACK_BYTES_MAX, err);
	return stage->acks ? 0 : -1;
}

struct route *
stage_route(struct stage *stage, const char *to, enum route_pick pick, bool stable_ids,
	    const struct route_ops *ops, void *self, struct err *err)
{
	const char *only = strchr(to, '/');
	char folder[STAGE_PATH_BYTES], name[FRAME_NAME_MAX + 1];
	uint64_t random[2], stream = 0;
	struct outlet_options options;
	int i = 0;

	while (i < STAGE_ROUTES_MAX && stage->routes[i])
		i++;
	if (i == STAGE_ROUTES_MAX) {
		(void)err_set(err, ERR_USAGE, "route '%s': more than %d routes", to,
			      STAGE_ROUTES_MAX);
		return NULL;
	}
	(void)snprintf(name, sizeof(name), "%.*s", only ? (int)(only - to) : FRAME_NAME_MAX, to);
	if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
		(void)err_sys(err, "random number");
		return NULL;
	}
	if (bind_acks(stage, err) < 0 || stage_socket_folder(stage, name, folder, err) < 0 ||
	    (stable_ids && kept_stream(stage, &stream, err) < 0))
		return NULL;
	/* Each route has its own space of ids, told apart by the route's name. */
	for (const char *c = to; stable_ids && *c; c++)
		stream = (stream ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	options = (struct outlet_options){
		.who = stage->who,
		.ack_endpoint = stage->ack_endpoint,
		.route = to,
		.folder = folder,
		.only = only ? only + 1 : NULL,
		.message_bytes_max = STAGE_MESSAGE_BYTES_MAX,
		.link = {.stream = stable_ids ? stream : random[0],
			 .first_epoch = random[1] >> 33,
			 .by_key = pick == ROUTE_HASH},
	};
	stage->routes[i] = route_new(stage->context, &options, ops, self, err);
	return stage->routes[i];
}

void
stage_route_close(struct stage *stage, struct route *route)
{
	for (int i = 0; i < STAGE_ROUTES_MAX; i++) {
		if (stage->routes[i] != route)
			continue;
		stage->routes[i] = NULL;
		route_free(route);
	}
}
