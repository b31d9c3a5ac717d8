#include "fetcher/errand.h"

#include <poll.h>
#include <string.h>

#include "common/clock.h"
#include "common/url.h"

void
errand_done(struct errand *e)
{
	http_transfer_free(e->transfer);
	poll_free(e->poll);
	*e = (struct errand){.poll = NULL};
}

static struct http_transfer *
wait_for(struct http *http, struct err *err)
{
	for (struct http_transfer *t;;) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		if (http_run(http, err) < 0)
			return NULL;
		if ((t = http_take_done(http)))
			return t;
		(void)poll(&fd, 1, http_timeout_ms(http));
	}
}

static struct poll *
begin(const char *spelt, struct err *err)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf userinfo = buf_init(URL_MAX_BYTES);
	SCOPED(feed_done) struct feed feed = {.due_s = 0};

	if (feed_url(spelt, &url, &userinfo, err) < 0 ||
	    feed_set(&feed.url, buf_str(&url), err) < 0 ||
	    feed_set(&feed.userinfo, buf_str(&userinfo), err) < 0)
		return NULL;
	return poll_new(&feed, clock_wall_s(), err);
}

int
errand_run(struct errand *e, const struct errand_way *way, const char *spelt, struct err *err)
{
	enum poll_step step;

	*e = (struct errand){.poll = begin(spelt, err)};
	if (!e->poll)
		return -1;
	do {
		SCOPED(buf_done) struct buf asked = buf_init(URL_MAX_BYTES);
		struct http_request request;
		struct http_response response;

		http_transfer_free(e->transfer);
		e->transfer = NULL;
		if (poll_request(e->poll, way->body_bytes_max, &request, err) < 0 ||
		    buf_adds(&asked, request.url, err) < 0 ||
		    !http_start(way->http, &request, NULL, err))
			return -1;
		e->transfer = wait_for(way->http, err);
		if (!e->transfer)
			return -1;
		response = http_response(e->transfer);
		step = poll_answer(e->poll, &response, clock_wall_s(), &e->outcome);
		request.url = buf_str(&asked); /* poll_answer may have moved on */
		if (way->step)
			way->step(way->arg, &request, &response, step == POLL_AGAIN);
	} while (step == POLL_AGAIN);
	return 0;
}
