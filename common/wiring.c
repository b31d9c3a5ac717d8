#include "common/wiring.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "common/curve.h"

struct common_keys {
	const char *keys;
};

struct section_keys {
	struct config_list bind, connect;
	const char *acks;
	const char *advertise;
};

static const struct config_key common_keys[] = {
	{"keys", CONFIG_TEXT, offsetof(struct common_keys, keys), NULL, 0, 0, NULL},
};

static const struct config_key section_keys[] = {
	{"bind", CONFIG_LIST, offsetof(struct section_keys, bind), NULL, 0, 0, NULL},
	{"connect", CONFIG_LIST, offsetof(struct section_keys, connect), NULL, 0, 0, NULL},
	{"acks", CONFIG_TEXT, offsetof(struct section_keys, acks), NULL, 0, 0, NULL},
	{"advertise", CONFIG_TEXT, offsetof(struct section_keys, advertise), NULL, 0, 0, NULL},
};

static int
read_keys(const struct config *config, const char **keys_out, struct err *err)
{
	struct common_keys common = {NULL};

	if (config_read(config, config_section_find(config, "link", ""), common_keys,
			sizeof(common_keys) / sizeof(common_keys[0]), &common, err) < 0)
		return -1;
	*keys_out = common.keys;
	return 0;
}

static int
read_section(const struct config *config, const char *name, struct section_keys *out,
	     struct err *err)
{
	return config_read(config, config_section_find(config, "link", name), section_keys,
			   sizeof(section_keys) / sizeof(section_keys[0]), out, err);
}

static int
read_place(const struct config_value *value, const char *keys, struct resolver_place *out,
	   struct err *err)
{
	if (resolver_place(value->text, out, err) < 0)
		return err_in(err, "%s:%d", value->file, value->line);
	if (!keys && !resolver_is_loopback(out))
		return err_set(err, ERR_USAGE,
			       "%s:%d: '%s' leaves this machine: that needs `keys = FOLDER` in "
			       "[link], made with `feedmill keygen FOLDER`",
			       value->file, value->line, value->text);
	return 0;
}

static int
read_places(const struct config_list *list, const char *keys,
	    struct resolver_place out[RESOLVER_PLACES_MAX], size_t *count_out, struct err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (count == RESOLVER_PLACES_MAX)
			return err_set(err, ERR_USAGE, "%s:%d: at most %d places are allowed",
				       list->values[i].file, list->values[i].line,
				       RESOLVER_PLACES_MAX);
		if (read_place(&list->values[i], keys, &out[count++], err) < 0)
			return -1;
	}
	*count_out = count;
	return 0;
}

static bool
is_any(const char *host)
{
	return strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* Others put ":PORT" behind it, and brackets around what has a colon. */
static bool
is_host(const char *text)
{
	struct in6_addr v6;

	if (strchr(text, ':'))
		return inet_pton(AF_INET6, text, &v6) == 1;
	return text[0] && strlen(text) <= RESOLVER_HOST_MAX &&
	       text[strcspn(text, " \t/[]%@*,;\"'")] == '\0';
}

static int
read_advertise(const struct config *config, const char *name, const struct section_keys *section,
	       struct wiring *out, struct err *err)
{
	const struct config_list values =
		config_values(config, config_section_find(config, "link", name), "advertise");
	const struct config_value *last = values.count ? &values.values[values.count - 1] : NULL;

	if (section->advertise && last &&
	    (!is_host(section->advertise) || is_any(section->advertise)))
		return err_set(err, ERR_USAGE,
			       "%s:%d: advertise = '%s': the name or address of one host is "
			       "allowed, without brackets and port",
			       last->file, last->line, section->advertise);
	out->advertise = section->advertise;
	return 0;
}

static int
read_acks(const struct config *config, const char *name, const struct section_keys *section,
	  struct wiring *out, struct err *err)
{
	const struct config_list values =
		config_values(config, config_section_find(config, "link", name), "acks");
	const struct config_value *last = values.count ? &values.values[values.count - 1] : NULL;

	if (!section->acks || !last)
		return 0;
	if (read_place(last, out->keys, &out->acks, err) < 0)
		return -1;
	if (is_any(out->acks.host) && !section->advertise)
		return err_set(err, ERR_USAGE,
			       "%s:%d: acks = '%s' is no address that others can answer to: say "
			       "`advertise = HOST` as well",
			       last->file, last->line, last->text);
	out->has_acks = true;
	return 0;
}

int
wiring_read(const struct config *config, const char *name, struct wiring *out, struct err *err)
{
	struct section_keys section = {.acks = NULL};
	struct wiring w = {.keys = NULL};

	if (read_keys(config, &w.keys, err) < 0 || read_section(config, name, &section, err) < 0 ||
	    read_places(&section.bind, w.keys, w.bind, &w.bind_count, err) < 0 ||
	    read_advertise(config, name, &section, &w, err) < 0 ||
	    read_acks(config, name, &section, &w, err) < 0)
		return -1;
	*out = w;
	return 0;
}

int
wiring_connect(const struct config *config, const char *name,
	       struct resolver_place out[RESOLVER_PLACES_MAX], size_t *count_out, struct err *err)
{
	struct section_keys section = {.acks = NULL};
	const char *keys = NULL;

	if (read_keys(config, &keys, err) < 0 || read_section(config, name, &section, err) < 0)
		return -1;
	return read_places(&section.connect, keys, out, count_out, err);
}

static bool
is_stage(const char *name)
{
	static const char *const stages[] = {"", "fetcher", "parser", "classifier"};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (strcmp(name, stages[i]) == 0)
			return true;
	return strncmp(name, "sink/", 5) == 0 && name[5];
}

int
wiring_check(const struct config *config, struct err *err)
{
	struct curve_key public, secret;
	struct resolver_place places[RESOLVER_PLACES_MAX];
	const char *keys = NULL;
	struct wiring w;
	size_t count;

	for (size_t i = 0; i < config_section_count(config); i++) {
		const struct config_section *s = config_section_at(config, i);

		if (strcmp(s->kind, "link") != 0)
			continue;
		if (!is_stage(s->name))
			return err_set(err, ERR_USAGE,
				       "%s:%d: [link %s]: fetcher, parser, classifier or sink/NAME "
				       "is allowed",
				       s->file, s->line, s->name);
		if (s->name[0] && (wiring_read(config, s->name, &w, err) < 0 ||
				   wiring_connect(config, s->name, places, &count, err) < 0))
			return -1;
	}
	if (read_keys(config, &keys, err) < 0)
		return -1;
	return keys ? curve_own(keys, &public, &secret, err) : 0;
}
