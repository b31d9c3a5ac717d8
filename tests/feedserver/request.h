/* request - the head of an HTTP request, read into texts. */
#ifndef FM_TESTS_FEEDSERVER_REQUEST_H
#define FM_TESTS_FEEDSERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	REQUEST_HEAD_BYTES_MAX = 16 * 1024,
	REQUEST_TARGET_BYTES_MAX = 2048,
	REQUEST_PARAMETERS_MAX = 32,
};

struct request {
	bool head_only; /* HEAD */
	bool close;     /* the client wants no other answer on this connection */
	char target[REQUEST_TARGET_BYTES_MAX]; /* path and query as sent */
	char text[REQUEST_TARGET_BYTES_MAX];   /* what path, names and values point into */
	const char *path;                      /* decoded */
	size_t parameter_count;
	struct {
		const char *name, *value; /* decoded; value "" where there is none */
	} parameters[REQUEST_PARAMETERS_MAX];
	char if_none_match[256], if_modified_since[64]; /* "" where absent */
};

/* The length of the head with its empty line, 0 while it is incomplete. */
size_t request_head_len(const char *data, size_t len);

/* Reads a whole head. 0, or the status that says what is wrong with it. */
int request_read(struct request *request, const char *head, size_t len);

/* The value of a parameter of the query; fallback where it is absent (and, for numbers, no
 * number from 0 to most). */
const char *request_text(const struct request *request, const char *name, const char *fallback);
uint64_t request_number(const struct request *request, const char *name, uint64_t fallback,
			uint64_t most);

#endif
