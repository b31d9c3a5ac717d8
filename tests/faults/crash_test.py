"""F3, F4: killed at a named point, at its first and its seventh passing, once and once more while it
recovers: nothing is lost or doubled, and the stage is back within two seconds.

limit: 400
"""
import itertools
import os

import here  # noqa: F401
import wait
from mill import BUILD, Mill, SLOWNESS
from promise import Skip, note, promise, run

POINTS = {
    "fetcher@main": ["fetched", "db.commit", "db.committed", "db.marked", "send", "sent", "told"],
    "parser@1": ["handle", "emitted", "handled", "send", "sent", "told", "committed", "acked"],
    "classifier@main": ["handle", "handled", "db.commit", "db.committed", "db.marked", "committed",
                        "acked", "send", "sent", "told"],
    "sink@db": ["handle", "handled", "committed", "acked"],
    "sink@file": ["handle", "handled", "line.written", "db.commit", "db.committed", "committed",
                  "acked"],
}
HITS = (1, 7)
TIMES = (1, 2)
BACK_S = 2


def die_at(mill, who, point, hit, expected):
    """Starts it with the point armed and gives it work until it is dead."""
    mill.start(who, {"FEEDMILL_CRASH": f"{point}:{hit}"}, ready=False)
    process = mill.daemons[who]

    def dead():
        if process.poll() is not None:
            return True
        if dead.turn % 10 == 0:
            expected.update(mill.publish(1, 20))
        dead.turn += 1
        return False

    dead.turn = 0
    wait.until(dead, f"{who} dies at {point}:{hit}", 40 * SLOWNESS)
    assert process.returncode == -9, f"{who} at {point}:{hit} ended with {process.returncode}"
    del mill.daemons[who]


def try_point(mill, who, point, hit, times, expected):
    if who in mill.daemons:
        mill.kill(who)
    die_at(mill, who, point, hit, expected)
    for _ in range(times - 1):
        die_at(mill, who, point, 1, expected)
    began = mill.now()
    mill.start(who)
    back_s = mill.now() - began
    assert back_s < BACK_S * SLOWNESS, f"{who} at {point}:{hit}: back after {back_s:.1f} s"
    mill.await_items(expected, still_s=40)
    return back_s


def all_points(who):
    if "crash" not in BUILD:
        raise Skip("not a build of FLAVOUR=crash: make faults")
    most = os.environ.get("FEEDMILL_TEST_FEW")
    cases = list(itertools.product(POINTS[who], HITS, TIMES))
    if most:
        cases = [c for c in cases if c[1:] == (1, 1)]
    with Mill() as mill:
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(5, 20)
        mill.await_items(expected)
        slowest = 0
        for point, hit, times in cases:
            slowest = max(slowest, try_point(mill, who, point, hit, times, expected))
        mill.await_idle(still_s=40)
        mill.stop_all()
        mill.check(expected)
        note(f"{who}: {len(cases)} cases, {len(expected)} items, back after {slowest:.2f} s"
             " at most")


@promise
def the_fetcher_killed_at_any_point_loses_and_doubles_nothing():
    all_points("fetcher@main")


@promise
def a_parser_killed_at_any_point_loses_and_doubles_nothing():
    all_points("parser@1")


@promise
def the_classifier_killed_at_any_point_loses_and_doubles_nothing():
    all_points("classifier@main")


@promise
def a_sqlite_sink_killed_at_any_point_loses_and_doubles_nothing():
    all_points("sink@db")


@promise
def a_jsonl_sink_killed_at_any_point_loses_and_doubles_nothing():
    all_points("sink@file")


if __name__ == "__main__":
    run()
