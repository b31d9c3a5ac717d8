/* buf - a growable buffer that is born with a ceiling, and a borrowed run of bytes. */
#ifndef FM_COMMON_BUF_H
#define FM_COMMON_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"

/* A borrowed run of bytes. */
struct bytes {
	const void *data;
	size_t len;
};

struct buf {
	char *data; /* NUL after the last byte once anything was added */
	size_t len;
	size_t cap;
	size_t max; /* the ceiling of len; adding past it is ERR_REJECT */
	int failed; /* an add was refused since the last reset: enum buf_fault */
};

/* What is there is incomplete. */
enum buf_fault { BUF_SOUND, BUF_FULL, BUF_STARVED };

/* An empty buffer that may hold up to max bytes. Release with buf_done. */
struct buf buf_init(size_t max);
void buf_done(struct buf *b);
SCOPED_DEFINE_HELD(struct buf, buf_done)

/* Empties it and keeps the memory. */
void buf_reset(struct buf *b);

/* Each appends and returns 0; -1 with ERR_REJECT past the ceiling, ERR_RETRY without memory,
 * and then nothing was appended. err may be NULL: ask buf_failed once at the end instead. */
int buf_add(struct buf *b, const void *data, size_t len, struct err *err);
int buf_adds(struct buf *b, const char *s, struct err *err);
int buf_addc(struct buf *b, char c, struct err *err);
int buf_addf(struct buf *b, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes off what is behind the first len bytes; len is at most b->len. */
void buf_cut(struct buf *b, size_t len);

/* Room for len more bytes at data + len, for callers that write there themselves and then add
 * to len. NULL as buf_add fails. */
char *buf_reserve(struct buf *b, size_t len, struct err *err);

/* The sticky fault: -1 when any add since the last reset was refused: ERR_REJECT past the ceiling,
 * ERR_RETRY without memory. */
int buf_failed(const struct buf *b, struct err *err);

/* How often a buffer of this thread was refused memory, ever. For code that leaves out what does
 * not fit into one of its many buffers: it asks before and after whether that was for want of
 * memory, which is nobody's fault and no reason to leave out anything. */
size_t buf_starvations(void);

/* The content as a string; "" when empty. Borrowed until the next change. */
const char *buf_str(const struct buf *b);

static inline struct bytes
buf_bytes(const struct buf *b)
{
	return (struct bytes){b->data, b->len};
}

#endif
