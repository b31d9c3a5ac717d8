"""A document that brings the parser down is put away, and no innocent one with it."""
import hashlib
import json

import wait
from mill import Mill
from promise import note, promise, run

POISON = "f3-poison-3f"


def keep_alive(mill, parsers, deaths):
    """A supervisor's job."""
    for who in parsers:
        if not mill.alive(who):
            deaths.append(mill.daemons.pop(who).wait())
            mill.start(who, {"FEEDMILL_TEST_ABORT_ON": POISON}, ready=False)


@promise
def a_document_that_kills_the_parser_is_quarantined_alone():
    with Mill() as mill:
        parsers, deaths = ["parser@1", "parser@2"], []
        for who in mill.everyone(parsers=2):
            mill.start(who, {"FEEDMILL_TEST_ABORT_ON": POISON}, ready=False)
        expected = mill.publish(40, 20)
        (poisoned, _), *_ = mill.publish(1, 20, mark=POISON)
        expected.update(mill.publish(40, 20))

        def put_away():
            keep_alive(mill, parsers, deaths)
            return mill.status("fetcher@main").get("quarantine") == 1

        wait.until(put_away, lambda: f"one document in the quarantine, {len(deaths)} deaths", 60)
        wait.until(lambda: keep_alive(mill, parsers, deaths) or
                   min(mill.sink_counts().values()) >= len(expected),
                   lambda: f"{len(expected)} items: {mill.sink_counts()}", 60)
        mill.await_idle()
        note(f"the parser died {len(deaths)} times")
        # Three reports. A parser reports when it starts again: meanwhile the document may have met
        # the other one, or the report has died with the parser that was bringing it.
        assert 3 <= len(deaths) <= 3 * (1 + len(parsers)), deaths
        status, out, err = mill.feedmill("quarantine", "list", "--json")
        assert status == 0, err
        rows = [json.loads(line) for line in out.splitlines()]
        assert len(rows) == 1, rows
        assert rows[0]["feed"] == hashlib.sha256(poisoned.encode()).hexdigest()[:32], rows[0]
        assert "brought down its parser" in rows[0]["reason"], rows[0]
        note(f"in the quarantine: {rows[0]}")
        keep_alive(mill, parsers, deaths)  # the last death may have come after the verdict
        for who in parsers:
            mill.await_ready(who)
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
