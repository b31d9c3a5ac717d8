"""What a disk can do to a stage: errors, torn and flipped bytes, files that are no longer there.

limit: 500
"""
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


def store_of(mill, who):
    return os.path.join(mill.state_folder, *{"fetcher@main": ("fetcher", "fetcher.db"),
                                             "classifier@main": ("classifier", "outbox.db")}[who])


@promise
def a_torn_wal_of_the_fetcher_is_noticed_and_what_it_held_is_fetched_again():
    """F20"""
    source = random.Random(SEED)
    for number in range(4):
        with Mill() as mill:
            for who in mill.everyone(parsers=0):
                mill.start(who)
            expected = mill.publish(20, 20)
            wait.until(lambda: mill.queues()["spool"] == 20, "20 documents wait", 30 * SLOWNESS)
            mill.kill("fetcher@main")
            wal = store_of(mill, "fetcher@main") + "-wal"
            size = os.path.getsize(wal)
            if size == 0:
                raise Skip("the WAL is empty after a kill")
            os.truncate(wal, size - source.randint(1, size // 2))
            mill.start("fetcher@main")
            mill.start("parser@1")
            mill.await_items(expected, still_s=40)
            mill.await_idle(still_s=40)
            mill.stop_all()
            mill.check(expected)
            warned = [x for x in log_of(mill, "fetcher@main").splitlines() if "damaged" in x]
            if number == 0:
                note(warned[0][21:250] if warned else "nothing that was committed was cut off")


@promise
def a_flipped_bit_never_becomes_a_wrong_byte_in_a_sink():
    """F21"""
    source = random.Random(SEED)
    rounds = 10
    refused = lost = 0
    for _ in range(rounds):
        with Mill() as mill:
            for who in mill.everyone(parsers=0):
                mill.start(who)
            expected = mill.publish(20, 20)
            wait.until(lambda: mill.queues()["spool"] == 20, "20 documents wait", 30 * SLOWNESS)
            assert mill.stop("fetcher@main") == 0
            with open(store_of(mill, "fetcher@main"), "r+b") as file:
                size = file.seek(0, os.SEEK_END)
                for _ in range(FLIPS // rounds):
                    at = source.randrange(size)
                    file.seek(at)
                    byte = file.read(1)[0] ^ (1 << source.randrange(8))
                    file.seek(at)
                    file.write(bytes([byte]))
            mill.start("parser@1")
            mill.start("fetcher@main", ready=False)
            wait.moving(lambda: (mill.sink_counts(), mill.alive("fetcher@main")),
                        lambda: not mill.alive("fetcher@main") or
                        mill.status("fetcher@main").get("spool", {}).get("depth") == 0,
                        "the fetcher delivers, or says why not", 20 * SLOWNESS)
            if not mill.alive("fetcher@main"):
                refused += 1
                assert "fetcher.db" in log_of(mill, "fetcher@main"), "it does not name the file"
                mill.daemons.pop("fetcher@main")
            else:
                mill.await_idle()
                mill.stop("fetcher@main")
            for who in list(mill.daemons):
                mill.kill(who)
            for name, keys in mill.sinks.items():
                if not os.path.exists(keys["path"]):
                    continue
                here_now = {(row[0], row[1]) for row in oracle.READERS[keys["type"]](keys["path"])}
                assert here_now <= set(expected), "invented items"
                oracle.check(name, keys, {key: expected[key] for key in here_now})
                lost += len(expected) - len(here_now)
    note(f"seed {SEED}: {FLIPS} bits flipped in {rounds} spools: no wrong byte in a sink;"
         f" {refused} times the fetcher named the file and did not start;"
         f" {lost // 2} items were in what was damaged")


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
def a_disk_that_becomes_read_only_is_named_and_nothing_is_lost():
    """F17"""
    with disk.small("64M") as folder:
        few = {"min_free": "1M"}
        with Mill(state_dir=os.path.join(folder, "state"), fetcher=few, classifier=few) as mill:
            mill.start_all()
            mill.watch_arrivals()
            expected = mill.publish(10, 20)
            mill.await_items(expected)
            mill.await_idle()
            done = subprocess.run(["mount", "-o", "remount,ro", folder], check=False,
                                  capture_output=True)
            if done.returncode != 0:  # files are open for writing
                raise Skip(f"cannot remount: {done.stderr.decode().splitlines()[0]}")
            expected.update(mill.publish(10, 20))
            wait.until(lambda: "read" in log_of(mill, "fetcher@main").lower() and
                       "paused" in log_of(mill, "fetcher@main"), "the fetcher says so",
                       30 * SLOWNESS)
            disk.mount("-o", "remount,rw", folder)
            mill.await_items(expected, still_s=60)
            mill.stop_all()
            mill.check(expected)


if __name__ == "__main__":
    run()
