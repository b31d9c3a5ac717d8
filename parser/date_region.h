/* date_region - zones by the name of their place ("America/New_York"), as programs print them that
 * know no other. */
#ifndef FM_PARSER_DATE_REGION_H
#define FM_PARSER_DATE_REGION_H

#include <stddef.h>
#include <stdint.h>

struct date_region;

/* The region that stands as the last word of a text of *len bytes, which is taken off it; NULL:
 * none, or one that is not known, and *len stays. The result lives for ever. */
const struct date_region *date_region_behind(const char *text, size_t *len);

/* How far the region's clocks were before UTC when they showed that time (as if it were UTC), by
 * the rules for summer time that hold since 2007. */
int date_region_minutes(const struct date_region *region, int64_t local_s);

#endif
