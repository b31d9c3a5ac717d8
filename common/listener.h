/* listener - a TCP socket that listens, at an address as people write it. */
#ifndef FM_COMMON_LISTENER_H
#define FM_COMMON_LISTENER_H

#include "common/err.h"

enum { LISTENER_BACKLOG = 64 };

/* "127.0.0.1:9464", "[::1]:9464" or ":9464" (loopback). Whether it reads so; nothing is looked up.
 * -1 with ERR_USAGE. */
int listener_check(const char *address, struct err *err);

/* A listening socket (close-on-exec), or -1: ERR_USAGE for an address that is none, ERR_RETRY where
 * somebody else is there. */
int listener_open(const char *address, struct err *err);

#endif
