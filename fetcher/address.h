/* address - which addresses and ports the fetcher connects to. Nothing that a publisher, a
 * redirect or a DNS answer says may lead into a private network, to this machine, to a cloud's
 * metadata service, or to a service that is not HTTP.
 *
 * Decided on the address that is really connected to, with any IPv4 address that is wrapped in an
 * IPv6 one (mapped, compatible, NAT64, 6to4, ISATAP) unwrapped first. */
#ifndef FM_FETCHER_ADDRESS_H
#define FM_FETCHER_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#include "common/config.h"
#include "common/err.h"
#include "common/scope.h"

struct addresses;

/* allow: networks as ADDRESS or ADDRESS/BITS that may be connected to all the same. Copied.
 * Returns new; NULL with ERR_USAGE naming file and line of the one that is none. */
struct addresses *addresses_new(struct config_list allow, struct err *err);
void addresses_free(struct addresses *addresses);
SCOPED_DEFINE(struct addresses, addresses_free)

/* NULL: go ahead. Else why not, a text that lives on. */
const char *address_refused(const struct addresses *addresses, const struct sockaddr *address);

#endif
