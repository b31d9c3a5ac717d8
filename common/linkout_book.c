#include "common/linkout_book.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

enum { TODOS_FIRST = 64 };

struct linkout *
linkout_new(const struct linkout_options *options)
{
	struct linkout *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->options = *options;
	out->epoch = options->first_epoch;
	TAILQ_INIT(&out->ready);
	return out;
}

void
linkout_free(struct linkout *out)
{
	struct entry *entry;
	size_t at = 0;

	if (!out)
		return;
	free(out->todos);
	while ((entry = idmap_each(&out->entries, &at)))
		free(entry);
	idmap_done(&out->entries);
	for (int i = 0; i < out->peer_count; i++)
		free(out->peers[i].endpoint);
	free(out);
}

struct linkout_action *
book_todo(struct linkout *out, enum linkout_act act, int peer)
{
	struct linkout_action *action = &out->lost;

	if (out->todo_count == out->todo_cap) {
		const size_t cap = out->todo_cap ? out->todo_cap * 2 : TODOS_FIRST;
		struct linkout_action *grown = realloc(out->todos, cap * sizeof(*grown));

		if (grown) {
			out->todos = grown;
			out->todo_cap = cap;
		}
	}
	if (out->todo_count < out->todo_cap)
		action = &out->todos[out->todo_count++];
	else
		out->failed = true;
	*action = (struct linkout_action){.act = act, .peer = peer};
	return action;
}

struct frame *
book_send(struct linkout *out, int i, enum frame_type type)
{
	struct linkout_action *action = book_todo(out, LINKOUT_SEND, i);

	action->frame.type = type;
	action->frame.stream = out->options.stream;
	action->frame.epoch = out->peers[i].epoch;
	return &action->frame;
}

/* Entries. */

void
book_detach(struct linkout *out, struct entry *entry)
{
	if (entry->peer == READY) {
		TAILQ_REMOVE(&out->ready, entry, link);
		out->ready_count--;
		return;
	}
	TAILQ_REMOVE(&out->peers[entry->peer].flight, entry, link);
	out->peers[entry->peer].flight_count--;
	out->peers[entry->peer].flight_bytes -= entry->len;
}

void
book_forget(struct linkout *out, struct entry *entry)
{
	book_detach(out, entry);
	(void)idmap_take(&out->entries, entry->id);
	free(entry);
}

/* What was sent once goes first, so that nothing waits behind what is new. */
void
book_ready(struct linkout *out, struct entry *entry)
{
	book_detach(out, entry);
	entry->peer = READY;
	entry->fence = 0;
	TAILQ_INSERT_HEAD(&out->ready, entry, link);
	out->ready_count++;
}

/* Peers. */

bool
book_is_open(const struct peer *peer)
{
	return peer->state >= OPENING;
}

void
book_release(struct linkout *out, struct peer *peer)
{
	free(peer->endpoint);
	*peer = (struct peer){.state = FREE};
	while (out->peer_count > 0 && out->peers[out->peer_count - 1].state == FREE)
		out->peer_count--;
}

void
book_lose(struct linkout *out, int i, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];
	struct entry *entry;

	if (!book_is_open(peer))
		return;
	book_todo(out, LINKOUT_CLOSE, i);
	while ((entry = TAILQ_LAST(&peer->flight, entries)))
		book_ready(out, entry);
	peer->state = DOWN;
	peer->fenced = false;
	peer->retry_ms = now_ms + peer->backoff;
	peer->backoff *= 2;
	if (peer->backoff > LINKOUT_RETRY_MAX_MS)
		peer->backoff = LINKOUT_RETRY_MAX_MS;
}

void
book_open(struct linkout *out, int i, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];

	peer->state = OPENING;
	peer->since_ms = now_ms;
	/* A new epoch for each connection: what still travels on an old one is told apart. */
	peer->epoch = ++out->epoch;
	book_todo(out, LINKOUT_OPEN, i)->endpoint = peer->endpoint;
}

static int
find_peer(const struct linkout *out, const char *endpoint)
{
	for (int i = 0; i < out->peer_count; i++)
		if (out->peers[i].state != FREE && strcmp(out->peers[i].endpoint, endpoint) == 0)
			return i;
	return -1;
}

static int
add_peer(struct linkout *out, const char *endpoint)
{
	int i = 0;
	struct peer *peer;

	while (i < out->peer_count && out->peers[i].state != FREE)
		i++;
	if (i == LINKOUT_PEERS_MAX)
		return -1;
	peer = &out->peers[i];
	*peer = (struct peer){.state = DOWN, .backoff = LINKOUT_RETRY_MIN_MS};
	TAILQ_INIT(&peer->flight);
	peer->endpoint = strdup(endpoint);
	if (!peer->endpoint) {
		peer->state = FREE;
		return -1;
	}
	peer->hash = hash_text(HASH_BASIS, endpoint);
	if (i == out->peer_count)
		out->peer_count++;
	return i;
}

int
linkout_see(struct linkout *out, const char *endpoint, int64_t now_ms)
{
	int i = find_peer(out, endpoint);

	if (i < 0)
		i = add_peer(out, endpoint);
	if (i < 0)
		return -1;
	out->peers[i].seen = true;
	/* Seen anew: whoever was behind the endpoint may have been replaced; try at once. */
	if (out->peers[i].state == DOWN) {
		out->peers[i].backoff = LINKOUT_RETRY_MIN_MS;
		out->peers[i].retry_ms = now_ms;
	}
	return 0;
}

void
linkout_unsee(struct linkout *out, const char *endpoint)
{
	const int i = find_peer(out, endpoint);

	if (i < 0)
		return;
	out->peers[i].seen = false;
	if (out->peers[i].state == OPENING)
		book_lose(out, i, 0);
	if (out->peers[i].state == DOWN)
		book_release(out, &out->peers[i]);
}

void
linkout_up(struct linkout *out, int i, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];

	if (peer->state != OPENING)
		return;
	peer->state = GREETING;
	peer->since_ms = now_ms;
	(void)book_send(out, i, FRAME_HELLO);
}

void
linkout_down(struct linkout *out, int i, int64_t now_ms)
{
	book_lose(out, i, now_ms);
	if (out->peers[i].state == DOWN && !out->peers[i].seen)
		book_release(out, &out->peers[i]);
}
