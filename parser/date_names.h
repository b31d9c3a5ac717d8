/* date_names - the words in dates: months in many languages, zones, halves of the day. */
#ifndef FM_PARSER_DATE_NAMES_H
#define FM_PARSER_DATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { DATE_WORD_BYTES_MAX = 48 };

/* A word in lower case, without a dot at its end. */
struct date_word {
	char text[DATE_WORD_BYTES_MAX];
	size_t len;
};

/* Folds the letters at the beginning of text (ASCII, Latin, Greek, Cyrillic) to lower case.
 * -> bytes read; 0: no letter there, or too long a word. */
size_t date_word(const char *text, size_t len, struct date_word *out);

int date_month(const struct date_word *word); /* 1..12, 0: none */
bool date_weekday(const struct date_word *word);
bool date_zone(const struct date_word *word, int *minutes_out);
int date_half(const struct date_word *word);    /* 1: before noon, 2: after, 0: neither */
bool date_filler(const struct date_word *word); /* "at", "de", "um": says nothing */

#endif
