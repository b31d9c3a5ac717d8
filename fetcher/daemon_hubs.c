#include "common/clock.h"
#include "common/log.h"
#include "fetcher/daemon_inside.h"
#include "fetcher/subscription.h"

int
daemon_look_for_hubs(void *arg, struct feed *feed, const struct outcome *o, bool fresh,
		     struct err *err)
{
	struct daemon *d = arg;

	return d->websub ? websub_polled(d->websub, feed, o, fresh, err) : 0;
}

static void
log_websub(void *arg, int priority, const char *event, const struct subscription *s,
	   const char *reason)
{
	(void)arg;
	log_event(priority, event, LOG_TEXT("topic", s->topic), LOG_TEXT("hubs", s->hubs),
		  LOG_TEXT("reason", reason));
}

int
daemon_open_websub(struct daemon *d, struct err *err)
{
	struct websub_conf conf;

	if (conf_websub(stage_config(d->stage), &conf, err) < 0)
		return -1;
	if (!conf.listen)
		return subscription_rebase(d->state, NULL, clock_wall_s(), d->conf.interval_s, err);
	const struct websub_options options = {
		.state = d->state,
		.sweep = d->sweep,
		.http = d->hubs = conf_http(&d->conf, d->addresses, err),
		.listen = conf.listen,
		.public_url = conf.public_url,
		.lease_s = conf.lease_s,
		.body_bytes_max = d->conf.max_body,
		.bodies_bytes_max = CONF_BODIES_BYTES_MAX,
		.told = log_websub,
		.arg = d,
	};

	d->websub = d->hubs ? websub_open(&options, err) : NULL;
	return d->websub ? 0 : -1;
}
