/* tool - what feedmill-fetcher does for a person at a terminal instead of running as a stage. Exit
 * status: 0 good, 1 not, 2 usage. argv[0] is the tool's name. */
#ifndef FM_FETCHER_TOOL_H
#define FM_FETCHER_TOOL_H

/* fetch [-c FILE] [--body FILE] URL: one polite fetch, every step shown. */
int tool_fetch(int argc, char **argv);
/* check-feeds [-c FILE]: reads the list of feeds, says how many there are and what is wrong. */
int tool_check_feeds(int argc, char **argv);

#endif
