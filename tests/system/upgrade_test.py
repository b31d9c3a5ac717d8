"""Upgrades: what earlier versions kept is taken up, a downgrade is refused with a word, and
versions side by side understand each other.

FEEDMILL_TEST_OLD: a folder with the programs of an earlier version, for the last of these."""
import json
import os
import shutil
import sqlite3

import oracle
import wait
from mill import ROOT, SLOWNESS, Mill
from promise import Skip, note, promise, run

GOLDEN = os.path.join(ROOT, "tests/golden/upgrade")
REFUSING = {"type": "exec", "command": ["/bin/sh", "-c", "while read -r l; do echo reject never; done"]}
SINKS = {"db": {"type": "sqlite"}, "late": {"type": "jsonl"}, "never": REFUSING}
STORES = {"fetcher@main": "fetcher/fetcher.db", "classifier@main": "classifier/outbox.db"}
RULES = """
[tag crypto]
any = bitcoin
[tag wearables]
any = smartwatch
[tag llms]
any = large language model
"""


def versions():
    return sorted(v for v in os.listdir(GOLDEN) if os.path.isdir(os.path.join(GOLDEN, v))
                  and v[0].isdigit())


def restore(mill, version):
    """What that version left behind, in the place of the mill's own; its manifest."""
    folder = os.path.join(GOLDEN, version)
    shutil.copytree(os.path.join(folder, "state"), mill.state_folder, dirs_exist_ok=True)
    shutil.copy(os.path.join(folder, "sink.db"), mill.sinks["db"]["path"])
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        return json.load(file)


def schema(mill, store):
    with sqlite3.connect(os.path.join(mill.state_folder, store)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


def content(path):
    with sqlite3.connect(path) as db:
        return list(db.iterdump()), db.execute("PRAGMA user_version").fetchone()


def arrived(mill, sink):
    keys = mill.sinks[sink]
    if not os.path.exists(keys["path"]):
        return []
    return sorted(row[1] for row in oracle.READERS[keys["type"]](keys["path"]))


def rows(mill, what):
    status, out, err = mill.feedmill("quarantine", "list", what, "--json")
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


@promise
def what_every_version_since_the_first_has_kept_is_taken_up():
    assert versions()
    for version in versions():
        with Mill(sinks=SINKS) as mill:
            said = restore(mill, version)
            before = {store: schema(mill, store) for store in STORES.values()}
            everything = sorted(said["queued"] + said["spooled"])
            mill.start_all()
            for sink in ("late", "db"):
                wait.until(lambda s=sink: len(arrived(mill, s)) >= len(everything),
                           lambda s=sink: f"{version}: {s} has {arrived(mill, s)}", 30 * SLOWNESS)
            mill.await_idle()
            for sink in ("late", "db"):
                assert arrived(mill, sink) == everything, (version, sink, arrived(mill, sink))
            assert len(rows(mill, "documents")) == said["quarantined_documents"]
            assert len(rows(mill, "items")) == said["quarantined_items"] + len(said["spooled"])
            for row in rows(mill, "documents") + rows(mill, "items"):
                status, out, err = mill.feedmill("quarantine", "show", row["name"], "--json")
                assert status == 0, err
                assert json.loads(out).get("body_b64") or json.loads(out)["item"]["guid"]
            mill.stop_all()
            after = {store: schema(mill, store) for store in STORES.values()}
            note(f"{version}: schemas {before} became {after}")


@promise
def a_downgrade_is_refused_with_a_word_and_touches_nothing():
    for who, store in STORES.items():
        with Mill() as mill:
            restore(mill, versions()[0])
            path = os.path.join(mill.state_folder, store)
            with sqlite3.connect(path) as db:
                db.execute("PRAGMA user_version = 1000")
            db.close()
            before = content(path)
            mill.start(who, ready=False)
            status = mill.daemons.pop(who).wait(30 * SLOWNESS)
            assert status == 100, status  # systemd does not try again
            said = mill.logged(who, "newer than this program knows")
            assert said and "1000" in said[0] and "install the newer feedmill" in said[0], said
            assert content(path) == before


@promise
def versions_side_by_side_understand_each_other_in_any_order():
    old = os.environ.get("FEEDMILL_TEST_OLD")
    if not old:
        raise Skip("FEEDMILL_TEST_OLD names no folder with the programs of an earlier version")
    stages = ("fetcher", "parser", "classifier", "sink")
    for first in range(1 << len(stages)):
        is_old = {stage: bool(first >> n & 1) for n, stage in enumerate(stages)}
        with Mill() as mill:
            # Only what every version knows; each feed is on a host of its own.
            mill.fetcher = {"allow_address": "127.0.0.0/8"}
            mill.classifier["rules"] = os.path.join(mill.folder, "rules.conf")
            with open(mill.classifier["rules"], "w", encoding="utf-8") as file:
                file.write(RULES)
            mill.write_config()

            def start(who):
                stage = who.split("@")[0]
                mill.start(who, ready=False,
                           program=os.path.join(old, f"feedmill-{stage}") if is_old[stage] else None)

            for who in mill.everyone():
                start(who)
            for who in mill.everyone():
                mill.await_ready(who)
            expected = mill.publish(3, 5)
            mill.await_items(expected)
            # The upgrade, one stage at a time, under way.
            for stage in stages:
                expected.update(mill.publish(1, 5))
                is_old[stage] = False
                for who in [w for w in mill.everyone() if w.split("@")[0] == stage]:
                    mill.kill(who)
                    start(who)
                    mill.await_ready(who)
            mill.await_items(expected)
            mill.await_idle()
            mill.stop_all()
            mill.check(dict.fromkeys(expected))  # the tags are of the rules here


if __name__ == "__main__":
    run()
