/* feedstory - what feedmill-fetcher tells a person out of the state on the disk, whether a fetcher
 * runs or not. */
#ifndef FM_FETCHER_FEEDSTORY_H
#define FM_FETCHER_FEEDSTORY_H

/* explain [-c FILE] FEED-ID|URL: all that is known of a feed, a line of JSON. argv[0] is its name;
 * returns the exit status: 0 good, 1 not, 2 usage. */
int feedstory_explain(int argc, char **argv);

#endif
