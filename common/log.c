#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/utf8.h"

enum { LINE_MAX_BYTES = 4096, VALUE_MAX_BYTES = 1000 };

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

bool
log_shows(int priority)
{
	return priority <= level;
}

/* Whether a code point may stand in a line: control characters would let a feed forge lines or
 * drive a terminal, malformed text makes the journal hide the whole line. */
static bool
is_harmless(uint32_t cp)
{
	return cp >= ' ' && cp != 0x7F && (cp < 0x80 || cp >= 0xA0) && cp != UTF8_REPLACEMENT;
}

static bool
is_plain(const char *text, const char *end)
{
	if (text == end)
		return false;
	while (text < end) {
		const uint32_t cp = utf8_next(&text, end);

		if (!is_harmless(cp) || cp == ' ' || cp == '"' || cp == '=' || cp == '\\')
			return false;
	}
	return true;
}

static void
add_value(struct buf *line, const char *text)
{
	const size_t len = strlen(text), shown = utf8_cut(text, len, VALUE_MAX_BYTES);
	const char *const end = text + shown;
	const char *const rest = shown < len ? "..." : "";

	if (is_plain(text, end)) {
		(void)buf_add(line, text, shown, NULL);
		(void)buf_adds(line, rest, NULL);
		return;
	}
	(void)buf_addc(line, '"', NULL);
	while (text < end) {
		const char *from = text;
		const uint32_t cp = utf8_next(&text, end);

		if (cp == '"' || cp == '\\')
			(void)buf_addf(line, NULL, "\\%c", (int)cp);
		else if (cp == '\n')
			(void)buf_adds(line, "\\n", NULL);
		else if (is_harmless(cp))
			(void)buf_add(line, from, (size_t)(text - from), NULL);
		else
			for (; from < text; from++)
				(void)buf_addf(line, NULL, "\\x%02x", (unsigned char)*from);
	}
	(void)buf_addf(line, NULL, "%s\"", rest);
}

void
log_fields(int priority, const char *event, const struct log_field *fields, size_t count)
{
	SCOPED(buf_done) struct buf line = buf_init(LINE_MAX_BYTES);
	char now[CLOCK_RFC3339_BYTES];

	if (!log_shows(priority))
		return;
	if (secure_getenv("JOURNAL_STREAM"))
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
	/* Fields that did not fit are missing; the line ends all the same. */
	line.max += strlen(" ...\n");
	(void)buf_adds(&line, line.failed ? " ...\n" : "\n", NULL);
	/* One write, so that the lines of several processes on one stderr never mix. */
	if (write(STDERR_FILENO, buf_str(&line), line.len) < 0)
		return; /* nowhere left to say so */
}
