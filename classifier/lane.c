#include "classifier/lane.h"

struct lane
lane_of(int64_t done, int64_t end)
{
	return (struct lane){.done = done, .next = done, .end = end};
}

void
lane_clear(struct lane *lane)
{
	seqset_done(&lane->pending);
}

static void
find_done(struct lane *lane)
{
	const int64_t done = lane->pending.count > 0 ? lane->pending.at[0] - 1 : lane->next;

	if (done > lane->done)
		lane->done = done;
}

void
lane_pass(struct lane *lane, int64_t seq)
{
	if (seq > lane->next)
		lane->next = seq < lane->end ? seq : lane->end;
	find_done(lane);
}

bool
lane_settle(struct lane *lane, int64_t seq)
{
	const bool was = seqset_remove(&lane->pending, seq);

	if (was)
		find_done(lane);
	return was;
}

void
lane_skip(struct lane *lane, int64_t seq)
{
	seqset_remove_to(&lane->pending, seq);
	lane_pass(lane, seq);
}

bool
lane_has_more(const struct lane *lane, int64_t last_seq)
{
	return lane->next < (lane->end < last_seq ? lane->end : last_seq);
}

bool
lane_is_over(const struct lane *lane)
{
	return lane->done >= lane->end;
}

bool
lane_waits(const struct lane *lane, int64_t seq)
{
	return (seq > lane->next && seq <= lane->end) || seqset_has(&lane->pending, seq);
}
