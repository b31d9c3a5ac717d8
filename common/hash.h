/* hash - quick 64-bit hashes of bytes, for tables, for turns and to notice a change: FNV-1a
 * (Fowler, Noll, Vo), and a mixing step for where every bit has to count. Not against an adversary,
 * who can make two texts that have the same one: see digest.h. */
#ifndef FM_COMMON_HASH_H
#define FM_COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* To begin with. */
#define HASH_BASIS UINT64_C(0xcbf29ce484222325)

/* One byte, or a whole number at once: quicker, and no FNV-1a of its bytes. */
static inline uint64_t
hash_number(uint64_t hash, uint64_t number)
{
	return (hash ^ number) * UINT64_C(0x100000001b3);
}

static inline uint64_t
hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = hash_number(hash, bytes[i]);
	return hash;
}

static inline uint64_t
hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text));
}

/* The last step of splitmix64: each bit of x changes half of those that come out. */
static inline uint64_t
hash_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

#endif
