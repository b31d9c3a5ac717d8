"""What can happen to a process and to what it stands on: reloads, clocks, memory, its folder.

limit: 300
"""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile

import here  # noqa: F401
import processes
import wait
from mill import BUILD, Mill, SLOWNESS
from promise import Skip, note, promise, run

MIB = 1024 * 1024
RELOADS = 100


@promise
def a_hundred_reloads_under_load_and_broken_ones_change_nothing():
    """F36"""
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(20, 20)
        mill.await_items(expected)
        before = {who: processes.descriptors(p.pid) for who, p in mill.daemons.items()}
        with open(mill.config, encoding="utf-8") as file:
            good = file.read()
        for number in range(RELOADS):
            if number % 10 == 0:
                expected.update(mill.publish(5, 20))
            with open(mill.config + ".new", "w", encoding="utf-8") as file:
                file.write(good + ("[nonsense]\nkey = 1\n" if number % 4 == 3 else ""))
            os.rename(mill.config + ".new", mill.config)
            for who in mill.daemons:
                mill.signal(who, signal.SIGHUP)
            wait.a_moment(0.02)
        mill.write_config()
        mill.await_items(expected, still_s=40)
        mill.await_idle()
        for who, count in before.items():
            now = processes.descriptors(mill.daemons[who].pid)
            limit = count + (80 if who.startswith("fetcher") else 8)  # connections it keeps
            assert now <= limit, f"{who}: {count} files open, then {now}"
            kib = processes.resident_kib(mill.daemons[who].pid)
            assert kib < 64 * 1024 * SLOWNESS, f"{who}: {kib / 1024:.0f} MiB"
        mill.stop_all()
        mill.check(expected)
        note(f"{RELOADS} reloads of each, a quarter of them broken")


@promise
def the_folder_of_sockets_removed_under_way_is_made_again():
    """F32"""
    with Mill() as mill:
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(10, 20)
        mill.await_items(expected)
        shutil.rmtree(mill.run_folder)
        # They go on over what is connected; whoever is started again makes what it needs.
        for who in list(mill.daemons):
            mill.kill(who)
            mill.start(who, ready=False)
        for who in list(mill.daemons):
            mill.await_ready(who)
        expected.update(mill.publish(10, 20))
        began = mill.now()
        mill.await_items(expected)
        note(f"all there {mill.now() - began:.1f} s later")
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


@promise
def stale_sockets_and_thousands_of_strange_files_beside_them_disturb_nobody():
    """F32"""
    with Mill() as mill:
        for stage in ("parser", "classifier", "sink", "fetcher"):
            os.makedirs(os.path.join(mill.run_folder, stage))
            for number in range(2000):
                with open(os.path.join(mill.run_folder, stage, f"x{number}"), "w",
                          encoding="ascii"):
                    pass
            for name in ("9.in", "ghost.in", "..in"):
                with open(os.path.join(mill.run_folder, stage, name), "w", encoding="ascii"):
                    pass
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(20, 20)
        mill.await_items(expected)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


def faketime():
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"):
        path = os.path.join(folder, "faketime/libfaketime.so.1")
        if os.path.exists(path):
            return path
    raise Skip("libfaketime is not installed")


@promise
def a_clock_that_jumps_asks_nobody_too_often_and_loses_nothing():
    """F23"""
    library = faketime()
    if "asan" in BUILD:
        raise Skip("a sanitizer wants to be the first library")
    with Mill() as mill:
        stamp = os.path.join(mill.folder, "clock")
        env = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": stamp,
               "DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}

        def set_clock(text):
            with open(stamp + ".new", "w", encoding="ascii") as file:
                file.write(text + "\n")
            os.rename(stamp + ".new", stamp)

        set_clock("+0")
        mill.start_all(env=env)
        mill.watch_arrivals()
        expected = mill.publish(20, 20)
        mill.await_items(expected)
        for jump in ("+2d", "-1d", "+3650d", "+0", "@1970-01-01 00:10:00"):
            asked = mill.server.requests()
            set_clock(jump)
            expected.update(mill.publish(5, 20))
            mill.await_items(expected, still_s=40)
            mill.await_idle(still_s=40)
            more = mill.server.requests() - asked
            # The new ones, and each of those that were there at most once.
            assert more <= mill.feed_count + 5, f"{jump}: {more} requests"
            note(f"the clock at {jump}: {more} requests of {mill.feed_count} feeds")
        for who in list(mill.daemons):  # and started in 1970
            mill.kill(who)
            mill.start(who, env)
        expected.update(mill.publish(5, 20))
        mill.await_items(expected, still_s=40)
        mill.stop_all()
        mill.check(expected)


@promise
def short_of_memory_a_stage_sheds_or_ends_and_nothing_is_lost():
    """F41"""
    if "asan" in BUILD:
        raise Skip("a sanitizer needs all address space there is")
    source = random.Random(20260403)
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(10, 20)
        mill.await_items(expected)
        for who in ("parser@1", "classifier@main", "sink@db", "fetcher@main"):
            pid = mill.daemons[who].pid
            with open(f"/proc/{pid}/statm", encoding="ascii") as file:
                used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            room = source.randint(0, 2) * MIB
            resource.prlimit(pid, resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))
            expected.update(mill.publish(20, 20, bytes=20000))
            wait.a_moment(1)
            if mill.alive(who):
                resource.prlimit(pid, resource.RLIMIT_AS,
                                 (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                note(f"{who} lived with {room / MIB:.0f} MiB to spare")
            else:
                status = mill.daemons.pop(who).returncode
                note(f"{who} ended with {status} with {room / MIB:.0f} MiB to spare")
                mill.start(who)
            mill.await_items(expected, still_s=60)
        mill.await_idle(still_s=60)
        mill.stop_all()
        mill.check(expected)


FEEDS = {
    "rss": ("<rss version='2.0'><channel><title>t</title><link>http://a.example/</link>%s"
            "</channel></rss>",
            "<item><guid>g-%d</guid><link>/%d</link><title>Item</title><description><![CDATA["
            "<p class='x'>%s <a href='/x?y=1'>more</a> <img src='p.png' alt='p'></p>]]>"
            "</description></item>"),
    "xhtml": ("<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><id>urn:t</id>%s</feed>",
              "<entry><id>urn:%d</id><title>Item %d</title><content type='xhtml'>"
              "<div xmlns='http://www.w3.org/1999/xhtml'><p>%s <b>x</b></p></div></content></entry>"),
    "json": ('{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[%s{}]}',
             '{"id":"g-%d","title":"Item %d","content_html":"<p>%s</p>"},'),
}


def parsed(path, address_space=None):
    def limit():
        if address_space:
            resource.setrlimit(resource.RLIMIT_AS, (address_space, resource.RLIM_INFINITY))
    done = subprocess.run([os.path.join(BUILD, "bin/feedmill-parser"), "parse", path],
                          capture_output=True, preexec_fn=limit, check=False)
    return done.returncode, done.stdout


@promise
def a_parser_reads_all_of_a_document_or_says_that_it_has_no_memory():
    """F41"""
    if "asan" in BUILD:
        raise Skip("a sanitizer needs all address space there is")
    with tempfile.TemporaryDirectory() as folder:
        for name, (frame, item) in FEEDS.items():
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(frame % "".join(item % (n, n, "late rain " * 2000) for n in range(20)))
            status, whole = parsed(path)
            assert status == 0
            room, good, short = 32 * MIB, 0, 0
            while good < 3:
                status, answer = parsed(path, room)
                room += MIB // 16
                good = good + 1 if answer == whole else 0
                says = json.loads(answer)["error"] if answer and answer != whole else "memory"
                short += answer != whole and bool(answer)
                assert answer == whole or (status != 0 and "memory" in says), (name, room, says)
                assert room < 512 * MIB, name
            note(f"{name}: said {short} times that there is no memory, whole with "
                 f"{room // MIB} MiB of address space")
            assert short > 0, name


@promise
def ten_thousand_feeds_due_at_once_are_asked_within_the_limits():
    """F25"""
    with Mill() as mill:
        mill.start_all(parsers=2)
        began = mill.now()
        expected = mill.publish(10000, 1, bytes=200)
        most = 0

        def counts():
            nonlocal most
            pid = mill.daemons["fetcher@main"].pid
            most = max(most, processes.descriptors(pid))
            return mill.sink_counts()

        wait.moving(counts, lambda: min(counts().values()) >= len(expected), "10,000 items",
                    40 * SLOWNESS)
        note(f"10,000 feeds in {mill.now() - began:.0f} s, {most} files open at most in the fetcher")
        assert most < 400, most
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
