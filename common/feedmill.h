/* feedmill.h - write a sink for the feedmill news mill. Plain C99, safe in C++. -lfeedmill
 *
 * A sink receives tagged items, one by one, and makes them durable somewhere. The mill delivers
 * every item at least once and forgets it only after the sink said FM_OK and committed:
 *
 *     put, put, put, ... commit        one turn; whatever put took is acked after commit
 *
 * An item may come again (after a crash, a lost link): take a (fm_id, fm_rev) once. A changed
 * item comes as a new revision with a higher fm_seq; an older revision that arrives late has a
 * lower one and must not replace a newer.
 *
 * Every callback returns one of the verdicts below. A reason goes with FM_RETRY and FM_REJECT:
 *     return fm_fail(sink, FM_RETRY, "cannot reach %s", host);
 *
 * Texts are UTF-8, borrowed for the call; NULL means that the item has no such field. One thread
 * calls everything. */
#ifndef FEEDMILL_H
#define FEEDMILL_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FM_API 1

#if defined(__GNUC__)
#define FM_EXPORT            __attribute__((visibility("default")))
#define FM_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define FM_EXPORT
#define FM_PRINTF(fmt, args)
#endif

enum fm_verdict {
	FM_OK = 0,  /* taken; acked after the next commit that says FM_OK */
	FM_RETRY,   /* not now: the mill comes again, for ever, with back-off */
	FM_REJECT,  /* never: the mill keeps it in its quarantine with the reason */
	FM_FATAL,   /* this process cannot go on: exit 111, the supervisor restarts it */
	FM_CONFIG,  /* the configuration is wrong: exit 100, no restart */
	FM_PENDING, /* from put only: fm_settle tells the verdict later */
};

struct fm_sink; /* the running sink */
struct fm_item; /* one item, for the time of put */

/* Only api and put are a must; the others may be NULL. */
struct fm_sink_ops {
	int api; /* FM_API */
	/* NULL-terminated: the keys of the [sink NAME] section that this sink knows, beside those
	 * of every sink (type, program, filter, from, on_full, max_age, max_size). */
	const char *const *options;
	/* check: the options are well-formed (feedmill check, -n); touches nothing. */
	int (*check)(struct fm_sink *sink);
	/* Sets *self, which every later call gets. */
	int (*open)(struct fm_sink *sink, void **self);
	int (*put)(struct fm_sink *sink, void *self, const struct fm_item *item);
	/* Makes durable what put took since the last commit. Called often: be quick when there is
	 * nothing. Not FM_OK: everything since the last commit is delivered again. */
	int (*commit)(struct fm_sink *sink, void *self);
	void (*close)(struct fm_sink *sink, void *self);

	/* For sinks that wait for something outside (a child, a server).
	 * watch: descriptors to wake up for, at most max; may lower *timeout_ms.
	 * woken: the same after the poll. turn: once each turn of the loop. */
	size_t (*watch)(struct fm_sink *sink, void *self, struct pollfd *fds, size_t max,
			int *timeout_ms);
	int (*woken)(struct fm_sink *sink, void *self, const struct pollfd *fds, size_t count);
	int (*turn)(struct fm_sink *sink, void *self);
	/* drain: once, when the sink is asked to stop. No put follows; settle soon what is pending
	 * (FM_RETRY gives it back). watch, woken, turn and commit go on until nothing is pending
	 * or the drain time is over; then close. */
	void (*drain)(struct fm_sink *sink, void *self);
};

/* A row of the table of types: [sink NAME] type = ... */
struct fm_sink_type {
	const char *type;
	const struct fm_sink_ops *ops;
};

/* The whole main of a sink: options -c FILE -i NAME -n -V, signals, systemd, delivery. The type
 * of [sink NAME] picks the row; a table of one row serves any type. Returns the exit status. */
FM_EXPORT int fm_sink_main(int argc, char **argv, const struct fm_sink_type *types, size_t count);

/* The sink. */
FM_EXPORT const char *fm_sink_name(const struct fm_sink *sink);      /* NAME */
FM_EXPORT const char *fm_sink_state_dir(const struct fm_sink *sink); /* its own, made */
/* The option's last value, or fallback. fm_option_nth: the i-th value, NULL past the last. */
FM_EXPORT const char *fm_option(const struct fm_sink *sink, const char *key, const char *fallback);
FM_EXPORT const char *fm_option_nth(const struct fm_sink *sink, const char *key, size_t i);
/* Numbers: "64"; sizes "8M"; durations "15m", in seconds. FM_OK, or FM_CONFIG with file and line
 * as the reason when the value is no such thing or out of bounds. */
FM_EXPORT int fm_option_int(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least,
			    int64_t most, int64_t *out);
FM_EXPORT int fm_option_size(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least,
			     int64_t most, int64_t *out);
FM_EXPORT int fm_option_seconds(struct fm_sink *sink, const char *key, int64_t fallback,
				int64_t least, int64_t most, int64_t *out);
FM_EXPORT int fm_option_bool(struct fm_sink *sink, const char *key, int fallback, int *out);
/* Keeps the reason and returns the verdict. */
FM_EXPORT int fm_fail(struct fm_sink *sink, int verdict, const char *fmt, ...) FM_PRINTF(3, 4);
/* A line in the log: event is one word; text may be NULL. */
FM_EXPORT void fm_log(struct fm_sink *sink, int syslog_priority, const char *event,
		      const char *text);
/* In open: what was acked since then (seconds since 1970) may be gone, though the sink had promised
 * it. The mill gives it again, as far as it keeps it. id names the loss (at most 16 characters):
 * told again in a later life, it is the same. One at a time. */
FM_EXPORT void fm_lost(struct fm_sink *sink, const char *id, int64_t since_s);
/* The verdict of an item that put answered with FM_PENDING, once for each: FM_OK (acked after the
 * next commit), FM_RETRY (after delay_ms; 0: the mill's own back-off) or FM_REJECT. An item may be
 * put again while it is pending, when its sender was restarted: as another ticket. */
FM_EXPORT void fm_settle(struct fm_sink *sink, uint64_t ticket, int verdict, const char *reason,
			 int64_t delay_ms);

/* The item. */
enum { FM_ID_HEX = 32, FM_REV_HEX = 16 };
enum fm_field {
	FM_ID,  /* 32 hex digits: the same for ever, on every machine */
	FM_REV, /* 16 hex digits: this content */
	FM_GUID,
	FM_URL,
	FM_TITLE,   /* plain text */
	FM_SUMMARY, /* safe HTML */
	FM_CONTENT, /* safe HTML */
	FM_LANGUAGE,
	FM_IMAGE,
	FM_COMMENTS,
	FM_RIGHTS,
	FM_SOURCE_TITLE,
	FM_SOURCE_URL,
	FM_FEED_ID,
	FM_FEED_URL,
	FM_FEED_TITLE,
	FM_FEED_LINK,
	FM_FEED_LANGUAGE,
	FM_STORY, /* 32 hex digits: the same for items of several feeds that tell the same */
	FM_FIELDS
};
enum fm_time_field { FM_PUBLISHED, FM_UPDATED, FM_FETCHED };

FM_EXPORT const char *fm_text(const struct fm_item *item, enum fm_field field);
/* Seconds since 1970 UTC into *out and 1; 0 where the item has no such time. */
FM_EXPORT int fm_time(const struct fm_item *item, enum fm_time_field field, int64_t *out);
/* Of two revisions of an item the one with the higher number is newer. */
FM_EXPORT uint64_t fm_seq(const struct fm_item *item);
/* The same of the members "seq" and "retags" (0: absent) of an item in JSON. */
FM_EXPORT uint64_t fm_order(uint64_t seq, uint64_t retags);
/* 1 for the item that told FM_STORY first, then 2, 3 and so on; 0: it has no story. */
FM_EXPORT uint64_t fm_story_rank(const struct fm_item *item);
FM_EXPORT uint64_t fm_ticket(const struct fm_item *item);
FM_EXPORT uint32_t fm_attempt(const struct fm_item *item); /* 1; more: may have been put before */

FM_EXPORT size_t fm_tag_count(const struct fm_item *item);
FM_EXPORT const char *fm_tag(const struct fm_item *item, size_t i);
FM_EXPORT double fm_tag_score(const struct fm_item *item, size_t i);
FM_EXPORT size_t fm_author_count(const struct fm_item *item);
FM_EXPORT const char *fm_author_name(const struct fm_item *item, size_t i);
FM_EXPORT const char *fm_author_url(const struct fm_item *item, size_t i);
FM_EXPORT size_t fm_category_count(const struct fm_item *item);
FM_EXPORT const char *fm_category(const struct fm_item *item, size_t i);
FM_EXPORT size_t fm_enclosure_count(const struct fm_item *item);
FM_EXPORT const char *fm_enclosure_url(const struct fm_item *item, size_t i);
FM_EXPORT const char *fm_enclosure_type(const struct fm_item *item, size_t i);
FM_EXPORT int64_t fm_enclosure_bytes(const struct fm_item *item, size_t i); /* -1 unknown */

/* The whole item as one JSON object, no newline (the spelling of feedmill-item(7)). NULL without
 * memory. len_out may be NULL. */
FM_EXPORT const char *fm_json(const struct fm_item *item, size_t *len_out);

#ifdef __cplusplus
}
#endif
#endif
