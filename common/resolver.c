#include "common/resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { ENDPOINT_BYTES = 96 };

struct endpoint {
	char text[ENDPOINT_BYTES];
	size_t place;
};

struct endpoints {
	struct endpoint at[RESOLVER_ENDPOINTS_MAX];
	size_t count;
};

/* Lives as long as the last of its two users: a look-up may outlast the resolver by many seconds,
 * and nobody waits for it. */
struct shared {
	pthread_mutex_t lock;
	pthread_cond_t over;
	int users;
	bool ending;
	bool fresh;
	int fd; /* eventfd */
	struct resolver_place places[RESOLVER_PLACES_MAX];
	size_t place_count;
	struct endpoints found; /* each place's by its last look-up; two may share an endpoint */
	struct endpoints next;  /* the thread's own */
};

struct resolver {
	struct shared *shared;
	struct endpoints known; /* the owner was told of these */
	struct endpoints look;  /* what shared->found was, each endpoint once */
};

/* Where the host ends and ":PORT" begins; NULL: there is none. */
static const char *
split(const char *text, const char **host_out, size_t *len_out)
{
	const char *end;

	if (*text == '[') {
		end = strchr(text, ']');
		*host_out = text + 1;
		*len_out = end ? (size_t)(end - text) - 1 : 0;
		return end && end[1] == ':' ? end + 1 : NULL;
	}
	end = strchr(text, ':');
	*host_out = text;
	*len_out = end ? (size_t)(end - text) : 0;
	return end;
}

int
resolver_place(const char *text, struct resolver_place *out, struct err *err)
{
	struct resolver_place p = {.key = ""};
	const char *host;
	size_t len;
	const char *at = split(text, &host, &len);
	int used = 0;
	bool good = at && len > 0 && len <= RESOLVER_HOST_MAX &&
		    sscanf(at, ":%5d%n", &p.first, &used) == 1;

	if (good) {
		int more = 0;

		at += used;
		p.last = p.first;
		if (*at == '-') {
			good = sscanf(at, "-%5d%n", &p.last, &more) == 1;
			at += more;
		}
		if (*at == ' ' || *at == '\t') {
			at += strspn(at, " \t");
			good &= strlen(at) > 0 && strlen(at) <= RESOLVER_KEY_MAX &&
				!strpbrk(at, " \t/");
			(void)snprintf(p.key, sizeof(p.key), "%s", at);
			at += strlen(at);
		}
		good &= *at == '\0' && p.first > 0 && p.last >= p.first && p.last <= UINT16_MAX &&
			p.last - p.first < RESOLVER_PORTS_MAX;
	}
	if (!good)
		return err_set(err, ERR_USAGE,
			       "'%s': HOST:PORT or HOST:PORT-PORT (at most %d ports; IPv6 in "
			       "brackets) is allowed, and after a blank a key's name",
			       text, RESOLVER_PORTS_MAX);
	(void)snprintf(p.host, sizeof(p.host), "%.*s", (int)len, host);
	*out = p;
	return 0;
}

bool
resolver_same_place(const struct resolver_place *a, const struct resolver_place *b)
{
	return a->first == b->first && a->last == b->last && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->key, b->key) == 0;
}

bool
resolver_is_loopback(const struct resolver_place *place)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, place->host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcmp(place->host, "::1") == 0 || strcmp(place->host, "localhost") == 0;
}

void
resolver_endpoint(const char *host, int port, char *out, size_t size)
{
	(void)snprintf(out, size, strchr(host, ':') ? "tcp://[%s]:%d" : "tcp://%s:%d", host, port);
}

/* The thread. */

/* Among those from that position on. */
static bool
has(const struct endpoints *set, size_t from, const char *text)
{
	for (size_t i = from; i < set->count; i++)
		if (strcmp(set->at[i].text, text) == 0)
			return true;
	return false;
}

static void
add(struct endpoints *set, size_t from, const char *text, size_t place)
{
	struct endpoint *e = &set->at[set->count];

	if (set->count == RESOLVER_ENDPOINTS_MAX || has(set, from, text))
		return;
	(void)snprintf(e->text, sizeof(e->text), "%s", text);
	e->place = place;
	set->count++;
}

/* Makes next: what was found of the other places, and what this one has now. */
static bool
look_up(struct shared *shared, size_t place)
{
	const struct resolver_place *p = &shared->places[place];
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct endpoints *next = &shared->next;
	struct addrinfo *list = NULL;
	char host[INET6_ADDRSTRLEN + 20], text[ENDPOINT_BYTES];
	size_t others;

	if (getaddrinfo(p->host, NULL, &hints, &list) != 0)
		return false;
	next->count = 0;
	/* Only this thread writes found: it may read it unlocked. */
	for (size_t i = 0; i < shared->found.count; i++)
		if (shared->found.at[i].place != place)
			next->at[next->count++] = shared->found.at[i];
	others = next->count;
	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), NULL, 0,
				NI_NUMERICHOST) != 0)
			continue;
		for (int port = p->first; port <= p->last; port++) {
			resolver_endpoint(host, port, text, sizeof(text));
			add(next, others, text, place);
		}
	}
	freeaddrinfo(list);
	return true;
}

/* The lock is held before and after, but not while a name is looked up. What is found is there for
 * the owner at once: one name whose servers are silent must not keep back the others. */
static void
look_up_all(struct shared *shared)
{
	for (size_t i = 0; i < shared->place_count && !shared->ending; i++) {
		bool found;

		(void)pthread_mutex_unlock(&shared->lock);
		found = look_up(shared, i);
		(void)pthread_mutex_lock(&shared->lock);
		if (!found)
			continue;
		shared->found = shared->next;
		shared->fresh = true;
		(void)eventfd_write(shared->fd, 1);
	}
}

/* Unlocks. */
static void
leave(struct shared *shared)
{
	const bool last = --shared->users == 0;

	(void)pthread_mutex_unlock(&shared->lock);
	if (!last)
		return;
	(void)close(shared->fd);
	(void)pthread_cond_destroy(&shared->over);
	(void)pthread_mutex_destroy(&shared->lock);
	free(shared);
}

static void *
work(void *arg)
{
	struct shared *shared = arg;
	struct timespec until;

	(void)pthread_mutex_lock(&shared->lock);
	while (!shared->ending) {
		look_up_all(shared);
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += RESOLVER_AGAIN_S;
		while (!shared->ending &&
		       pthread_cond_timedwait(&shared->over, &shared->lock, &until) == 0)
			;
	}
	leave(shared);
	return NULL;
}

static struct shared *
shared_new(const struct resolver_place *places, size_t count)
{
	struct shared *shared = calloc(1, sizeof(*shared));
	pthread_condattr_t monotonic;

	if (!shared)
		return NULL;
	shared->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (shared->fd < 0) {
		free(shared);
		return NULL;
	}
	shared->place_count = count < RESOLVER_PLACES_MAX ? count : RESOLVER_PLACES_MAX;
	memcpy(shared->places, places, shared->place_count * sizeof(*places));
	(void)pthread_mutex_init(&shared->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&shared->over, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	shared->users = 1;
	return shared;
}

static int
start(struct shared *shared)
{
	pthread_attr_t detached;
	pthread_t thread;
	int failed;

	(void)pthread_attr_init(&detached);
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	shared->users++;
	failed = pthread_create(&thread, &detached, work, shared);
	(void)pthread_attr_destroy(&detached);
	if (failed) {
		shared->users--;
		errno = failed;
	}
	return failed ? -1 : 0;
}

struct resolver *
resolver_new(const struct resolver_place *places, size_t count, struct err *err)
{
	SCOPED(resolver_free) struct resolver *r = calloc(1, sizeof(*r));

	if (r)
		r->shared = shared_new(places, count);
	if (!r || !r->shared || start(r->shared) < 0) {
		(void)err_sys(err, "resolver");
		return NULL;
	}
	return TAKE(r);
}

static void
part(struct shared *shared)
{
	if (!shared)
		return;
	(void)pthread_mutex_lock(&shared->lock);
	shared->ending = true;
	(void)pthread_cond_signal(&shared->over);
	leave(shared);
}

void
resolver_free(struct resolver *r)
{
	if (!r)
		return;
	part(r->shared);
	free(r);
}

/* What is known of a place that stays; from's lock is held. */
static void
inherit(struct shared *to, const struct shared *from)
{
	for (size_t n = 0; n < to->place_count; n++)
		for (size_t i = 0; i < from->found.count; i++)
			if (resolver_same_place(&to->places[n],
						&from->places[from->found.at[i].place]))
				add(&to->found, 0, from->found.at[i].text, n);
}

int
resolver_set(struct resolver *r, const struct resolver_place *places, size_t count, struct err *err)
{
	struct shared *shared = shared_new(places, count);
	struct endpoints kept;

	if (!shared)
		return err_sys(err, "resolver");
	(void)pthread_mutex_lock(&r->shared->lock);
	inherit(shared, r->shared);
	(void)pthread_mutex_unlock(&r->shared->lock);
	shared->fresh = true;
	(void)eventfd_write(shared->fd, 1);
	kept = shared->found; /* from its start on the thread's */
	if (start(shared) < 0) {
		(void)err_sys(err, "resolver");
		(void)pthread_mutex_lock(&shared->lock);
		leave(shared);
		return -1;
	}
	part(r->shared);
	r->shared = shared;
	r->look = kept; /* resolver_key asks it, about the new places */
	return 0;
}

int
resolver_fd(const struct resolver *r)
{
	return r->shared->fd;
}

void
resolver_look(struct resolver *r, void (*each)(void *arg, const char *endpoint, bool there),
	      void *arg)
{
	struct shared *shared = r->shared;
	eventfd_t rounds;
	bool fresh;

	(void)eventfd_read(shared->fd, &rounds);
	(void)pthread_mutex_lock(&shared->lock);
	fresh = shared->fresh;
	shared->fresh = false;
	if (fresh) {
		r->look.count = 0;
		for (size_t i = 0; i < shared->found.count; i++)
			add(&r->look, 0, shared->found.at[i].text, shared->found.at[i].place);
	}
	(void)pthread_mutex_unlock(&shared->lock);
	if (!fresh)
		return;
	for (size_t i = 0; i < r->known.count; i++)
		if (!has(&r->look, 0, r->known.at[i].text))
			each(arg, r->known.at[i].text, false);
	for (size_t i = 0; i < r->look.count; i++)
		if (!has(&r->known, 0, r->look.at[i].text))
			each(arg, r->look.at[i].text, true);
	r->known = r->look;
}

const char *
resolver_key(const struct resolver *r, const char *endpoint)
{
	for (size_t i = 0; i < r->look.count; i++)
		if (strcmp(r->look.at[i].text, endpoint) == 0)
			return r->shared->places[r->look.at[i].place].key;
	return "";
}
