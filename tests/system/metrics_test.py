"""feedmill status, top and metrics: every number that is promised, in each of the spellings."""
import os
import re
import urllib.error
import urllib.request

import processes
import wait
from mill import BUILD, Mill
from promise import note, promise, run

SAMPLE = re.compile(r'^(feedmill_[a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\.)*",?)*)\} (-?\d+)$')


def read(text):
    """{(metric, labels): number}; a malformed page raises."""
    found, typed, last, seen = {}, {}, None, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert kind in ("gauge", "counter") and name not in typed, line
            typed[name] = kind
        if line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        assert match, line
        name = match.group(1)
        assert name in typed, f"no TYPE before {line}"
        assert name.endswith("_total") == (typed[name] == "counter"), name
        assert name == last or name not in seen, f"{name} is in two places"
        seen.add(name)
        last = name
        assert (name, match.group(2)) not in found, f"doubled: {line}"
        found[name, match.group(2)] = int(match.group(3))
    return found


@promise
def prometheus_gets_the_numbers_of_status():
    with Mill() as mill:
        mill.start_all(parsers=2)
        expected = mill.publish(4, 10)
        mill.await_items(expected)
        mill.await_idle()
        mill.stop("sink@file")
        expected.update(mill.publish(1, 7))
        mill.await_items(expected, ["db"])

        log = os.path.join(mill.log_folder, "metrics")
        listener = processes.spawn([os.path.join(BUILD, "bin/feedmill"), "metrics", "--listen", ":0"],
                                   log, {"FEEDMILL_CONF": mill.config})
        try:
            port = wait.until(lambda: re.search(r"port (\d+)", open(log, encoding="utf-8").read()),
                              "the listener's port").group(1)

            def get(path):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                    assert "version=0.0.4" in answer.headers["Content-Type"]
                    return answer.read().decode()

            def settled():
                page = read(get("/metrics"))
                return page if page['feedmill_sink_settled_total',
                                    'stage="classifier",instance="main",sink="db"'] == 47 else None

            page = wait.until(settled, "47 items settled")
            try:
                get("/other")
                raise AssertionError("no 404")
            except urllib.error.HTTPError as error:
                assert error.code == 404
        finally:
            listener.kill()
            listener.wait()
        classifier = 'stage="classifier",instance="main"'
        assert page["feedmill_sink_queued", classifier + ',sink="file"'] == 7
        assert page["feedmill_sink_accepted_total", classifier + ',sink="file"'] == 47
        assert page["feedmill_items_total", classifier] == 47
        assert page["feedmill_feeds", 'stage="fetcher",instance="main"'] == 5
        assert page["feedmill_tagged_total", classifier + ',tag="crypto"'] > 0
        assert sum(n for (name, _), n in page.items() if name == "feedmill_up") == 5
        handled = [n for (name, labels), n in page.items()
                   if name == "feedmill_handled_total" and 'stage="parser"' in labels]
        assert len(handled) == 2 and sum(handled) == 5, handled
        note(f"{len(page)} samples")


@promise
def status_and_top_say_what_waits_and_for_whom():
    with Mill() as mill:
        for who in mill.everyone():
            if who != "sink@file":
                mill.start(who)
        expected = mill.publish(2, 5)
        mill.list_feeds([mill.server.url("/status/500", 300)])
        mill.await_items(expected, ["db"])
        wait.until(lambda: mill.status("fetcher@main")["feeds"]["failing"] == 1, "one feed fails")
        wait.until(lambda: mill.queues()["sink db"] == 0, "the sink's queue is empty")
        for command in (["status"], ["top", "-n", "2", "--every", "1"]):
            status, out, err = mill.feedmill(*command)
            assert status == 0, err
            for text in ("10 of 10 settled, 0 queued", "0 of 10 settled, 10 queued", "1 failing",
                         "/status/500", "nobody there"):
                assert text in out, (command, text, out)
        assert re.search(r"handled 10 \(\d+/s\)", out), out
        mill.stop_all()
        status, _, err = mill.feedmill("status")
        assert status == 1 and "feedmill run" in err, err


if __name__ == "__main__":
    run()
