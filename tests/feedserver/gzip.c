#include "tests/feedserver/gzip.h"

#include <stdint.h>

#include "tests/feedserver/generate.h"

enum { BLOCK_BYTES_MAX = UINT16_MAX };

static void
add_u16(struct buf *out, uint32_t n)
{
	(void)buf_addc(out, (char)(n & 0xff), NULL);
	(void)buf_addc(out, (char)(n >> 8 & 0xff), NULL);
}

static void
add_u32(struct buf *out, uint32_t n)
{
	add_u16(out, n & 0xffff);
	add_u16(out, n >> 16);
}

void
gzip_store(struct bytes plain, struct buf *out)
{
	const char *data = plain.data;
	size_t at = 0;

	(void)buf_add(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10, NULL);
	do {
		const size_t left = plain.len - at;
		const size_t len = left < BLOCK_BYTES_MAX ? left : BLOCK_BYTES_MAX;

		(void)buf_addc(out, len == left, NULL); /* 1: the last block */
		add_u16(out, (uint32_t)len);
		add_u16(out, ~(uint32_t)len & UINT16_MAX);
		(void)buf_add(out, data ? data + at : "", len, NULL);
		at += len;
	} while (at < plain.len);
	add_u32(out, generate_crc32(plain.data, plain.len));
	add_u32(out, (uint32_t)plain.len);
}
