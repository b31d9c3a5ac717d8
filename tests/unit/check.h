/* check - the frame of a unit test: CHECK what must hold, list the tests, return check_done().
 * Prints one TAP line a test and, last, "N passed, N failed". */
#ifndef FM_TESTS_UNIT_CHECK_H
#define FM_TESTS_UNIT_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sanitizer's malloc does not refuse, it ends the program. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static int check_passed, check_failed, check_bad;

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			check_bad++;                                                               \
			(void)printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);                  \
		}                                                                                  \
	} while (0)

/* Strings that must be equal; both are shown when they are not. */
#define CHECK_STR(got, wanted)                                                                     \
	do {                                                                                       \
		const char *got_ = (got), *wanted_ = (wanted);                                     \
		if (!got_ || strcmp(got_, wanted_) != 0) {                                         \
			check_bad++;                                                               \
			(void)printf("# %s:%d: got '%s', wanted '%s'\n", __FILE__, __LINE__,       \
				     got_ ? got_ : "(null)", wanted_);                             \
		}                                                                                  \
	} while (0)

#define RUN(test)                                                                                  \
	do {                                                                                       \
		const int before_ = check_bad;                                                     \
		test();                                                                            \
		if (check_bad == before_)                                                          \
			check_passed++;                                                            \
		else                                                                               \
			check_failed++;                                                            \
		(void)printf("%sok %d - %s\n", check_bad == before_ ? "" : "not ",                 \
			     check_passed + check_failed, #test);                                  \
		(void)fflush(stdout);                                                              \
	} while (0)

static int
check_done(void)
{
	(void)printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
