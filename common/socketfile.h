/* socketfile - a listening Unix socket that is ours alone: a lock keeps a second owner out, the
 * file appears under its name only when it answers, its mode does not depend on the umask. */
#ifndef FM_COMMON_SOCKETFILE_H
#define FM_COMMON_SOCKETFILE_H

#include "common/err.h"
#include "common/scope.h"

enum { SOCKETFILE_PATH_MAX = 107 }; /* sun_path of Linux, less its NUL (unix(7)) */

struct socketfile;

/* Lock PATH.lock, bind a temporary name, chmod 0660, listen, rename to path. A file that a dead
 * owner left is replaced. ERR_USAGE: a live process owns it, or the path is too long. */
struct socketfile *socketfile_open(const char *path, struct err *err);
/* Unlinks the file, then gives up the lock. */
void socketfile_close(struct socketfile *file);
SCOPED_DEFINE(struct socketfile, socketfile_close)

/* The listening descriptor, non-blocking; stays ours. */
int socketfile_fd(const struct socketfile *file);

/* Makes the folder of the runtime directory, open to its group, whose members may connect and bind;
 * the group is handed down from the runtime directory where that has the setgid bit. One that is
 * there stays as it is. */
int socketfile_folder(const char *path, struct err *err);

#endif
