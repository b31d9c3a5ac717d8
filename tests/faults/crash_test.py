"""F3, F4: killed at a named point, at its first and its seventh passing, once and once more while it
recovers: nothing is lost or doubled, and the stage is back within two seconds.

limit: 500
"""
import itertools
import json
import os
import signal

import here  # noqa: F401
import disk
import wait
from mill import BUILD, TWO_SINKS, Mill, SLOWNESS
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
NO_FEED = 30  # bytes of a document that end before it is one
REFUSES_ALL = {"type": "exec",
               "command": ["/bin/sh", "-c", "while read -r l; do echo reject never; done"]}


def need_points():
    if "crash" not in BUILD:
        raise Skip("not a build of FLAVOUR=crash: make faults")


class Work:
    """What a stage is given to do until it is dead."""

    def __init__(self, mill):
        self.mill = mill
        self.expected = mill.publish(5, 20)
        self.kills = self.slowest = 0
        mill.await_items(self.expected)

    def give(self):
        self.expected.update(self.mill.publish(1, 20))


class Replays(Work):
    def give(self):
        super().give()
        self.mill.feedmill("replay", "file")


class BadDocuments(Work):
    """Documents that no parser can read, the quarantined ones tried again and again."""

    bad = 0

    def give(self):
        super().give()
        self.mill.publish(1, 20, end=NO_FEED)
        self.bad += 1
        self.mill.feedmill("quarantine", "retry", "documents")


class BadItems(Work):
    """Items that a sink refuses, tried again and again."""

    def give(self):
        super().give()
        self.mill.feedmill("quarantine", "retry", "items")


def die_at(work, who, point, hit):
    """Starts it with the point armed and gives it work until it is dead."""
    mill = work.mill
    mill.start(who, {"FEEDMILL_CRASH": f"{point}:{hit}"}, ready=False)
    process = mill.daemons[who]

    def dead():
        if process.poll() is not None:
            return True
        if dead.turn % 10 == 0:
            work.give()
        dead.turn += 1
        return False

    dead.turn = 0
    wait.until(dead, f"{who} dies at {point}:{hit}", 40 * SLOWNESS)
    assert process.returncode == -9, f"{who} at {point}:{hit} ended with {process.returncode}"
    del mill.daemons[who]
    work.kills += 1


def try_point(work, who, point, hit, times):
    mill = work.mill
    if who in mill.daemons:
        mill.kill(who)
        work.kills += 1
    die_at(work, who, point, hit)
    for _ in range(times - 1):
        die_at(work, who, point, 1)
    began = mill.now()
    mill.start(who)
    back_s = mill.now() - began
    assert back_s < BACK_S * SLOWNESS, f"{who} at {point}:{hit}: back after {back_s:.1f} s"
    mill.await_items(work.expected, still_s=40)
    work.slowest = max(work.slowest, back_s)


def few(cases):
    return [c for c in cases if c[-2:] == (1, 1)] if os.environ.get("FEEDMILL_TEST_FEW") else cases


def quarantined(mill, what):
    status, out, error = mill.feedmill("quarantine", "list", what, "--json")
    assert status == 0, error
    return [json.loads(line) for line in out.splitlines()]


def all_points(who, points=None, kind=Work, sinks=None):
    """Returns its work, when all is delivered and nothing runs any more."""
    need_points()
    cases = few(list(itertools.product(points or POINTS[who], HITS, TIMES)))
    with Mill(sinks=sinks) as mill:
        mill.start_all()
        mill.watch_arrivals()
        work = kind(mill)
        for point, hit, times in cases:
            try_point(work, who, point, hit, times)
        mill.await_idle(still_s=40)
        again = mill.wire_duplicates(mill.feed_count, len(work.expected))
        work.documents = quarantined(mill, "documents")
        work.items = quarantined(mill, "items")
        mill.stop_all()
        mill.check(work.expected)
        note(f"{who}: {len(cases)} cases, {len(work.expected)} items, back after"
             f" {work.slowest:.2f} s at most")
        if kind is Work:
            assert min(again.values()) >= 0, again
            note(f"on the wire twice: {sum(again.values()) / work.kills:.1f} a kill: "
                 + ", ".join(f"{name} {count}" for name, count in again.items()))
        return work


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


@promise
def killed_in_a_replay_the_classifier_goes_on_with_it_and_doubles_nothing():
    all_points("classifier@main", ["replay.mid"], Replays)


@promise
def killed_while_it_puts_a_document_away_the_fetcher_has_each_once():
    work = all_points("fetcher@main", ["dead.moved", "dead.dropped"], BadDocuments)
    feeds = [row["feed"] for row in work.documents]
    assert len(set(feeds)) == len(feeds) == work.bad, (len(set(feeds)), len(feeds), work.bad)
    note(f"{work.bad} documents in the quarantine, each once")


@promise
def killed_while_it_puts_an_item_away_the_classifier_has_each_once():
    work = all_points("classifier@main", ["dead.moved", "dead.dropped"], BadItems,
                      {**TWO_SINKS, "never": REFUSES_ALL})
    refs = [row["ref"] for row in work.items]
    assert len(set(refs)) == len(refs) == len(work.expected), (len(set(refs)), len(refs))
    note(f"{len(refs)} items in the quarantine, each once")


@promise
def killed_in_any_step_of_its_schema_a_stage_takes_it_again():
    need_points()
    steps = {}
    for who, times in itertools.product(("fetcher@main", "classifier@main", "sink@db", "sink@file"),
                                        TIMES):
        with Mill() as mill:
            # In the first step; then each life takes that step, and dies in the next.
            steps[who], hit = 0, 1
            while dies_in_its_schema(mill, who, hit):
                for _ in range(times - 1):
                    assert dies_in_its_schema(mill, who, 1)
                steps[who] += 1
                hit = 2
            mill.start_all()
            expected = mill.publish(5, 20)
            mill.await_items(expected)
            mill.stop_all()
            mill.check(expected)
    note("steps: " + ", ".join(f"{who} {count}" for who, count in steps.items()))
    assert min(steps.values()) >= 1, steps


def dies_in_its_schema(mill, who, hit):
    mill.start(who, {"FEEDMILL_CRASH": f"migrate.mid:{hit}"}, ready=False)
    process = mill.daemons[who]
    wait.until(lambda: process.poll() is not None or mill.ask(who, "status"),
               f"{who} dies or answers", 30 * SLOWNESS)
    if process.poll() is None:
        mill.kill(who)
        return False
    assert process.returncode == -9, process.returncode
    del mill.daemons[who]
    return True


STORES = {"fetcher@main": ("fetcher", "fetcher.db"), "classifier@main": ("classifier", "outbox.db")}


def fill_before_writes(mill, who, filler, expected):
    """Another program fills the disk; then the stage has something to write."""
    spooled = mill.queues()["spool"]
    if who == "classifier@main":
        # On the full disk the fetcher takes up nothing: it has it already.
        for parser in ("parser@1", "parser@2"):
            mill.signal(parser, signal.SIGSTOP)
        # More than there is room for in what it has written already.
        expected.update(mill.publish(30, 20, bytes=8000))
        wait.until(lambda: mill.queues()["spool"] >= spooled + 30, "documents wait", 30 * SLOWNESS)
    disk.fill(filler)
    for parser in ("parser@1", "parser@2"):
        mill.signal(parser, signal.SIGCONT)
    if who == "fetcher@main":
        expected.update(mill.publish(10, 20, bytes=4000))


def overboard(mill, who, folder, hit, expected):
    """Kills it as it gives up its ballast for that time."""
    ballast = os.path.join(mill.state_folder, *STORES[who]) + ".ballast"
    filler = os.path.join(folder, "filler")
    mill.start(who, {"FEEDMILL_CRASH": f"ballast.dropped:{hit}"})
    process = mill.daemons[who]
    for number in range(hit):
        wait.until(lambda: os.path.exists(ballast), f"{who} has its ballast", 30 * SLOWNESS)
        fill_before_writes(mill, who, filler, expected)
        # What the others give up is taken as well.
        wait.until(lambda: not os.path.exists(ballast) or not disk.fill(filler),
                   f"{who} gives its ballast up, {number + 1} of {hit}", 60 * SLOWNESS)
        if number + 1 < hit:
            os.unlink(filler)
    wait.until(lambda: process.poll() is not None, f"{who} dies", 30 * SLOWNESS)
    assert process.returncode == -9, process.returncode
    del mill.daemons[who]


@promise
def killed_as_it_gives_up_its_ballast_a_stage_comes_back_and_nothing_is_lost():
    need_points()
    few_of_them = os.environ.get("FEEDMILL_TEST_FEW")
    with disk.small("128M") as folder:
        limits = {"min_free": "0"}
        with Mill(state_dir=os.path.join(folder, "state"), fetcher=limits,
                  classifier=limits) as mill:
            mill.start_all(parsers=2)
            mill.watch_arrivals()
            expected = mill.publish(5, 20)
            mill.await_items(expected)
            for who, hit in itertools.product(STORES, (1,) if few_of_them else HITS):
                mill.kill(who)
                overboard(mill, who, folder, hit, expected)
                # On the disk that is still full.
                mill.start(who, ready=False)
                wait.until(lambda: mill.ask(who, "status") or not mill.alive(who),
                           f"{who} is up or ends", 30 * SLOWNESS)
                os.unlink(os.path.join(folder, "filler"))
                if not mill.alive(who):
                    note(f"{who} did not start on the full disk:"
                         f" {mill.daemons.pop(who).returncode}")
                    mill.start(who)
                mill.await_items(expected, still_s=60)
            mill.await_idle(still_s=60)
            mill.stop_all()
            mill.check(expected)
            note(f"{len(expected)} items")


if __name__ == "__main__":
    run()
