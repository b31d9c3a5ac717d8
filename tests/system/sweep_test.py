"""kill -9 of the fetcher in the middle of a sweep over ten thousand feeds: none is skipped, no item
is lost, and a crash repeats no more than the polls that were in flight.

limit: 420
"""
import os
import random

import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run

SEED = int(os.environ.get("FEEDMILL_TEST_SEED", "20260301"))
FEEDS = int(os.environ.get("FEEDMILL_TEST_FEEDS", "10000"))
KILLS = 20
POLLS = 64


@promise
def twenty_kills_in_a_sweep_skip_no_feed_and_lose_no_item():
    random_source = random.Random(SEED)
    note(f"seed {SEED}, {FEEDS} feeds")
    with Mill(fetcher={"polls": POLLS}) as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(FEEDS, 1, bytes=100)
        points = sorted(random_source.sample(range(FEEDS // 50, FEEDS - FEEDS // 20), KILLS))
        done = 0
        for point in points:
            wait.until(lambda point=point: asked(mill) >= point,
                       lambda: f"{point} feeds asked: {asked(mill)}", 120 * SLOWNESS)
            mill.kill("fetcher@main")
            mill.start("fetcher@main")
            done += 1
        mill.await_items(expected, still_s=40)
        mill.await_idle(still_s=40)
        counts = [asked for target, asked in mill.server.stats().items()
                  if target.startswith("/gen")]
        requests = sum(c[0] for c in counts)
        note(f"{done} kills, {len(counts)} feeds asked, {requests - len(counts)} of them again")
        assert len(counts) == FEEDS, len(counts)
        assert requests - len(counts) <= KILLS * 2 * POLLS, requests
        mill.stop_all()
        mill.check(expected)
    assert done == KILLS


def asked(mill):
    return len(mill.server.stats())


if __name__ == "__main__":
    run()
