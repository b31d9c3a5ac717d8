/* err - what went wrong, in which context, and what the caller should do. */
#ifndef FM_COMMON_ERR_H
#define FM_COMMON_ERR_H

/* The kind is an instruction to the stage loop, not a list of causes. */
enum err_kind {
	ERR_NONE = 0,
	ERR_RETRY,  /* the input is fine, try it again later (network, disk) */
	ERR_REJECT, /* this input can never work: quarantine it and go on */
	ERR_USAGE,  /* the configuration or the command line is wrong: a restart cures nothing */
	ERR_FATAL,  /* this process cannot go on: exit, the supervisor decides */
};

struct err {
	enum err_kind kind;
	char text[480]; /* "feed 'x': line 3: no <link>": outermost first */
};

/* Fills err and returns -1, so that callers can write "return err_set(...)". A text that is
 * too long is cut. err may be NULL where the reason is not wanted. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Like err_set with ERR_RETRY, and ": " plus strerror(errno) at the end. */
int err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the text it has; keeps the kind; returns -1. */
int err_in(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "retry", "reject", "usage", "fatal". */
const char *err_kind_name(enum err_kind kind);

#endif
