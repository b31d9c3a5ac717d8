"""F1, F2, F6, F7: random kills and freezes of random stages, alone and all at once, while small
items flow into three sinks. FEEDMILL_TEST_KILLS, _FREEZES, _ITEMS, _SEED.

limit: 1500
"""
import os
import random
import signal

import here  # noqa: F401
import processes
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run

SEED = int(os.environ.get("FEEDMILL_TEST_SEED", "20260401"))
KILLS = int(os.environ.get("FEEDMILL_TEST_KILLS", "60"))
FREEZES = int(os.environ.get("FEEDMILL_TEST_FREEZES", "12"))
ITEMS = int(os.environ.get("FEEDMILL_TEST_ITEMS", "30000"))
FEED_ITEMS = 100
RESIDENT_KIB = 64 * 1024
WINDOWS = 64 * FEED_ITEMS + 256  # of documents, of items: the most that one death gives again


class Chaos:
    def __init__(self, mill):
        self.mill = mill
        self.source = random.Random(SEED)
        self.everyone = list(mill.daemons)
        self.kills = self.freezes = 0
        self.frozen = {}  # who: until when
        self.resident = {}
        self.again = 0

    def look(self):
        for who, process in self.mill.daemons.items():
            kib = processes.resident_kib(process.pid) or 0
            stage = who.split("@")[0]
            self.resident[stage] = max(self.resident.get(stage, 0), kib)

    def thaw(self, all_of_them=False):
        for who in [w for w, until in self.frozen.items()
                    if all_of_them or self.mill.now() >= until]:
            del self.frozen[who]
            if self.mill.alive(who):
                self.mill.signal(who, signal.SIGCONT)

    def freeze(self):
        who = self.source.choice(self.everyone)
        if who in self.frozen:
            return
        self.mill.signal(who, signal.SIGSTOP)
        # Now and then for longer than the link's patience.
        self.frozen[who] = self.mill.now() + self.source.choice((0.1, 0.5, 1, 2, 8))
        self.freezes += 1

    def kill(self):
        victims = (self.everyone if self.source.random() < 0.05 else
                   self.source.sample(self.everyone, self.source.choice((1, 1, 1, 2, 3))))
        for who in victims:
            self.frozen.pop(who, None)
            self.mill.kill(who)
            self.kills += 1
        for who in victims:
            self.mill.start(who, ready=False)

    def step(self):
        self.thaw()
        self.look()
        if self.freezes * KILLS < self.kills * FREEZES and self.freezes < FREEZES:
            self.freeze()
        elif self.kills < KILLS:
            self.kill()
        elif self.freezes < FREEZES:
            self.freeze()


def note_duplicates(mill, items, harms):
    """What a crash costs the wire: at most a window of each link."""
    again = mill.wire_duplicates(mill.feed_count, items)
    if not mill.received("parser"):
        return  # not a build of FLAVOUR=crash
    total = sum(again.values())
    note(f"on the wire twice: {total}, {total / max(harms, 1):.1f} a kill or freeze: "
         + ", ".join(f"{who} {count}" for who, count in again.items()))
    assert min(again.values()) >= 0, again
    assert total <= harms * WINDOWS * len(again), again


@promise
def kills_and_freezes_at_random_lose_double_and_invent_nothing():
    note(f"FEEDMILL_TEST_SEED={SEED}: {KILLS} kills, {FREEZES} freezes, {ITEMS} items")
    sinks = {"db": {"type": "sqlite"}, "file": {"type": "jsonl"}, "other": {"type": "jsonl"}}
    with Mill(sinks=sinks) as mill:
        mill.start_all(parsers=3)
        mill.watch_arrivals()
        chaos = Chaos(mill)
        expected = {}
        began = mill.now()
        rounds = max(KILLS + FREEZES, 1)
        feeds = max(ITEMS // FEED_ITEMS // rounds, 1)
        while len(expected) < ITEMS or chaos.kills < KILLS or chaos.freezes < FREEZES:
            if len(expected) < ITEMS:
                expected.update(mill.publish(feeds, FEED_ITEMS, bytes=120))
            wait.a_moment(chaos.source.uniform(0, 0.25))
            chaos.step()
        chaos.thaw(all_of_them=True)
        mill.await_items(expected, still_s=60)
        for who in chaos.everyone:
            mill.await_ready(who)
        mill.await_idle(still_s=60)
        took_s = mill.now() - began
        chaos.look()
        status = mill.status("fetcher@main")
        assert status["quarantine"] == 0, "an innocent document is in the quarantine"
        assert mill.status("classifier@main")["quarantine"] == 0, "an innocent item is"
        fresh = mill.publish(1, 20)
        expected.update(fresh)
        at = mill.now()
        mill.await_items(expected)
        assert mill.now() - at < 5 * SLOWNESS, "a fresh item takes longer than 5 s"
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)
        note(f"{chaos.kills} kills, {chaos.freezes} freezes, {len(expected)} items into 3 sinks in"
             f" {took_s:.0f} s: 0 lost, 0 doubled, 0 invented, 0 innocents quarantined")
        note_duplicates(mill, len(expected), chaos.kills + chaos.freezes)
        note("resident at most: " + ", ".join(f"{stage} {kib / 1024:.0f} MiB"
                                              for stage, kib in sorted(chaos.resident.items())))
        for stage, kib in chaos.resident.items():
            assert kib < RESIDENT_KIB * SLOWNESS, f"{stage}: {kib / 1024:.0f} MiB"


if __name__ == "__main__":
    run()
