#include "fetcher/shard.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/hash.h"
#include "common/scope.h"
#include "common/url.h"

int
shard_read(const char *text, struct shard *out, struct err *err)
{
	struct shard shard = {1, 1};
	int end = 0;

	if (text && (sscanf(text, "%4d/%4d%n", &shard.number, &shard.count, &end) != 2 ||
		     text[end] != '\0' || shard.number < 1 || shard.count < shard.number ||
		     shard.count > SHARD_MOST))
		return err_set(err, ERR_USAGE,
			       "allowed is N/OF, such as 2/4 for the second of four, at most of "
			       "%d",
			       SHARD_MOST);
	*out = shard;
	return 0;
}

int
shard_of(const char *url, int count, struct err *err)
{
	SCOPED(buf_done) struct buf host = buf_init(URL_MAX_BYTES);
	uint64_t hash, best = 0;
	int owner = 1;

	if (url_host(url, strlen(url), &host, err) < 0)
		return -1;
	if (host.len == 0)
		return err_set(err, ERR_REJECT, "'%.200s' has no host", url);
	hash = hash_bytes(HASH_BASIS, host.data, host.len);
	for (int n = 1; n <= count; n++) {
		const uint64_t weight = hash_mix(hash + (uint64_t)n * UINT64_C(0x9e3779b97f4a7c15));

		if (weight > best) {
			best = weight;
			owner = n;
		}
	}
	return owner;
}

int
shard_has(const struct shard *shard, const char *url, struct err *err)
{
	int owner;

	if (shard->count == 1)
		return 1;
	owner = shard_of(url, shard->count, err);
	return owner < 0 ? -1 : owner == shard->number;
}
