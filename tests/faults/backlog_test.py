"""F24: a sink is down while a flood arrives; memory stays flat, and it catches up fast.

limit: 300
"""
import os

import here  # noqa: F401
import processes
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run

ITEMS = int(os.environ.get("FEEDMILL_TEST_BACKLOG", "50000"))
RESIDENT_MIB = 64


@promise
def a_backlog_costs_no_memory_and_is_delivered_at_once_and_fast():
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        assert mill.stop("sink@db") == 0
        expected = mill.publish(ITEMS // 100, 100, bytes=200)
        mill.await_items(expected, sinks=["file"], still_s=60)
        most = {who: processes.resident_kib(p.pid) / 1024 for who, p in mill.daemons.items()}
        began = mill.now()
        mill.start("sink@db", ready=False)
        wait.until(lambda: mill.sink_counts()["db"] > 0, "the first item", 10 * SLOWNESS)
        first_s = mill.now() - began
        mill.await_items(expected, still_s=60)
        took_s = mill.now() - began
        for who, process in mill.daemons.items():
            most[who] = max(most.get(who, 0), processes.resident_kib(process.pid) / 1024)
        note(f"{ITEMS} items: the first {first_s:.2f} s after its start, all after {took_s:.1f} s")
        note("resident: " + ", ".join(f"{who} {mib:.0f} MiB" for who, mib in most.items()))
        assert first_s < 2 * SLOWNESS, first_s
        for who, mib in most.items():
            assert mib < RESIDENT_MIB * SLOWNESS, f"{who}: {mib:.0f} MiB"
        mill.await_idle(still_s=60)
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
