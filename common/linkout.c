#include "common/linkout.h"

#include <assert.h>
#include <stdlib.h>

#include "common/hash.h"
#include "common/linkout_book.h"

/* What receivers say. */

static void
pause_peer(struct peer *peer, int64_t delay_ms, int64_t now_ms)
{
	if (delay_ms <= 0) {
		/* A window of refusals is one refusal: only what was tried since the last pause
		 * ended makes the next one longer. */
		if (now_ms < peer->paused_ms)
			return;
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
		book_ready(out, entry);
		pause_peer(&out->peers[i], frame->delay_ms, now_ms);
		return;
	}
	book_todo(out, frame->nack == NACK_CRASH ? LINKOUT_CRASHED : LINKOUT_REJECTED, i)->frame =
		*frame;
	if (frame->nack == NACK_REJECT)
		book_forget(out, entry);
}

static void
hear_acks(struct linkout *out, int i, const struct frame *frame)
{
	for (size_t n = 0; n < frame->id_count; n++) {
		struct entry *entry = idmap_get(&out->entries, frame->ids[n]);

		if (!entry)
			continue;
		book_todo(out, LINKOUT_ACKED, i)->frame.id = entry->id;
		book_forget(out, entry);
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
			book_ready(out, entry);
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
		book_lose(out, i, now_ms);
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
		book_todo(out, LINKOUT_HINT, i)->frame = *frame;
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

/* Time. */

static void
fence(struct linkout *out, int i, int64_t now_ms)
{
	struct peer *peer = &out->peers[i];
	struct entry *oldest = TAILQ_FIRST(&peer->flight);
	const bool old = oldest && now_ms - oldest->sent_ms >= LINKOUT_FENCE_MS;

	if (peer->fenced && now_ms - peer->fence_ms >= LINKOUT_HUNG_MS)
		book_lose(out, i, now_ms);
	if (!book_is_open(peer) || peer->fenced ||
	    now_ms - peer->fence_ms < (old ? LINKOUT_FENCE_MS : LINKOUT_PING_MS))
		return;
	peer->fenced = true;
	peer->fence_ms = now_ms;
	peer->nonce = ++out->nonce;
	book_todo(out, LINKOUT_SEND, i)->frame.type =
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
				book_open(out, i, now_ms);
			break;
		case GREETING:
			if (now_ms - peer->since_ms >= LINKOUT_HUNG_MS)
				book_lose(out, i, now_ms);
			break;
		case UP:
		case LEAVING:
			fence(out, i, now_ms);
			/* For this word it waits: nothing is on its way to it any more. */
			if (peer->state == LEAVING && peer->flight_count == 0) {
				(void)book_send(out, i, FRAME_LEAVE);
				peer->state = LEFT;
				peer->since_ms = now_ms;
			}
			break;
		case LEFT:
			/* Closed at once, the word might not get out. */
			if (now_ms - peer->since_ms < LINKOUT_PAUSE_MIN_MS)
				break;
			peer->backoff = LINKOUT_PAUSE_MIN_MS;
			book_lose(out, i, now_ms);
			if (!peer->seen)
				book_release(out, peer);
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
		book_forget(out, entry);
}

void
linkout_leave(struct linkout *out)
{
	out->left = true;
	for (int i = 0; i < out->peer_count; i++) {
		if (out->peers[i].state >= GREETING && out->peers[i].state != LEFT)
			(void)book_send(out, i, FRAME_LEAVE);
		book_lose(out, i, 0);
	}
}

/* What to do next. */

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

		if (peer->state == FREE || peer->state >= LEAVING)
			continue;
		if (!out->options.by_key && !takes(peer, entry->len, now_ms))
			continue;
		/* By key the choice is among all that are there, up or not: one key, one place. */
		score = out->options.by_key ? hash_mix(entry->key ^ hash_mix(peer->hash))
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

	book_detach(out, entry);
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

/* Questions. */

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
	static const char *const names[] = {"free", "down",    "opening", "greeting",
					    "up",   "leaving", "leaving"};
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
