"""The oracle itself: it says so when an item is lost, doubled, invented or damaged."""
import json
import os
import sqlite3
import tempfile
import zlib

import oracle
from promise import promise, run

URL = "http://127.1.0.1:1/gen"


def item(n, rev="a" * 16):
    text = f"7/{n} the rain came late"
    crc = zlib.crc32(text.encode())
    return {"id": f"{n:032x}", "rev": rev, "guid": f"gen-7-{n}", "title": f"Item {n} of feed 7: x",
            "content": f"<p>{text}</p><p>check {crc:08x}</p>", "feed": {"url": URL},
            "tags": [{"tag": tag, "score": 1} for tag in oracle.TAGS[n % 4]]}


def verdict(change):
    """What check says of four items in a file after change(items)."""
    items = [item(n) for n in range(1, 5)]
    change(items)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps(i) + "\n" for i in items)
        file.flush()
        try:
            oracle.check("file", {"type": "jsonl", "path": file.name},
                         oracle.foretell(URL, 7, 4))
        except AssertionError as error:
            return str(error)
    return ""


@promise
def it_is_content_with_what_was_foretold():
    assert verdict(lambda items: None) == ""
    # A newer revision of an item that is known is neither doubled nor invented.
    assert verdict(lambda items: items.append(item(2, "b" * 16))) == ""


@promise
def it_sees_what_is_lost_doubled_invented_or_damaged():
    assert "1 lost" in verdict(lambda items: items.pop())
    assert "1 doubled" in verdict(lambda items: items.append(item(2)))
    assert "1 invented" in verdict(lambda items: items.append(item(9)))
    assert "1 damaged" in verdict(
        lambda items: items[0].update(content=items[0]["content"].replace("rain", "gain")))
    assert "1 damaged" in verdict(lambda items: items[0].update(title="Item 3 of feed 7"))
    assert "1 damaged" in verdict(lambda items: items[0].update(tags=[]))


@promise
def it_sees_a_row_that_was_written_twice():
    with tempfile.TemporaryDirectory() as folder:
        keys = {"type": "sqlite", "path": os.path.join(folder, "db")}
        db = sqlite3.connect(keys["path"])
        db.executescript("CREATE TABLE items(id TEXT UNIQUE, rev TEXT, guid TEXT, feed_url TEXT,"
                         " title TEXT, summary TEXT, content TEXT);"
                         "CREATE TABLE item_tags(item_id TEXT, tag TEXT);")
        assert oracle.watch(keys)
        i = item(3)
        db.execute("INSERT INTO items VALUES(?,?,?,?,?,NULL,?)",
                   (i["id"], i["rev"], i["guid"], URL, i["title"], i["content"]))
        db.commit()
        expected = oracle.foretell(URL, 7, 1, first=3)
        oracle.check("db", keys, expected)
        db.execute("UPDATE items SET rev = rev")
        db.commit()
        try:
            oracle.check("db", keys, expected)
        except AssertionError as error:
            assert "1 doubled" in str(error), error
        else:
            raise AssertionError("a row that was written twice went unseen")


if __name__ == "__main__":
    run()
