#!/usr/bin/python3
"""A sink in Python, for the exec sink: titles into a SQLite table, a batch at a time.

    [sink titles]
    type = exec
    command = /usr/share/doc/feedmill/examples/exec.py
    flush_hint = yes

Items come as lines of JSON; an empty line says that nothing more is waiting (flush_hint). "ok upto
N" is said after the commit: until then the mill keeps all items up to number N. One that comes
again after a crash has the same key, so it is one row all the same.
"""
import json
import sqlite3
import sys

BATCH = 50

db = sqlite3.connect("titles.db")  # in the sink's own folder, where it starts
db.execute("CREATE TABLE IF NOT EXISTS titles(key TEXT PRIMARY KEY, title TEXT, url TEXT)")
waiting = last = 0


def commit():
    global waiting
    if waiting:
        db.commit()
        print("ok upto", last, flush=True)
    waiting = 0


for line in sys.stdin:
    if line == "\n":
        commit()
        continue
    message = json.loads(line)
    item = message["item"]
    if not item.get("title"):
        print("reject", message["seq"], "it has no title", flush=True)
        continue
    db.execute(
        "INSERT OR REPLACE INTO titles VALUES(?, ?, ?)",
        (message["key"], item["title"], item.get("url")),
    )
    waiting += 1
    last = message["seq"]
    if waiting == BATCH:
        commit()
commit()
