"""booted - what systemd_test.py runs inside a booted systemd: install, start, scale, kill, stop, and
look into the sinks. Ends with a traceback, or prints what it saw."""
import glob
import os
import subprocess
import sys

import oracle
import server
import wait

BUILD = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                     os.environ.get("B", ".build/release"))
SINKS = {"db": {"type": "sqlite", "path": "/var/lib/feedmill/sink/db/items.db"},
         "file": {"type": "jsonl", "path": "/var/lib/feedmill/sink/file/items.jsonl"}}
STAGES = ["fetcher", "parser@1", "parser@2", "parser@3", "classifier", "sink@db", "sink@file"]


def run(*command):
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def show(unit, what):
    return run("systemctl", "show", "-P", what, f"feedmill-{unit}.service").strip()


def await_active(units):
    for unit in units:
        wait.until(lambda unit=unit: show(unit, "ActiveState") == "active" and
                   show(unit, "SubState") == "running",
                   lambda unit=unit: f"{unit} is active: " +
                   run("journalctl", "--no-pager", "-u", f"feedmill-{unit}"), 30)


def install():
    run("make", "-s", "-C", os.path.dirname(os.path.dirname(BUILD)), "install", "PREFIX=/usr",
        f"B={BUILD}")
    run("systemd-sysusers")
    run("systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/feedmill.conf")
    os.makedirs("/etc/feedmill/feedmill.conf.d", exist_ok=True)
    os.makedirs("/etc/feedmill/feeds.d", exist_ok=True)
    with open("/etc/feedmill/feedmill.conf.d/test.conf", "w", encoding="ascii") as file:
        file.write("[fetcher]\nallow_address = 127.0.0.0/8\nhost_spacing_ms = 0\n"
                   "[sink db]\ntype = sqlite\n[sink file]\ntype = jsonl\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", "feedmill.target", "feedmill-sink@db", "feedmill-sink@file")


class Publisher:
    def __init__(self):
        self.server = server.Server(BUILD, "/etc/feedmill", "/run/test/feedserver")
        self.count = 0

    def publish(self, feeds):
        expected, lines = {}, ""
        for _ in range(feeds):
            self.count += 1
            url = self.server.url("/gen", self.count, feed=self.count, items=20, bytes=500)
            lines += f'<outline type="rss" xmlUrl="{url.replace("&", "&amp;")}"/>\n'
            expected.update(oracle.foretell(url, self.count, 20))
        path = f"/etc/feedmill/feeds.d/{self.count}.opml"
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(f'<opml version="2.0"><body>\n{lines}</body></opml>\n')
        os.rename(path + ".new", path)
        run("systemctl", "reload", "feedmill-fetcher")
        return expected


def await_items(expected):
    def counts():
        return {name: oracle.count(keys) for name, keys in SINKS.items()}

    wait.moving(counts, lambda: min(counts().values()) >= len(expected),
                f"{len(expected)} items", 30)


def take_up_a_key():
    """So far they have run without one. It is root's: a parser, whose user is made up by systemd,
    cannot read the file."""
    run("feedmill", "keygen", "/etc/feedmill/keys")
    key = os.stat("/etc/feedmill/keys/secret.key")
    assert key.st_uid == 0 and key.st_mode & 0o777 == 0o600, key
    with open("/etc/feedmill/feedmill.conf.d/link.conf", "w", encoding="ascii") as file:
        file.write("[link]\nkeys = /etc/feedmill/keys\n")
    run("systemctl", "restart", *[f"feedmill-{unit}" for unit in STAGES])
    await_active(STAGES)
    print("every stage has its key as a credential")


def main():
    install()
    print(run("feedmill", "check").strip().splitlines()[-1])
    run("systemctl", "start", "feedmill.target")
    await_active(["fetcher", "parser@1", "classifier", "sink@db", "sink@file"])
    publisher = Publisher()
    expected = publisher.publish(20)
    await_items(expected)
    run("systemctl", "start", "feedmill-parser@2", "feedmill-parser@3")
    await_active(STAGES)
    expected.update(publisher.publish(60))
    for unit in STAGES:
        before = int(show(unit, "MainPID"))
        run("systemctl", "kill", "--signal=KILL", f"feedmill-{unit}")
        expected.update(publisher.publish(10) if unit != "fetcher" else {})
        wait.until(lambda unit=unit, before=before:
                   int(show(unit, "MainPID")) not in (0, before) and
                   show(unit, "ActiveState") == "active",
                   f"{unit} is started again", 30)
        print(f"{unit}: killed, and started again")
    run("systemctl", "kill", "--signal=KILL", "feedmill-*")
    await_active(STAGES)
    await_items(expected)
    out = run("feedmill", "status")
    assert "parser@3" in out, out
    for unit in STAGES:
        assert int(show(unit, "NRestarts")) == 2, f"{unit}: {show(unit, 'NRestarts')} restarts"
    run("systemctl", "reload", *[f"feedmill-{unit}" for unit in STAGES])
    take_up_a_key()
    expected.update(publisher.publish(10))
    await_items(expected)
    run("systemctl", "stop", "feedmill.target")
    for unit in STAGES:
        wait.until(lambda unit=unit: show(unit, "ActiveState") == "inactive",
                   lambda unit=unit: f"{unit} stops: {show(unit, 'ActiveState')}", 40)
        assert show(unit, "Result") == "success", f"{unit}: {show(unit, 'Result')}"
    for name, keys in SINKS.items():
        oracle.check(name, keys, expected)
    owners = {os.stat(path).st_uid for path in glob.glob("/var/lib/feedmill/sink/*/items*")}
    assert owners and 0 not in owners, "a sink's files belong to root"
    print(f"{len(expected)} items, {2 * len(STAGES)} kills: each item once in both sinks")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
