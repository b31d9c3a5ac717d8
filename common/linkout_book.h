/* linkout_book - the books of linkout, behind its back: which messages there are and in what state,
 * which receivers, and what is to be done next. linkout.c decides, this keeps. */
#ifndef FM_COMMON_LINKOUT_BOOK_H
#define FM_COMMON_LINKOUT_BOOK_H

#include <sys/queue.h>

#include "common/idmap.h"
#include "common/linkout.h"

enum { READY = -1 };

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

/* LEAVING: the receiver said BYE, and has messages in hand; LEFT: it has not, and was told LEAVE.
 */
enum peer_state { FREE, DOWN, OPENING, GREETING, UP, LEAVING, LEFT };

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
	int64_t since_ms;          /* of OPENING, GREETING, LEFT */
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

/* Notes an action; without memory for it, out->failed, and the note is lost. */
struct linkout_action *book_todo(struct linkout *out, enum linkout_act act, int peer);
/* The same for a frame to a peer, of its present epoch. */
struct frame *book_send(struct linkout *out, int peer, enum frame_type type);

/* A message leaves the list that it is in; is forgotten; becomes ready, before all others. */
void book_detach(struct linkout *out, struct entry *entry);
void book_forget(struct linkout *out, struct entry *entry);
void book_ready(struct linkout *out, struct entry *entry);

/* A peer's connection is opened, in a new epoch; is given up, with all that it held; its slot is
 * freed. */
void book_open(struct linkout *out, int peer, int64_t now_ms);
void book_lose(struct linkout *out, int peer, int64_t now_ms);
void book_release(struct linkout *out, struct peer *peer);
bool book_is_open(const struct peer *peer);

#endif
