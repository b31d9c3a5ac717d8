#include "common/linkout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/idmap.h"

enum { READY = -1, TODOS_FIRST = 64 };

struct entry {
	TAILQ_ENTRY(entry) link; /* in out->ready, or in its peer's flight */
	uint64_t id, key;
	size_t len;
	uint32_t attempt;
	int peer; /* READY, or the receiver that has it */
	int64_t sent_ms;
	uint64_t fence; /* the nonce of the peer's fence that names it; 0: none since it was sent */
};
TAILQ_HEAD(entries, entry);

enum peer_state { FREE, DOWN, OPENING, GREETING, UP, LEAVING };

struct peer {
	enum peer_state state;
	char *endpoint;
	uint64_t hash; /* of the endpoint */
	bool seen;     /* the endpoint is still there */
	uint64_t epoch;
	uint32_t credit;
	uint64_t credit_bytes;
	struct entries flight; /* in the order of sending */
	size_t flight_count;
	uint64_t flight_bytes;
	int64_t since_ms;          /* of OPENING, GREETING */
	int64_t retry_ms, backoff; /* of DOWN */
	int64_t paused_ms, pause;  /* after "later" */
	bool fenced;               /* a fence is on its way */
	int64_t fence_ms;          /* when the last one was sent */
	uint64_t nonce;            /* of that one */
	uint64_t acked;
};

struct linkout {
	struct linkout_options options;
	uint64_t epoch; /* the last one given */
	struct peer peers[LINKOUT_PEERS_MAX];
	int peer_count; /* slots in use, gaps included */
	struct idmap entries;
	struct entries ready;
	size_t ready_count;
	uint64_t nonce;
	uint64_t resent;
	bool left;
	bool failed;                  /* without memory an action could not be noted */
	struct linkout_action *todos; /* from todo_at on; emptied before the next event */
	size_t todo_at, todo_count, todo_cap;
	struct linkout_action lost; /* written instead, and never taken */
	uint64_t fence_ids[FRAME_IDS_MAX];
};

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

static struct linkout_action *
todo(struct linkout *out, enum linkout_act act, int peer)
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

static struct frame *
todo_send(struct linkout *out, int i, enum frame_type type)
{
	struct linkout_action *action = todo(out, LINKOUT_SEND, i);

	action->frame.type = type;
	action->frame.stream = out->options.stream;
	action->frame.epoch = out->peers[i].epoch;
	return &action->frame;
}

/* FNV-1a, then mixed: rendezvous hashing wants every bit to count. */
static uint64_t
hash_text(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* --- entries ------------------------------------------------------------------------------------
 */

static void
detach(struct linkout *out, struct entry *entry)
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

static void
forget(struct linkout *out, struct entry *entry)
{
	detach(out, entry);
	(void)idmap_take(&out->entries, entry->id);
	free(entry);
}

/* What was sent once goes first, so that nothing waits behind what is new. */
static void
make_ready(struct linkout *out, struct entry *entry)
{
	detach(out, entry);
	entry->peer = READY;
	entry->fence = 0;
	TAILQ_INSERT_HEAD(&out->ready, entry, link);
	out->ready_count++;
}

/* --- peers --------------------------------------------------------------------------------------
 */

static bool
is_open(const struct peer *peer)
{
	return peer->state >= OPENING;
}

static void
release(struct linkout *out, struct peer *peer)
{
	free(peer->endpoint);
	*peer = (struct peer){.state = FREE};
	while (out->peer_count > 0 && out->peers[out->peer_count - 1].state == FREE)
		out->peer_count--;
}

static void
lose(struct linkout *out, int i, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];
	struct entry *entry;

	if (!is_open(peer))
		return;
	todo(out, LINKOUT_CLOSE, i);
	while ((entry = TAILQ_LAST(&peer->flight, entries)))
		make_ready(out, entry);
	peer->state = DOWN;
	peer->fenced = false;
	peer->retry_ms = now_ms + peer->backoff;
	peer->backoff *= 2;
	if (peer->backoff > LINKOUT_RETRY_MAX_MS)
		peer->backoff = LINKOUT_RETRY_MAX_MS;
}

static void
open_peer(struct linkout *out, int i, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];

	peer->state = OPENING;
	peer->since_ms = now_ms;
	/* A new epoch for each connection: what still travels on an old one is told apart. */
	peer->epoch = ++out->epoch;
	todo(out, LINKOUT_OPEN, i)->endpoint = peer->endpoint;
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
	peer->hash = hash_text(endpoint);
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
		lose(out, i, 0);
	if (out->peers[i].state == DOWN)
		release(out, &out->peers[i]);
}

void
linkout_up(struct linkout *out, int i, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];

	if (peer->state != OPENING)
		return;
	peer->state = GREETING;
	peer->since_ms = now_ms;
	(void)todo_send(out, i, FRAME_HELLO);
}

void
linkout_down(struct linkout *out, int i, int64_t now_ms)
{
	lose(out, i, now_ms);
	if (out->peers[i].state == DOWN && !out->peers[i].seen)
		release(out, &out->peers[i]);
}

/* --- what receivers say
 * --------------------------------------------------------------------------- */

static void
pause_peer(struct peer *peer, int64_t delay_ms, int64_t now_ms)
{
	if (delay_ms <= 0) {
		peer->pause = peer->pause ? peer->pause * 2 : LINKOUT_PAUSE_MIN_MS;
		if (peer->pause > LINKOUT_PAUSE_MAX_MS)
			peer->pause = LINKOUT_PAUSE_MAX_MS;
		delay_ms = peer->pause;
	}
	if (now_ms + delay_ms > peer->paused_ms)
		peer->paused_ms = now_ms + delay_ms;
}

static void
hear_nack(struct linkout *out, int i, const struct frame *frame, int64_t now_ms)
{
	struct entry *entry = idmap_get(&out->entries, frame->id);

	if (!entry)
		return;
	if (frame->nack == NACK_LATER) {
		/* Of an epoch that is over it says nothing about the present holder. */
		if (i < 0 || entry->peer != i)
			return;
		make_ready(out, entry);
		pause_peer(&out->peers[i], frame->delay_ms, now_ms);
		return;
	}
	todo(out, frame->nack == NACK_CRASH ? LINKOUT_CRASHED : LINKOUT_REJECTED, i)->frame =
		*frame;
	if (frame->nack == NACK_REJECT)
		forget(out, entry);
}

static void
hear_acks(struct linkout *out, int i, const struct frame *frame)
{
	for (size_t n = 0; n < frame->id_count; n++) {
		struct entry *entry = idmap_get(&out->entries, frame->ids[n]);

		if (!entry)
			continue;
		todo(out, LINKOUT_ACKED, i)->frame.id = entry->id;
		forget(out, entry);
	}
	if (i >= 0) {
		out->peers[i].acked += frame->id_count;
		out->peers[i].pause = 0;
	}
}

static void
hear_pong(struct linkout *out, int i, const struct frame *frame)
{
	struct peer *peer = &out->peers[i];

	if (!peer->fenced || frame->nonce != peer->nonce)
		return;
	peer->fenced = false;
	/* A CREDIT can get lost; this one says it again. */
	peer->credit = frame->messages;
	peer->credit_bytes = frame->bytes;
	/* From the last, so that the ready list keeps the order of sending. Only what this very
	 * fence named: a message sent again since then is a different journey. */
	for (size_t n = frame->id_count; n-- > 0;) {
		struct entry *entry = idmap_get(&out->entries, frame->ids[n]);

		if (entry && entry->peer == i && entry->fence == frame->nonce)
			make_ready(out, entry);
	}
}

static void
hear_peer(struct linkout *out, int i, const struct frame *frame, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];

	switch (frame->type) {
	case FRAME_WELCOME:
		if (peer->state == GREETING) {
			peer->state = UP;
			peer->backoff = LINKOUT_RETRY_MIN_MS;
			peer->fence_ms = now_ms;
		}
		__attribute__((fallthrough)); /* for the credit */
	case FRAME_CREDIT:
		peer->credit = frame->messages;
		peer->credit_bytes = frame->bytes;
		break;
	case FRAME_PONG:
		hear_pong(out, i, frame);
		break;
	case FRAME_RESET:
		lose(out, i, now_ms);
		break;
	case FRAME_BYE:
		if (peer->state == UP || peer->state == GREETING)
			peer->state = LEAVING;
		break;
	default:
		break;
	}
}

void
linkout_hear(struct linkout *out, const struct frame *frame, int64_t now_ms)
{
	int i = 0;

	if (frame->stream != out->options.stream)
		return; /* meant for an earlier life, whose ids were others */
	while (i < out->peer_count &&
	       !(out->peers[i].state >= GREETING && out->peers[i].epoch == frame->epoch))
		i++;
	if (i == out->peer_count)
		i = -1;
	switch (frame->type) {
	case FRAME_ACK:
		hear_acks(out, i, frame);
		break;
	case FRAME_NACK:
		hear_nack(out, i, frame, now_ms);
		break;
	case FRAME_HINT:
		todo(out, LINKOUT_HINT, i)->frame = *frame;
		break;
	default:
		/* Epochs must grow: a receiver that remembers a higher one from an earlier
		 * life of this sender says so. */
		if (frame->type == FRAME_RESET && frame->nonce > out->epoch)
			out->epoch = frame->nonce;
		if (i >= 0)
			hear_peer(out, i, frame, now_ms);
	}
}

/* --- time
 * ----------------------------------------------------------------------------------------- */

static void
fence(struct linkout *out, int i, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];
	struct entry *oldest = TAILQ_FIRST(&peer->flight);
	const bool old = oldest && now_ms - oldest->sent_ms >= LINKOUT_FENCE_MS;

	if (peer->fenced && now_ms - peer->fence_ms >= LINKOUT_HUNG_MS)
		lose(out, i, now_ms);
	if (!is_open(peer) || peer->fenced ||
	    now_ms - peer->fence_ms < (old ? LINKOUT_FENCE_MS : LINKOUT_PING_MS))
		return;
	peer->fenced = true;
	peer->fence_ms = now_ms;
	peer->nonce = ++out->nonce;
	todo(out, LINKOUT_SEND, i)->frame.type =
		FRAME_FENCE; /* its ids are named when it is taken */
}

void
linkout_tick(struct linkout *out, int64_t now_ms)
{
	for (int i = 0; i < out->peer_count; i++) {
		struct peer *peer = &out->peers[i];

		switch (peer->state) {
		case DOWN:
			if (peer->seen && !out->left && now_ms >= peer->retry_ms)
				open_peer(out, i, now_ms);
			break;
		case GREETING:
			if (now_ms - peer->since_ms >= LINKOUT_HUNG_MS)
				lose(out, i, now_ms);
			break;
		case UP:
		case LEAVING:
			fence(out, i, now_ms);
			if (peer->state == LEAVING && peer->flight_count == 0) {
				peer->backoff = LINKOUT_PAUSE_MIN_MS;
				lose(out, i, now_ms);
				if (!peer->seen)
					release(out, peer);
			}
			break;
		case FREE:
		case OPENING:
			break;
		}
	}
}

int
linkout_offer(struct linkout *out, uint64_t id, size_t len, uint64_t key)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	assert(!idmap_get(&out->entries, id));
	if (!entry || idmap_put(&out->entries, id, entry) < 0) {
		free(entry);
		return -1;
	}
	entry->id = id;
	entry->len = len;
	entry->key = key;
	entry->peer = READY;
	TAILQ_INSERT_TAIL(&out->ready, entry, link);
	out->ready_count++;
	return 0;
}

void
linkout_forget(struct linkout *out, uint64_t id)
{
	struct entry *entry = idmap_get(&out->entries, id);

	if (entry)
		forget(out, entry);
}

void
linkout_leave(struct linkout *out)
{
	out->left = true;
	for (int i = 0; i < out->peer_count; i++) {
		if (out->peers[i].state >= GREETING)
			(void)todo_send(out, i, FRAME_LEAVE);
		lose(out, i, 0);
	}
}

/* --- what to do next
 * ------------------------------------------------------------------------------ */

static bool
takes(const struct peer *peer, size_t len, int64_t now_ms)
{
	return peer->state == UP && now_ms >= peer->paused_ms &&
	       peer->flight_count < peer->credit &&
	       (peer->flight_bytes + len <= peer->credit_bytes || peer->flight_count == 0);
}

/* The receiver for a message, or -1 while it must wait. */
static int
pick(const struct linkout *out, const struct entry *entry, int64_t now_ms)
{
	uint64_t best_score = 0;
	int best = -1;

	for (int i = 0; i < out->peer_count; i++) {
		const struct peer *peer = &out->peers[i];
		uint64_t score;

		if (peer->state == FREE || peer->state == LEAVING)
			continue;
		if (!out->options.by_key && !takes(peer, entry->len, now_ms))
			continue;
		/* By key the choice is among all that are there, up or not: one key, one place. */
		score = out->options.by_key ? mix(entry->key ^ mix(peer->hash))
					    : UINT64_MAX - peer->flight_count;
		if (best < 0 || score > best_score) {
			best = i;
			best_score = score;
		}
	}
	return best >= 0 && takes(&out->peers[best], entry->len, now_ms) ? best : -1;
}

static bool
any_takes(const struct linkout *out, int64_t now_ms)
{
	for (int i = 0; i < out->peer_count; i++)
		if (takes(&out->peers[i], 0, now_ms))
			return true;
	return false;
}

static struct entry *
next_to_send(struct linkout *out, int64_t now_ms, int *peer_out)
{
	struct entry *entry;

	if (out->left || !any_takes(out, now_ms))
		return NULL;
	TAILQ_FOREACH (entry, &out->ready, link) {
		*peer_out = pick(out, entry, now_ms);
		if (*peer_out >= 0)
			return entry;
		if (!out->options.by_key)
			return NULL; /* nobody takes it: first come, first served */
	}
	return NULL;
}

static void
send_entry(struct linkout *out, struct entry *entry, int i, int64_t now_ms,
	   struct linkout_action *action)
{
	struct peer *peer = &out->peers[i];

	detach(out, entry);
	entry->peer = i;
	entry->sent_ms = now_ms;
	entry->fence = 0;
	entry->attempt++;
	out->resent += entry->attempt > 1;
	TAILQ_INSERT_TAIL(&peer->flight, entry, link);
	peer->flight_count++;
	peer->flight_bytes += entry->len;
	*action = (struct linkout_action){
		.act = LINKOUT_DATA,
		.peer = i,
		.endpoint = peer->endpoint,
		.frame = {.type = FRAME_DATA,
			  .stream = out->options.stream,
			  .epoch = peer->epoch,
			  .id = entry->id,
			  .attempt = entry->attempt},
	};
}

/* Names what has been in flight for long, oldest first. */
static void
fill_fence(struct linkout *out, struct linkout_action *action, int64_t now_ms)
{
	struct peer *peer = &out->peers[action->peer];
	struct entry *entry;
	size_t count = 0;

	TAILQ_FOREACH (entry, &peer->flight, link) {
		if (count == FRAME_IDS_MAX || now_ms - entry->sent_ms < LINKOUT_FENCE_MS)
			break;
		entry->fence = peer->nonce;
		out->fence_ids[count++] = entry->id;
	}
	action->frame.stream = out->options.stream;
	action->frame.epoch = peer->epoch;
	action->frame.nonce = peer->nonce;
	action->frame.ids = out->fence_ids;
	action->frame.id_count = count;
}

enum linkout_act
linkout_next(struct linkout *out, int64_t now_ms, struct linkout_action *action)
{
	struct entry *entry;
	int peer;

	if (out->todo_at < out->todo_count) {
		*action = out->todos[out->todo_at++];
		if (action->act == LINKOUT_SEND && action->frame.type == FRAME_FENCE)
			fill_fence(out, action, now_ms);
		return action->act;
	}
	out->todo_at = out->todo_count = 0;
	entry = next_to_send(out, now_ms, &peer);
	if (entry)
		send_entry(out, entry, peer, now_ms, action);
	else
		*action = (struct linkout_action){.act = LINKOUT_NONE};
	return action->act;
}

/* --- questions
 * ------------------------------------------------------------------------------------ */

size_t
linkout_room(const struct linkout *out, int64_t now_ms)
{
	size_t room = 0;

	for (int i = 0; i < out->peer_count && !out->left; i++)
		if (takes(&out->peers[i], 0, now_ms))
			room += out->peers[i].credit - out->peers[i].flight_count;
	return room > out->ready_count ? room - out->ready_count : 0;
}

bool
linkout_failed(const struct linkout *out)
{
	return out->failed;
}

size_t
linkout_pending(const struct linkout *out)
{
	return out->entries.used;
}

bool
linkout_any_up(const struct linkout *out)
{
	for (int i = 0; i < out->peer_count; i++)
		if (out->peers[i].state == UP)
			return true;
	return false;
}

size_t
linkout_in_flight(const struct linkout *out)
{
	return out->entries.used - out->ready_count;
}

uint64_t
linkout_resent(const struct linkout *out)
{
	return out->resent;
}

bool
linkout_peer(const struct linkout *out, int i, int64_t now_ms, struct linkout_peer_view *view)
{
	static const char *const names[] = {"free", "down", "opening", "greeting", "up", "leaving"};
	const struct peer *peer = &out->peers[i];

	*view = (struct linkout_peer_view){.endpoint = ""};
	if (i >= out->peer_count)
		return false;
	if (peer->state == FREE)
		return true;
	*view = (struct linkout_peer_view){
		.endpoint = peer->endpoint,
		.state = names[peer->state],
		.paused = now_ms < peer->paused_ms,
		.in_flight = peer->flight_count,
		.in_flight_bytes = peer->flight_bytes,
		.acked = peer->acked,
	};
	return true;
}
