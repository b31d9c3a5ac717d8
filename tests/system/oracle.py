"""oracle - which items must arrive, and whether they did: 0 lost, 0 doubled, 0 invented, and each
as it was published. What a generated feed holds follows from its number (feedserver/generate.h).
"""
import json
import os
import re
import sqlite3
import zlib

TAGS = {0: {"crypto", "finance"}, 1: {"wearables", "gadgets"}, 2: {"llms", "ai"}, 3: set()}
PARAGRAPH = re.compile(r"<p>(.*?)</p>\s*<p>check ([0-9a-f]{8})")


def foretell(url, feed, items, first=1):
    """{(feed's URL, guid): tags}"""
    return {(url, f"gen-{feed}-{n}"): TAGS[n % 4] for n in range(first, first + items)}


# A sink's items: (url, guid, rev, title, content, tags).
def read_jsonl(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            yield (item["feed"]["url"], item.get("guid"), item["rev"], item.get("title", ""),
                   item.get("content") or item.get("summary") or "",
                   {tag["tag"] for tag in item.get("tags", [])})


def connect(path):
    return sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=30)


def read_sqlite(path):
    with connect(path) as db:
        tags = {}
        for item, tag in db.execute("SELECT item_id, tag FROM item_tags"):
            tags.setdefault(item, set()).add(tag)
        for row in db.execute("SELECT id, feed_url, guid, rev, title,"
                              " coalesce(content, summary, '') FROM items"):
            yield (*row[1:], tags.get(row[0], set()))


READERS = {"jsonl": read_jsonl, "sqlite": read_sqlite}


_counted = {}  # path: (bytes, lines) so far, so that a count reads only what is new


def count_lines(path):
    at, lines = _counted.get(path, (0, 0))
    with open(path, "rb") as file:
        if at > os.fstat(file.fileno()).st_size:
            at, lines = 0, 0  # a line that was cut, say
        file.seek(at)
        while block := file.read(1 << 20):
            at += len(block)
            lines += block.count(b"\n")
    _counted[path] = (at, lines)
    return lines


def count(keys):
    path = keys["path"]
    if not os.path.exists(path):
        return 0
    if keys["type"] == "jsonl":
        return count_lines(path)
    try:
        db = connect(path)
        try:
            return db.execute("SELECT count(*) FROM items").fetchone()[0]
        finally:
            db.close()
    except sqlite3.OperationalError:
        return 0  # it is just being made


def watch(keys):
    """Lets the database itself write down every row that the sink writes."""
    try:
        with connect(keys["path"]) as db:
            db.executescript("""
                CREATE TABLE IF NOT EXISTS arrivals(id TEXT, rev TEXT);
                CREATE TRIGGER IF NOT EXISTS arrivals_new AFTER INSERT ON items
                    BEGIN INSERT INTO arrivals VALUES(new.id, new.rev); END;
                CREATE TRIGGER IF NOT EXISTS arrivals_changed AFTER UPDATE OF rev ON items
                    BEGIN INSERT INTO arrivals VALUES(new.id, new.rev); END;""")
        return True
    except sqlite3.OperationalError:
        return False


def some(things):
    things = sorted(map(str, things))
    return f"{len(things)}: {', '.join(things[:5])}{' ...' if len(things) > 5 else ''}"


def check(name, keys, expected):
    """Raises AssertionError with what is wrong in the sink."""
    seen, doubled, damaged = {}, [], []
    for url, guid, rev, title, content, tags in READERS[keys["type"]](keys["path"]):
        key = (url, guid)
        if rev in seen.setdefault(key, set()):
            doubled.append(key)
        seen[key].add(rev)
        if key not in expected:
            continue
        whole = PARAGRAPH.search(content)
        number = guid.rsplit("-", 1)[1]
        if not whole or zlib.crc32(whole.group(1).encode()) != int(whole.group(2), 16):
            damaged.append((*key, "content"))
        if not title.startswith(f"Item {number} of feed "):
            damaged.append((*key, title))
        if expected[key] is not None and tags != expected[key]:
            damaged.append((*key, f"tags {sorted(tags)}"))
    if keys["type"] == "sqlite":
        with connect(keys["path"]) as db:
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'arrivals'").fetchone():
                doubled += [row[0] for row in db.execute(
                    "SELECT id FROM arrivals GROUP BY id, rev HAVING count(*) > 1")]
            verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
            assert verdict == "ok", f"{name}: integrity_check: {verdict}"
    lost = expected.keys() - seen.keys()
    invented = seen.keys() - expected.keys()
    problems = [f"{len(things)} {word} ({some(things)})" for word, things in
                (("lost", lost), ("doubled", doubled), ("invented", invented),
                 ("damaged", damaged)) if things]
    assert not problems, f"sink {name}, {len(expected)} expected: " + "; ".join(problems)
