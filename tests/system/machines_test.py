"""Parsers on three machines, the rest on a fourth, over tcp with CURVE. limit: 300"""
import json
import os
import shutil
import socket
import subprocess
import time

import hosts
import processes
import wait
from mill import Mill, BUILD, SLOWNESS
from promise import note, promise, run, Skip

NAME = "parsers.mill"  # all three, by /etc/hosts


class Machines:
    """A mill at home whose parsers run elsewhere: parser@h1 on host 1, and so on."""

    def __init__(self, count=3):
        hosts.home()
        self.hosts = {n: hosts.Host(n) for n in range(1, count + 1)}
        self.mill = Mill()

    def __enter__(self):
        mill = self.mill.__enter__()
        names = os.path.join(mill.folder, "hosts")
        with open(names, "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n")
            file.writelines(f"{host.address} {NAME}\n" for host in self.hosts.values())
        mill.wrap = ["unshare", "-m", "sh", "-c", f'mount --bind {names} /etc/hosts && exec "$@"', "-"]
        self.keygen("home")
        for n in self.hosts:
            self.keygen(f"h{n}")
            self.introduce(f"h{n}", "home")
            self.introduce("home", f"h{n}")
            self.write_host(n)
        os.mkdir(mill.config + ".d")
        self.write(mill.config + ".d/links.conf",
                   f"[link]\nkeys = {self.keys('home')}\n"
                   f"[link fetcher]\nacks = *:7740\nadvertise = {hosts.HOME}\n"
                   f"[link parser]\nconnect = {NAME}:7710-7711\n"
                   "[link classifier]\nbind = 0.0.0.0:7730\n")
        return self

    def __exit__(self, *why):
        self.mill.__exit__(*why)
        for host in self.hosts.values():
            host.end()

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def keys(self, who):
        return os.path.join(self.mill.folder, "keys-" + who)

    def keygen(self, who):
        shutil.rmtree(self.keys(who), ignore_errors=True)
        status, _, said = self.mill.feedmill("keygen", self.keys(who))
        assert status == 0, said

    def introduce(self, to, who, name=None):
        path = os.path.join(self.keys(to), "peers", f"{name or who}.pub")
        shutil.copy(os.path.join(self.keys(who), "public.pub"), path + ".new")
        os.rename(path + ".new", path)

    def forget(self, to, name):
        os.unlink(os.path.join(self.keys(to), "peers", f"{name}.pub"))

    def write_host(self, n):
        """All that this machine has."""
        folder = os.path.join(self.mill.folder, f"m{n}")
        os.makedirs(folder, exist_ok=True)
        self.write(folder + "/feedmill.conf",
                   f"[feedmill]\nstate_dir = {folder}/state\nruntime_dir = {folder}/run\n"
                   f"[link]\nkeys = {self.keys(f'h{n}')}\n"
                   f"[link parser]\nbind = {self.hosts[n].address}:7710-7711\n"
                   f"acks = {self.hosts[n].address}:7720-7721\n"
                   f"[link classifier]\nconnect = {hosts.HOME}:7730 home\n")

    def start_parser(self, n):
        who = f"parser@h{n}"
        argv = [*self.hosts[n].wrap, self.mill.program("parser"), "-c",
                os.path.join(self.mill.folder, f"m{n}", "feedmill.conf"), "-i", f"h{n}"]
        self.mill.daemons[who] = processes.spawn(argv, os.path.join(self.mill.log_folder, who))
        wait.until(lambda: self.status(n), f"{who} answers", 30 * SLOWNESS)

    def status(self, n):
        path = os.path.join(self.mill.folder, f"m{n}", "run", "parser", f"h{n}.ctl")
        answer = b""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.settimeout(10 * SLOWNESS)
                s.connect(path)
                s.sendall(b"status\n")
                while got := s.recv(65536):
                    answer += got
            return json.loads(answer)
        except (OSError, ValueError):
            return {}

    def handled(self, n):
        return self.status(n).get("handled", 0)

    def start_all(self):
        for n in self.hosts:
            self.start_parser(n)
        self.mill.start_all(parsers=0)
        self.mill.watch_arrivals()

    def feed_until_at_work(self, expected, *numbers):
        """Publishes until each of these machines has handled more than it has by now: those that
        are up first may take all that there is."""
        before = {n: self.handled(n) for n in numbers}
        deadline = time.monotonic() + 60 * SLOWNESS
        while True:
            idle = [n for n in numbers if self.handled(n) <= before[n]]
            if not idle:
                return
            assert time.monotonic() < deadline, f"hosts {idle} get no work"
            expected.update(self.mill.publish(20, 20))
            self.mill.await_items(expected, still_s=40)

    def finish(self, expected):
        self.mill.await_items(expected, still_s=40)
        self.mill.await_idle(still_s=40)
        self.mill.stop_all()
        self.mill.check(expected)


@promise
def one_of_three_machines_dies_for_ever_and_nothing_is_lost():
    with Machines() as all_of:
        mill = all_of.mill
        all_of.start_all()
        expected = mill.publish(60, 20)
        all_of.feed_until_at_work(expected, *all_of.hosts)
        expected.update(mill.publish(200, 20, bytes=2000))
        before = sum(map(all_of.handled, all_of.hosts))
        wait.until(lambda: sum(map(all_of.handled, all_of.hosts)) > before, "they are at it")
        all_of.hosts[2].unplug()
        mill.kill("parser@h2")
        began = time.monotonic()
        expected.update(mill.publish(50, 20))
        all_of.finish(expected)
        # They had their configuration, and nobody's sockets but their own.
        for n in all_of.hosts:
            folder = os.path.join(mill.folder, f"m{n}", "run")
            assert [d for d in os.listdir(folder) if d != "parser" and
                    os.listdir(os.path.join(folder, d))] == [], os.listdir(folder)
        note(f"{len(expected)} items, the last {time.monotonic() - began:.1f} s after the death")


@promise
def a_black_hole_ends_by_heartbeat_and_a_cable_put_back_is_used_again():
    with Machines(2) as all_of:
        mill = all_of.mill
        all_of.start_all()
        expected = mill.publish(60, 20)
        all_of.feed_until_at_work(expected, *all_of.hosts)
        all_of.hosts[1].black_hole(True)
        expected.update(mill.publish(200, 20))
        began = time.monotonic()
        mill.await_items(expected, still_s=40)
        took = time.monotonic() - began
        note(f"all items {took:.1f} s after the cable was pulled")
        assert took < 30 * SLOWNESS
        all_of.hosts[1].black_hole(False)
        all_of.feed_until_at_work(expected, 1)
        all_of.finish(expected)


@promise
def a_lossy_slow_line_loses_nothing():
    with Machines(2) as all_of:
        mill = all_of.mill
        all_of.hosts[1].bad_line("delay", "40ms", "20ms", "loss", "3%")
        all_of.start_all()
        expected = mill.publish(150, 20, bytes=2000)
        all_of.feed_until_at_work(expected, 1)
        all_of.finish(expected)


@promise
def an_unknown_key_is_kept_out_until_it_is_known():
    with Machines(2) as all_of:
        mill = all_of.mill
        all_of.forget("home", "h2")
        all_of.start_all()
        expected = mill.publish(60, 20)
        mill.await_items(expected)
        assert all_of.handled(1) == 60 and all_of.handled(2) == 0
        all_of.introduce("home", "h2")
        all_of.feed_until_at_work(expected, 2)  # known now, and nobody was restarted
        all_of.finish(expected)


@promise
def a_machine_changes_its_key_and_nothing_is_lost():
    with Machines(2) as all_of:
        mill = all_of.mill
        all_of.start_all()
        expected = mill.publish(60, 20)
        all_of.feed_until_at_work(expected, *all_of.hosts)
        # The new key beside the old, while items flow; then the machine takes it.
        os.rename(all_of.keys("h1"), all_of.keys("old"))
        all_of.keygen("h1")
        all_of.introduce("h1", "home")
        all_of.introduce("home", "h1", "h1.new")
        expected.update(mill.publish(100, 20))
        assert mill.stop("parser@h1") == 0
        all_of.start_parser(1)
        expected.update(mill.publish(100, 20))
        all_of.feed_until_at_work(expected, 1)
        all_of.forget("home", "h1")
        expected.update(mill.publish(20, 20))
        all_of.finish(expected)


@promise
def what_leaves_the_machine_without_keys_is_refused():
    with Mill() as mill:
        os.mkdir(mill.config + ".d")
        Machines.write(mill.config + ".d/links.conf", "[link parser]\nbind = 10.0.0.1:7710\n")
        done = subprocess.run([mill.program("parser"), "-c", mill.config, "-i", "1", "-n"],
                              capture_output=True, text=True, timeout=30 * SLOWNESS, check=False)
        assert done.returncode == 100, done.returncode
        assert "links.conf:2" in done.stderr and "feedmill keygen" in done.stderr, done.stderr


@promise
def a_reload_takes_up_where_the_others_are_and_names_what_waits_for_a_restart():
    with Machines(2) as all_of:
        mill, links = all_of.mill, all_of.mill.config + ".d/links.conf"
        with open(links, encoding="utf-8") as file:
            both = file.read()
        first, second = (both.replace(f"{NAME}:7710-7711", f"{all_of.hosts[n].address}:7710-7711")
                         for n in (1, 2))
        all_of.write(links, first)
        all_of.start_all()
        expected = mill.publish(20, 20)
        mill.await_items(expected, still_s=40)
        assert all_of.handled(2) == 0
        # The first machine is named no more, the second is.
        all_of.write(links, second.replace("acks = *:7740", "acks = *:7750")
                     .replace("bind = 0.0.0.0:7730", "bind = 0.0.0.0:7730-7731"))
        for who, key in (("fetcher@main", "[link fetcher] acks"),
                         ("classifier@main", "[link classifier] bind")):
            mill.reload(who)
            said = wait.until(lambda who=who: mill.logged(who, "restart_needed"),
                              f"{who} says what waits for a restart", 20 * SLOWNESS)
            assert key in said[0] and "with a restart" in said[0], (who, said)

        def receivers():
            return {r["endpoint"].split(":")[1] for route in mill.status("fetcher@main")["routes"]
                    for r in route["receivers"]}

        wait.until(lambda: receivers() == {f"//{all_of.hosts[2].address}"},
                   lambda: f"the second host alone is a receiver: {receivers()}", 30 * SLOWNESS)
        so_far = all_of.handled(1)
        all_of.feed_until_at_work(expected, 2)
        assert all_of.handled(1) == so_far
        all_of.finish(expected)


if __name__ == "__main__":
    run()
