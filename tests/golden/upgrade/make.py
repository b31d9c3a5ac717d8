#!/usr/bin/env python3
"""make.py VERSION - writes what this version of the mill keeps on disk and says on the wire to
tests/golden/upgrade/VERSION, for every later version to open (README beside this). Run it once,
when a version is released:

    make all build-tests && python3 tests/golden/upgrade/make.py 0.1.0

B: the build (.build/release). A mill runs for a second or two: some documents still wait in the
spool, one is in the quarantine; some items wait in the outbox for a sink that is down, some are in
the quarantine for a sink that refuses them. Then all stop, and their files are copied.
"""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(ROOT, "tests/system"))

import wait  # noqa: E402
from mill import BUILD, Mill  # noqa: E402

SINKS = {"db": {"type": "sqlite"}, "late": {"type": "jsonl"},
         "never": {"type": "exec", "command": ["/bin/sh", "-c",
                                               "while read -r l; do echo reject never; done"]}}


def guids(expected):
    return sorted(guid for _, guid in expected)


def fill(mill):
    """What the manifest says of it."""
    running = [who for who in mill.everyone() if who != "sink@late"]
    for who in running:
        mill.start(who)
    queued = mill.publish(2, 4, bytes=200)
    mill.await_items(queued, ["db"])
    wait.until(lambda: mill.status("classifier@main")["quarantine"] == len(queued),
               "the items that one sink refuses are in the quarantine")
    mill.list_feeds([mill.server.url("/noise", 200, bytes=600)])
    wait.until(lambda: mill.status("fetcher@main")["quarantine"] == 1, "a document is refused")
    mill.stop("parser@1")
    spooled = mill.publish(2, 3, bytes=200)
    wait.until(lambda: mill.status("fetcher@main")["spool"]["depth"] == 2, "two documents wait")
    mill.stop_all()
    return {"queued": guids(queued), "spooled": guids(spooled), "quarantined_items": len(queued),
            "quarantined_documents": 1}


def save(mill, folder, manifest):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(mill.state_folder, os.path.join(folder, "state"),
                    ignore=shutil.ignore_patterns("*.ballast", "*.lock", "*-wal", "*-shm"))
    shutil.copy(mill.sinks["db"]["path"], os.path.join(folder, "sink.db"))
    with open(os.path.join(folder, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1)
        file.write("\n")
    subprocess.run([os.path.join(BUILD, "tests/unit/upgrade_test"), "--write",
                    os.path.join(folder, "frames")], check=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with Mill(sinks=SINKS) as mill:
        manifest = fill(mill)
        save(mill, os.path.join(HERE, sys.argv[1]), manifest)
    print(f"{sys.argv[1]}: {manifest}")


main()
