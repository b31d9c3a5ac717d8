/* crashpoint - places at which a test may have the process killed, at their nth passing:
 *
 *     FEEDMILL_CRASH=committed:7 feedmill-sink ...
 *
 * They exist in builds of FLAVOUR=crash only; elsewhere CRASHPOINT is nothing at all. */
#ifndef FM_COMMON_CRASHPOINT_H
#define FM_COMMON_CRASHPOINT_H

#ifdef FEEDMILL_CRASHPOINTS
#define CRASHPOINT(name) crashpoint_pass(name)
#else
#define CRASHPOINT(name) ((void)0)
#endif

/* Kills the process (SIGKILL: nothing is tidied up) when FEEDMILL_CRASH names this point and it is
 * passed for that time. */
void crashpoint_pass(const char *name);

#endif
