#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST_BYTES = 256 };

static _Thread_local size_t starvations;

struct buf
buf_init(size_t max)
{
	return (struct buf){.max = max};
}

void
buf_done(struct buf *b)
{
	free(b->data);
	*b = buf_init(b->max);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = BUF_SOUND;
	if (b->data)
		b->data[0] = '\0';
}

char *
buf_reserve(struct buf *b, size_t len, struct err *err)
{
	size_t cap = b->cap ? b->cap : BUF_FIRST_BYTES;
	char *grown;

	if (len > b->max || b->len > b->max - len) {
		b->failed = b->failed ? b->failed : BUF_FULL;
		(void)err_set(err, ERR_REJECT, "over the ceiling of %zu bytes", b->max);
		return NULL;
	}
	if (b->len + len + 1 <= b->cap)
		return b->data + b->len;
	while (cap < b->len + len + 1)
		cap *= 2;
	grown = realloc(b->data, cap);
	if (!grown) {
		b->failed = BUF_STARVED;
		starvations++;
		(void)err_sys(err, "buffer of %zu bytes", cap);
		return NULL;
	}
	b->data = grown;
	b->cap = cap;
	return b->data + b->len;
}

int
buf_add(struct buf *b, const void *data, size_t len, struct err *err)
{
	char *room = buf_reserve(b, len, err);

	if (!room)
		return -1;
	if (len > 0)
		memcpy(room, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_adds(struct buf *b, const char *s, struct err *err)
{
	return buf_add(b, s, strlen(s), err);
}

int
buf_addc(struct buf *b, char c, struct err *err)
{
	return buf_add(b, &c, 1, err);
}

void
buf_cut(struct buf *b, size_t len)
{
	b->len = len;
	if (b->data)
		b->data[len] = '\0';
}

int
buf_addf(struct buf *b, struct err *err, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !buf_reserve(b, (size_t)len, err))
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
	return 0;
}

int
buf_failed(const struct buf *b, struct err *err)
{
	if (!b->failed)
		return 0;
	if (b->failed == BUF_STARVED)
		return err_set(err, ERR_RETRY, "no memory");
	return err_set(err, ERR_REJECT, "does not fit into %zu bytes", b->max);
}

size_t
buf_starvations(void)
{
	return starvations;
}

const char *
buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}
