#include "common/err.h"

#include <errno.h>

#include "tests/unit/check.h"

static void
context_comes_first_and_keeps_the_kind(void)
{
	struct err err = {.kind = ERR_NONE};

	CHECK(err_set(&err, ERR_REJECT, "no <%s>", "link") == -1);
	CHECK(err_in(&err, "feed '%s'", "x") == -1);
	CHECK(err.kind == ERR_REJECT);
	CHECK_STR(err.text, "feed 'x': no <link>");
	CHECK_STR(err_kind_name(err.kind), "reject");
}

static void
names_the_system_error_and_asks_to_retry(void)
{
	struct err err = {.kind = ERR_NONE};

	errno = ENOENT;
	CHECK(err_sys(&err, "open '%s'", "/x") == -1);
	CHECK(err.kind == ERR_RETRY);
	CHECK_STR(err.text, "open '/x': No such file or directory");
}

static void
cuts_what_is_too_long_and_takes_null(void)
{
	struct err err = {.kind = ERR_NONE};
	char text[2000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&err, ERR_FATAL, "%s", text);
	CHECK(err_in(&err, "%s", text) == -1);
	CHECK(strlen(err.text) == sizeof(err.text) - 1);
	CHECK(err_set(NULL, ERR_FATAL, "x") == -1 && err_in(NULL, "y") == -1);
}

int
main(void)
{
	RUN(context_comes_first_and_keeps_the_kind);
	RUN(names_the_system_error_and_asks_to_retry);
	RUN(cuts_what_is_too_long_and_takes_null);
	return check_done();
}
