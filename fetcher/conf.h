/* conf - the keys of [fetcher] and of [websub] (feedmill.conf(5)). */
#ifndef FM_FETCHER_CONF_H
#define FM_FETCHER_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "common/config.h"
#include "common/err.h"
#include "common/http.h"
#include "fetcher/address.h"
#include "fetcher/feedlist.h"
#include "fetcher/room.h"
#include "fetcher/schedule.h"

struct fetcher_conf {
	const char *feeds, *contact, *shard;
	int64_t interval_s, max_interval_s, retry_s;
	int64_t polls, polls_per_host, host_spacing_ms;
	int64_t timeout_s, max_body;
	struct config_list allow_address;
	int64_t spool_max, spool_documents, min_free;
};

struct websub_conf {
	const char *listen; /* NULL: feeds are not pushed to us */
	const char *public_url;
	int64_t lease_s;
};

enum {
	CONF_KEYS = 15,
	CONF_WEBSUB_KEYS = 3,
	/* Of bodies in flight. With one body more that may grow to its own ceiling, and its copy
	 * for the spool, the whole process stays below 96 MiB at the default max_body. */
	CONF_BODIES_BYTES_MAX = 16 * 1024 * 1024,
	CONF_IDLE_CONNECTIONS = 64, /* that are kept for the next poll of their hosts */
};
extern const struct config_key conf_keys[CONF_KEYS];

/* Reads [websub]; texts are borrowed from config. */
int conf_websub(const struct config *config, struct websub_conf *out, struct err *err);

/* Where feeds.conf is: the key feeds, else beside feedmill.conf, where it may be missing (*optional
 * true). Appends to out. */
int conf_feeds_path(const struct fetcher_conf *conf, const char *config_path, struct buf *out,
		    bool *optional_out, struct err *err);

/* What the table of keys cannot say; conf was read from config. */
int conf_check(const struct fetcher_conf *conf, const struct config *config, struct err *err);

struct pace conf_pace(const struct fetcher_conf *conf);
struct room_limits conf_room(const struct fetcher_conf *conf, const struct config *config);
/* The client as the configuration wants it; addresses is borrowed for the client's life. Returns
 * new. */
struct http *conf_http(const struct fetcher_conf *conf, const struct addresses *addresses,
		       struct err *err);

#endif
