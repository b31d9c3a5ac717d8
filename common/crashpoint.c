#include "common/crashpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void
die(void)
{
	(void)raise(SIGKILL);
}

static void
stand_still(void)
{
	for (;;)
		(void)pause();
}

static void
take_ms(unsigned long ms)
{
	struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) < 0)
		;
}

/* "name:number" in the environment: whether it is this point's, and the number. */
static bool
is_armed(const char *variable, const char *name, unsigned long *number_out)
{
	const char *armed = getenv(variable);
	const char *colon = armed ? strchr(armed, ':') : NULL;

	if (!colon || strlen(name) != (size_t)(colon - armed) ||
	    memcmp(armed, name, (size_t)(colon - armed)) != 0)
		return false;
	*number_out = strtoul(colon + 1, NULL, 10);
	return true;
}

void
crashpoint_pass(const char *name)
{
	static struct {
		const char *variable;
		void (*harm)(void);
		unsigned long passed;
	} harms[] = {
		{"FEEDMILL_CRASH", die, 0},
		{"FEEDMILL_HANG", stand_still, 0},
	};
	unsigned long number;

	if (is_armed("FEEDMILL_SLOW", name, &number))
		take_ms(number);
	for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++)
		if (is_armed(harms[i].variable, name, &number) && ++harms[i].passed == number)
			harms[i].harm();
}

void
crashpoint_tally(void)
{
	static uint64_t *count;
	const char *path = getenv("FEEDMILL_TALLY");
	int fd;

	if (!count && path) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
		if (fd < 0)
			return;
		if (ftruncate(fd, sizeof(*count)) == 0)
			count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				     0);
		(void)close(fd);
		if (count == MAP_FAILED)
			count = NULL;
	}
	if (count)
		++*count;
}
