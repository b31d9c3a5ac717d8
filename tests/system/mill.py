"""mill - a whole mill in a folder of its own: real daemons, real sockets, a generated configuration.

    with Mill(sinks={"db": {"type": "sqlite"}, "file": {"type": "jsonl"}}) as mill:
        mill.start_all(parsers=2)
        expected = mill.publish(feeds=10, items=20)
        mill.await_items(expected)
        mill.stop_all()
        mill.check(expected)
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import oracle
import processes
import server
import wait

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("B", ".build/release"))
# What sanitizers and valgrind cost.
SLOWNESS = float(os.environ.get("FEEDMILL_TEST_SLOWNESS", "1"))

TWO_SINKS = {"db": {"type": "sqlite"}, "file": {"type": "jsonl"}}


class Mill:
    def __init__(self, sinks=None, fetcher=None, classifier=None, common=None, wrap=None,
                 state_dir=None, env=None, websub=None):
        # Short: the path of a socket has 107 bytes at most.
        self.folder = tempfile.mkdtemp(prefix="fm-")
        self.log_folder = os.path.join(self.folder, "log")
        self.run_folder = os.path.join(self.folder, "run")
        self.state_folder = state_dir or os.path.join(self.folder, "state")
        self.out_folder = os.path.join(self.folder, "out")
        for folder in (self.log_folder, self.out_folder, os.path.join(self.folder, "feeds.d")):
            os.mkdir(folder)
        self.config = os.path.join(self.folder, "feedmill.conf")
        self.sinks = {name: dict(keys) for name, keys in (sinks or TWO_SINKS).items()}
        self.fetcher = {"allow_address": "127.0.0.0/8", "host_spacing_ms": "0", **(fetcher or {})}
        self.classifier = {"rules": os.path.join(ROOT, "deploy/conf/rules.conf"),
                           **(classifier or {})}
        self.websub = websub
        self.common = {"state_dir": self.state_folder, "runtime_dir": self.run_folder,
                       **(common or {})}
        # FEEDMILL_TEST_WRAP: valgrind with its options, before every daemon.
        self.wrap = wrap or os.environ.get("FEEDMILL_TEST_WRAP", "").split()
        self.env = env or {}
        self.daemons = {}
        self.ends = []  # (who, exit status) of every daemon that has ended
        self.feed_count = 0
        self.slices = 0
        self.server = None
        self.failed = False
        self.write_config()

    # Life.
    def __enter__(self):
        self.server = server.Server(BUILD, os.path.join(ROOT, "tests/feeds"),
                                    os.path.join(self.log_folder, "feedserver"))
        return self

    def __exit__(self, kind, error, trace):
        for who in list(self.daemons):
            self.kill(who)
        if self.server:
            self.server.stop()
        if kind and kind.__name__ != "Skip":
            self.show_logs()
        if kind and os.environ.get("FEEDMILL_TEST_KEEP"):
            print(f"# kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def show_logs(self, lines=30):
        for name in sorted(os.listdir(self.log_folder)):
            with open(os.path.join(self.log_folder, name), errors="replace") as log:
                last = log.read().splitlines()[-lines:]
            print(f"# --- {name}")
            for line in last:
                print(f"# {line[:500]}")

    def write_config(self):
        def section(title, keys):
            text = f"[{title}]\n"
            for key, value in keys.items():
                values = value if isinstance(value, list) else [value]
                text += "".join(f"{key} = {v}\n" for v in values)
            return text + "\n"

        text = section("feedmill", self.common) + section("fetcher", self.fetcher)
        text += section("classifier", self.classifier)
        if self.websub:
            text += section("websub", self.websub)
        for name, keys in self.sinks.items():
            if keys["type"] in ("sqlite", "jsonl") and "path" not in keys:
                keys["path"] = os.path.join(self.out_folder, name)
            text += section(f"sink {name}", keys)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    # Daemons.
    def program(self, stage):
        return os.path.join(BUILD, "bin", f"feedmill-{stage}")

    def start(self, who, env=None, ready=True, program=None):
        """who: "parser@1"."""
        stage, instance = who.split("@")
        argv = [*self.wrap, program or self.program(stage), "-c", self.config, "-i", instance]
        tally = {"FEEDMILL_TALLY": self.tally(who)}  # builds of FLAVOUR=crash
        self.daemons[who] = processes.spawn(argv, os.path.join(self.log_folder, who),
                                            {**self.env, **tally, **(env or {})})
        if ready:
            self.await_ready(who)

    def await_ready(self, who):
        wait.until(lambda: self.alive(who) and self.ask(who, "status"),
                   lambda: f"{who} answers (it is {'up' if self.alive(who) else 'gone'})",
                   30 * SLOWNESS)

    def everyone(self, parsers=1):
        """Receivers first, as feedmill run does."""
        return ([f"sink@{name}" for name in self.sinks] + ["classifier@main"] +
                [f"parser@{n}" for n in range(1, parsers + 1)] + ["fetcher@main"])

    def start_all(self, parsers=1, env=None):
        for who in self.everyone(parsers):
            self.start(who, env, ready=False)
        for who in self.everyone(parsers):
            self.await_ready(who)

    def alive(self, who):
        process = self.daemons.get(who)
        return process is not None and process.poll() is None

    def signal(self, who, number):
        self.daemons[who].send_signal(number)

    def kill(self, who):
        process = self.daemons.pop(who)
        process.kill()
        process.wait()

    def stop(self, who, within_s=30):
        """SIGTERM, and the exit status."""
        process = self.daemons[who]
        process.terminate()
        try:
            status = process.wait(within_s * SLOWNESS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{who} has not stopped {within_s} s after SIGTERM") from None
        del self.daemons[who]
        self.ends.append((who, status))
        return status

    def stop_all(self):
        """From the source down; every one must say 0."""
        for stage in ("fetcher", "parser", "classifier", "sink"):
            for who in [w for w in self.daemons if w.split("@")[0] == stage]:
                status = self.stop(who)
                assert status == 0, f"{who} ended with {status}"

    def reload(self, who="fetcher@main"):
        self.signal(who, signal.SIGHUP)

    # What it says.
    def ask(self, who, command):
        """The answer's JSON values; None when there are none or nobody answers."""
        path = os.path.join(self.run_folder, *who.split("@")) + ".ctl"
        answer = b""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.settimeout(10 * SLOWNESS)
                s.connect(path)
                s.sendall(command.encode() + b"\n")
                while True:
                    got = s.recv(65536)
                    if not got:
                        break
                    answer += got
        except OSError:
            return None
        return [json.loads(line) for line in answer.splitlines() if line] or None

    def status(self, who):
        answer = self.ask(who, "status")
        return answer[0] if answer else {}

    # What was received, through all lives: builds of FLAVOUR=crash count it.
    def tally(self, who):
        return os.path.join(self.folder, "tally-" + who)

    def received(self, stage):
        """Messages that all instances of the stage ("sink@db": one of them) were sent."""
        total = 0
        for name in os.listdir(self.folder):
            if name == f"tally-{stage}" or name.startswith(f"tally-{stage}@"):
                with open(os.path.join(self.folder, name), "rb") as file:
                    total += int.from_bytes(file.read(8), sys.byteorder)
        return total

    def wire_duplicates(self, documents, items):
        """{receiver: messages beyond one for each document or item}, when all has arrived."""
        found = {"parser": self.received("parser") - documents,
                 "classifier": self.received("classifier") - items}
        for name in self.sinks:
            found[f"sink@{name}"] = self.received(f"sink@{name}") - items
        return found

    def logged(self, who, text):
        try:
            with open(os.path.join(self.log_folder, who), errors="replace") as log:
                return [line for line in log if text in line]
        except FileNotFoundError:
            return []

    def feedmill(self, *arguments, stdin=None):
        """The operator's command: (exit status, stdout, stderr)."""
        done = subprocess.run([os.path.join(BUILD, "bin/feedmill"), *arguments], input=stdin,
                              capture_output=True, timeout=60 * SLOWNESS, check=False,
                              env={**os.environ, "FEEDMILL_CONF": self.config})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    # Feeds.
    def list_feeds(self, urls):
        """Adds an OPML file with these feeds and tells the fetcher."""
        self.slices += 1
        path = os.path.join(self.folder, "feeds.d", f"{self.slices:05}.opml")
        lines = "".join(f'<outline type="rss" xmlUrl="{u.replace("&", "&amp;")}"/>\n' for u in urls)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(f'<?xml version="1.0"?><opml version="2.0"><body>\n{lines}</body></opml>\n')
        os.rename(path + ".new", path)
        # One that is just starting reads the list by itself, and looks again every 5 s.
        if self.alive("fetcher@main") and self.ask("fetcher@main", "status"):
            self.reload()

    def publish(self, feeds, items, bytes=500, list_them=True, **query):
        """Generated feeds, each on a host of its own; returns what has to arrive."""
        expected, urls = {}, []
        for _ in range(feeds):
            self.feed_count += 1
            url = self.server.url("/gen", self.feed_count, feed=self.feed_count, items=items,
                                  bytes=bytes, **query)
            urls.append(url)
            expected.update(oracle.foretell(url, self.feed_count, items))
        if list_them:
            self.list_feeds(urls)
        return expected

    # Sinks.
    def sink_counts(self):
        return {name: oracle.count(keys) for name, keys in self.sinks.items()
                if keys["type"] in ("sqlite", "jsonl")}

    def await_items(self, expected, sinks=None, still_s=20):
        """Until each of the sinks has as many items as are expected."""
        names = sinks or [n for n, k in self.sinks.items() if k["type"] in ("sqlite", "jsonl")]
        want = len(expected)

        def counts():
            return {n: c for n, c in self.sink_counts().items() if n in names}

        wait.moving(counts, lambda: all(c >= want for c in counts().values()),
                    f"{want} items in {', '.join(names)}", still_s * SLOWNESS)

    def await_idle(self, still_s=20):
        """Until no queue holds anything."""
        wait.moving(self.queues, lambda: not any(self.queues().values()), "all queues empty",
                    still_s * SLOWNESS)

    def queues(self):
        """What is still on its way, by place."""
        fetcher, classifier = self.status("fetcher@main"), self.status("classifier@main")
        found = {"spool": fetcher.get("spool", {}).get("depth", -1)}
        for sink in classifier.get("sinks", [{"sink": "?", "depth": -1}]):
            found[f"sink {sink['sink']}"] = sink["depth"]
        return found

    def check(self, expected, sinks=None):
        """Nothing lost, doubled, invented or damaged, in each of the sinks."""
        for name, keys in self.sinks.items():
            if keys["type"] in ("sqlite", "jsonl") and (not sinks or name in sinks):
                oracle.check(name, keys, expected)

    def watch_arrivals(self):
        """From now on every row that a sqlite sink writes is counted: see oracle.check."""
        for keys in self.sinks.values():
            if keys["type"] == "sqlite":
                wait.until(lambda keys=keys: oracle.watch(keys), "the database has its tables")

    def now(self):
        return time.monotonic()
