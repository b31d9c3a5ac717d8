/* Dates: what is read lies within the years that are promised, and is read again the same from its
 * own RFC 3339 spelling. */
#include <string.h>

#include "common/clock.h"
#include "parser/date.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char spelt[CLOCK_RFC3339_BYTES];
	int64_t s = 0, again = 0;

	if (!date_parse((const char *)data, len, &s))
		return 0;
	/* A zone may move it over the edge of the first or the last year. */
	FUZZ_CHECK(s >= (clock_days(DATE_YEAR_MIN, 1, 1) - 1) * 86400);
	FUZZ_CHECK(s <= (clock_days(DATE_YEAR_MAX, 12, 31) + 2) * 86400);
	if (s < clock_days(DATE_YEAR_MIN, 1, 1) * 86400 || !*clock_rfc3339(s, spelt))
		return 0;
	FUZZ_CHECK(date_parse(spelt, strlen(spelt), &again) && again == s);
	return 0;
}
