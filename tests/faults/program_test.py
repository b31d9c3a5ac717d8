"""F12, F13: a program behind an exec sink that is a thousand times slower, and all that it may
answer. It is our way out to services: what a server says to it, it says to us.

limit: 200
"""
import json
import os
import sys

import here  # noqa: F401
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run

# Notes each call; takes `slow` seconds for each; answers as the file "mood" says.
PROGRAM = r"""
import json, os, sys, time
calls, mood, slow = sys.argv[1], sys.argv[2], float(sys.argv[3])
for line in sys.stdin:
    if not line.strip():
        continue
    got = json.loads(line)
    with open(calls, "a") as file:
        file.write(got["key"] + "\n")
    time.sleep(slow)
    try:
        with open(mood) as file:
            say = file.read().strip()
    except OSError:
        say = "ok"
    number = int(got["item"]["guid"].rsplit("-", 1)[1])
    if say.startswith("exit"):
        sys.exit(int(say.split()[1]))
    if say == "half and die":
        sys.stdout.write("o")
        sys.stdout.flush()
        os.kill(os.getpid(), 9)
    if say == "refuse seventh" and number == 7:
        say = "reject http 400: no such field"
    elif say == "refuse seventh":
        say = "ok"
    print(say, flush=True)
"""


class Program:
    def __init__(self, mill, slow=0, **keys):
        self.mill = mill
        self.calls, self.mood = (os.path.join(mill.folder, name) for name in ("calls", "mood"))
        script = os.path.join(mill.folder, "program.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        mill.sinks["out"] = {"type": "exec", "command": [sys.executable, script, self.calls,
                                                         self.mood, str(slow)], **keys}
        mill.write_config()

    def says(self, mood):
        with open(self.mood + ".new", "w", encoding="ascii") as file:
            file.write(mood)
        os.rename(self.mood + ".new", self.mood)

    def called(self):
        try:
            with open(self.calls, encoding="ascii") as file:
                return file.read().split()
        except OSError:
            return []

    def depth(self):
        return self.mill.queues()["sink out"]


@promise
def a_program_a_thousand_times_slower_than_its_window_is_called_once_for_each_item():
    """F12: a window of it takes far longer than the link's fences and silences."""
    with Mill() as mill:
        # 2 ms an item would be swift; a window of 256 then takes a minute.
        program = Program(mill, slow=0.25, window=256)
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(5, 20)
        mill.await_items(expected)
        wait.moving(program.called, lambda: len(program.called()) >= len(expected),
                    "all were called", 20 * SLOWNESS)
        mill.await_idle(still_s=40)
        calls = program.called()
        assert len(calls) == len(set(calls)) == len(expected), (len(calls), len(set(calls)))
        resent = [route["resent"] for route in mill.status("classifier@main")["routes"]]
        assert not any(resent), resent
        note(f"{len(calls)} calls for {len(expected)} items, in {0.25 * len(calls):.0f} s and more")
        mill.stop_all()
        mill.check(expected)


@promise
def whatever_a_program_answers_for_a_while_its_items_are_delivered_later():
    """F13: what may pass (500, 503 and Retry-After, 429, a reset, a time-out, 200 and then death)."""
    moods = ["retry http 500", "retry after=1 http 503", "retry after=2 http 429", "exit 75", "exit 1",
             "half and die"]
    for mood in moods:
        with Mill() as mill:
            program = Program(mill, backoff="1s", max_crashes=1000)
            program.says(mood)
            mill.start_all()
            mill.watch_arrivals()
            expected = mill.publish(2, 10)
            mill.await_items(expected)  # the other sinks do not wait for it
            wait.until(lambda: len(program.called()) > 1, f"'{mood}' is said", 30 * SLOWNESS)
            assert program.depth() > 0
            program.says("ok")
            wait.moving(program.depth, lambda: program.depth() == 0, f"all, after '{mood}'",
                        40 * SLOWNESS)
            assert len(set(program.called())) == len(expected)
            assert mill.status("classifier@main")["quarantine"] == 0
            mill.stop_all()
            mill.check(expected)
    note("; ".join(moods) + ": all items later, none in the quarantine")


@promise
def a_program_that_may_not_pauses_its_sink_and_says_so_once():
    """F13: 401. Its own configuration is wrong: the sink stops with 100, the items are kept."""
    with Mill() as mill:
        program = Program(mill)
        program.says("exit 78")
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(2, 10)
        mill.await_items(expected)
        wait.until(lambda: not mill.alive("sink@out"), "the sink has ended", 30 * SLOWNESS)
        assert mill.daemons.pop("sink@out").returncode == 100
        alerts = [line for line in mill.logged("sink@out", " failed ") if "78" in line]
        assert len(alerts) == 1, alerts
        note(alerts[0].strip()[21:200])
        assert program.depth() == len(expected)
        assert mill.status("classifier@main")["quarantine"] == 0
        program.says("ok")
        mill.start("sink@out")
        wait.moving(program.depth, lambda: program.depth() == 0, "all are delivered", 40 * SLOWNESS)
        assert len(set(program.called())) == len(expected)
        mill.stop_all()
        mill.check(expected)


@promise
def an_item_that_a_program_refuses_is_kept_with_its_body_and_the_reason():
    """F13: 400."""
    with Mill() as mill:
        program = Program(mill)
        program.says("refuse seventh")
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(2, 10)
        mill.await_items(expected)
        mill.await_idle(still_s=40)
        rows = [json.loads(line) for line in
                mill.feedmill("quarantine", "list", "items", "--json")[1].splitlines()]
        assert len(rows) == 2 and all(row["stage"] == "sink@out" for row in rows), rows
        assert all("http 400: no such field" in row["reason"] for row in rows), rows
        status, out, error = mill.feedmill("quarantine", "show", rows[0]["name"])
        assert status == 0 and "Item 7 of feed" in out, (out, error)
        calls = program.called()
        assert len(calls) == len(set(calls)) == len(expected)
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
