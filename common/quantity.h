/* quantity - numbers, durations and sizes as people write them in configurations and read them
 * in answers: "90", "2h 30m", "8M". */
#ifndef FM_COMMON_QUANTITY_H
#define FM_COMMON_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

enum { QUANTITY_TEXT_BYTES = 64 };

/* Each reads the whole text; false, and *out as it was, where it is none or does not fit. */
bool quantity_int(const char *text, int64_t *out);
/* Seconds: a number alone, or numbers with a unit each (s m h d w), added up. */
bool quantity_duration(const char *text, int64_t *seconds_out);
/* Bytes: a number with K, M, G, T or nothing behind it (powers of 1024). */
bool quantity_size(const char *text, int64_t *bytes_out);

/* The same spellings, written: "1h 30m", "8M"; "-" before what is negative. Return out. */
const char *quantity_int_text(int64_t n, char out[QUANTITY_TEXT_BYTES]);
const char *quantity_duration_text(int64_t seconds, char out[QUANTITY_TEXT_BYTES]);
const char *quantity_size_text(int64_t bytes, char out[QUANTITY_TEXT_BYTES]);

#endif
