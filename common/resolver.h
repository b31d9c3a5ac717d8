/* resolver - where the receivers on other machines are: places ("HOST:PORT[-PORT] [KEY]") become
 * endpoints, one for each port of each address of a name. Names are looked up on a thread of its
 * own, one after the other, at once and every 30 s; each is used as soon as it is known, and one
 * that cannot be looked up keeps the addresses that it had. */
#ifndef FM_COMMON_RESOLVER_H
#define FM_COMMON_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/scope.h"

enum {
	RESOLVER_PLACES_MAX = 64,
	RESOLVER_PORTS_MAX = 64, /* of one place */
	RESOLVER_ENDPOINTS_MAX = 256,
	RESOLVER_HOST_MAX = 253,
	RESOLVER_KEY_MAX = 63,
	RESOLVER_AGAIN_S = 30,
};

struct resolver_place {
	char host[RESOLVER_HOST_MAX + 1]; /* a name or an address; IPv6 without its brackets */
	int first, last;                  /* ports */
	char key[RESOLVER_KEY_MAX + 1];   /* the machine's name among the keys; "" any */
};

/* ERR_USAGE with what is allowed. */
int resolver_place(const char *text, struct resolver_place *out, struct err *err);
bool resolver_same_place(const struct resolver_place *a, const struct resolver_place *b);
bool resolver_is_loopback(const struct resolver_place *place);
/* "tcp://HOST:PORT", with the brackets of IPv6. */
void resolver_endpoint(const char *host, int port, char *out, size_t size);

struct resolver;
/* Copies places. Returns new. */
struct resolver *resolver_new(const struct resolver_place *places, size_t count, struct err *err);
/* Other places from now on. What is known of those that stay goes on to be used; what only others
 * had is gone at the next look. On an error all is as it was. */
int resolver_set(struct resolver *r, const struct resolver_place *places, size_t count,
		 struct err *err);
/* Does not wait for a look-up that is under way. */
void resolver_free(struct resolver *r);
SCOPED_DEFINE(struct resolver, resolver_free)

/* To wait for. */
int resolver_fd(const struct resolver *r);
/* Calls each for every endpoint that came (there) or went (not there) since the last look. */
void resolver_look(struct resolver *r, void (*each)(void *arg, const char *endpoint, bool there),
		   void *arg);
/* The key's name of an endpoint that was given to each. */
const char *resolver_key(const struct resolver *r, const char *endpoint);

#endif
