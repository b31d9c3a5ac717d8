#include "common/refusals.h"

#include <stdio.h>

void
refusals_add(struct refusals *r, uint64_t count, const char *why)
{
	r->count += count;
	(void)snprintf(r->why, sizeof(r->why), "%s", why);
}

uint64_t
refusals_tell(struct refusals *r, int64_t now_ms)
{
	const uint64_t fresh = r->count - r->told_count;

	if (fresh == 0)
		return 0;
	if (r->told == 0 || now_ms - r->span_ms >= REFUSALS_SPAN_MS) {
		r->span_ms = now_ms;
		r->told = 0;
	}
	if (r->told == REFUSALS_TOLD_MAX)
		return 0;
	r->told++;
	r->told_count = r->count;
	return fresh;
}
