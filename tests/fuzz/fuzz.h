/* fuzz - what a fuzz target is: one function that takes any bytes and returns, or aborts where a
 * promise is broken. libFuzzer finds the bytes; replay.c runs those that were kept, with any
 * compiler. A target NAME_fuzz.c has its corpus in tests/fuzz/corpus/NAME. */
#ifndef FM_TESTS_FUZZ_FUZZ_H
#define FM_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's name for it; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static inline void
fuzz_check(int ok, const char *file, int line, const char *promise)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s:%d: %s\n", file, line, promise);
	abort();
}

#define FUZZ_CHECK(cond) fuzz_check((cond), __FILE__, __LINE__, #cond)

#endif
