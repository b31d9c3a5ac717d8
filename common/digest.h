/* digest - SHA-256 (FIPS 180-4) in pieces, for ids and revisions; CRC-32C (RFC 3720, B.4), for
 * rows on disk. The one door to libcrypto. */
#ifndef FM_COMMON_DIGEST_H
#define FM_COMMON_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/scope.h"

enum { DIGEST_BYTES = 32, DIGEST_MAC_BYTES_MAX = 64 };

struct digest;

/* Returns new, NULL without memory; one object serves any number of digests, one at a time. */
struct digest *digest_new(void);
void digest_free(struct digest *d);
SCOPED_DEFINE(struct digest, digest_free)

void digest_begin(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t len);
/* Adds the length first, so that ("ab","c") and ("a","bc") differ. */
void digest_add_field(struct digest *d, const void *data, size_t len);
void digest_end(struct digest *d, unsigned char out[DIGEST_BYTES]);

/* HMAC-SHA256 (RFC 2104). -1 without memory: out is as it was. */
int digest_hmac(const void *key, size_t key_len, const void *data, size_t len,
		unsigned char out[DIGEST_BYTES]);

/* The same by another hash: "sha1", "sha256", "sha384" or "sha512". The MAC's length, 0: no such
 * hash, -1. */
int digest_hmac_by(const char *hash, const void *key, size_t key_len, const void *data, size_t len,
		   unsigned char out[DIGEST_MAC_BYTES_MAX]);
/* Whether they are equal, in a time that does not tell where they differ. */
bool digest_equal(const void *a, const void *b, size_t len);

/* Lower-case hex of bytes and a NUL; out has 2 * len + 1 bytes. */
void digest_hex(const unsigned char *bytes, size_t len, char *out);

/* Continues from crc (0 at first). */
uint32_t digest_crc32c(uint32_t crc, const void *data, size_t len);
/* The same without the processor's instruction, as where there is none. */
uint32_t digest_crc32c_table(uint32_t crc, const void *data, size_t len);

#endif
