"""F8, F9: a worker that hangs while its I/O thread lives, and one that is fifty times slower.

limit: 200
"""
import os
import socket

import here  # noqa: F401
import wait
from mill import BUILD, Mill, SLOWNESS
from promise import Skip, note, promise, run

WATCHDOG_S = 2
SLOW_MS = 200


class Watchdog:
    """What systemd sees of a service with WatchdogSec=."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.env = {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(WATCHDOG_S * 1000000)}

    def barked(self):
        """Whether the service said that it lives, since the last call."""
        alive = False
        while True:
            try:
                alive |= b"WATCHDOG=1" in self.socket.recv(4096)
            except BlockingIOError:
                return alive


def need_points():
    if "crash" not in BUILD:
        raise Skip("not a build of FLAVOUR=crash: make faults")


@promise
def a_parser_that_hangs_is_missed_its_documents_go_to_others_and_a_watchdog_revives_it():
    """F8"""
    need_points()
    with Mill() as mill:
        dog = Watchdog(mill.folder)
        mill.start_all(parsers=1)
        mill.start("parser@2", {"FEEDMILL_HANG": "handle:3", **dog.env})
        mill.watch_arrivals()
        wait.until(dog.barked, "it tells its watchdog that it lives", 10 * SLOWNESS)
        expected = mill.publish(100, 20)
        wait.until(lambda: mill.received("parser@2") >= 3, "it has something in hand", 30 * SLOWNESS)
        silent = [mill.now()]

        def starved():
            if dog.barked():
                silent[0] = mill.now()
            return mill.now() - silent[0] > WATCHDOG_S

        wait.until(starved, "its watchdog hears nothing", 20 * SLOWNESS)
        hung = silent[0]
        # Its connection is up, its heartbeats go out: only the work does not answer.
        assert mill.alive("parser@2")
        mill.await_items(expected, still_s=40)
        took = mill.now() - hung
        note(f"all of its documents were handled by the other {took:.1f} s after its last word")
        assert took < 20 * SLOWNESS, took
        status, out, error = mill.feedmill("status")
        said = next((x for x in (out + error).splitlines() if "parser@2" in x), "")
        assert status == 1 and "answer" in said, (status, out, error)
        note(said.strip())
        # What a supervisor does then.
        mill.kill("parser@2")
        mill.start("parser@2", dog.env)
        before = mill.received("parser@2")
        expected.update(mill.publish(100, 20))
        wait.until(lambda: mill.received("parser@2") > before, "it works again", 30 * SLOWNESS)
        mill.await_items(expected)
        mill.await_idle()
        assert mill.status("fetcher@main")["quarantine"] == 0
        mill.stop_all()
        mill.check(expected)


@promise
def a_parser_that_is_fifty_times_slower_gets_less_than_a_twentieth_of_the_work():
    """F9"""
    need_points()
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.start("parser@3", {"FEEDMILL_SLOW": f"handle:{SLOW_MS}"})
        mill.watch_arrivals()
        expected = mill.publish(1500, 5)
        mill.await_items(expected, still_s=40)
        mill.await_idle(still_s=40)
        slow, total = mill.received("parser@3"), mill.received("parser")
        note(f"the slow one got {slow} of {total} documents: {100 * slow / total:.1f} %")
        assert slow < total / 20, (slow, total)
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
