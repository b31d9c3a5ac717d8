#include "common/log.h"

#include <fcntl.h>
#include <regex.h>
#include <unistd.h>

#include "common/buf.h"
#include "tests/unit/check.h"

static int stderr_saved = -1;
static int pipe_fds[2];

static void
catch_stderr(void)
{
	CHECK(pipe(pipe_fds) == 0);
	stderr_saved = dup(STDERR_FILENO);
	CHECK(dup2(pipe_fds[1], STDERR_FILENO) == STDERR_FILENO);
	(void)close(pipe_fds[1]);
}

/* What was written since catch_stderr. */
static const char *
caught(struct buf *out)
{
	ssize_t got;
	char *room;

	CHECK(dup2(stderr_saved, STDERR_FILENO) == STDERR_FILENO);
	(void)close(stderr_saved);
	while ((room = buf_reserve(out, 1000, NULL)) && (got = read(pipe_fds[0], room, 1000)) > 0)
		out->len += (size_t)got;
	(void)close(pipe_fds[0]);
	if (out->data)
		out->data[out->len] = '\0';
	return buf_str(out);
}

static void
writes_one_line_an_event(void)
{
	SCOPED(buf_done) struct buf out = buf_init(10000);

	(void)setenv("JOURNAL_STREAM", "8:1", 1);
	log_name("parser@1");
	catch_stderr();
	log_event(LOG_WARNING, "poll_failed", LOG_TEXT("feed", "http://h/x"),
		  LOG_NUM("status", 503));
	log_event(LOG_INFO, "started", LOG_TEXT("reason", NULL), LOG_NUM("n", -1));
	CHECK_STR(caught(&out), "<4>poll_failed who=parser@1 feed=http://h/x status=503\n"
				"<6>started who=parser@1 reason=\"\" n=-1\n");
}

static void
lets_nobody_forge_a_line_or_drive_a_terminal(void)
{
	SCOPED(buf_done) struct buf out = buf_init(10000);

	catch_stderr();
	log_event(LOG_ERR, "bad", LOG_TEXT("a", "x\n<0>forged who=me"),
		  LOG_TEXT("b", "\x1B[2J\x7F"), LOG_TEXT("c", "say \"\\\""), LOG_TEXT("d", "k=v"),
		  LOG_TEXT("e", "caf\xC3\xA9"),
		  LOG_TEXT("f", "\xC2\x9B"
				"2J\xFF\xC3"));
	CHECK_STR(caught(&out),
		  "<3>bad who=parser@1 a=\"x\\n<0>forged who=me\" b=\"\\x1b[2J\\x7f\" "
		  "c=\"say \\\"\\\\\\\"\" d=\"k=v\" e=caf\xC3\xA9 f=\"\\xc2\\x9b2J\\xff\\xc3\"\n");
}

static void
drops_what_is_above_its_level(void)
{
	SCOPED(buf_done) struct buf out = buf_init(10000);

	catch_stderr();
	log_event(LOG_DEBUG, "quiet", LOG_NUM("n", 1));
	log_level(LOG_DEBUG);
	log_event(LOG_DEBUG, "loud", LOG_NUM("n", 2));
	log_level(LOG_ERR);
	log_event(LOG_WARNING, "quiet", LOG_NUM("n", 3));
	log_level(LOG_INFO);
	CHECK_STR(caught(&out), "<7>loud who=parser@1 n=2\n");
}

static void
carries_the_time_where_there_is_no_journal(void)
{
	SCOPED(buf_done) struct buf out = buf_init(10000);
	regex_t form;

	(void)unsetenv("JOURNAL_STREAM");
	catch_stderr();
	log_event(LOG_INFO, "started", LOG_NUM("n", 1));
	CHECK(regcomp(&form, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z started who=parser@1 n=1\n$",
		      REG_EXTENDED | REG_NOSUB) == 0);
	CHECK(regexec(&form, caught(&out), 0, NULL, 0) == 0);
	regfree(&form);
	(void)setenv("JOURNAL_STREAM", "8:1", 1);
}

static void
cuts_what_is_too_long_and_still_ends_the_line(void)
{
	SCOPED(buf_done) struct buf out = buf_init(100000);
	char *text = calloc(1, 20001);
	const char *line;

	memset(text, 'x', 20000);
	catch_stderr();
	log_event(LOG_INFO, "plain", LOG_TEXT("a", text), LOG_TEXT("b", "after"));
	/* A letter of two bytes is cut as a whole. */
	for (size_t i = 0; i < 20000; i++)
		text[i] = i % 2 ? '\xA9' : '\xC3';
	text[0] = text[1] = ' ';
	text[2] = 'x';
	text[3] = 'y';
	log_event(LOG_INFO, "quoted", LOG_TEXT("a", text + 1), LOG_TEXT("b", "after"));
	log_event(LOG_INFO, "full", LOG_TEXT("a", text), LOG_TEXT("b", text), LOG_TEXT("c", text),
		  LOG_TEXT("d", text), LOG_TEXT("e", text), LOG_TEXT("f", text));
	log_event(LOG_INFO, "next", LOG_NUM("n", 1));
	free(text);
	line = caught(&out);
	CHECK(out.len < 10000);
	CHECK(strncmp(line, "<6>plain who=parser@1 a=xxx", 27) == 0);
	CHECK(strstr(line, "xxx... b=after\n<6>quoted who=parser@1 a=\" xy\xC3\xA9") != NULL);
	CHECK(strstr(line, "\xC3\xA9...\" b=after\n<6>full ") != NULL);
	CHECK(strstr(line, " ...\n<6>next who=parser@1 n=1\n") != NULL);
}

int
main(void)
{
	RUN(writes_one_line_an_event);
	RUN(lets_nobody_forge_a_line_or_drive_a_terminal);
	RUN(drops_what_is_above_its_level);
	RUN(carries_the_time_where_there_is_no_journal);
	RUN(cuts_what_is_too_long_and_still_ends_the_line);
	return check_done();
}
