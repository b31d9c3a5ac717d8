#include "common/loss.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/wire.h"

enum { NOTE_BYTES_MAX = 256 };

int
loss_new(struct loss *out, struct err *err)
{
	uint64_t id;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return err_sys(err, "random number");
	*out = (struct loss){.at_s = clock_wall_s(),
			     .since_s = LOSS_SINCE_UNKNOWN,
			     .untold_since_s = LOSS_SINCE_UNKNOWN};
	(void)snprintf(out->id, sizeof(out->id), "%016" PRIx64, id);
	return 0;
}

int
loss_read(const char *path, int64_t now_s, struct loss *out, struct err *err)
{
	SCOPED(buf_done) struct buf text = buf_init(NOTE_BYTES_MAX);
	struct loss loss = {.untold_since_s = LOSS_SINCE_UNKNOWN};

	if (access(path, F_OK) < 0)
		return 0;
	if (file_read(path, &text, err) < 0)
		return -1;
	/* Notes of before had no fourth. */
	if (sscanf(buf_str(&text), "%16[0-9a-f] %" SCNd64 " %" SCNd64 " %" SCNd64, loss.id,
		   &loss.at_s, &loss.since_s, &loss.untold_since_s) < 3 ||
	    now_s - loss.at_s > LOSS_TOLD_S)
		return 0;
	*out = loss;
	return 1;
}

int
loss_write(const char *path, const struct loss *loss, struct err *err)
{
	SCOPED(buf_done) struct buf text = buf_init(NOTE_BYTES_MAX);

	if (buf_addf(&text, err, "%s %" PRId64 " %" PRId64 " %" PRId64 "\n", loss->id, loss->at_s,
		     loss->since_s, loss->untold_since_s) < 0)
		return -1;
	return file_replace(path, buf_bytes(&text), err);
}

int
loss_put(const struct loss *loss, struct buf *out, struct err *err)
{
	struct wire_map map = wire_map_begin(out);

	wire_map_str(&map, "lost", loss->id);
	wire_map_int(&map, "since_s", loss->since_s);
	wire_map_end(&map);
	return buf_failed(out, err);
}

bool
loss_get(struct bytes hint, struct arena *arena, struct loss *out)
{
	struct wire_in *in = wire_in(hint, arena);
	const char *id = wire_str(in, "lost", LOSS_ID_CHARS);
	const int64_t since_s = wire_int(in, "since_s");

	if (wire_fault(in, NULL) < 0 || !id)
		return false;
	*out = (struct loss){.since_s = since_s};
	(void)snprintf(out->id, sizeof(out->id), "%s", id);
	return true;
}

int64_t
loss_older(int64_t a_s, int64_t b_s)
{
	if (a_s == LOSS_SINCE_UNKNOWN || b_s == LOSS_SINCE_UNKNOWN)
		return a_s == LOSS_SINCE_UNKNOWN ? b_s : a_s;
	return a_s < b_s ? a_s : b_s;
}

bool
losses_known(const struct losses_heard *heard, const struct loss *loss)
{
	for (unsigned i = 0; i < LOSSES_HEARD_MAX; i++)
		if (strcmp(heard->ids[i], loss->id) == 0)
			return true;
	return false;
}

bool
losses_hear(struct losses_heard *heard, const struct loss *loss)
{
	char *slot;

	if (losses_known(heard, loss))
		return false;
	slot = heard->ids[heard->next++ % LOSSES_HEARD_MAX];
	(void)snprintf(slot, sizeof(heard->ids[0]), "%s", loss->id);
	return true;
}
