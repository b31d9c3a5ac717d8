#include "sink/exec_log.h"

#include <stdio.h>
#include <syslog.h>

#include "common/clock.h"

enum { TEXT_BYTES = 64 };

void
exec_log_dropped(struct exec_log *log, struct fm_sink *sink)
{
	char text[TEXT_BYTES];

	if (log->dropped == 0)
		return;
	(void)snprintf(text, sizeof(text), "%llu lines left out", (unsigned long long)log->dropped);
	fm_log(sink, LOG_WARNING, "program_too_loud", text);
	log->dropped = 0;
}

void
exec_log_line(struct exec_log *log, struct fm_sink *sink, int priority, const char *event,
	      const char *text)
{
	const int64_t second = clock_mono_ms() / 1000;

	if (log->second != second) {
		exec_log_dropped(log, sink);
		log->second = second;
		log->lines = 0;
	}
	if (log->lines >= EXEC_LOG_LINES_PER_SECOND) {
		log->dropped++;
		return;
	}
	log->lines++;
	fm_log(sink, priority, event, text);
}
