/* scope - run a release function when a local goes out of scope. */
#ifndef FM_COMMON_SCOPE_H
#define FM_COMMON_SCOPE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCOPED(fn) __attribute__((cleanup(scoped_##fn)))

/* Hands a scoped pointer on: its value, and NULL left behind. */
#define TAKE(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

/* Makes SCOPED(name) call name(p); name must accept NULL. */
#define SCOPED_DEFINE(type, name)                                                                  \
	static inline void scoped_##name(type **p)                                                 \
	{                                                                                          \
		name(*p);                                                                          \
	}

/* The same for a struct the caller holds: SCOPED(name) calls name(&s). */
#define SCOPED_DEFINE_HELD(type, name)                                                             \
	static inline void scoped_##name(type *p)                                                  \
	{                                                                                          \
		name(p);                                                                           \
	}

static inline void
scoped_free(void *p)
{
	void *value;

	memcpy(&value, p, sizeof(value)); /* p is a T **, of any T */
	free(value);
}

static inline void
scoped_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#endif
