/* config - what our configuration files say (feedmill.conf(5); the dialect stands in ini.h):
 * sections, keys with their values, and structs filled by tables of typed keys. A repeated key
 * appends, an empty value resets. FILE.d/NN-NAME.conf are read after FILE.
 *
 * Errors are ERR_USAGE and say file:line, what is wrong and what is allowed. */
#ifndef FM_COMMON_CONFIG_H
#define FM_COMMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"

struct config;

/* One value with where it stands. Borrowed from the config. */
struct config_value {
	const char *text;
	const char *file;
	int line;
};

/* All values of one key, in order, after resets. */
struct config_list {
	const struct config_value *values;
	size_t count;
};

enum config_type {
	CONFIG_TEXT,     /* const char *; the last value; "" never: absent is the default */
	CONFIG_LIST,     /* struct config_list */
	CONFIG_INT,      /* int64_t */
	CONFIG_DURATION, /* int64_t seconds; "90", "15m", "2h 30m", "1d" (units: s m h d w) */
	CONFIG_SIZE,     /* int64_t bytes; "4096", "64K", "8M", "2G" (powers of 1024) */
	CONFIG_BOOL,     /* bool; yes no true false on off 1 0, in any case */
	CONFIG_CHOICE,   /* int64_t; index in choices */
};

/* A row of a table of keys; the struct at offset in the caller's struct is filled. */
struct config_key {
	const char *name;
	enum config_type type;
	size_t offset;
	const char *fallback;       /* as text, read like a value; NULL: NULL, 0, no, empty list */
	int64_t least, most;        /* of INT, DURATION, SIZE; both 0: any that is not negative */
	const char *const *choices; /* of CHOICE: NULL-terminated */
};

/* Reads path and path.d. A missing path is an error, a missing path.d is not. Returns new. */
struct config *config_load(const char *path, struct err *err);
/* The same from memory; name stands for the file in errors. */
struct config *config_parse(const char *name, const char *text, size_t len, struct err *err);
void config_free(struct config *config);
/* The path or name that it was read from. Borrowed. */
const char *config_path(const struct config *config);
SCOPED_DEFINE(struct config, config_free)

/* The sections in their order: kind "sink", name "site" of "[sink site]"; name "" when none.
 * Sections of the same kind and name are one. */
struct config_section {
	const char *kind;
	const char *name;
	const char *file;
	int line; /* of its first header */
	/* The first header that repeats it within one file, which a drop-in never does. */
	const char *again_file; /* NULL: none */
	int again_line;
};
size_t config_section_count(const struct config *config);
const struct config_section *config_section_at(const struct config *config, size_t i);
const struct config_section *config_section_find(const struct config *config, const char *kind,
						 const char *name);

/* Fills out from the section (NULL: every fallback) by the table. A key that the table does not
 * have is an error, and so is a list where one value is wanted; of a repeated key the last value
 * counts. On an error out is as it was. Texts and lists borrow from config. */
int config_read(const struct config *config, const struct config_section *section,
		const struct config_key *keys, size_t key_count, void *out, struct err *err);
/* The same, and other keys may stand in the section: they are somebody else's. */
int config_read_some(const struct config *config, const struct config_section *section,
		     const struct config_key *keys, size_t key_count, void *out, struct err *err);

/* The raw values of one key; empty when absent. */
struct config_list config_values(const struct config *config, const struct config_section *section,
				 const char *key);

/* Puts "FILE:LINE: KEY = VALUE" before what err says, where the section has the key: for what a
 * table cannot say of a value. Returns -1. */
int config_blame(const struct config *config, const struct config_section *section, const char *key,
		 struct err *err);

/* The distinct keys of a section in the order of their first line, for languages with rules of
 * their own (rules.conf). NULL past the last. */
const char *config_key_at(const struct config *config, const struct config_section *section,
			  size_t i);

/* Only these kinds of section may stand in the file: NULL-terminated. */
int config_check_kinds(const struct config *config, const char *const *kinds, struct err *err);

#endif
