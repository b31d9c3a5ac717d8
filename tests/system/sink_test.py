"""A sink that is stopped, slow or new delays no other, and gets everything in the end."""
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run


@promise
def a_stopped_sink_delays_nobody_and_catches_up():
    with Mill() as mill:
        mill.start_all()
        mill.watch_arrivals()
        first = mill.publish(20, 20)
        mill.await_items(first)
        assert mill.stop("sink@db") == 0
        second = mill.publish(100, 20)
        expected = {**first, **second}
        mill.await_items(expected, sinks=["file"])
        depth = {s["sink"]: s["depth"] for s in mill.status("classifier@main")["sinks"]}
        assert depth["db"] >= len(second) - 64, depth
        # The classifier may be killed meanwhile: the outbox keeps what the sink has not had.
        mill.kill("classifier@main")
        mill.start("classifier@main")
        began = mill.now()
        mill.start("sink@db")
        mill.await_items(expected)
        note(f"2,000 items caught up in {mill.now() - began:.2f} s")
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


@promise
def a_sink_that_was_never_started_gets_everything_since_it_was_declared():
    with Mill() as mill:
        for who in mill.everyone():
            if who != "sink@file":
                mill.start(who, ready=False)
        expected = mill.publish(20, 20)
        mill.await_items(expected, sinks=["db"])
        mill.start("sink@file")
        mill.await_items(expected)
        mill.stop_all()
        mill.check(expected)


@promise
def a_new_sink_is_given_the_history_that_is_kept():
    with Mill() as mill:
        mill.start_all()
        expected = mill.publish(20, 20)
        mill.await_items(expected)
        mill.sinks["late"] = {"type": "jsonl", "from": "beginning"}
        mill.write_config()
        mill.reload("classifier@main")
        mill.start("sink@late")
        mill.await_items(expected)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


@promise
def a_filter_lets_through_what_it_names():
    sinks = {"db": {"type": "sqlite"}, "coins": {"type": "jsonl", "filter": "tag:crypto"}}
    with Mill(sinks=sinks) as mill:
        mill.start_all()
        expected = mill.publish(10, 20)
        coins = {key: tags for key, tags in expected.items() if "crypto" in tags}
        mill.await_items(expected, sinks=["db"])
        mill.await_items(coins, sinks=["coins"])
        mill.await_idle()
        mill.stop_all()
        mill.check(expected, sinks=["db"])
        mill.check(coins, sinks=["coins"])


@promise
def a_frozen_sink_delays_nobody():
    import signal
    with Mill() as mill:
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(10, 20)
        mill.await_items(expected)
        mill.signal("sink@db", signal.SIGSTOP)
        expected.update(mill.publish(100, 20))
        mill.await_items(expected, sinks=["file"])
        mill.signal("sink@db", signal.SIGCONT)
        mill.await_items(expected, still_s=30)
        wait.until(lambda: not any(mill.queues().values()), "all queues empty", 30 * SLOWNESS)
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
