#include "common/log.h"
#include "fetcher/daemon_inside.h"

static int
route_fill(void *self, struct route *route, struct err *err)
{
	return handover_fill(((struct daemon *)self)->handover, route, err);
}

static int
route_load(void *self, struct route *route, uint64_t id, struct buf *out, struct err *err)
{
	(void)route;
	return handover_load(((struct daemon *)self)->handover, id, out, err);
}

static int
route_acked(void *self, struct route *route, uint64_t id, struct err *err)
{
	struct daemon *d = self;

	(void)route;
	d->answered = true;
	return handover_acked(d->handover, id, err);
}

static int
route_rejected(void *self, struct route *route, uint64_t id, const char *who, const char *reason,
	       struct err *err)
{
	struct daemon *d = self;

	(void)route;
	d->answered = true;
	log_event(LOG_WARNING, "document_rejected", LOG_NUM("seq", id), LOG_TEXT("by", who),
		  LOG_TEXT("reason", reason));
	return handover_rejected(d->handover, id, who, reason, err);
}

static int
route_crashed(void *self, struct route *route, uint64_t id, const char *who, int64_t points,
	      struct err *err)
{
	struct daemon *d = self;
	const int rc = handover_crashed(d->handover, id, who, points, err);

	(void)route;
	d->answered = true;
	log_event(LOG_WARNING, rc == 1 ? "document_quarantined" : "document_blamed",
		  LOG_NUM("seq", id), LOG_TEXT("by", who), LOG_NUM("points", points));
	return rc;
}

static void
route_hint(void *self, struct route *route, struct bytes hint)
{
	struct err err = {.kind = ERR_NONE};

	(void)route;
	/* A hint is optional: one that cannot be kept now is not missed. */
	if (handover_hint(((struct daemon *)self)->handover, hint, &err) < 0)
		log_event(LOG_WARNING, "hint_lost", LOG_TEXT("reason", err.text));
}

const struct route_ops daemon_to_parsers = {
	.fill = route_fill,
	.load = route_load,
	.acked = route_acked,
	.rejected = route_rejected,
	.crashed = route_crashed,
	.hint = route_hint,
};
