#include "fetcher/conf.h"

#include <string.h>

#include "common/listener.h"
#include "common/url.h"
#include "fetcher/shard.h"

enum { USER_AGENT_BYTES_MAX = 512, PUBLIC_URL_BYTES_MAX = 1024 };

#define AT(field) offsetof(struct fetcher_conf, field)
#define MIB       (1024LL * 1024)
#define GIB       (1024 * MIB)

const struct config_key conf_keys[CONF_KEYS] = {
	/* name, type, where, default, least, most */
	{"feeds", CONFIG_TEXT, AT(feeds), NULL, 0, 0, NULL},
	{"contact", CONFIG_TEXT, AT(contact), NULL, 0, 0, NULL},
	{"shard", CONFIG_TEXT, AT(shard), NULL, 0, 0, NULL},
	{"interval", CONFIG_DURATION, AT(interval_s), "1h", 5 * 60, 7 * 86400, NULL},
	{"max_interval", CONFIG_DURATION, AT(max_interval_s), "1d", 5 * 60, 7 * 86400, NULL},
	{"retry", CONFIG_DURATION, AT(retry_s), "15m", 60, 86400, NULL},
	{"polls", CONFIG_INT, AT(polls), "64", 1, 512, NULL},
	{"polls_per_host", CONFIG_INT, AT(polls_per_host), "2", 1, 16, NULL},
	{"host_spacing_ms", CONFIG_INT, AT(host_spacing_ms), "200", 0, 3600 * 1000, NULL},
	{"timeout", CONFIG_DURATION, AT(timeout_s), "55s", 1, 600, NULL},
	{"max_body", CONFIG_SIZE, AT(max_body), "16M", 1024, 32 * MIB, NULL},
	{"allow_address", CONFIG_LIST, AT(allow_address), NULL, 0, 0, NULL},
	{"spool_max", CONFIG_SIZE, AT(spool_max), "1G", MIB, 1024 * GIB, NULL},
	{"spool_documents", CONFIG_INT, AT(spool_documents), "10000", 1, 1000000000, NULL},
	{"min_free", CONFIG_SIZE, AT(min_free), "64M", 0, 1024 * GIB, NULL},
};

static const struct config_key websub_keys[CONF_WEBSUB_KEYS] = {
	{"listen", CONFIG_TEXT, offsetof(struct websub_conf, listen), NULL, 0, 0, NULL},
	{"public_url", CONFIG_TEXT, offsetof(struct websub_conf, public_url), NULL, 0, 0, NULL},
	{"lease", CONFIG_DURATION, offsetof(struct websub_conf, lease_s), "10d", 60, 30 * 86400,
	 NULL},
};

int
conf_websub(const struct config *config, struct websub_conf *out, struct err *err)
{
	struct websub_conf conf;

	if (config_read(config, config_section_find(config, "websub", ""), websub_keys,
			CONF_WEBSUB_KEYS, &conf, err) < 0)
		return -1;
	if (!conf.listen != !conf.public_url)
		return err_set(err, ERR_USAGE,
			       "[websub] wants both listen and public_url, or neither");
	if (conf.listen && listener_check(conf.listen, err) < 0)
		return err_in(err, "[websub] listen");
	if (conf.public_url && (!url_is_http(conf.public_url, strlen(conf.public_url)) ||
				strlen(conf.public_url) > PUBLIC_URL_BYTES_MAX ||
				strpbrk(conf.public_url, "?#@ \"'<>\\")))
		return err_set(err, ERR_USAGE,
			       "[websub] public_url: where hubs reach the listener, such as "
			       "https://reader.example/websub");
	*out = conf;
	return 0;
}

int
conf_feeds_path(const struct fetcher_conf *conf, const char *config_path, struct buf *out,
		bool *optional_out, struct err *err)
{
	const char *slash = strrchr(config_path, '/');

	*optional_out = !conf->feeds;
	if (conf->feeds && conf->feeds[0] == '/')
		return buf_adds(out, conf->feeds, err);
	if (slash && buf_add(out, config_path, (size_t)(slash + 1 - config_path), err) < 0)
		return -1;
	return buf_adds(out, conf->feeds ? conf->feeds : "feeds.conf", err);
}

static int
check_contact(const char *contact, struct err *err)
{
	if (!contact || (url_is_http(contact, strlen(contact)) && !strpbrk(contact, "\r\n()")))
		return 0;
	return err_set(err, ERR_USAGE,
		       "allowed is a URL where publishers find who asks, such as "
		       "https://example.org/about");
}

int
conf_check(const struct fetcher_conf *conf, const struct config *config, struct err *err)
{
	const struct config_section *section = config_section_find(config, "fetcher", "");
	struct shard shard;

	if (shard_read(conf->shard, &shard, err) < 0)
		return config_blame(config, section, "shard", err);
	if (check_contact(conf->contact, err) < 0)
		return config_blame(config, section, "contact", err);
	if (conf->max_interval_s >= conf->interval_s)
		return 0;
	(void)err_set(err, ERR_USAGE, "max_interval is shorter than interval");
	/* One of them has a default. */
	return config_blame(config, section,
			    config_values(config, section, "max_interval").count > 0
				    ? "max_interval"
				    : "interval",
			    err);
}

struct pace
conf_pace(const struct fetcher_conf *conf)
{
	return (struct pace){.interval_s = conf->interval_s,
			     .max_interval_s = conf->max_interval_s,
			     .retry_s = conf->retry_s};
}

struct room_limits
conf_room(const struct fetcher_conf *conf, const struct config *config)
{
	const struct config_section *section = config_section_find(config, "fetcher", "");

	/* What nobody has asked for gives way to the size of the disk. */
	return (struct room_limits){.min_free_bytes = conf->min_free,
				    .min_free_fits =
					    config_values(config, section, "min_free").count == 0,
				    .spool_bytes = conf->spool_max,
				    .spool_documents = conf->spool_documents};
}

static const char *
refuse(void *arg, const struct sockaddr *address)
{
	return address_refused(arg, address);
}

struct http *
conf_http(const struct fetcher_conf *conf, const struct addresses *addresses, struct err *err)
{
	SCOPED(buf_done) struct buf agent = buf_init(USER_AGENT_BYTES_MAX);
	struct http_options options = {
		.total_ms = conf->timeout_s * 1000,
		.bodies_max = CONF_BODIES_BYTES_MAX,
		/* Those in use count as well. */
		.idle_max = (size_t)conf->polls + CONF_IDLE_CONNECTIONS,
		.refuse = refuse,
	};

	memcpy(&options.arg, &addresses, sizeof(options.arg)); /* only read */
	if (buf_adds(&agent, "feedmill/" VERSION, err) < 0 ||
	    (conf->contact && buf_addf(&agent, err, " (+%s)", conf->contact) < 0))
		return NULL;
	options.user_agent = buf_str(&agent);
	return http_new(&options, err);
}
