/* log - one event a line on stderr: "event key=value key=value", values quoted where they need
 * it and cut at 1000 bytes, lines at 4096. Under systemd each line carries its journal priority
 * ("<4>"), else the time.
 *
 * Only the stage loop, and main functions, log; what lies below returns a struct err. */
#ifndef FM_COMMON_LOG_H
#define FM_COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h> /* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG */

struct log_field {
	const char *key;
	const char *text; /* NULL: number counts */
	int64_t number;
};

/* A text of NULL is shown as "". */
static inline struct log_field
log_text(const char *key, const char *text)
{
	return (struct log_field){key, text ? text : "", 0};
}

#define LOG_TEXT(key, value) log_text((key), (value))
#define LOG_NUM(key, value)  ((struct log_field){(key), NULL, (int64_t)(value)})

/* log_event(LOG_WARNING, "poll_failed", LOG_TEXT("feed", url), LOG_NUM("status", 503)); a
 * field is a must: say at least what the event is about. The event is one word, to grep for. */
#define log_event(priority, event, ...)                                                            \
	log_fields((priority), (event), (const struct log_field[]){__VA_ARGS__},                   \
		   sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

void log_fields(int priority, const char *event, const struct log_field *fields, size_t count);

/* "parser@1": stands in each line as who=. Borrows name for ever. */
void log_name(const char *name);

/* Lines above this priority are dropped; LOG_INFO at first. */
void log_level(int priority);
/* Whether one of that priority is not: for values that cost something to make. */
bool log_shows(int priority);

#endif
