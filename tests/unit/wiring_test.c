#include "common/wiring.h"

#include <string.h>

#include "common/curve.h"
#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

static int
check(const char *text, struct err *err)
{
	SCOPED(config_free) struct config *config = config_parse("t.conf", text, strlen(text), err);

	*err = (struct err){.kind = ERR_NONE};
	CHECK(config);
	return config ? wiring_check(config, err) : 0;
}

static void
nothing_leaves_this_machine_without_keys(void)
{
	static const char *const bad[] = {
		"[link parser]\nbind = 10.0.0.1:7000\n",
		"[link parser]\nbind = *:7000\n",
		("[link parser]\nbind = 127.0.0.1:7000\n"
		 "connect =\n\t127.0.0.1:7\n\tmill.example:7\n"),
		"[link sink/site]\nacks = [2001:db8::1]:7000\n",
	};
	struct err err;

	CHECK(check("[link parser]\nbind = 127.0.0.1:7000-7003\nacks = [::1]:7010\n", &err) == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(check(bad[i], &err) == -1 && err.kind == ERR_USAGE);
		CHECK(strstr(err.text, "t.conf:") && strstr(err.text, "feedmill keygen"));
	}
}

static void
refuses_what_makes_no_sense(void)
{
	static const char *const bad[] = {
		"[link printer]\nbind = 127.0.0.1:7000\n",
		"[link]\nbind = 127.0.0.1:7000\n",
		"[link parser]\nbind = 127.0.0.1\n",
		"[link]\nkeys = /nowhere/at/all\n",
	};
	struct err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(check(bad[i], &err) == -1 && err.kind == ERR_USAGE && err.text[0]);
}

static void
reads_what_a_stage_and_its_peers_have(void)
{
	struct err err = {.kind = ERR_NONE};
	struct curve_key public;
	char text[600];
	struct wiring w;
	struct resolver_place places[RESOLVER_PLACES_MAX];
	size_t count = 0;

	CHECK(curve_generate(tempdir_path("keys"), &public, &err) == 0);
	(void)snprintf(text, sizeof(text),
		       "[link]\nkeys = %s\n[link parser]\nbind = 0.0.0.0:7000-7003\n"
		       "acks = *:7010\nadvertise = p1.example\nconnect = p2.example:7000 p2\n",
		       tempdir_path("keys"));
	SCOPED(config_free)
	struct config *config = config_parse("t.conf", text, strlen(text), &err);
	CHECK(config && wiring_check(config, &err) == 0);
	CHECK(config && wiring_read(config, "parser", &w, &err) == 0);
	CHECK(w.bind_count == 1 && w.bind[0].last == 7003 && w.has_acks && w.acks.first == 7010);
	CHECK_STR(w.advertise, "p1.example");
	CHECK(config && wiring_connect(config, "parser", places, &count, &err) == 0 && count == 1);
	CHECK_STR(places[0].key, "p2");
	CHECK(config && wiring_read(config, "fetcher", &w, &err) == 0);
	CHECK(w.bind_count == 0 && !w.has_acks && w.keys);
}

static void
an_address_to_answer_to_is_no_wildcard(void)
{
	struct err err;
	char text[300];

	(void)snprintf(text, sizeof(text),
		       "[link]\nkeys = %s\n[link parser]\nacks = 0.0.0.0:7010\n",
		       tempdir_path("keys"));
	CHECK(check(text, &err) == -1 && strstr(err.text, "advertise"));
}

static void
what_others_are_told_is_a_host(void)
{
	static const char *const bad[] = {"mill.example:7", "[::1]", "a b", "*", "0.0.0.0", "a/b"};
	static const char *const good[] = {"mill.example", "10.0.0.1", "2001:db8::1"};
	struct err err;
	char text[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "[link parser]\nacks = 127.0.0.1:7\nadvertise = %s\n", bad[i]);
		CHECK(check(text, &err) == -1 && err.kind == ERR_USAGE);
		CHECK(strstr(err.text, "t.conf:3") && strstr(err.text, bad[i]));
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "[link parser]\nacks = 127.0.0.1:7\nadvertise = %s\n", good[i]);
		CHECK(check(text, &err) == 0);
	}
}

int
main(void)
{
	(void)tempdir_make();
	RUN(nothing_leaves_this_machine_without_keys);
	RUN(refuses_what_makes_no_sense);
	RUN(reads_what_a_stage_and_its_peers_have);
	RUN(an_address_to_answer_to_is_no_wildcard);
	RUN(what_others_are_told_is_a_host);
	tempdir_done();
	return check_done();
}
