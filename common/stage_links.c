#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/stage_inside.h"

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
same_bind(const struct wiring *a, const struct wiring *b)
{
	if (a->bind_count != b->bind_count)
		return false;
	for (size_t i = 0; i < a->bind_count; i++)
		if (!resolver_same_place(&a->bind[i], &b->bind[i]))
			return false;
	return true;
}

static bool
same_acks(const struct wiring *a, const struct wiring *b)
{
	return a->has_acks == b->has_acks &&
	       (!a->has_acks || resolver_same_place(&a->acks, &b->acks));
}

static void
say(const char *section, const char *key)
{
	char text[STAGE_PATH_BYTES + 32];

	(void)snprintf(text, sizeof(text), "[link%s%s] %s", *section ? " " : "", section, key);
	log_event(LOG_WARNING, "restart_needed", LOG_TEXT("key", text),
		  LOG_TEXT("why", "it takes effect with a restart; until then the old one holds"));
}

static void
take_up_receivers(struct stage *stage, struct route *route)
{
	struct resolver_place places[RESOLVER_PLACES_MAX];
	struct err err = {.kind = ERR_NONE};
	size_t count;

	/* The configuration was checked as a whole. */
	if (wiring_connect(stage->config, route_name(route), places, &count, &err) < 0)
		return;
	/* Nobody off this machine could answer. */
	if (count > 0 && !stage->wiring.has_acks)
		say(route_name(route), "connect");
	else if (route_set_places(route, places, count, &err) < 0)
		log_event(LOG_ERR, "link_not_taken_up", LOG_TEXT("to", route_name(route)),
			  LOG_TEXT("reason", err.text));
}

void
stage_take_up_links(struct stage *stage)
{
	const struct wiring *was = &stage->wiring;
	char name[STAGE_PATH_BYTES];
	struct wiring now;

	stage_link_name(stage, name);
	if (wiring_read(stage->config, name, &now, NULL) < 0)
		return;
	if (!same_bind(was, &now))
		say(name, "bind");
	if (!same_acks(was, &now))
		say(name, "acks");
	if (!same_text(was->advertise, now.advertise))
		say(name, "advertise");
	if (!same_text(was->keys, now.keys)) {
		/* Where to connect was written with the other keys in mind. */
		say("", "keys");
		return;
	}
	for (int i = 0; i < STAGE_ROUTES_MAX; i++)
		if (stage->routes[i])
			take_up_receivers(stage, stage->routes[i]);
}
