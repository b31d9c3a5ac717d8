"""What a disk can do to a stage: errors, torn and flipped bytes, files that are no longer there.

limit: 500
"""
import json
import os
import random
import shutil
import subprocess

import here  # noqa: F401
import disk
import oracle
import wait
from mill import Mill, SLOWNESS
from promise import Skip, note, promise, run

SEED = int(os.environ.get("FEEDMILL_TEST_SEED", "20260402"))
FLIPS = int(os.environ.get("FEEDMILL_TEST_FLIPS", "200"))


def need_strace():
    """What makes a system call fail, from outside."""
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    done = subprocess.run(["strace", "-f", "-e", "inject=getpid:error=EIO", "true"], check=False,
                          capture_output=True)
    if done.returncode != 0:
        raise Skip("strace may not trace here")


def injecting(what, call):
    """As a wrapper of a daemon's command line."""
    return ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
            f"inject={call}:{what}"]


def start_injected(mill, who, wrap):
    mill.wrap = wrap
    mill.start(who, ready=False)
    mill.wrap = []


def log_of(mill, who):
    with open(os.path.join(mill.log_folder, who), encoding="utf-8", errors="replace") as log:
        return log.read()


def restart_until_done(mill, who, expected, still_s=40):
    """A supervisor's part: it is started again, without the fault, when it ends."""
    def counts():
        if not mill.alive(who):
            mill.daemons.pop(who, None)
            mill.start(who, ready=False)
        return mill.sink_counts()

    wait.moving(counts, lambda: min(counts().values()) >= len(expected),
                f"{len(expected)} items", still_s * SLOWNESS)


def under_fault(who, wrap, sign=None, feeds=30):
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(10, 20)
        mill.await_items(expected)
        mill.stop(who)
        start_injected(mill, who, wrap)
        expected.update(mill.publish(feeds, 20))
        restart_until_done(mill, who, expected)
        mill.kill(who)
        mill.start(who)
        fresh = mill.publish(5, 20)
        expected.update(fresh)
        mill.await_items(expected, still_s=40)
        mill.await_idle(still_s=40)
        mill.stop_all()
        mill.check(expected)
        text = log_of(mill, who)
        if sign:
            assert sign in text, f"the log of {who} does not say '{sign}'"
            note(next(line for line in text.splitlines() if sign in line)[21:200])


@promise
def killed_at_any_write_a_stage_has_what_it_acked():
    """F5"""
    need_strace()
    source = random.Random(SEED)
    for who in ("fetcher@main", "classifier@main", "sink@db"):
        for number in sorted(source.sample(range(1, 120), 4)):
            under_fault(who, injecting(f"signal=KILL:when={number}", "pwrite64"), feeds=10)
        note(f"{who}: killed at 4 of its writes, seed {SEED}")


@promise
def an_error_of_fdatasync_loses_nothing():
    """F18"""
    need_strace()
    for who in ("fetcher@main", "classifier@main", "sink@db", "sink@file"):
        under_fault(who, injecting("error=EIO:when=3+5", "fdatasync"))


@promise
def no_room_and_interrupted_writes_lose_nothing():
    """F19"""
    need_strace()
    under_fault("classifier@main", injecting("error=ENOSPC:when=20..40+7", "pwrite64"))
    under_fault("fetcher@main", injecting("error=ENOSPC:when=20..40+7", "pwrite64"))
    under_fault("sink@file", injecting("error=EINTR:when=2..60+3", "write"))


# Whose promises stand in which file, and how its stage ends before it is damaged: asked to stop, it
# leaves all in the file; killed, some in the WAL.
STORES = {
    "fetcher@main": ("state", "fetcher/fetcher.db"),
    "classifier@main": ("state", "classifier/outbox.db"),
    "sink@db": ("out", "db"),
    "sink@file": ("state", "sink/file/jsonl.db"),
}


def store_of(mill, who):
    folder, name = STORES[who]
    return os.path.join(mill.state_folder if folder == "state" else mill.out_folder, name)


def promise_much(mill, who):
    """What is published is all in the hands of that stage, or some of it."""
    first = {"fetcher@main": 0, "classifier@main": 1}.get(who, 2)  # parsers, sinks that run
    everyone = [w for w in mill.everyone(parsers=min(first, 1))
                if first == 2 or not w.startswith("sink")]
    for one in everyone:
        mill.start(one)
    expected = mill.publish(20, 20)
    if first == 0:
        wait.until(lambda: mill.queues()["spool"] == 20, "20 documents wait", 30 * SLOWNESS)
    elif first == 1:
        wait.until(lambda: mill.queues()["sink db"] == len(expected), "the outbox has all",
                   30 * SLOWNESS)
        wait.until(lambda: mill.queues()["spool"] == 0, "and the fetcher knows", 30 * SLOWNESS)
    else:
        wait.until(lambda: mill.sink_counts()[who.split("@")[1]] > len(expected) // 2,
                   "half has arrived", 30 * SLOWNESS)
    return expected


def set_aside(path):
    """What a person does with a store that is refused: the stage begins a new one."""
    for end in ("", "-wal", "-shm"):
        if os.path.exists(path + end):
            os.rename(path + end, path + ".damaged" + end)


def start_damaged(mill, who):
    """Starts it on what was done to its store. Whether the store was refused."""
    mill.start(who, ready=False)
    process = mill.daemons[who]
    wait.until(lambda: process.poll() is not None or mill.ask(who, "status"),
               f"{who} answers or says why not", 30 * SLOWNESS)
    return begin_anew(mill, who)


def begin_anew(mill, who):
    """A stage that has ended named the file: it gets a new one. Whether it had."""
    if mill.alive(who):
        return False
    last = log_of(mill, who).splitlines()[-3:]
    assert mill.daemons.pop(who).returncode > 0, last
    assert any(os.path.basename(store_of(mill, who)) in line for line in last), last
    set_aside(store_of(mill, who))
    mill.start(who)
    return True


def beyond_reading(mill):
    """{sink: items whose row in the outbox no longer has its checksum}: the quarantine names them."""
    out = mill.feedmill("quarantine", "list", "items", "--json")[1]  # "" from one that has ended
    found = {}
    for line in out.splitlines():
        row = json.loads(line)
        assert "checksum" in row["reason"], row
        sink = row["stage"].removeprefix("sink@")
        found[sink] = found.get(sink, 0) + 1
    return found


def all_is_there(mill, who, expected, readable=True):
    """Whatever was lost has come again, and only what is named is missing: (items named, files
    refused)."""
    refused = 0
    for one in mill.everyone():
        if one not in mill.daemons:
            mill.start(one, ready=False)

    def complete():
        nonlocal refused
        refused += not readable and begin_anew(mill, who)
        gone = beyond_reading(mill) if not readable else {}
        return all(count + gone.get(name, 0) >= len(expected)
                   for name, count in mill.sink_counts().items())

    wait.moving(lambda: (mill.sink_counts(), mill.alive(who)), complete,
                f"all of {len(expected)} items", 40 * SLOWNESS)
    mill.await_idle(still_s=40)
    gone = beyond_reading(mill)
    assert mill.status("fetcher@main")["quarantine"] == 0
    mill.stop_all()
    for name, keys in mill.sinks.items():
        here_now = {(row[0], row[1]) for row in oracle.READERS[keys["type"]](keys["path"])}
        assert here_now <= set(expected), "invented items"
        assert len(expected) - len(here_now) <= gone.get(name, 0), (name, len(here_now), gone)
        oracle.check(name, keys, {key: expected[key] for key in here_now})
    return sum(gone.values()), refused


def lost_commits(mill, who):
    """What its log says of commits that are gone."""
    return [line for line in log_of(mill, who).splitlines() if "commits are gone" in line]


@promise
def what_a_torn_wal_takes_away_is_noticed_and_comes_again():
    """F20"""
    source = random.Random(SEED)
    for who in STORES:
        for number in range(2):
            with Mill() as mill:
                expected = promise_much(mill, who)
                mill.kill(who)
                wal = store_of(mill, who) + "-wal"
                size = os.path.getsize(wal)
                assert size > 0, f"the WAL of {who} is empty"
                # The last bytes alone, then a good deal of it.
                cut = 1 if number == 0 else source.randint(size // 4, size // 2)
                os.truncate(wal, size - cut)
                assert not start_damaged(mill, who)
                all_is_there(mill, who, expected)
                warned = lost_commits(mill, who)
                # A WAL that is used again has old frames at its end: nobody misses them.
                note(f"{who}, {cut} bytes of {size} cut off: "
                     + (warned[0][warned[0].index("the last"):][:60] if warned else "none missed"))


@promise
def a_flipped_bit_is_named_changes_no_item_and_loses_none_that_was_acked():
    """F21"""
    source = random.Random(SEED)
    # The rows of a sqlite sink are its user's: their file has no checksums but in its WAL.
    targets = [(who, wal) for who in STORES for wal in (False, True) if wal or who != "sink@db"]
    rounds = 2 * len(targets)
    flips = [FLIPS // rounds + (n < FLIPS % rounds) for n in range(rounds)]
    refused = named = 0
    losses = {}
    for number, count in enumerate(flips):
        who, wal = targets[number % len(targets)]
        with Mill() as mill:
            expected = promise_much(mill, who)
            if wal:
                mill.kill(who)
            else:
                assert mill.stop(who) == 0
            path = store_of(mill, who) + ("-wal" if wal else "")
            with open(path, "r+b") as file:
                size = file.seek(0, os.SEEK_END)
                for _ in range(count):
                    at = source.randrange(size)
                    file.seek(at)
                    byte = file.read(1)[0] ^ (1 << source.randrange(8))
                    file.seek(at)
                    file.write(bytes([byte]))
            refused += start_damaged(mill, who)
            items, files = all_is_there(mill, who, expected, readable=wal)
            named += items
            refused += files
            losses[who] = losses.get(who, 0) + len(lost_commits(mill, who))
    note(f"seed {SEED}: {sum(flips)} bits flipped in {rounds} files: no wrong byte in a sink, all that"
         f" was acked is there; {refused} files were refused by name, {named} items are in the"
         " quarantine with a wrong checksum")
    note("logs that name lost commits: "
         + ", ".join(f"{who} {count}" for who, count in losses.items()))


@promise
def a_store_that_is_none_is_named_and_never_overwritten():
    """F22"""
    for who in ("fetcher@main", "classifier@main"):
        with Mill() as mill:
            mill.start_all()
            expected = mill.publish(5, 20)
            mill.await_items(expected)
            mill.await_idle()
            mill.stop(who)
            path = store_of(mill, who)
            garbage = random.Random(SEED).randbytes(200000)
            for name in (path + "-wal", path + "-shm"):
                if os.path.exists(name):
                    os.unlink(name)
            with open(path, "wb") as file:
                file.write(garbage)
            mill.start(who, ready=False)
            status = mill.daemons.pop(who).wait(20 * SLOWNESS)
            assert status not in (0, -6, -11), f"{who} ended with {status}"
            text = log_of(mill, who)
            assert os.path.basename(path) in text.splitlines()[-1], text.splitlines()[-1]
            with open(path, "rb") as file:
                assert file.read() == garbage, "the file was changed"
            note(text.splitlines()[-1][21:200])


@promise
def a_disk_without_inodes_is_waited_out_and_nothing_is_lost():
    """F17"""
    with disk.small("64M", ",nr_inodes=400") as folder:
        few = {"min_free": "1M"}
        with Mill(state_dir=os.path.join(folder, "state"), fetcher=few, classifier=few) as mill:
            mill.start_all()
            mill.watch_arrivals()
            expected = mill.publish(10, 20)
            mill.await_items(expected)
            taken = 0
            try:
                while True:
                    with open(os.path.join(folder, f"taken{taken}"), "w", encoding="ascii"):
                        taken += 1
            except OSError:
                pass
            # What runs has its files and goes on; what starts may need a new one.
            expected.update(mill.publish(10, 20))
            for who in ("fetcher@main", "classifier@main", "sink@file"):
                mill.kill(who)
                mill.start(who, ready=False)
                wait.until(lambda who=who: mill.ask(who, "status") or not mill.alive(who),
                           f"{who} is up or says why not", 30 * SLOWNESS)
                if not mill.alive(who):
                    last = log_of(mill, who).splitlines()[-1]
                    assert mill.daemons.pop(who).returncode == 111 and folder in last, last
                    note(last[21:200])
            for number in range(taken):
                os.unlink(os.path.join(folder, f"taken{number}"))
            for who in mill.everyone():
                if who not in mill.daemons:
                    mill.start(who)
            mill.await_items(expected, still_s=60)
            mill.await_idle(still_s=60)
            mill.stop_all()
            mill.check(expected)


@promise
def folders_of_state_that_are_deleted_cost_no_item():
    """F17: under way, and with the stage killed afterwards."""
    for who in ("fetcher@main", "classifier@main"):
        with Mill() as mill:
            mill.start_all()
            mill.watch_arrivals()
            expected = mill.publish(10, 20)
            mill.await_items(expected)
            mill.stop("sink@db")
            expected.update(mill.publish(10, 20))
            mill.await_items(expected, sinks=["file"])
            shutil.rmtree(os.path.dirname(store_of(mill, who)))
            mill.kill(who)
            mill.start(who)
            mill.start("sink@db", ready=False)
            if who == "classifier@main":
                # With the mark, too, everything is gone that could tell: a person asks for it.
                assert not lost_commits(mill, who)
                mill.kill("fetcher@main")
                shutil.rmtree(os.path.dirname(store_of(mill, "fetcher@main")))
                mill.start("fetcher@main")
            mill.await_items(expected, still_s=60)
            mill.await_idle(still_s=60)
            mill.stop_all()
            mill.check(expected)


@promise
def a_disk_that_is_read_only_is_named_and_nothing_is_lost():
    """F17: found at the start; and under way, for a while."""
    with disk.small("64M") as folder:
        few = {"min_free": "1M"}
        with Mill(state_dir=os.path.join(folder, "state"), fetcher=few, classifier=few) as mill:
            mill.start_all()
            mill.watch_arrivals()
            expected = mill.publish(10, 20)
            mill.await_items(expected)
            expected.update(mill.publish(10, 20))
            theirs = [who for who in mill.everyone() if not who.startswith("parser")]
            for who in theirs:
                mill.kill(who)
            disk.mount("-o", "remount,ro", folder)
            for who in ("fetcher@main", "classifier@main", "sink@file"):  # sink@db writes elsewhere
                mill.start(who, ready=False)
                status = mill.daemons.pop(who).wait(30 * SLOWNESS)
                last = log_of(mill, who).splitlines()[-1]
                assert status == 111 and folder in last, (status, last)
                note(last[21:200])
            disk.mount("-o", "remount,rw", folder)
            for who in theirs:
                mill.start(who)
            mill.await_items(expected, still_s=60)
            mill.await_idle(still_s=60)
            mill.stop_all()
            mill.check(expected)
    need_strace()
    under_fault("classifier@main", injecting("error=EROFS:when=20..40+7", "pwrite64"))


if __name__ == "__main__":
    run()
