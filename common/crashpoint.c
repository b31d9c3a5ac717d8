#include "common/crashpoint.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void
crashpoint_pass(const char *name)
{
	static unsigned long passed;
	const char *armed = getenv("FEEDMILL_CRASH");
	const char *colon = armed ? strchr(armed, ':') : NULL;

	if (!colon || strlen(name) != (size_t)(colon - armed) ||
	    memcmp(armed, name, (size_t)(colon - armed)) != 0)
		return;
	if (++passed == strtoul(colon + 1, NULL, 10))
		(void)raise(SIGKILL);
}
