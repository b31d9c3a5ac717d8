"""When no sink takes anything, the whole mill stands still up to its source, within its ceilings,
and goes on by itself when they do.

limit: 300
"""
import os
import signal
import sys

import processes
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run

MIB = 1024 * 1024
FEEDS, ITEMS, ITEM_BYTES = 750, 20, 6000  # 90 MB: more than the outbox and the spool may hold
OUTBOX_MIB, SPOOL_MIB = 64, 4
# What the manual pages say of a daemon's memory.
CEILING_MIB = {"fetcher": 96, "parser": 64, "classifier": 96, "sink": 64}

# Says "retry" while a file is there, and takes its time when it is not.
MOODY = r"""
import json, os, sys, threading
out, slow = open(sys.argv[1], "a"), threading.Event()
for line in sys.stdin:
    if not line.strip():
        continue
    if os.path.exists(sys.argv[2]):
        print("retry after=1 not now", flush=True)
        continue
    got = json.loads(line)
    slow.wait(0.002)
    out.write(got["key"] + " " + got["item"]["feed"]["url"] + "\n")
    out.flush()
    print("ok", flush=True)
"""


def moody_sink(mill):
    script, taken, block = (os.path.join(mill.folder, n) for n in ("moody.py", "taken", "block"))
    with open(script, "w", encoding="utf-8") as file:
        file.write(MOODY)
    for path in (taken, block):
        open(path, "w", encoding="utf-8").close()
    mill.sinks["moody"] = {"type": "exec", "command": [sys.executable, script, taken, block]}
    mill.write_config()
    return taken, block


def peaks(mill):
    """The most memory that each daemon has ever had, in MiB."""
    return {who: processes.peak_kib(p.pid) / 1024 for who, p in mill.daemons.items()}


def check_peaks(mill):
    most = peaks(mill)
    note("peak: " + ", ".join(f"{who} {mib:.0f} MiB" for who, mib in most.items()))
    for who, mib in most.items():
        ceiling = CEILING_MIB[who.split("@")[0]]
        assert mib < ceiling * SLOWNESS, f"{who}: {mib:.0f} MiB, {ceiling} are said"


def is_full(mill):
    """The source has stopped because of what is behind it."""
    polls = mill.status("fetcher@main").get("polls", {})
    return ("spool" in (polls.get("paused") or "") and polls["in_flight"] == 0 and
            mill.status("classifier@main").get("outbox_full"))


class Rest:
    """How long the source has asked for nothing because of what is behind it."""

    def __init__(self, mill):
        self.mill, self.requests, self.since = mill, -1, mill.now()

    def lasts_s(self):
        requests = self.mill.server.requests()
        if requests != self.requests or not is_full(self.mill):
            self.requests, self.since = requests, self.mill.now()
        return self.mill.now() - self.since


@promise
def when_every_sink_blocks_the_source_stops_and_all_goes_on_by_itself():
    limits = {"outbox_max": f"{OUTBOX_MIB}M", "min_free": "0"}
    with Mill(fetcher={"spool_max": f"{SPOOL_MIB}M", "min_free": "0"}, classifier=limits) as mill:
        taken, block = moody_sink(mill)
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        for who in ("sink@db", "sink@file"):
            mill.signal(who, signal.SIGSTOP)
        expected = mill.publish(FEEDS, ITEMS, bytes=ITEM_BYTES)
        # Nothing is asked for any more, though much is due: for 5 s, and that stays so.
        rest = Rest(mill)
        wait.until(lambda: rest.lasts_s() > 5, lambda: f"the source rests: {mill.queues()}",
                   120 * SLOWNESS)
        asked = mill.server.stats()
        fetcher, classifier = mill.status("fetcher@main"), mill.status("classifier@main")
        assert len(asked) < FEEDS * 0.9 and fetcher["feeds"]["due"] > FEEDS * 0.1, len(asked)
        # Beyond it only what was under way: 64 polls, and as many again that a turn may start.
        most = SPOOL_MIB * MIB + 128 * ITEMS * (ITEM_BYTES + 1000)
        assert fetcher["spool"]["bytes"] < most, (fetcher["spool"], most)
        assert classifier["outbox_full"] and classifier["outbox_bytes"] <= OUTBOX_MIB * MIB
        queued = {s["sink"]: s["depth"] for s in classifier["sinks"]}
        note(f"{len(asked)} of {FEEDS} feeds asked for, queued {queued}, spool "
             f"{fetcher['spool']['bytes'] / MIB:.1f} MiB, outbox "
             f"{classifier['outbox_bytes'] / MIB:.1f} MiB")
        assert "outbox full" in "".join(mill.logged("classifier@main", "paused"))
        check_peaks(mill)

        # All of them go on; what is new comes between what has waited.
        os.unlink(block)
        began = mill.now()
        for who in ("sink@db", "sink@file"):
            mill.signal(who, signal.SIGCONT)
        mill.await_items(expected, still_s=60)
        mill.await_idle(still_s=60)
        note(f"{len(expected)} items in all sinks {mill.now() - began:.1f} s later")
        with open(taken, encoding="utf-8") as file:
            keys, feeds = zip(*(line.split() for line in file))
        late = [target_of(url) not in asked for url in feeds]
        behind = late[late.index(True):].count(False)
        note(f"{behind} of {late.count(False)} that had waited came after the first new one")
        assert behind > late.count(False) / 20, (behind, late.count(False))
        check_peaks(mill)
        mill.stop_all()
        mill.check(expected)
        assert len(keys) == len(set(keys)) == len(expected), (len(keys), len(set(keys)))


def target_of(url):
    return "/" + url.split("/", 3)[3]


if __name__ == "__main__":
    run()
