#include "common/quantity.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct unit {
	char letter;
	int64_t factor;
};

/* From the largest to the smallest: the order in which they are written. */
static const struct unit times[] = {
	{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}, {0, 0},
};
static const struct unit sizes[] = {
	{'T', (int64_t)1 << 40}, {'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}, {0, 0},
};

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* A run of digits at *at, which moves behind it. */
static bool
read_digits(const char **at, int64_t *out)
{
	int64_t n = 0;
	const char *s = *at;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *s - '0', &n))
			return false;
	*at = s;
	*out = n;
	return true;
}

/* The factor of the unit at *at, which moves behind it; 0 where there is none. */
static int64_t
read_unit(const char **at, const struct unit *units)
{
	for (; units->letter; units++) {
		if (**at != units->letter)
			continue;
		(*at)++;
		return units->factor;
	}
	return 0;
}

bool
quantity_int(const char *text, int64_t *out)
{
	const bool minus = *text == '-';
	const char *at = text + minus;
	int64_t n;

	/* INT64_MIN has no digits of its own that fit; nobody needs it. */
	if (!read_digits(&at, &n) || *at)
		return false;
	*out = minus ? -n : n;
	return true;
}

bool
quantity_duration(const char *text, int64_t *seconds_out)
{
	const char *at = text;
	int64_t sum = 0, n;

	if (read_digits(&at, &n) && !*at) {
		*seconds_out = n;
		return true;
	}
	at = text;
	do {
		int64_t factor;

		if (!read_digits(&at, &n))
			return false;
		at = skip_blanks(at);
		factor = read_unit(&at, times);
		if (factor == 0 || __builtin_mul_overflow(n, factor, &n) ||
		    __builtin_add_overflow(sum, n, &sum))
			return false;
		at = skip_blanks(at);
	} while (*at);
	*seconds_out = sum;
	return true;
}

bool
quantity_size(const char *text, int64_t *bytes_out)
{
	const char *at = text;
	int64_t n, factor;

	if (!read_digits(&at, &n))
		return false;
	at = skip_blanks(at);
	factor = *at ? read_unit(&at, sizes) : 1;
	if (factor == 0 || *at || __builtin_mul_overflow(n, factor, &n))
		return false;
	*bytes_out = n;
	return true;
}

const char *
quantity_int_text(int64_t n, char out[QUANTITY_TEXT_BYTES])
{
	(void)snprintf(out, QUANTITY_TEXT_BYTES, "%lld", (long long)n);
	return out;
}

const char *
quantity_duration_text(int64_t seconds, char out[QUANTITY_TEXT_BYTES])
{
	uint64_t left = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
	size_t len = 0;

	if (left == 0)
		return quantity_int_text(0, out);
	if (seconds < 0)
		out[len++] = '-';
	for (const struct unit *unit = times; left > 0; unit++) {
		const uint64_t n = left / (uint64_t)unit->factor;

		left %= (uint64_t)unit->factor;
		if (n > 0)
			len += (size_t)snprintf(out + len, QUANTITY_TEXT_BYTES - len, "%llu%c%s",
						(unsigned long long)n, unit->letter,
						left > 0 ? " " : "");
	}
	return out;
}

const char *
quantity_size_text(int64_t bytes, char out[QUANTITY_TEXT_BYTES])
{
	const struct unit *unit = sizes;

	while (unit->letter && (bytes == 0 || bytes % unit->factor != 0))
		unit++;
	(void)snprintf(out, QUANTITY_TEXT_BYTES, "%lld%.1s",
		       (long long)(unit->letter ? bytes / unit->factor : bytes), &unit->letter);
	return out;
}
