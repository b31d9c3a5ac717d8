/* listwatch - tells at once when somebody may have changed the list of feeds: the folders that hold
 * its files are watched. It only says that something moved there: feedlist_stamp says whether the
 * list did, and is asked now and then anyway, for a watch can miss what happens elsewhere (a
 * network file system). */
#ifndef FM_FETCHER_LISTWATCH_H
#define FM_FETCHER_LISTWATCH_H

#include <stdbool.h>

#include "common/err.h"
#include "common/scope.h"

struct listwatch;

/* path: of feeds.conf. Returns new. */
struct listwatch *listwatch_new(const char *path, struct err *err);
void listwatch_free(struct listwatch *watch);
SCOPED_DEFINE(struct listwatch, listwatch_free)

/* Another path from now on. */
int listwatch_follow(struct listwatch *watch, const char *path, struct err *err);

int listwatch_fd(const struct listwatch *watch); /* readable: ask listwatch_moved */
/* Whether anything happened since the last question. */
bool listwatch_moved(struct listwatch *watch);

#endif
