/* emit - the way out of a stage that keeps nothing on disk: what a message was made into stays in
 * memory until receivers have acked all of it; only then is the message settled. When one part
 * can never be delivered, the whole message is rejected with that reason. */
#ifndef FM_COMMON_EMIT_H
#define FM_COMMON_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"
#include "common/stage.h"

struct emit;

/* A route of its own to the receivers below runtime_dir/TO, chosen by key. Borrows stage.
 * Returns new; emit_free after the stage is through with its routes. */
struct emit *emit_new(struct stage *stage, const char *to, struct err *err);
void emit_free(struct emit *emit);
SCOPED_DEFINE(struct emit, emit_free)

/* One part of the message ticket, which handle must then answer with STAGE_LATER. Copies body. */
int emit_item(struct emit *emit, uint64_t ticket, struct bytes body, uint64_t key_hash,
	      struct err *err);

/* Whether parts of the message are on their way. */
bool emit_pending(const struct emit *emit, uint64_t ticket);

/* Takes back the parts of a message whose handling failed half-way. */
void emit_cancel(struct emit *emit, uint64_t ticket);

/* Messages and parts in hand, and the parts' bytes. For status. */
void emit_status(const struct emit *emit, struct json *j);

#endif
