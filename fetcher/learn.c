#include "fetcher/learn.h"

#include <string.h>

#include "common/digest.h"

static const char rejected_again[] = "no parser can read the document, as before";

int
learn_digest(struct bytes content_type, struct bytes body, struct feed_digest *out, struct err *err)
{
	unsigned char sum[DIGEST_BYTES];
	SCOPED(digest_free) struct digest *d = digest_new();

	if (!d)
		return err_set(err, ERR_RETRY, "out of memory");
	digest_begin(d);
	digest_add_field(d, content_type.data, content_type.len);
	digest_add(d, body.data, body.len);
	digest_end(d, sum);
	memcpy(out->bytes, sum, sizeof(out->bytes));
	out->set = true;
	return 0;
}

static bool
same(const struct feed_digest *a, const struct feed_digest *b)
{
	return a->set && b->set && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void
learn_to_ask_whole(struct feed *f)
{
	(void)feed_set(&f->etag, NULL, NULL);
	(void)feed_set(&f->last_modified, NULL, NULL);
	(void)feed_set(&f->validators_url, NULL, NULL);
	f->digest.set = false;
	f->rejected.set = false;
}

/* Failures. */

void
learn_innocent(struct feed *f, const struct lesson *l)
{
	if (f->failures > 0)
		f->failures--;
	f->due_s = l->now_s + LEARN_OFFLINE_S + l->random % LEARN_OFFLINE_S;
}

static int
failed(struct feed *f, const struct outcome *o, const struct lesson *l, struct err *err)
{
	f->status = o->status;
	f->polled_s = l->now_s;
	if (feed_set(&f->error, o->reason, err) < 0)
		return -1;
	f->failures++;
	if (o->kind == OUTCOME_UNREACHED && l->offline) {
		learn_innocent(f, l);
		return 0;
	}
	f->due_s = schedule_failure(l->pace, f->failures,
				    o->status == 429 || o->status == 503 ? o->retry_after_s : -1,
				    l->now_s, l->random);
	/* The place that a permanent redirect led to is no good: the old one may still be. */
	if (f->target_url && f->failures >= LEARN_ASTRAY)
		return feed_set(&f->target_url, NULL, err);
	return 0;
}

/* One 410 may be a mistake of a minute; two, a day apart, are not. */
static int
gone(struct feed *f, const struct outcome *o, const struct lesson *l, struct err *err)
{
	const bool confirmed = f->status == 410;

	if (failed(f, o, l, err) < 0)
		return -1;
	f->due_s = l->now_s + SCHEDULE_DAY_S;
	if (!confirmed)
		return 0;
	if (f->target_url)
		return feed_set(&f->target_url, NULL, err);
	f->retired_s = l->now_s;
	f->due_s = 0;
	return 0;
}

/* Successes. */

/* A permanent redirect is believed when it was seen several times and what it leads to is a feed:
 * a captive portal or a mistake must not carry a feed off. */
static int
follow_moves(struct feed *f, const struct outcome *o, bool is_feed, struct err *err)
{
	if (!o->moved_url || strcmp(o->moved_url, feed_start_url(f)) == 0) {
		f->moved_seen = 0;
		return feed_set(&f->moved_url, NULL, err);
	}
	if (!f->moved_url || strcmp(f->moved_url, o->moved_url) != 0) {
		f->moved_seen = 1;
		return feed_set(&f->moved_url, o->moved_url, err);
	}
	f->moved_seen++;
	if (!is_feed || f->moved_seen < LEARN_MOVED_SEEN)
		return 0;
	f->moved_seen = 0;
	if (feed_set(&f->target_url, o->moved_url, err) < 0)
		return -1;
	return feed_set(&f->moved_url, NULL, err);
}

static int
succeeded(struct feed *f, const struct outcome *o, const struct lesson *l, bool changed,
	  struct err *err)
{
	/* A digest that is still there says that no parser refused the last document. */
	const bool is_feed = f->digest.set;

	f->status = o->status;
	f->polled_s = f->ok_s = l->now_s;
	f->failures = 0;
	f->retired_s = 0;
	if (is_feed)
		f->rejections = 0;
	if (feed_set(&f->error, NULL, err) < 0 || follow_moves(f, o, is_feed, err) < 0)
		return -1;
	f->due_s = schedule_success(l->pace, f, changed, o->fresh_s, l->now_s, l->random);
	return 0;
}

static int
document(struct feed *f, const struct outcome *o, const struct lesson *l, bool *fresh_out,
	 struct err *err)
{
	struct feed_digest digest = {.set = false};
	bool changed;

	if (learn_digest(o->content_type, o->body, &digest, err) < 0)
		return -1;
	if (same(&digest, &f->rejected) && l->now_s - f->rejected_s < LEARN_REJECTED_S) {
		const struct outcome again = {.kind = OUTCOME_FAILED,
					      .status = o->status,
					      .reason = rejected_again,
					      .retry_after_s = -1};

		f->rejections++;
		if (failed(f, &again, l, err) < 0)
			return -1;
		f->failures--; /* the server did what it could */
		f->due_s = schedule_failure(l->pace, f->rejections, -1, l->now_s, l->random);
		return 0;
	}
	/* What is new alone says nothing of what a whole answer would hold. */
	const bool whole = o->status != 226;

	changed = !same(&digest, &f->digest);
	if (whole && changed && f->digest.set && o->conditional)
		f->proved = true;
	if (succeeded(f, o, l, changed, err) < 0)
		return -1;
	/* Validators also of a body that is known already: they are new all the same. */
	if (feed_set_n(&f->etag, o->etag.data, o->etag.len, err) < 0 ||
	    feed_set_n(&f->last_modified, o->last_modified.data, o->last_modified.len, err) < 0 ||
	    feed_set(&f->validators_url, o->url, err) < 0)
		return -1;
	if (whole) {
		f->whole_s = l->now_s;
		f->body_bytes = (int64_t)o->body.len;
	}
	f->digest = digest;
	if (changed)
		f->changed_s = l->now_s;
	*fresh_out = changed;
	return 0;
}

static int
unchanged(struct feed *f, const struct outcome *o, const struct lesson *l, struct err *err)
{
	/* The document was refused while this poll was under way: "unchanged" says nothing then. */
	if (!f->validators_url) {
		f->due_s = l->now_s;
		return 0;
	}
	if (succeeded(f, o, l, false, err) < 0)
		return -1;
	if (o->etag.len > 0 && feed_set_n(&f->etag, o->etag.data, o->etag.len, err) < 0)
		return -1;
	if (o->last_modified.len > 0 &&
	    feed_set_n(&f->last_modified, o->last_modified.data, o->last_modified.len, err) < 0)
		return -1;
	return 0;
}

int
learn_outcome(struct feed *f, const struct outcome *o, const struct lesson *l, bool *fresh_out,
	      struct err *err)
{
	*fresh_out = false;
	switch (o->kind) {
	case OUTCOME_DOCUMENT:
		return document(f, o, l, fresh_out, err);
	case OUTCOME_UNCHANGED:
		return unchanged(f, o, l, err);
	case OUTCOME_GONE:
		return gone(f, o, l, err);
	case OUTCOME_LIMITED:
	case OUTCOME_FAILED:
	case OUTCOME_UNREACHED:
		return failed(f, o, l, err);
	case OUTCOME_BUSY:
		/* Larger than was thought: next time it waits until there is room. */
		if ((int64_t)o->body.len * 2 > f->body_bytes)
			f->body_bytes = (int64_t)o->body.len * 2;
		f->due_s = l->now_s + LEARN_BUSY_S;
		return 0;
	}
	return 0;
}

int
learn_pushed(struct feed *f, const struct outcome *o, const struct lesson *l, bool *fresh_out,
	     struct err *err)
{
	struct feed_digest digest = {.set = false};

	*fresh_out = false;
	if (learn_digest(o->content_type, o->body, &digest, err) < 0)
		return -1;
	if (same(&digest, &f->digest) ||
	    (same(&digest, &f->rejected) && l->now_s - f->rejected_s < LEARN_REJECTED_S))
		return 0;
	f->digest = digest;
	f->changed_s = l->now_s;
	*fresh_out = true;
	return 0;
}

int
learn_rejected(struct feed *f, const struct feed_digest *digest, const char *reason,
	       const struct lesson *l, struct err *err)
{
	/* A later document may have been taken meanwhile: asking for it whole once more is cheap,
	 * being wrong about it is not. */
	learn_to_ask_whole(f);
	f->rejected = *digest;
	f->rejected_s = l->now_s;
	f->rejections++;
	f->moved_seen = 0;
	if (f->target_url && f->rejections >= LEARN_ASTRAY &&
	    feed_set(&f->target_url, NULL, err) < 0)
		return -1;
	if (f->due_s > 0)
		f->due_s = schedule_failure(l->pace, f->rejections, -1, l->now_s, l->random);
	return feed_set(&f->error, reason, err);
}
