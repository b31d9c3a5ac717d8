#include "sink/exec_reply.h"
#include "tests/unit/check.h"

/* Reads a line as the worker would: out of a buffer with room for a NUL. */
static bool
reads(const char *text, struct exec_reply *out)
{
	static char line[2 * EXEC_REPLY_BYTES_MAX];

	memset(line, 'x', sizeof(line));
	memcpy(line, text, strlen(text));
	return exec_reply_read(line, strlen(text), out);
}

static void
reads_every_form_of_a_reply(void)
{
	static const struct {
		const char *line;
		struct exec_reply wanted;
	} cases[] = {
		{"ok", {EXEC_OK, EXEC_OLDEST, 0, -1, ""}},
		{"ok\r", {EXEC_OK, EXEC_OLDEST, 0, -1, ""}},
		{"ok ", {EXEC_OK, EXEC_OLDEST, 0, -1, ""}},
		{"ok 17", {EXEC_OK, EXEC_ONE, 17, -1, ""}},
		{"ok upto 40", {EXEC_OK, EXEC_UPTO, 40, -1, ""}},
		{"ok upto 40 after one commit", {EXEC_OK, EXEC_UPTO, 40, -1, "after one commit"}},
		{"ok upto", {EXEC_OK, EXEC_OLDEST, 0, -1, "upto"}},
		{"ok stored as 17", {EXEC_OK, EXEC_OLDEST, 0, -1, "stored as 17"}},
		{"ok 17x", {EXEC_OK, EXEC_OLDEST, 0, -1, "17x"}},
		{"retry", {EXEC_RETRY, EXEC_OLDEST, 0, -1, ""}},
		{"retry after=5", {EXEC_RETRY, EXEC_OLDEST, 0, 5, ""}},
		{"retry 3 after=0 busy", {EXEC_RETRY, EXEC_ONE, 3, 0, "busy"}},
		{"retry 3 busy after=9", {EXEC_RETRY, EXEC_ONE, 3, -1, "busy after=9"}},
		{"retry after=12345678", {EXEC_RETRY, EXEC_OLDEST, 0, -1, "after=12345678"}},
		{"reject upto 2 after=1 no", {EXEC_REJECT, EXEC_UPTO, 2, 1, "no"}},
		{"reject odd number", {EXEC_REJECT, EXEC_OLDEST, 0, -1, "odd number"}},
		{"reject  two blanks", {EXEC_REJECT, EXEC_OLDEST, 0, -1, " two blanks"}},
		{"ok 999999999999999999", {EXEC_OK, EXEC_ONE, 999999999999999999U, -1, ""}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct exec_reply *wanted = &cases[i].wanted;
		struct exec_reply got;

		CHECK(reads(cases[i].line, &got));
		CHECK(got.verb == wanted->verb);
		CHECK(got.target == wanted->target);
		CHECK(got.seq == wanted->seq);
		CHECK(got.after_s == wanted->after_s);
		CHECK_STR(got.reason, wanted->reason);
	}
}

static void
refuses_what_is_no_reply(void)
{
	static const char *const lines[] = {"",   " ok",    "okay", "OK",  "ok17", "ok\t17",
					    "\r", "retry!", "re",   "nak", "{}"};
	struct exec_reply reply;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK(!reads(lines[i], &reply));
}

static void
takes_no_sequence_number_that_no_item_can_have(void)
{
	struct exec_reply reply;

	/* Wrapped round it would settle items that nobody meant; as a reason, the oldest one. */
	CHECK(reads("ok upto 18446744073709551617", &reply));
	CHECK(reply.target == EXEC_UPTO && reply.seq == 0);
	CHECK(reads("ok 18446744073709551617", &reply));
	CHECK(reply.target == EXEC_ONE && reply.seq == 0);
}

static void
makes_any_reason_a_text_of_one_line(void)
{
	struct exec_reply reply;
	char nul[] = "reject a\0b";

	CHECK(reads("reject caf\xc3\xa9\tclosed", &reply));
	CHECK_STR(reply.reason, "caf\xc3\xa9?closed");
	CHECK(reads("reject caf\xe9 \x1b[31m", &reply));
	CHECK_STR(reply.reason, "caf? ?[31m");
	CHECK(exec_reply_read(nul, sizeof(nul) - 1, &reply));
	CHECK_STR(reply.reason, "a?b");
}

static void
has_a_ceiling(void)
{
	static char line[EXEC_REPLY_BYTES_MAX + 2];
	struct exec_reply reply;

	memset(line, 'a', sizeof(line));
	memcpy(line, "ok ", 3);
	CHECK(exec_reply_read(line, EXEC_REPLY_BYTES_MAX, &reply));
	CHECK(strlen(reply.reason) == EXEC_REPLY_BYTES_MAX - 3);
	memset(line, 'a', sizeof(line));
	memcpy(line, "ok ", 3);
	CHECK(!exec_reply_read(line, EXEC_REPLY_BYTES_MAX + 1, &reply));
}

int
main(void)
{
	RUN(reads_every_form_of_a_reply);
	RUN(refuses_what_is_no_reply);
	RUN(takes_no_sequence_number_that_no_item_can_have);
	RUN(makes_any_reason_a_text_of_one_line);
	RUN(has_a_ceiling);
	return check_done();
}
