"""Parsers come and go while items flow, and one that hangs holds up nobody."""
import signal

import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run


def handled(mill, who):
    return mill.status(who).get("handled", 0)


@promise
def parsers_go_from_one_to_four_and_back_while_items_flow():
    with Mill() as mill:
        mill.start_all(parsers=1)
        mill.watch_arrivals()
        expected = mill.publish(100, 20, bytes=3000)
        wait.until(lambda: handled(mill, "parser@1") > 10, "the first parser works")
        for n in (2, 3, 4):
            mill.start(f"parser@{n}")
        began = mill.now()
        for n in range(2, 5):
            expected.update(mill.publish(100, 20, bytes=3000))
            wait.until(lambda n=n: handled(mill, f"parser@{n}") > 0, f"parser@{n} gets work", 10)
        note(f"all four at work within {mill.now() - began:.1f} s")
        # One asked to go in peace, one killed, one asked again.
        assert mill.stop("parser@4") == 0
        expected.update(mill.publish(100, 20, bytes=3000))
        mill.kill("parser@1")
        expected.update(mill.publish(100, 20, bytes=3000))
        assert mill.stop("parser@3") == 0
        expected.update(mill.publish(50, 20, bytes=3000))
        mill.await_items(expected)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)
        note(f"{len(expected)} items")


@promise
def a_frozen_parser_holds_its_window_and_no_more():
    with Mill() as mill:
        mill.start_all(parsers=3)
        mill.watch_arrivals()
        expected = mill.publish(60, 20)
        mill.signal("parser@2", signal.SIGSTOP)
        expected.update(mill.publish(200, 20))
        want = len(expected)
        # The others' work is done long before the frozen one is missed.
        window = 64 * 20
        wait.until(lambda: min(mill.sink_counts().values()) >= want - window,
                   lambda: f"all but a window of {want}: {mill.sink_counts()}", 20 * SLOWNESS)
        # Given up for dead, its documents go to the others.
        mill.await_items(expected, still_s=40)
        mill.signal("parser@2", signal.SIGCONT)
        more = mill.publish(30, 20)
        expected.update(more)
        mill.await_items(expected)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


@promise
def with_no_parser_at_all_everything_waits_and_then_goes_on():
    with Mill() as mill:
        mill.start_all(parsers=1)
        assert mill.stop("parser@1") == 0
        expected = mill.publish(30, 20)
        wait.until(lambda: mill.queues()["spool"] == 30, "30 documents wait in the spool")
        assert not any(mill.sink_counts().values())
        mill.start("parser@7")
        began = mill.now()
        mill.await_items(expected)
        note(f"all items {mill.now() - began:.2f} s after the parser answered")
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
