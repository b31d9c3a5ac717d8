"""Hostile and broken input is a normal day: each is named in the log, and the rest flows on.

limit: 240
"""
import os
import random
import re
import socket

import oracle
import processes
import wait
import zmtp
from mill import Mill, SLOWNESS
from promise import note, promise, run

MIB = 1024 * 1024


def log_has(mill, who, *words):
    """A line of the log that has all the words, or None."""
    path = os.path.join(mill.log_folder, who)
    with open(path, encoding="utf-8", errors="replace") as log:
        return next((line for line in log if all(w in line for w in words)), None)


def await_log(mill, whose, *words):
    line = wait.until(lambda: next(filter(None, (log_has(mill, w, *words) for w in whose)), None),
                      f"a line with {words} in the log of {whose}", 60 * SLOWNESS)
    note(line.strip()[21:230])


def went_on(mill, expected):
    """All of them are still up, and a fresh item passes."""
    for who in mill.daemons:
        assert mill.alive(who), f"{who} is gone"
    expected.update(mill.publish(5, 20))
    mill.await_items(expected)


def all_failing(mill, urls):
    """{URL: reason}, once all are there but the one of which something can be read."""
    failing = {f["url"]: f["reason"] for f in mill.status("fetcher@main").get("failing", [])}
    return failing if len(failing) >= len(urls) - 1 else None


# What a server may serve: its path, and the words with which the log tells of it.
DOCUMENTS = {
    "not a feed": ("/maintenance.rss", {}, ("input_rejected", "HTML")),
    "an empty body": ("/gen", {"feed": 9001, "items": 20, "end": 0}, ("poll_failed", "empty")),
    "a feed that ends in a tag of its head":
        ("/gen", {"feed": 9002, "items": 20, "end": 60}, ("document_mended", "ends before")),
    "100 MB": ("/big", {"bytes": 100 * MIB}, ("poll_failed", "exceeded")),
    "no end at all": ("/endless", {}, ("poll_failed", "over the limit")),
    "noise": ("/noise", {"bytes": 50000}, ("input_rejected",)),
    "a connection that breaks off":
        ("/gen", {"feed": 9003, "items": 20, "cut": 700}, ("poll_failed",)),
    "an error page": ("/status/503", {}, ("poll_failed", "503")),
    "a redirect into nowhere":
        ("/redirect/302", {"to": "gopher://127.0.0.1/"}, ("poll_failed",)),
}


@promise
def bad_documents_are_named_in_the_log_and_the_rest_flows_on():
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(20, 20)
        urls = {}
        for host, (what, (path, query, _)) in enumerate(DOCUMENTS.items(), 5000):
            urls[what] = mill.server.url(path, host, **query)
        mill.list_feeds(urls.values())
        expected.update(mill.publish(20, 20))
        expected.update(mill.publish(1, 20, coding="gzip"))  # which is not true, and no harm
        for what, (_, _, words) in DOCUMENTS.items():
            # The fetcher tells of what it cannot fetch, a parser of what it cannot read.
            whose = ["fetcher@main"] if "poll_failed" in words else ["parser@1", "parser@2"]
            await_log(mill, whose, *words, urls[what].split("?")[0])
        mill.await_items(expected)
        failing = wait.until(lambda: all_failing(mill, urls), lambda: f"all are said to fail: {mill.status('fetcher@main')}")
        for what, url in urls.items():
            assert failing.get(url) or "document_mended" in DOCUMENTS[what][2], f"{what}: {url}"
        went_on(mill, expected)
        mill.await_idle()
        for who, process in mill.daemons.items():
            resident = processes.resident_kib(process.pid) / 1024
            note(f"{who}: {resident:.0f} MiB")
            assert resident < 128 * SLOWNESS ** 2, f"{who}: {resident:.0f} MiB"
        mill.stop_all()
        mill.check(expected)


@promise
def a_truncated_feed_gives_the_items_that_are_whole():
    with Mill() as mill:
        mill.start_all()
        whole = len(mill.server.get("/gen", feed=1, items=20, bytes=500))
        mill.feed_count += 1
        url = mill.server.url("/gen", 1, feed=1, items=20, bytes=500, end=whole * 3 // 4)
        mill.list_feeds([url])
        wait.until(lambda: min(mill.sink_counts().values()) >= 10, "the first items")
        mill.await_idle()
        first = oracle.count(mill.sinks["file"])
        expected = mill.publish(5, 20)
        mill.await_items(range(first + len(expected)))
        mill.await_idle()
        seen = {}
        mill.stop_all()
        for feed, guid, _, _, content, tags in oracle.read_jsonl(mill.sinks["file"]["path"]):
            seen[(feed, guid)] = (content, tags)
        cut = {guid for feed, guid in seen if feed == url}
        assert cut <= {f"gen-1-{n}" for n in range(1, 21)} and 10 <= len(cut) <= 16, cut
        assert all(key in seen for key in expected)


def hostile_frames(seed):
    """(what, frame, word in the log)"""
    source = random.Random(seed)
    good = [1, 2, "stranger@1", 7, 7, 1, 1, b"body"]
    hello = [1, 1, "stranger@1", 7, 7, "ipc:///nowhere", "parser"]
    yield "nothing", b"", "frame"
    yield "text", b"GET / HTTP/1.1\r\n\r\n", "frame"
    yield "an array that claims 4 G elements", b"\xdd\xff\xff\xff\xff", "frame"
    yield "a text that claims 4 GB", b"\x93\x01\x02\xdb\xff\xff\xff\xff", "frame"
    yield "a thousand arrays in each other", b"\x91" * 1000, "frame"
    yield "half a frame", zmtp.pack(good)[:20], "frame"
    yield "bytes after it", zmtp.pack(good) + b"\0", "frame"
    yield "another version", zmtp.pack([9, *good[1:]]), "version 9"
    yield "an unknown type", zmtp.pack([1, 99, *good[2:]]), "unknown type"
    yield "data without a hello", zmtp.pack(good), "has not said HELLO"
    yield "a fence without a hello", zmtp.pack([1, 3, "fence@1", 7, 7, 1, [1, 2, 3]]), "HELLO"
    for _ in range(300):
        bytes_ = bytearray(zmtp.pack(source.choice((good, hello))))
        for _ in range(source.randint(1, 6)):
            bytes_[source.randrange(len(bytes_))] = source.randrange(256)
        yield "a frame with other bytes", bytes(bytes_), None


@promise
def garbage_frames_on_any_socket_are_named_and_disturb_nobody():
    seed = int(os.environ.get("FEEDMILL_TEST_SEED", "20260302"))
    note(f"seed {seed}")
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(20, 20)
        doors = ["parser/1.in", "classifier/main.in", "sink/db.in", "fetcher/main.ack",
                 "parser/1.ack", "classifier/main.ack"]
        for door in doors:
            path = os.path.join(mill.run_folder, door)
            who = door.split(".")[0].replace("/", "@")
            expected.update(mill.publish(5, 20))
            for number, (what, frame, word) in enumerate(hostile_frames(seed)):
                if door.endswith(".ack") and what.endswith("a hello"):
                    continue  # that is an answer's place: it belongs to no epoch, and is ignored
                with zmtp.Peer(path) as peer:
                    peer.send(frame)
                    if number == 3:
                        peer.send(b"one part", more=True)
                        peer.send(b"another")
                # The log tells eight in a minute, and counts the rest.
                if word and number < 5:
                    wait.until(lambda who=who, word=word: log_has(mill, who, "link_refused", word),
                               lambda who=who, what=what: f"{what} in the log of {who}",
                               10 * SLOWNESS)
        mill.await_items(expected)
        for who in {d.split(".")[0].replace("/", "@") for d in doors if d.endswith(".in")}:
            refused = mill.status(who)["in"]["refused"]
            note(f"{who} has refused {refused}")
            assert refused >= 10, refused
        went_on(mill, expected)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


@promise
def every_kind_of_hostile_frame_has_its_own_words():
    """One kind a life, so that the log's thrift hides none."""
    with Mill() as mill:
        mill.start("sink@db")
        mill.start("sink@file")
        mill.start("classifier@main")
        for what, frame, word in hostile_frames(1):
            if not word:
                break
            mill.kill("classifier@main")
            mill.start("classifier@main")
            with zmtp.Peer(os.path.join(mill.run_folder, "classifier/main.in")) as peer:
                peer.send(frame)
                mark = os.path.getsize(os.path.join(mill.log_folder, "classifier@main"))
                wait.until(lambda mark=mark, word=word: said_since(mill, mark - 400, word),
                           f"the log says '{word}' to {what}", 10 * SLOWNESS)


def said_since(mill, mark, word):
    with open(os.path.join(mill.log_folder, "classifier@main"), encoding="utf-8",
              errors="replace") as log:
        log.seek(max(0, mark))
        line = next((x for x in log if "link_refused" in x and word in x), None)
    if line:
        note(re.sub(r"^.*link_refused", "link_refused", line.strip())[:160])
    return line


@promise
def garbage_bytes_on_a_socket_are_named_and_disturb_nobody():
    source = random.Random(7)
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(20, 20)
        files = {who: processes.local_sockets(p.pid) for who, p in mill.daemons.items()}
        doors = ["parser/1.in", "classifier/main.in", "sink/db.in", "fetcher/main.ack",
                 "classifier/main.ack"]
        for door in doors:
            path = os.path.join(mill.run_folder, door)
            held = []
            for number in range(100):
                peer = zmtp.raw(path)
                try:
                    if number % 4 == 0:
                        peer.sendall(source.randbytes(200))
                    elif number % 4 == 1:
                        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    elif number % 4 == 2:
                        peer.sendall(zmtp.GREETING[:40])  # half a handshake
                    else:
                        # A frame of 2^62 bytes, from a peer of the wrong kind.
                        peer.sendall(zmtp.GREETING + zmtp.ready(b"SUB") + b"\x02\x40" + bytes(7))
                except OSError:
                    pass  # it has hung up already: as good
                held.append(peer)
            expected.update(mill.publish(3, 20))
            for peer in held[::2]:
                peer.close()
            mill.await_items(expected)
            for peer in held:
                peer.close()
        for door in doors:
            who = door.split(".")[0].replace("/", "@")
            await_log(mill, [who], "link_refused", "does not speak ZeroMQ")
        went_on(mill, expected)
        for who, before in files.items():
            wait.until(lambda who=who, before=before:
                       processes.local_sockets(mill.daemons[who].pid) <= before + 4,
                       lambda who=who: f"{who} closes what the strangers left open: "
                       f"{processes.local_sockets(mill.daemons[who].pid)}", 30 * SLOWNESS)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


@promise
def garbage_on_the_control_socket_is_answered_or_closed():
    source = random.Random(8)
    with Mill() as mill:
        mill.start_all()
        for who in mill.daemons:
            path = os.path.join(mill.run_folder, *who.split("@")) + ".ctl"
            for text in (b"", b"\n", b"no-such-command\n", source.randbytes(5000),
                         b"x" * 1000000, b"status\0\n", b"explain \xff\xfe\n"):
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                    s.settimeout(10)
                    s.connect(path)
                    try:
                        s.sendall(text)
                        s.shutdown(socket.SHUT_WR)
                        while s.recv(65536):
                            pass
                    except (BrokenPipeError, ConnectionResetError):
                        pass
            assert mill.ask(who, "status"), who
        expected = {}
        went_on(mill, expected)
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
