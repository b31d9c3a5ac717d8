/* wirecheck - whether bytes are one msgpack value that is safe to read: found out by a walk that
 * allocates nothing and takes a time linear in the message. (Five bytes can make msgpack-c reserve
 * 16 GiB: nothing is unpacked that was not walked before.) */
#ifndef FM_COMMON_WIRECHECK_H
#define FM_COMMON_WIRECHECK_H

#include "common/buf.h"
#include "common/err.h"

enum {
	WIRE_DEPTH_MAX = 16,
	WIRE_NODES_MAX = 100000, /* values in one message: containers and keys too */
	WIRE_MEMBERS_MAX = 256,  /* of one map */
	WIRE_KEY_BYTES_MAX = 64,
};

/* 0, or -1 with ERR_REJECT saying at which byte and why: deeper, longer or more than the limits;
 * a count or length larger than the message; a text that is not UTF-8; a key that is no text or
 * is there twice; an extension type; anything after the end. */
int wire_check(struct bytes msg, struct err *err);

#endif
