/* curve - who may talk to whom on links between machines: key files, and the ZAP handler that asks
 * them at each handshake.
 *
 * A folder of keys holds secret.key (mode 0600; $CREDENTIALS_DIRECTORY/feedmill.key goes before it)
 * and peers/NAME.pub, or peers/NAME.ANYTHING.pub: the machines that may connect, and that may be
 * connected to. A machine with two files is known by both keys: so a key is changed without loss.
 * A key file is one line of 40 characters (Z85). */
#ifndef FM_COMMON_CURVE_H
#define FM_COMMON_CURVE_H

#include <stddef.h>

#include "common/err.h"
#include "common/scope.h"

enum { CURVE_KEY_CHARS = 40, CURVE_PEERS_MAX = 256 };

struct curve_key {
	char text[CURVE_KEY_CHARS + 1];
};

/* This machine's pair. ERR_USAGE: there is none, others may read it, or it is no key. */
int curve_own(const char *folder, struct curve_key *public_out, struct curve_key *secret_out,
	      struct err *err);
/* The keys of the machine called name ("": of all), in the byte order of their files' names, which
 * are read anew. Files that hold no key are passed over. */
size_t curve_peers(const char *folder, const char *name, struct curve_key out[CURVE_PEERS_MAX]);
/* Makes secret.key, public.pub and peers/; both keys or, on failure, none. ERR_USAGE: there is a
 * secret already. */
int curve_generate(const char *folder, struct curve_key *public_out, struct err *err);

/* Answers the handshakes of one ZeroMQ context: CURVE clients must be among the peers, whose folder
 * is read again when inotify says so, and every 5 s. Start it before the first socket. */
struct curve;
struct curve *curve_start(void *zmq_context, const char *folder, struct err *err);
void curve_join(struct curve *curve); /* after zmq_ctx_term, which ends it; accepts NULL */

#endif
