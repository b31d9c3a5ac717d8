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
	const int64_t done =
		lane->pending.count > 0 ? seqset_at(&lane->pending, 0) - 1 : lane->next;

	if (done > lane->done)
		lane->done = done;
}

int
lane_send(struct lane *lane, int64_t seq, struct err *err)
{
	return seqset_push(&lane->pending, seq, err);
}

void
lane_unsend(struct lane *lane)
{
	seqset_unpush(&lane->pending);
}

void
lane_note(struct lane *lane, enum fate fate)
{
	seqset_note(&lane->pending, fate, 1, &lane->settled);
}

void
lane_pass(struct lane *lane, int64_t seq)
{
	if (seq > lane->next)
		lane->next = seq < lane->end ? seq : lane->end;
	find_done(lane);
}

bool
lane_settle(struct lane *lane, int64_t seq, enum fate fate)
{
	const bool was = seqset_remove(&lane->pending, seq, fate, &lane->settled);

	if (was)
		find_done(lane);
	return was;
}

void
lane_skip(struct lane *lane, int64_t seq, const struct tally *unseen)
{
	seqset_remove_to(&lane->pending, seq, FATE_EXPIRED, &lane->settled);
	/* Where there are any, they lie behind all that was in flight. */
	tally_add(&lane->settled, unseen);
	lane_pass(lane, seq);
}

void
lane_take_settled(struct lane *lane, struct tally *to)
{
	tally_add(to, &lane->settled);
	lane->settled = (struct tally){{0}};
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
