#include "common/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"

enum { LINE_MAX_BYTES = 4096 };

static const char *who = "feedmill";
static int level = LOG_INFO;

void
log_name(const char *name)
{
	who = name;
}

void
log_level(int priority)
{
	level = priority;
}

static bool
is_plain(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == '"' || *text == '=' || *text == '\\' ||
		    *text == 0x7f)
			return false;
	return true;
}

/* Control bytes would let a feed forge log lines or drive a terminal. */
static void
add_value(struct buf *line, const char *text)
{
	if (is_plain(text)) {
		(void)buf_adds(line, text, NULL);
		return;
	}
	(void)buf_addc(line, '"', NULL);
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			(void)buf_addf(line, NULL, "\\%c", c);
		else if (c == '\n')
			(void)buf_adds(line, "\\n", NULL);
		else if (c < ' ' || c == 0x7f)
			(void)buf_addf(line, NULL, "\\x%02x", c);
		else
			(void)buf_addc(line, (char)c, NULL);
	}
	(void)buf_addc(line, '"', NULL);
}

void
log_fields(int priority, const char *event, const struct log_field *fields, size_t count)
{
	SCOPED(buf_done) struct buf line = buf_init(LINE_MAX_BYTES);
	char now[CLOCK_RFC3339_BYTES];

	if (priority > level)
		return;
	if (getenv("JOURNAL_STREAM"))
		(void)buf_addf(&line, NULL, "<%d>", priority);
	else
		(void)buf_addf(&line, NULL, "%s ", clock_rfc3339(clock_wall_s(), now));
	(void)buf_addf(&line, NULL, "%s who=%s", event, who);
	for (size_t i = 0; i < count; i++) {
		(void)buf_addf(&line, NULL, " %s=", fields[i].key);
		if (fields[i].text)
			add_value(&line, fields[i].text);
		else
			(void)buf_addf(&line, NULL, "%lld", (long long)fields[i].number);
	}
	(void)buf_addc(&line, '\n', NULL);
	/* One write, so that the lines of several processes on one stderr never mix. */
	if (write(STDERR_FILENO, buf_str(&line), line.len) < 0)
		return; /* nowhere left to say so */
}
