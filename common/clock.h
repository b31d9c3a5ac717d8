/* clock - the two clocks, kept apart by name: timers are monotonic, dates are wall time. */
#ifndef FM_COMMON_CLOCK_H
#define FM_COMMON_CLOCK_H

#include <stdint.h>

enum { CLOCK_RFC3339_BYTES = 32 };

/* Since some moment in the past; never goes back, stands for no date. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* Seconds since 1970-01-01T00:00:00Z, as the machine believes; may jump. */
int64_t clock_wall_s(void);

/* "2026-11-25T02:30:38Z" (RFC 3339) into out; returns out, "" where the year leaves 0..9999. */
const char *clock_rfc3339(int64_t wall_s, char out[CLOCK_RFC3339_BYTES]);

/* And back: "2026-11-25T02:30:38Z", with a fraction of a second (dropped) or "+01:00" for Z where
 * wanted; RFC 3339, nothing else. 0 or -1. */
int clock_from_rfc3339(const char *text, int64_t *wall_s_out);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; month 1..12. Any day
 * number is taken as that many days from the month's first. */
int64_t clock_days(int64_t year, int month, int day);

#endif
