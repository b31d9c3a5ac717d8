"""wait - the one place that sleeps: a test waits for an event, with a deadline, and says which."""
import time

STEP_S = 0.02


class Late(AssertionError):
    """The event did not come."""


def until(event, what, within_s=30, step_s=STEP_S):
    """Calls event() until it returns something true, and returns that."""
    deadline = time.monotonic() + within_s
    while True:
        got = event()
        if got:
            return got
        if time.monotonic() > deadline:
            raise Late(f"not within {within_s} s: {what() if callable(what) else what}")
        time.sleep(step_s)


def holds(condition, what, for_s, step_s=0.05):
    """That condition() stays true for so long: what must not happen has no event to wait for."""
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        if not condition():
            raise AssertionError(f"it was no longer so: {what}")
        time.sleep(step_s)


def moving(measure, done, what, still_s=20, within_s=600):
    """Waits for done() as long as measure() keeps changing."""
    deadline = time.monotonic() + within_s
    last, since = None, time.monotonic()
    while not done():
        now = measure()
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > still_s:
            raise Late(f"nothing has moved for {still_s} s, at {now}: {what}")
        if time.monotonic() > deadline:
            raise Late(f"not within {within_s} s, at {now}: {what}")
        time.sleep(2.5 * STEP_S)


def a_moment(seconds):
    """No waiting for something: a moment chosen at random at which to do harm."""
    time.sleep(seconds)
