/* crashpoint - places at which a test may do a process harm:
 *
 *     FEEDMILL_CRASH=committed:7 feedmill-sink ...    killed at the 7th passing
 *     FEEDMILL_HANG=handle:7     feedmill-parser ...  stands still there, its threads do not
 *     FEEDMILL_SLOW=handle:50    feedmill-parser ...  takes 50 ms at each passing
 *
 * and a count of what was received that outlives the process, in the file FEEDMILL_TALLY.
 *
 * They exist in builds of FLAVOUR=crash only; elsewhere the macros are nothing at all. */
#ifndef FM_COMMON_CRASHPOINT_H
#define FM_COMMON_CRASHPOINT_H

#ifdef FEEDMILL_CRASHPOINTS
#define CRASHPOINT(name)   crashpoint_pass(name)
#define CRASHPOINT_TALLY() crashpoint_tally()
#else
#define CRASHPOINT(name)   ((void)0)
#define CRASHPOINT_TALLY() ((void)0)
#endif

/* Does what is armed for this point and for this passing of it. Killed means SIGKILL: nothing is
 * tidied up. */
void crashpoint_pass(const char *name);

/* Adds one to the number (64 bits, of this machine) at the beginning of the file; does nothing
 * without one. */
void crashpoint_tally(void);

#endif
