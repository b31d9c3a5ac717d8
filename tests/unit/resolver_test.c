#include "common/resolver.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "tests/unit/check.h"

enum { PATIENCE_MS = 20000 };

static void
reads_places_and_says_what_is_allowed(void)
{
	static const char *const bad[] = {"",        "host",    "host:",    ":7000", "h:0",
					  "h:70000", "h:9-8",   "h:1-65",   "h:1x",  "[::1]",
					  "[::1:5",  "h:1 a b", "h:1 ../x", "h:-1",  "h:1 a/b"};
	struct err err = {.kind = ERR_NONE};
	struct resolver_place p;

	CHECK(resolver_place("mill.example:7000-7063  second", &p, &err) == 0);
	CHECK_STR(p.host, "mill.example");
	CHECK_STR(p.key, "second");
	CHECK(p.first == 7000 && p.last == 7063 && !resolver_is_loopback(&p));
	CHECK(resolver_place("[::1]:7", &p, &err) == 0 && p.first == 7 && p.last == 7);
	CHECK_STR(p.host, "::1");
	CHECK(resolver_is_loopback(&p));
	CHECK(resolver_place("127.9.9.9:7", &p, &err) == 0 && resolver_is_loopback(&p));
	CHECK(resolver_place("127.evil.example:7", &p, &err) == 0 && !resolver_is_loopback(&p));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.kind = ERR_NONE;
		CHECK(resolver_place(bad[i], &p, &err) == -1 && err.kind == ERR_USAGE);
	}
}

static void
writes_endpoints(void)
{
	char text[64];

	resolver_endpoint("10.0.0.1", 7, text, sizeof(text));
	CHECK_STR(text, "tcp://10.0.0.1:7");
	resolver_endpoint("fe80::1", 7, text, sizeof(text));
	CHECK_STR(text, "tcp://[fe80::1]:7");
}

/* A name whose servers are silent until the test says so. */
#define SILENT "silent.invalid"

static sem_t asked, answered, over;
static pthread_key_t at_the_end;
static _Thread_local int asked_here;
static int names_asked; /* by the thread that is over */

int __real_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list_out);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list_out);

static void
thread_is_over(void *arg)
{
	(void)arg;
	names_asked = asked_here;
	(void)sem_post(&over);
}

/* The linker gives this to the resolver. */
int
__wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		   struct addrinfo **list_out)
{
	asked_here++;
	if (strcmp(name, SILENT) != 0)
		return __real_getaddrinfo(name, service, hints, list_out);
	(void)pthread_setspecific(at_the_end, &over);
	(void)sem_post(&asked);
	while (sem_wait(&answered) < 0)
		;
	return EAI_AGAIN;
}

static int came, went;
static char last[128], key_in_time[64];

/* arg: the resolver, or NULL. */
static void
note(void *arg, const char *endpoint, bool there)
{
	if (arg)
		(void)snprintf(key_in_time, sizeof(key_in_time), "%s", resolver_key(arg, endpoint));
	came += there;
	went += !there;
	(void)snprintf(last, sizeof(last), "%s", endpoint);
}

static void
await(struct resolver *r, int wanted_came, int wanted_went)
{
	struct pollfd fd = {resolver_fd(r), POLLIN, 0};

	while ((came < wanted_came || went < wanted_went) && poll(&fd, 1, PATIENCE_MS) == 1)
		resolver_look(r, note, NULL);
	CHECK(came == wanted_came && went == wanted_went);
}

static void
other_places_are_taken_up_and_those_that_stay_are_never_gone(void)
{
	const struct resolver_place before[] = {{"127.0.0.2", 7000, 7001, "two"},
						{"127.0.0.3", 7000, 7000, ""}};
	const struct resolver_place after[] = {{"127.0.0.4", 7000, 7000, ""},
					       {"127.0.0.2", 7000, 7001, "two"}};
	struct resolver *r = resolver_new(before, 2, NULL);

	came = went = 0;
	await(r, 3, 0);
	CHECK(resolver_set(r, after, 2, NULL) == 0);
	CHECK_STR(resolver_key(r, "tcp://127.0.0.2:7001"), "two");
	await(r, 4, 1);
	CHECK_STR(resolver_key(r, "tcp://127.0.0.2:7001"), "two");
	CHECK(resolver_set(r, after, 0, NULL) == 0);
	await(r, 4, 4);
	CHECK(resolver_set(r, before, 1, NULL) == 0);
	await(r, 6, 4);
	resolver_free(r);
}

static void
finds_each_port_of_each_address_once(void)
{
	const struct resolver_place places[] = {{"127.0.0.2", 7000, 7002, "two"},
						{"127.0.0.2", 7002, 7003, ""},
						{"no-such-name.invalid", 7, 7, ""}};
	struct resolver *r = resolver_new(places, 3, NULL);
	struct pollfd fd = {resolver_fd(r), POLLIN, 0};

	came = went = 0;
	while (came < 4 && poll(&fd, 1, PATIENCE_MS) == 1)
		resolver_look(r, note, NULL);
	CHECK(came == 4 && went == 0);
	CHECK_STR(last, "tcp://127.0.0.2:7003");
	CHECK_STR(resolver_key(r, "tcp://127.0.0.2:7001"), "two");
	CHECK_STR(resolver_key(r, "tcp://127.0.0.2:7003"), "");
	CHECK_STR(resolver_key(r, "tcp://127.0.0.9:7"), "");
	resolver_look(r, note, NULL);
	CHECK(came == 4 && went == 0);
	resolver_free(r);
}

static void
a_name_without_an_answer_keeps_back_neither_the_others_nor_the_owner(void)
{
	const struct resolver_place places[] = {
		{"127.0.0.2", 7000, 7000, "two"}, {SILENT, 7, 7, ""}, {"127.0.0.3", 7, 7, ""}};
	struct resolver *r;
	struct pollfd fd = {-1, POLLIN, 0};

	CHECK(sem_init(&asked, 0, 0) == 0 && sem_init(&answered, 0, 0) == 0);
	CHECK(sem_init(&over, 0, 0) == 0 && pthread_key_create(&at_the_end, thread_is_over) == 0);
	names_asked = came = went = 0;
	r = resolver_new(places, 3, NULL);
	fd.fd = resolver_fd(r);
	CHECK(sem_wait(&asked) == 0); /* from here on it hangs at the second */
	CHECK(poll(&fd, 1, PATIENCE_MS) == 1);
	resolver_look(r, note, r);
	CHECK(came == 1 && went == 0);
	CHECK_STR(last, "tcp://127.0.0.2:7000");
	CHECK_STR(key_in_time, "two");
	resolver_free(r);
	/* The look-up outlives its resolver; then there is nothing more to look up. */
	CHECK(sem_post(&answered) == 0 && sem_wait(&over) == 0);
	CHECK(names_asked == 2);
}

int
main(void)
{
	RUN(reads_places_and_says_what_is_allowed);
	RUN(writes_endpoints);
	RUN(finds_each_port_of_each_address_once);
	RUN(other_places_are_taken_up_and_those_that_stay_are_never_gone);
	RUN(a_name_without_an_answer_keeps_back_neither_the_others_nor_the_owner);
	return check_done();
}
