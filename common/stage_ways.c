#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/file.h"
#include "common/frame.h"
#include "common/hash.h"
#include "common/log.h"
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

void
stage_link_name(const struct stage *stage, char out[STAGE_PATH_BYTES])
{
	(void)snprintf(out, STAGE_PATH_BYTES, "%s%s%s", stage->ops->name,
		       stage->ops->section_per_instance ? "/" : "",
		       stage->ops->section_per_instance ? stage->options.instance : "");
}

static int
listen_acks(void *arg, const char *endpoint, struct err *err)
{
	struct stage *stage = arg;

	return socket_bind_tcp(stage->context, stage->acks, endpoint, err);
}

static int
listen_data(void *arg, const char *endpoint, struct err *err)
{
	struct stage *stage = arg;

	return inlet_listen(stage->inlet, endpoint, err);
}

/* The first free port of the place: several instances share a line of the configuration. */
static int
first_free(const struct resolver_place *place,
	   int (*bind)(void *arg, const char *endpoint, struct err *err), void *arg, int *port_out,
	   struct err *err)
{
	char endpoint[STAGE_PATH_BYTES];

	for (int port = place->first; port <= place->last; port++) {
		int taken;

		resolver_endpoint(place->host, port, endpoint, sizeof(endpoint));
		taken = bind(arg, endpoint, err);
		if (taken < 0)
			return -1;
		if (!taken) {
			*port_out = port;
			return 0;
		}
	}
	/* A former life may not have let go yet: a restart cures it. */
	return err_set(err, ERR_RETRY, "'%s': every port from %d to %d is taken", place->host,
		       place->first, place->last);
}

int
stage_listen(struct stage *stage, struct err *err)
{
	const struct wiring *wiring = &stage->wiring;
	int port = 0;

	for (size_t i = 0; i < wiring->bind_count; i++) {
		if (first_free(&wiring->bind[i], listen_data, stage, &port, err) < 0)
			return -1;
		log_event(LOG_INFO, "listening", LOG_TEXT("host", wiring->bind[i].host),
			  LOG_NUM("port", port), LOG_NUM("curve", wiring->keys != NULL));
	}
	return 0;
}

static int
bind_acks_tcp(struct stage *stage, struct err *err)
{
	const struct wiring *wiring = &stage->wiring;
	int port = 0;

	if (!wiring->has_acks)
		return 0;
	if (first_free(&wiring->acks, listen_acks, stage, &port, err) < 0)
		return -1;
	resolver_endpoint(wiring->advertise ? wiring->advertise : wiring->acks.host, port,
			  stage->ack_endpoint_tcp, sizeof(stage->ack_endpoint_tcp));
	return 0;
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
	return stage->acks ? bind_acks_tcp(stage, err) : -1;
}

static int
far_places(const struct stage *stage, const char *to,
	   struct resolver_place places[RESOLVER_PLACES_MAX], size_t *count_out, struct err *err)
{
	char name[STAGE_PATH_BYTES];

	if (wiring_connect(stage->config, to, places, count_out, err) < 0)
		return -1;
	stage_link_name(stage, name);
	if (*count_out > 0 && !stage->wiring.has_acks)
		return err_set(
			err, ERR_USAGE,
			"[link %s] has `connect`, and [link %s] no `acks`: receivers on other "
			"machines need an address to answer to",
			to, name);
	return 0;
}

struct route *
stage_route(struct stage *stage, const char *to, enum route_pick pick, bool stable_ids,
	    const struct route_ops *ops, void *self, struct err *err)
{
	const char *only = strchr(to, '/');
	char folder[STAGE_PATH_BYTES], name[FRAME_NAME_MAX + 1];
	uint64_t random[2], stream = 0;
	struct resolver_place places[RESOLVER_PLACES_MAX];
	size_t place_count = 0;
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
	    (stable_ids && kept_stream(stage, &stream, err) < 0) ||
	    far_places(stage, to, places, &place_count, err) < 0)
		return NULL;
	/* Each route has its own space of ids, told apart by the route's name. */
	if (stable_ids)
		stream = hash_text(stream, to);
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
		.places = places,
		.place_count = place_count,
		.ack_endpoint_tcp = stage->ack_endpoint_tcp,
		.keys = stage->wiring.keys,
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
