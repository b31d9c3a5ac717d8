/* rulesfile - where the rules are: key `rules` of [classifier] in feedmill.conf, beside that file
 * when it is no whole path. */
#ifndef FM_CLASSIFIER_RULESFILE_H
#define FM_CLASSIFIER_RULESFILE_H

#include "common/buf.h"
#include "common/err.h"

#define RULESFILE_DEFAULT "rules.conf"
#define RULESFILE_CONFIG  "/etc/feedmill/feedmill.conf"

/* Appends the path that value (of the key; NULL: RULESFILE_DEFAULT) in the file config_path
 * means. */
int rulesfile_path(const char *config_path, const char *value, struct buf *out, struct err *err);

/* Appends the path for a person at a terminal: as config_path says, or without it
 * $FEEDMILL_CONF, or what is in /etc/feedmill. ERR_USAGE when there is none, saying what to do. */
int rulesfile_find(const char *config_path, struct buf *out, struct err *err);

#endif
