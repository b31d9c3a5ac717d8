/* notify - tells systemd how the daemon is: sd_notify(3)'s protocol, a datagram of lines to the
 * socket in $NOTIFY_SOCKET. Without one everything here does nothing. */
#ifndef FM_COMMON_NOTIFY_H
#define FM_COMMON_NOTIFY_H

#include <stdint.h>

/* Each is best effort: a lost word costs nothing that the next would not repair. */
void notify_ready(void);
void notify_reloading(void); /* RELOADING=1 with MONOTONIC_USEC, as Type=notify-reload wants */
void notify_stopping(void);
void notify_status(const char *text);
void notify_watchdog(void);

/* How often the watchdog wants to hear: half of $WATCHDOG_USEC in ms; 0: not at all. */
int64_t notify_watchdog_ms(void);

#endif
