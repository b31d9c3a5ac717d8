"""kill -9, again and again, of every stage: nothing lost, nothing doubled, nothing invented.

limit: 420
"""
import os
import random

import wait
from mill import Mill
from promise import note, promise, run

SEED = int(os.environ.get("FEEDMILL_TEST_SEED", "20260301"))
ROUNDS = int(os.environ.get("FEEDMILL_TEST_KILLS", "200"))


def murder(mill, victims):
    for who in victims:
        mill.kill(who)
    for who in victims:
        mill.start(who, ready=False)


@promise
def two_hundred_kills_over_twenty_thousand_items_lose_and_double_nothing():
    note(f"seed {SEED}, {ROUNDS} rounds")
    random_source = random.Random(SEED)
    kills = 0
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        everyone = list(mill.daemons)
        turns = [[who] for who in everyone] + [everyone]
        expected = {}
        for number in range(ROUNDS):
            expected.update(mill.publish(5, 20))
            wait.a_moment(random_source.uniform(0, 0.3))
            victims = turns[number % len(turns)]
            murder(mill, victims)
            kills += len(victims)
        mill.await_items(expected, still_s=40)
        for who in everyone:
            mill.await_ready(who)
        mill.await_idle(still_s=40)
        mill.stop_all()
        mill.check(expected)
        note(f"{kills} kills, {len(expected)} items, all of them once in both sinks")
    assert kills >= ROUNDS


@promise
def killed_in_the_middle_of_a_flood_every_stage_comes_back():
    """The same with all queues full: one big flood, and a kill whenever a tenth has arrived."""
    random_source = random.Random(SEED + 1)
    kills = 0
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        everyone = list(mill.daemons)
        expected = mill.publish(300, 20)
        for step in range(1, 20):
            want = len(expected) * step // 20
            wait.until(lambda want=want: min(mill.sink_counts().values()) >= want,
                       lambda: f"{want} items in each sink: {mill.sink_counts()}, "
                               f"{mill.queues()}", 60)
            murder(mill, random_source.sample(everyone, random_source.choice((1, 1, 2, 6))))
            kills += 1
        mill.await_items(expected, still_s=40)
        for who in everyone:
            mill.await_ready(who)
        mill.await_idle(still_s=40)
        mill.stop_all()
        mill.check(expected)
        note(f"{kills} times killed, {len(expected)} items")


if __name__ == "__main__":
    run()
