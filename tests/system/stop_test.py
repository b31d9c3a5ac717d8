"""Asked to stop, a stage finishes what it has in hand; started again, it goes on where it was."""
import signal

import oracle
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run


@promise
def sigterm_at_full_load_drains_and_doubles_nothing():
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(200, 20)
        for stage in ("parser@1", "classifier@main", "sink@db", "fetcher@main", "sink@file",
                      "parser@2"):
            have = min(mill.sink_counts().values())
            wait.until(lambda have=have: min(mill.sink_counts().values()) > have,
                       lambda: f"items flow: {mill.sink_counts()}")
            began = mill.now()
            status = mill.stop(stage)
            took = mill.now() - began
            assert status == 0, f"{stage} ended with {status}"
            assert took < 20, f"{stage} took {took:.1f} s"
            note(f"{stage} stopped in {took * 1000:.0f} ms")
            mill.start(stage, ready=False)
            expected.update(mill.publish(50, 20))
        mill.await_items(expected)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)
        for who in mill.everyone(2):
            ends = mill.logged(who, " stopped ")
            assert ends and all(" resent=0 in_flight=0" in line for line in ends), ends


@promise
def all_stopped_from_the_source_down_leave_nothing_in_between():
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(100, 20)
        wait.until(lambda: mill.sink_counts()["db"] > 200, "items flow")
        mill.stop_all()
        mill.start_all(parsers=1)
        mill.await_items(expected)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


@promise
def a_sender_that_is_frozen_or_dead_keeps_nobody_from_stopping():
    with Mill() as mill:
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(20, 20)
        mill.await_items(expected)
        mill.await_idle()
        mill.signal("classifier@main", signal.SIGSTOP)
        began = mill.now()
        assert mill.stop("sink@db") == 0
        assert mill.now() - began < 10 * SLOWNESS
        note(f"its sender frozen, a sink stopped after {mill.now() - began:.1f} s")
        mill.kill("classifier@main")
        began = mill.now()
        assert mill.stop("sink@file") == 0
        assert mill.now() - began < 3 * SLOWNESS
        note(f"its sender dead, a sink stopped after {mill.now() - began:.1f} s")
        for who in ("sink@db", "sink@file", "classifier@main"):
            mill.start(who, ready=False)
        expected.update(mill.publish(20, 20))
        mill.await_items(expected)
        mill.stop_all()
        mill.check(expected)


@promise
def a_second_instance_of_one_name_is_refused_and_the_first_goes_on():
    with Mill() as mill:
        mill.start_all()
        for who in mill.everyone():
            first = mill.daemons[who]
            mill.start(who, ready=False)
            second = mill.daemons[who]
            status = second.wait(20)
            mill.daemons[who] = first
            assert status != 0, f"a second {who} ended with 0"
            assert mill.alive(who), f"the first {who} is gone"
        expected = mill.publish(10, 20)
        mill.await_items(expected)
        mill.stop_all()
        mill.check(expected)


@promise
def fetching_again_after_the_classifier_came_back_doubles_nothing():
    with Mill() as mill:
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(20, 20, novalidator=1)
        mill.await_items(expected)
        for who in ("classifier@main", "fetcher@main", "sink@db", "sink@file"):
            mill.kill(who)
            mill.start(who)
            before = mill.server.requests()
            assert mill.feedmill("feeds", "poll", "all")[0] == 0
            wait.until(lambda: mill.server.requests() >= before + 20, "all feeds asked again")
            mill.await_idle()
        mill.stop_all()
        mill.check(expected)
        assert oracle.count(mill.sinks["file"]) == len(expected)


if __name__ == "__main__":
    run()
