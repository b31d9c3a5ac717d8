"""A full disk stops nothing for good: the mill pauses, says so, and resumes by itself.

limit: 240
"""
import os

import disk
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run

MIB = 1024 * 1024


def log_line(mill, who, event):
    with open(os.path.join(mill.log_folder, who), encoding="utf-8", errors="replace") as log:
        return next((line.strip() for line in log if f" {event} " in line), None)


def await_line(mill, who, event):
    line = wait.until(lambda: log_line(mill, who, event), f"{event} in the log of {who}",
                      60 * SLOWNESS)
    note(line[21:200])


def all_up(mill):
    for who in mill.daemons:
        assert mill.alive(who), f"{who} has ended"


@promise
def a_disk_filled_by_a_stopped_sink_pauses_the_mill_and_it_resumes_by_itself():
    with disk.small("64M") as folder:
        # Few polls at once, so that little room is kept free for what they may bring.
        with Mill(state_dir=os.path.join(folder, "state"), fetcher={"min_free": "6M", "polls": 4},
                  classifier={"min_free": "6M"}) as mill:
            mill.start_all(parsers=2)
            mill.watch_arrivals()
            mill.stop("sink@db")
            # More than the disk holds: 80 MB of items.
            expected = mill.publish(400, 20, bytes=10000)
            await_line(mill, "fetcher@main", "polls_paused")
            wait.until(lambda: disk.free_bytes(folder) < 24 * MIB,
                       lambda: f"the disk fills: {disk.free_bytes(folder)}", 60 * SLOWNESS)
            counts = mill.sink_counts()
            note(f"{disk.free_bytes(folder) / MIB:.1f} MiB are free, {mill.queues()}, {counts}")
            assert counts["file"] < len(expected), counts
            all_up(mill)
            mill.start("sink@db")
            mill.await_items(expected, still_s=60)
            mill.await_idle(still_s=60)
            all_up(mill)
            await_line(mill, "fetcher@main", "polls_resumed")
            mill.stop_all()
            mill.check(expected)
            note(f"{len(expected)} items in both sinks")


@promise
def a_small_disk_is_enough_with_nothing_set():
    size = 16
    with disk.small(f"{size}M") as folder:
        with Mill(state_dir=os.path.join(folder, "state")) as mill:
            mill.start_all()
            mill.watch_arrivals()
            expected = mill.publish(40, 20, bytes=1000)
            mill.await_items(expected)
            assert not log_line(mill, "fetcher@main", "polls_paused")
            assert not mill.status("classifier@main")["outbox_full"]
            # A sink is away until nothing fits any more: 12 MB of items, and their documents.
            mill.stop("sink@db")
            expected.update(mill.publish(60, 20, bytes=10000))
            await_line(mill, "fetcher@main", "polls_paused")
            # Which of the two meets the end of the disk first is a matter of some kilobytes.
            # The fetcher also rests for a moment long before the end, and finds room again.
            def used():
                return size - disk.free_bytes(folder) / MIB

            wait.until(lambda: used() > size / 2 and
                       (mill.status("classifier@main")["outbox_full"] or
                        mill.queues()["spool"] == 0),
                       lambda: f"the mill takes up nothing more: {used():.1f} MiB in use,"
                       f" {mill.queues()}", 60 * SLOWNESS)
            note(f"full with {used():.1f} of {size} MiB in use: {mill.sink_counts()}")
            all_up(mill)
            mill.start("sink@db")
            mill.await_items(expected, still_s=60)
            mill.await_idle(still_s=60)
            all_up(mill)
            mill.stop_all()
            mill.check(expected)


@promise
def a_disk_that_another_program_fills_is_waited_out():
    with disk.small("64M") as folder:
        limits = {"min_free": "0"}  # so that writes meet the end of the disk themselves
        with Mill(state_dir=os.path.join(folder, "state"), fetcher=limits,
                  classifier=limits) as mill:
            mill.start_all(parsers=2)
            mill.watch_arrivals()
            expected = mill.publish(20, 20)
            mill.await_items(expected)
            filler = os.path.join(folder, "filler")
            for number in range(3):
                taken = disk.fill(filler)
                expected.update(mill.publish(60, 20, bytes=4000))
                wait.until(lambda number=number: disturbed(mill, number),
                           lambda: f"somebody says that the disk is full: {mill.queues()}, "
                                   f"{mill.sink_counts()}", 60 * SLOWNESS)
                all_up(mill)
                note(f"{taken / MIB:.0f} MiB taken: {mill.sink_counts()} of {len(expected)}")
                os.unlink(filler)
                mill.await_items(expected, still_s=60)
                mill.await_idle(still_s=60)
            all_up(mill)
            mill.stop_all()
            mill.check(expected)


def disturbed(mill, number):
    """The disk is full and has been noticed, at least once more than number times."""
    noticed = 0
    for who in ("fetcher@main", "classifier@main"):
        with open(os.path.join(mill.log_folder, who), encoding="utf-8", errors="replace") as log:
            noticed += sum(" polls_paused " in x or " paused " in x for x in log)
    return noticed > number


@promise
def a_sink_whose_own_disk_is_full_waits_and_delays_nobody():
    with disk.small("8M") as folder:
        sinks = {"db": {"type": "sqlite"},
                 "file": {"type": "jsonl", "path": os.path.join(folder, "items.jsonl")},
                 "other": {"type": "jsonl"}}
        with Mill(sinks=sinks) as mill:
            mill.start_all()
            mill.watch_arrivals()
            filler = os.path.join(folder, "filler")
            disk.fill(filler)
            expected = mill.publish(60, 20)
            mill.await_items(expected, sinks=["db", "other"])
            await_line(mill, "sink@file", "paused")
            all_up(mill)
            os.unlink(filler)
            mill.await_items(expected, still_s=60)
            mill.await_idle(still_s=60)
            mill.stop_all()
            mill.check(expected)


if __name__ == "__main__":
    run()
