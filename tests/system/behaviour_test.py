"""How the fetcher behaves to publishers when something else goes wrong: it is killed or started
again, the next stage is away, the network is down, the clock jumps, the list changes, ten thousand
feeds come at once.

limit: 400
"""
import calendar
import collections
import os
import signal
import time

import hosts
import processes
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run
from site_server import Site
from wall import DAY, HOUR, Wall

FETCHER = "fetcher@main"
SLOW = {"interval": "1h", "max_interval": "1d", "retry": "15m"}


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def feeds(mill):
    """Every feed as the fetcher shows it, by its URL."""
    found, after = {}, ""
    while True:
        page = mill.ask(FETCHER, f"feeds {after}".strip()) or []
        if not page:
            return found
        found.update({feed["url"]: feed for feed in page})
        after = page[-1]["id"]


def asked(mill):
    """How often each feed was asked, by its number; whole answers, unchanged ones."""
    return {target: counts for target, counts in mill.server.stats().items()}


def await_polls(mill, count, within_s=60, step_s=0.05):
    wait.until(lambda: sum(c[0] for c in asked(mill).values()) >= count and
               mill.status(FETCHER)["polls"]["in_flight"] == 0,
               lambda: f"{count} polls: {asked(mill)}"[:2000], within_s * SLOWNESS, step_s)


# F91: (what is under way, how the server says it, when to kill)
MOMENTS = (
    ("the answer is awaited", {"delay": 1500}, lambda mill: True),
    ("the body arrives", {"drip": 100, "step": 200}, lambda mill: True),
    ("the body has arrived", {}, lambda mill: True),
    ("the document is spooled", {}, lambda mill: mill.status(FETCHER)["spool"]["depth"] == 1),
)


@promise
def killed_before_the_document_is_handed_on_it_arrives_all_the_same():
    for what, manner, ripe in MOMENTS:
        with Mill() as mill:
            mill.start(FETCHER)  # nobody is there to take it
            expected = mill.publish(1, 3, **manner)
            wait.until(mill.server.stats, "it is asked", 20 * SLOWNESS)
            wait.until(lambda: ripe(mill), what, 20 * SLOWNESS)
            mill.kill(FETCHER)
            mill.start_all()
            mill.await_items(expected)
            mill.await_idle()
            (requests, whole, unchanged), = asked(mill).values()
            note(f"{what}: asked {requests} times, {unchanged} times with what it had not kept")
            assert unchanged == 0 and whole == requests <= 2, (what, requests, whole, unchanged)
            mill.stop_all()
            mill.check(expected)


@promise
def a_restart_asks_nobody_who_is_not_due():
    for how in ("stop", "kill"):
        with Mill(fetcher=SLOW) as mill:
            mill.start_all()
            urls = [mill.server.url("/gen", 1, feed=1, items=2),
                    mill.server.url("/gen", 2, feed=2, items=2, novalidator=1),
                    mill.server.url("/status/500", 3), mill.server.url("/status/404", 4),
                    mill.server.url("/status/503", 5, retry_after="7200"),
                    mill.server.url("/status/429", 6, retry_after="7200"),
                    mill.server.url("/gen", 7, feed=7, items=2, type="text/html")]
            mill.list_feeds(urls)
            await_polls(mill, len(urls))
            mill.await_idle()
            before = asked(mill)
            for _ in range(3):
                getattr(mill, how)(FETCHER)
                mill.start(FETCHER)
                wait.holds(lambda: asked(mill) == before, "nobody is asked", 1)
            assert {u: f["due"] for u, f in feeds(mill).items() if "due" not in f} == {}
            mill.stop_all()


# F93: what becomes of the next stage, and how it comes back.
def absent(mill):
    mill.stop("parser@1")
    return lambda: mill.start("parser@1")


def frozen(mill):
    mill.signal("parser@1", signal.SIGSTOP)
    return lambda: mill.signal("parser@1", signal.SIGCONT)


@promise
def while_the_next_stage_is_away_polling_rests_and_no_body_is_fetched_for_nothing():
    for trouble in (absent, frozen):
        with Mill(fetcher={"spool_documents": "10", "polls": "4"}) as mill:
            mill.start_all()
            back = trouble(mill)
            expected = mill.publish(200, 4, delay=50)
            wait.until(lambda: mill.status(FETCHER)["polls"].get("paused"), "polling rests",
                       30 * SLOWNESS)
            mill.ask(FETCHER, "poll all")
            before = asked(mill)
            wait.holds(lambda: asked(mill) == before, "it rests", 1.5)
            # What a frozen one holds in its window is not of the spool's making.
            note(f"{trouble.__name__}: {len(before)} of 200 asked, then it rested")
            assert len(before) < 200, len(before)
            back()
            mill.await_items(expected)
            mill.await_idle()
            assert all(whole == 1 for _, whole, _ in asked(mill).values()), asked(mill)
            mill.stop_all()
            mill.check(expected)


@promise
def the_clock_jumps_a_year_and_there_is_neither_a_storm_nor_a_standstill():
    for jump, restart in ((365 * DAY, True), (-365 * DAY, True), (-365 * DAY, False),
                          (365 * DAY, False)):
        with Wall() as wall, Mill(fetcher=SLOW, env=wall.env) as mill:
            mill.start_all()
            mill.publish(20, 2)
            await_polls(mill, 20)
            mill.await_idle()
            if restart:
                mill.stop(FETCHER)
            wall.jump(jump)
            if restart:
                mill.start(FETCHER)
            # Forward: each is due, once. Back: none is, and none waits longer than it ever would.
            polls = 40 if jump > 0 else 20
            await_polls(mill, polls)
            wait.until(lambda: all(wall.now() < seconds(f["due"]) < wall.now() + 1.2 * DAY
                                   for f in feeds(mill).values()), "all are due within a day",
                       60 * SLOWNESS)
            wait.holds(lambda: sum(c[0] for c in asked(mill).values()) == polls, "no storm", 1)
            wall.jump(1.2 * DAY)
            await_polls(mill, polls + 20)
            note(f"{'started after' if restart else 'running through'} {jump // DAY:+d} days: "
                 f"{polls - 20} polls, and all again a day later")
            mill.stop_all()


@promise
def a_changed_list_leaves_the_others_alone():
    with Mill(fetcher=SLOW) as mill:
        mill.start_all()
        kept = [mill.server.url("/gen", n, feed=n, items=2) for n in range(1, 11)]
        gone = [mill.server.url("/gen", n, feed=n, items=2) for n in range(11, 16)]
        new = [mill.server.url("/gen", n, feed=n, items=2) for n in range(16, 21)]
        path = os.path.join(mill.folder, "feeds.conf")

        def write(urls):
            with open(path + ".new", "w", encoding="utf-8") as file:
                file.write("[feeds]\nurl =\n" + "".join(f"\t{url}\n" for url in urls))
            os.rename(path + ".new", path)
            mill.reload()

        write(kept + gone)
        await_polls(mill, 15)
        mill.await_idle()
        before, state = asked(mill), feeds(mill)
        write(kept + new)
        await_polls(mill, 20)
        for _ in range(3):
            mill.reload()
        wait.until(lambda: set(feeds(mill)) == set(kept + new), "the list is taken up",
                   20 * SLOWNESS)
        mill.await_idle()
        mill.ask(FETCHER, f"poll {gone[0]}")
        wait.holds(lambda: sum(c[0] for c in asked(mill).values()) == 20, "nobody else is asked", 1)
        after, now = asked(mill), feeds(mill)
        assert all(after[target] == counts for target, counts in before.items()), (before, after)
        for url in kept:
            for member in ("due", "polled", "last_ok", "changed"):
                assert now[url][member] == state[url][member], (now[url], state[url])
        mill.stop_all()


@promise
def what_a_server_sends_as_new_alone_is_all_that_it_need_send():
    """RFC 3229: it knows by the ETag what the fetcher has."""
    news = [0]

    def answer(headers):
        news[0] += 1
        etag, had = f'"{news[0]}"', headers.get("If-None-Match", "").strip('"')
        delta = had.isdigit() and headers.get("A-IM") == "feed"
        items = "".join(f"<item><guid>{n}</guid><title>{n}</title></item>"
                        for n in range(int(had) + 1 if delta else 1, news[0] + 1))
        body = f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()
        return ("text/xml", body, 226 if delta else 200,
                {"ETag": etag, **({"IM": "feed"} if delta else {})})

    with Mill() as mill, Site({"/feed": answer}) as site:
        mill.start_all()
        mill.list_feeds([f"{site.url}/feed"])
        for polls in range(1, 6):
            wait.until(lambda polls=polls: min(mill.sink_counts().values()) == polls,
                       f"item {polls}", 30 * SLOWNESS)
            mill.await_idle()
            mill.ask(FETCHER, f"poll {site.url}/feed")
        wait.until(lambda: len(site.asked) >= 6, "it is asked again", 30 * SLOWNESS)
        assert [headers.get("A-IM") for _, headers in site.requests[:6]] == [None] + ["feed"] * 5
        mill.stop_all()


@promise
def ten_thousand_feeds_at_once_are_spread_and_cheap():
    count = int(os.environ.get("FEEDMILL_TEST_FEEDS", "10000"))
    with Mill(fetcher={**SLOW, "spool_documents": "1000000", "spool_max": "4G"}) as mill:
        mill.start(FETCHER)
        pid = mill.daemons[FETCHER].pid
        mill.list_feeds([mill.server.url("/gen", n % 500, feed=n, items=1, bytes=100)
                         for n in range(1, count + 1)])
        began = time.monotonic()
        await_polls(mill, count, 120, 0.5)
        first_s = time.monotonic() - began
        due = sorted(seconds(f["due"]) for f in feeds(mill).values())
        assert len(due) == count
        by_second = sorted(collections.Counter(due).values())
        crowd = by_second[-1] / (count / max(1, due[-1] - due[0]))
        note(f"first pass {first_s:.1f} s; due again over {due[-1] - due[0]} s, "
             f"the fullest second has {by_second[-1]} feeds, {crowd:.1f} times the mean")
        assert due[-1] - due[0] > 300 and by_second[-1] < count / 50, by_second[-5:]
        cpu, began = processes.cpu_s(pid), time.monotonic()
        mill.ask(FETCHER, "poll all")
        await_polls(mill, 2 * count, 120, 0.5)
        pass_s, cpu_us = time.monotonic() - began, (processes.cpu_s(pid) - cpu) * 1e6 / count
        resident = processes.resident_kib(pid) / 1024
        note(f"second pass, all 304: {pass_s:.1f} s, {cpu_us:.0f} us of CPU a poll, "
             f"{resident:.0f} MiB resident")
        assert all(counts == (2, 1, 1) for counts in asked(mill).values())
        assert first_s < 60 * SLOWNESS and pass_s < 60 * SLOWNESS
        assert cpu_us < 1000 * SLOWNESS and resident < 100 * max(1, SLOWNESS)
        # Nobody's robots.txt: a person has listed these.
        assert all(target.startswith("/gen?") for target in asked(mill)), "only feeds are asked"
        mill.stop_all()


# The last: from here on the test is in a network of its own.
@promise
def when_our_own_network_is_down_no_publisher_is_blamed():
    hosts.home()
    with Wall() as wall, Mill(fetcher=SLOW, env=wall.env) as mill:
        mill.start_all()
        mill.publish(40, 2)
        await_polls(mill, 40)
        mill.await_idle()
        for _ in range(3):
            hosts.command("ip", "link", "set", "lo", "down")
            before = mill.status(FETCHER)["polls"]["failed"]
            wall.jump(2 * DAY)
            wait.until(lambda: mill.status(FETCHER)["polls"]["failed"] >= before + 40,
                       "all have failed", 60 * SLOWNESS)
            blamed = [f for f in feeds(mill).values() if f.get("failures")]
            late = [f for f in feeds(mill).values() if seconds(f["due"]) > wall.now() + HOUR / 3]
            assert not blamed and not late, (len(blamed), len(late), blamed[:1], late[:1])
        hosts.command("ip", "link", "set", "lo", "up")
        # Not all in the same moment.
        due = sorted(seconds(f["due"]) for f in feeds(mill).values())
        note(f"40 feeds on 40 hosts come back over {due[-1] - due[0]} s")
        assert due[-1] - due[0] > 60, due
        before = asked(mill)
        wall.jump(HOUR / 3)
        await_polls(mill, sum(c[0] for c in before.values()) + 40)
        assert not [f for f in feeds(mill).values() if f.get("reason")]
        wait.holds(lambda: sum(c[0] for c in asked(mill).values()) ==
                   sum(c[0] for c in before.values()) + 40, "each is asked once", 1)
        mill.stop_all()


if __name__ == "__main__":
    run()
