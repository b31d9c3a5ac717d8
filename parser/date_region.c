#include "parser/date_region.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/clock.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

enum summer { NEVER, AMERICAN, EUROPEAN };

struct date_region {
	const char *name;
	int minutes; /* in winter */
	enum summer summer;
};

/* clang-format off */
static const struct date_region REGIONS[] = {
	{"America/New_York", -300, AMERICAN}, {"America/Toronto", -300, AMERICAN},
	{"America/Detroit", -300, AMERICAN}, {"US/Eastern", -300, AMERICAN},
	{"America/Chicago", -360, AMERICAN}, {"US/Central", -360, AMERICAN},
	{"America/Winnipeg", -360, AMERICAN}, {"America/Denver", -420, AMERICAN},
	{"America/Edmonton", -420, AMERICAN}, {"US/Mountain", -420, AMERICAN},
	{"America/Phoenix", -420, NEVER}, {"America/Los_Angeles", -480, AMERICAN},
	{"America/Vancouver", -480, AMERICAN}, {"US/Pacific", -480, AMERICAN},
	{"America/Anchorage", -540, AMERICAN}, {"Pacific/Honolulu", -600, NEVER},
	{"America/Halifax", -240, AMERICAN}, {"America/St_Johns", -210, AMERICAN},
	{"America/Bogota", -300, NEVER}, {"America/Lima", -300, NEVER},
	{"America/Caracas", -240, NEVER}, {"America/Sao_Paulo", -180, NEVER},
	{"America/Argentina/Buenos_Aires", -180, NEVER}, {"America/Buenos_Aires", -180, NEVER},
	{"Atlantic/Reykjavik", 0, NEVER}, {"Etc/UTC", 0, NEVER}, {"Etc/GMT", 0, NEVER},
	{"Europe/London", 0, EUROPEAN}, {"Europe/Dublin", 0, EUROPEAN},
	{"Europe/Lisbon", 0, EUROPEAN}, {"Europe/Amsterdam", 60, EUROPEAN},
	{"Europe/Belgrade", 60, EUROPEAN}, {"Europe/Berlin", 60, EUROPEAN},
	{"Europe/Bratislava", 60, EUROPEAN}, {"Europe/Brussels", 60, EUROPEAN},
	{"Europe/Budapest", 60, EUROPEAN}, {"Europe/Copenhagen", 60, EUROPEAN},
	{"Europe/Ljubljana", 60, EUROPEAN}, {"Europe/Luxembourg", 60, EUROPEAN},
	{"Europe/Madrid", 60, EUROPEAN}, {"Europe/Oslo", 60, EUROPEAN},
	{"Europe/Paris", 60, EUROPEAN}, {"Europe/Prague", 60, EUROPEAN},
	{"Europe/Rome", 60, EUROPEAN}, {"Europe/Stockholm", 60, EUROPEAN},
	{"Europe/Vienna", 60, EUROPEAN}, {"Europe/Warsaw", 60, EUROPEAN},
	{"Europe/Zagreb", 60, EUROPEAN}, {"Europe/Zurich", 60, EUROPEAN},
	{"Europe/Athens", 120, EUROPEAN}, {"Europe/Bucharest", 120, EUROPEAN},
	{"Europe/Helsinki", 120, EUROPEAN}, {"Europe/Kiev", 120, EUROPEAN},
	{"Europe/Kyiv", 120, EUROPEAN}, {"Europe/Riga", 120, EUROPEAN},
	{"Europe/Sofia", 120, EUROPEAN}, {"Europe/Tallinn", 120, EUROPEAN},
	{"Europe/Vilnius", 120, EUROPEAN}, {"Europe/Istanbul", 180, NEVER},
	{"Europe/Minsk", 180, NEVER}, {"Europe/Moscow", 180, NEVER},
	{"Africa/Lagos", 60, NEVER}, {"Africa/Johannesburg", 120, NEVER},
	{"Africa/Nairobi", 180, NEVER}, {"Asia/Dubai", 240, NEVER}, {"Asia/Karachi", 300, NEVER},
	{"Asia/Kolkata", 330, NEVER}, {"Asia/Calcutta", 330, NEVER}, {"Asia/Dhaka", 360, NEVER},
	{"Asia/Bangkok", 420, NEVER}, {"Asia/Ho_Chi_Minh", 420, NEVER},
	{"Asia/Jakarta", 420, NEVER}, {"Asia/Hong_Kong", 480, NEVER}, {"Asia/Manila", 480, NEVER},
	{"Asia/Shanghai", 480, NEVER}, {"Asia/Singapore", 480, NEVER}, {"Asia/Taipei", 480, NEVER},
	{"Australia/Perth", 480, NEVER}, {"Asia/Seoul", 540, NEVER}, {"Asia/Tokyo", 540, NEVER},
	{"Australia/Brisbane", 600, NEVER},
};
/* clang-format on */

const struct date_region *
date_region_behind(const char *text, size_t *len)
{
	const char *slash = memrchr(text, '/', *len);
	size_t at = *len;

	/* "03/30/2020" has slashes too. */
	if (!slash || slash + 1 == text + *len || (unsigned char)(slash[1] | 32) < 'a')
		return NULL;
	while (at > 0 && !strchr(" \t\r\n([", text[at - 1]))
		at--;
	for (size_t i = 0; i < sizeof(REGIONS) / sizeof(REGIONS[0]); i++) {
		const size_t name = strlen(REGIONS[i].name);

		if (*len - at >= name && strncasecmp(REGIONS[i].name, text + at, name) == 0 &&
		    (*len - at == name ||
		     (*len - at == name + 1 && strchr(")]", text[*len - 1])))) {
			*len = at;
			return &REGIONS[i];
		}
	}
	return NULL;
}

/* The first Sunday from that day on, in seconds. */
static int64_t
sunday(int64_t year, int month, int day)
{
	const int64_t days = clock_days(year, month, day);

	return (days + (7 - (days + 4) % 7) % 7) * DAY_S; /* day 0 was a Thursday */
}

static bool
is_summer(const struct date_region *region, int64_t local_s)
{
	const time_t t = (time_t)local_s;
	const int64_t winter_s = (int64_t)region->minutes * 60;
	int64_t from, to;
	struct tm tm;

	if (region->summer == NEVER || local_s < 0 || !gmtime_r(&t, &tm))
		return false;
	if (region->summer == AMERICAN) { /* at two o'clock, wherever it is two o'clock */
		from = sunday(tm.tm_year + 1900, 3, 8) + (int64_t)2 * HOUR_S;
		to = sunday(tm.tm_year + 1900, 11, 1) + (int64_t)2 * HOUR_S;
	} else { /* everywhere at one o'clock of UTC */
		from = sunday(tm.tm_year + 1900, 3, 25) + HOUR_S + winter_s;
		to = sunday(tm.tm_year + 1900, 10, 25) + (int64_t)2 * HOUR_S + winter_s;
	}
	return local_s >= from && local_s < to;
}

int
date_region_minutes(const struct date_region *region, int64_t local_s)
{
	return region->minutes + (is_summer(region, local_s) ? 60 : 0);
}
