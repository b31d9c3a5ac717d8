"""promise - the frame of a system test: functions named after what they promise, run in order.

    @promise
    def a_stopped_sink_delays_nobody(): ...

    if __name__ == "__main__":
        run()

Prints a TAP line for each. A name on the command line runs only that one. Skip("why") leaves one
out, visibly.
"""
import sys
import time
import traceback

promises = []


class Skip(Exception):
    """Cannot be tested here, and why."""


def promise(function):
    promises.append(function)
    return function


def note(text):
    """A figure or a fact for the reader."""
    print(f"#   {text}", flush=True)


def run():
    chosen = [p for p in promises if len(sys.argv) == 1 or p.__name__ in sys.argv[1:]]
    failed = 0
    for number, function in enumerate(chosen, 1):
        began = time.monotonic()
        try:
            function()
            end = ""
        except Skip as why:
            end = f" # SKIP {why}"
        except BaseException as error:  # a KeyboardInterrupt too: the mill is gone by now
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} - {function.__name__}: {str(error)[:300]}", flush=True)
            if isinstance(error, KeyboardInterrupt):
                raise
            continue
        print(f"ok {number} - {function.__name__} ({time.monotonic() - began:.1f} s){end}",
              flush=True)
    if not chosen:
        sys.exit("no such promise")
    sys.exit(1 if failed else 0)
