#include "fetcher/subscription.h"

#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { NOW = 1768386000, DAY = 24 * 3600 };

static const char feed[] = "0123456789abcdef0123456789abcdef";

static struct folder folder;
static struct state *state;

static void
begin(void)
{
	folder = folder_make();
	state = state_open(folder.path, NULL);
	CHECK(state != NULL);
}

static void
end(void)
{
	state_close(state);
	folder_drop(&folder);
}

static struct subscription
made(int64_t due_s)
{
	struct subscription s = {.due_s = 0};

	CHECK(subscription_make(feed, &s, NULL) == 0);
	CHECK(feed_set(&s.topic, "http://example.org/", NULL) == 0 &&
	      feed_set(&s.hubs, "http://a.example/\nhttp://b.example/", NULL) == 0 &&
	      feed_set(&s.base, "https://reader.example", NULL) == 0);
	s.due_s = due_s;
	return s;
}

static int
note(void *arg, const struct subscription *s)
{
	char *order = arg;
	const size_t len = strlen(order);

	order[len] = s->due_s == NOW - 5 ? 'a' : s->due_s == NOW ? 'b' : 'c';
	order[len + 1] = 0;
	return 0;
}

static void
has_a_token_and_a_secret_that_nobody_guesses(void)
{
	struct subscription one = made(NOW), two = made(NOW);

	CHECK(strlen(one.token) == SUBSCRIPTION_TOKEN_HEX);
	CHECK(strlen(one.secret) == SUBSCRIPTION_SECRET_HEX);
	CHECK(strcmp(one.token, two.token) != 0 && strcmp(one.secret, two.secret) != 0);
	CHECK(!strstr(one.secret, one.token));
	subscription_done(&one);
	subscription_done(&two);
}

static void
comes_back_as_it_was_saved(void)
{
	SCOPED(subscription_done) struct subscription s = made(NOW);
	SCOPED(subscription_done) struct subscription got = {.due_s = 0};

	begin();
	s.phase = SUBSCRIPTION_LIVE;
	s.hub_at = 1;
	s.by_head = true;
	s.made_s = 1, s.asked_s = 2, s.verified_s = 3, s.lease_until_s = 4, s.tries = 5;
	s.pushes = 6, s.forged = 7, s.pushed_s = 8, s.missed = -1;
	CHECK(feed_set(&s.error, "status 500", NULL) == 0);
	CHECK(subscription_save(state, &s, NULL) == 0 && state_commit(state, NULL) == 0);
	state_close(state);
	state = state_open(folder.path, NULL);
	CHECK(subscription_load(state, s.token, &got, NULL) == 1);
	CHECK_STR(got.secret, s.secret);
	CHECK_STR(got.feed, feed);
	CHECK_STR(got.topic, s.topic);
	CHECK_STR(got.hubs, s.hubs);
	CHECK_STR(got.base, s.base);
	CHECK_STR(got.error, s.error);
	CHECK(got.phase == s.phase && got.hub_at == 1 && got.by_head && got.made_s == 1);
	CHECK(got.asked_s == 2 && got.verified_s == 3 && got.lease_until_s == 4 && got.tries == 5);
	CHECK(got.pushes == 6 && got.forged == 7 && got.pushed_s == 8 && got.missed == -1);
	CHECK(got.due_s == NOW);
	CHECK(subscription_drop(state, s.token, NULL) == 0);
	CHECK(subscription_load(state, s.token, &got, NULL) == 0);
	end();
}

static void
counts_one_for_each_feed(void)
{
	SCOPED(subscription_done) struct subscription old = made(NOW);
	SCOPED(subscription_done) struct subscription new = made(NOW);
	SCOPED(subscription_done) struct subscription got = {.due_s = 0};
	struct subscription_counts counts;

	begin();
	old.phase = SUBSCRIPTION_LEAVING;
	new.phase = SUBSCRIPTION_LIVE;
	CHECK(subscription_save(state, &old, NULL) == 0);
	CHECK(subscription_of(state, feed, &got, NULL) == 0);
	CHECK(subscription_save(state, &new, NULL) == 0);
	CHECK(subscription_of(state, feed, &got, NULL) == 1);
	CHECK_STR(got.token, new.token);
	CHECK(subscription_count(state, &counts, NULL) == 0);
	CHECK(counts.live == 1 && counts.awaited == 0);
	end();
}

static void
is_due_in_its_turn_also_when_the_clock_has_gone_back(void)
{
	static const int64_t due_s[] = {NOW, NOW + 1, NOW - 5, NOW + 60 * DAY};
	char order[8] = "";
	int64_t next_s;

	begin();
	for (size_t i = 0; i < sizeof(due_s) / sizeof(due_s[0]); i++) {
		SCOPED(subscription_done) struct subscription s = made(due_s[i]);

		s.phase = SUBSCRIPTION_OVER;
		CHECK(subscription_save(state, &s, NULL) == 0);
	}
	CHECK(subscription_each_due(state, NOW, 10, note, order, NULL) == 0);
	CHECK_STR(order, "abc");
	CHECK(subscription_next_due(state, NOW, &next_s, NULL) == 0 && next_s == NOW + 1);
	order[0] = '\0';
	CHECK(subscription_each_due(state, NOW, 1, note, order, NULL) == 0);
	CHECK_STR(order, "a");
	end();
}

static void
names_its_hub(void)
{
	static const struct {
		const char *hubs;
		int64_t at;
		const char *hub;
	} cases[] = {
		{"http://a.example/\nhttp://b.example/", 0, "http://a.example/"},
		{"http://a.example/\nhttp://b.example/", 1, "http://b.example/"},
		{"http://a.example/\nhttp://b.example/", 2, "http://a.example/"},
		{"http://a.example/", 0, "http://a.example/"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SCOPED(subscription_done) struct subscription s = {.hub_at = cases[i].at};
		SCOPED(buf_done) struct buf hub = buf_init(100);

		CHECK(feed_set(&s.hubs, cases[i].hubs, NULL) == 0);
		CHECK(subscription_hub(&s, &hub, NULL) == 0);
		CHECK_STR(buf_str(&hub), cases[i].hub);
	}
}

int
main(void)
{
	RUN(has_a_token_and_a_secret_that_nobody_guesses);
	RUN(comes_back_as_it_was_saved);
	RUN(counts_one_for_each_feed);
	RUN(is_due_in_its_turn_also_when_the_clock_has_gone_back);
	RUN(names_its_hub);
	return check_done();
}
