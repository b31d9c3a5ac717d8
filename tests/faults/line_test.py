"""F33: a bad line between two machines: resets, a black hole, delay, bytes in pieces.

limit: 200
"""
import os
import random

import here  # noqa: F401
import processes
import proxy
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run

SEED = int(os.environ.get("FEEDMILL_TEST_SEED", "20260404"))


class FarParser:
    """A mill whose parser@far has a runtime directory of its own, behind a line each way."""

    def __init__(self):
        self.mill = Mill()

    def __enter__(self):
        mill = self.mill.__enter__()
        fetcher_acks, parser_in, parser_acks, classifier_in = (proxy.free_port() for _ in range(4))
        self.there, self.onward = proxy.Proxy(parser_in, SEED), proxy.Proxy(classifier_in, SEED)
        os.mkdir(mill.config + ".d")
        with open(mill.config + ".d/links.conf", "w", encoding="ascii") as file:
            file.write(f"[link fetcher]\nacks = 127.0.0.1:{fetcher_acks}\n"
                       f"[link parser]\nconnect = 127.0.0.1:{self.there.port}\n"
                       f"[link classifier]\nbind = 127.0.0.1:{classifier_in}\n")
        self.folder = os.path.join(mill.folder, "far")
        os.mkdir(self.folder)
        self.config = self.folder + "/feedmill.conf"
        with open(self.config, "w", encoding="ascii") as file:
            file.write(f"[feedmill]\nstate_dir = {self.folder}/state\n"
                       f"runtime_dir = {self.folder}/run\n"
                       f"[link parser]\nbind = 127.0.0.1:{parser_in}\n"
                       f"acks = 127.0.0.1:{parser_acks}\n"
                       f"[link classifier]\nconnect = 127.0.0.1:{self.onward.port}\n")
        argv = [mill.program("parser"), "-c", self.config, "-i", "far"]
        tally = {"FEEDMILL_TALLY": mill.tally("parser@far")}
        mill.daemons["parser@far"] = processes.spawn(
            argv, os.path.join(mill.log_folder, "parser@far"), tally)
        mill.start_all(parsers=0)
        mill.watch_arrivals()
        return self

    def __exit__(self, *why):
        self.mill.__exit__(*why)
        self.there.end()
        self.onward.end()

    def both(self, **how):
        for line in (self.there, self.onward):
            for name, value in how.items():
                setattr(line, name, value)

    def finish(self, expected):
        self.mill.await_items(expected, still_s=60)
        self.mill.await_idle(still_s=60)
        assert self.mill.status("fetcher@main")["quarantine"] == 0
        self.mill.stop_all()
        self.mill.check(expected)


@promise
def a_line_that_is_reset_time_and_again_loses_and_doubles_nothing():
    source = random.Random(SEED)
    with FarParser() as far:
        mill = far.mill
        expected = mill.publish(20, 20)
        mill.await_items(expected, still_s=40)
        for _ in range(20):
            expected.update(mill.publish(10, 20, bytes=2000))
            wait.a_moment(source.uniform(0.05, 0.3))
            source.choice((far.there, far.onward)).reset()
        far.finish(expected)
        note(f"{len(expected)} items, {far.there.resets + far.onward.resets} resets, seed {SEED}")


@promise
def a_line_that_is_slow_and_gives_bytes_in_pieces_loses_nothing():
    with FarParser() as far:
        far.both(delay_s=0.5, chunk=700)
        began = far.mill.now()
        expected = far.mill.publish(40, 20)
        far.finish(expected)
        note(f"{len(expected)} items over half a second each way, in"
             f" {far.mill.now() - began:.1f} s")


@promise
def a_black_hole_is_noticed_and_the_line_used_again_when_it_is_back():
    with FarParser() as far:
        mill = far.mill
        expected = mill.publish(20, 20)
        mill.await_items(expected, still_s=40)
        far.both(hole=True)
        expected.update(mill.publish(50, 20))
        mill.start("parser@1")  # whoever is there meanwhile
        began = mill.now()
        mill.await_items(expected, still_s=60)
        took = mill.now() - began
        note(f"all items {took:.1f} s after the other parser was there")
        assert took < 30 * SLOWNESS, took
        far.both(hole=False)
        assert mill.stop("parser@1") == 0
        expected.update(mill.publish(20, 20))
        far.finish(expected)


if __name__ == "__main__":
    run()
