/* feed - one feed as the fetcher knows it: what the list says of it, which resource it is now, what
 * the last polls taught. A row of the state's table feeds. */
#ifndef FM_FETCHER_FEED_H
#define FM_FETCHER_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

enum { FEED_ID_HEX = 32, FEED_DIGEST_BYTES = 16 };

/* A digest of a body; set: there is one. */
struct feed_digest {
	unsigned char bytes[FEED_DIGEST_BYTES];
	bool set;
};

/* Texts are the feed's own, NULL where absent. Times are seconds of the wall clock, 0 = never. */
struct feed {
	char id[FEED_ID_HEX + 1];
	char *archive_of; /* the id of the feed that it is an older document of: archive.h */

	/* the list */
	char *url;               /* as feed_url made it, without credentials */
	char *userinfo;          /* "name:password" */
	char *title, *category;  /* the list's own words */
	int64_t want_interval_s; /* 0: as all feeds */
	int64_t want_body_bytes; /* 0: as all feeds */

	/* the resource */
	char *target_url; /* polled instead of url after a permanent redirect has proved itself */
	char *moved_url;  /* where permanent redirects lead at present */
	int64_t moved_seen;
	char *etag, *last_modified;  /* byte for byte, and offered only ... */
	char *validators_url;        /* ... to this resource */
	struct feed_digest digest;   /* of the last document that was taken */
	struct feed_digest rejected; /* of the last document that no parser can read */
	int64_t rejected_s;
	int64_t rejections;  /* documents refused since the last one that was taken */
	int64_t quarantined; /* its row there */
	int64_t body_bytes;  /* of the last body: what to expect */

	/* when */
	int64_t due_s; /* 0: never again, unless a person asks */
	int64_t interval_s;
	int64_t failures; /* since the last success */
	int64_t status;   /* of the last response; 0: there was none */
	char *error;      /* of the last poll */
	int64_t polled_s, ok_s, changed_s;
	int64_t whole_s; /* the last 200 */
	bool proved;     /* a conditional request has once drawn a changed 200 */
	int64_t retired_s;

	/* what the documents ask for */
	int64_t ttl_s;
	uint32_t skip_hours; /* bit h: not in hour h of the day, UTC */
	uint32_t skip_days;  /* bit d: not on that day of the week, Sunday = 0 */
	int64_t newest_s;    /* the youngest item's date */

	uint64_t stored; /* state's: a hash of what it read from the row; 0: it cannot tell */
};

void feed_done(struct feed *feed);
SCOPED_DEFINE_HELD(struct feed, feed_done)

/* Replaces a text of the feed by a copy; NULL or len 0: absent. -1 without memory. */
int feed_set(char **field, const char *text, struct err *err);
int feed_set_n(char **field, const char *text, size_t len, struct err *err);

/* The URL as the list spells it -> the one that names the feed: absolute, scheme and host in lower
 * case, no fragment, no credentials (those go into userinfo_out, nothing when there are none;
 * percent-decoded). ERR_REJECT: not http or https, no host, too long. */
int feed_url(const char *spelt, struct buf *url_out, struct buf *userinfo_out, struct err *err);

/* The first 16 bytes of the URL's SHA-256, in hex: the same feed has the same id everywhere. */
int feed_id(const char *url, char id_out[FEED_ID_HEX + 1], struct err *err);

/* The URL that a poll begins with. */
const char *feed_start_url(const struct feed *feed);

/* Whether both URLs have the same scheme, host and port. */
bool feed_same_origin(const char *url, const char *other);

#endif
