/* shard - which of several fetchers on one list a host belongs to, by rendezvous hashing: each
 * fetcher finds out alone, every host has exactly one, so that politeness stays per host, and when
 * a fetcher is added only the hosts move that become its own. */
#ifndef FM_FETCHER_SHARD_H
#define FM_FETCHER_SHARD_H

#include <stdbool.h>

#include "common/err.h"

enum { SHARD_MOST = 1024 };

/* The number-th of count, counted from 1. */
struct shard {
	int number, count;
};

/* "2/4"; NULL reads as "1/1". ERR_USAGE. */
int shard_read(const char *text, struct shard *out, struct err *err);

/* The number of the shard that the URL's host belongs to, port and scheme left aside. */
int shard_of(const char *url, int count, struct err *err);

/* Whether the URL's host is this shard's. 1, 0; -1: the URL has no host. */
int shard_has(const struct shard *shard, const char *url, struct err *err);

#endif
