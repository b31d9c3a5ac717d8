#include "fetcher/room.h"

#include <sys/statvfs.h>

#include "common/ballast.h"
#include "common/db.h"
#include "common/spool.h"

static const char disk_full[] = "the disk is full: less than min_free is left";
static const char spool_full[] =
	"the spool is full: its documents wait for the parsers (spool_max)";
static const char too_many[] = "too many documents wait for the parsers (spool_documents)";

static int64_t
free_bytes(const char *dir)
{
	struct statvfs fs;

	if (statvfs(dir, &fs) < 0)
		return INT64_MAX;
	return (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

/* What has stopped us must get an eighth better before we go on. */
static int64_t
with_slack(int64_t limit, const char *why, const char *was, int64_t sign)
{
	return why == was ? limit + sign * limit / 8 : limit;
}

const char *
room_lack(struct state *state, const char *dir, const struct room_limits *limits, const char *was)
{
	const struct spool *spool = state_spool(state);
	const int64_t least = limits->min_free_fits ? ballast_fit_free(dir, limits->min_free_bytes)
						    : limits->min_free_bytes;

	if (db_is_full(state_db(state)))
		return disk_full;
	if (least > 0 && free_bytes(dir) < with_slack(least, disk_full, was, 1))
		return disk_full;
	if (spool_bytes(spool) > with_slack(limits->spool_bytes, spool_full, was, -1))
		return spool_full;
	if (spool_depth(spool) > with_slack(limits->spool_documents, too_many, was, -1))
		return too_many;
	return NULL;
}
