"""hosts - machines in network namespaces: this one ("home", where the test itself is), and others
behind a link of their own. Nothing has a name outside of the test: all goes when its processes go.

    home()                      the test moves into a namespace of its own, address 10.77.0.1
    host = Host(1)              10.77.1.2, reached by the link v1
    host.wrap                   what runs a program there
"""
import ctypes
import os
import subprocess

import processes
import wait
from promise import Skip

CLONE_NEWNET = 0x40000000
HOME = "10.77.0.1"
_libc = ctypes.CDLL(None, use_errno=True)


def command(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")


def home():
    for line in (["ip", "-V"], ["nsenter", "-V"]):
        try:
            command(*line)
        except OSError as error:
            raise Skip(f"{line[0]}: {error.strerror}") from error
    if _libc.unshare(CLONE_NEWNET):
        raise Skip(f"network namespaces: {os.strerror(ctypes.get_errno())}")
    command("ip", "link", "set", "lo", "up")
    command("ip", "address", "add", f"{HOME}/32", "dev", "lo")


class Host:
    def __init__(self, number):
        self.number, self.link, self.address = number, f"v{number}", f"10.77.{number}.2"
        self.process = processes.spawn(["unshare", "-n", "sleep", "infinity"], os.devnull)
        self.pid = str(self.process.pid)
        wait.until(lambda: os.readlink(f"/proc/{self.pid}/ns/net") !=
                   os.readlink("/proc/self/ns/net"), "the namespace is there")
        self.wrap = ["nsenter", "-t", self.pid, "-n"]
        try:
            command("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns",
                    self.pid)
        except RuntimeError as error:
            self.end()
            raise Skip(str(error)) from error
        command("ip", "address", "add", f"10.77.{number}.1/24", "dev", self.link)
        command("ip", "link", "set", self.link, "up")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        self.run("ip", "route", "add", "default", "via", f"10.77.{number}.1")

    def run(self, *argv):
        command(*self.wrap, *argv)

    def black_hole(self, on):
        """Nothing arrives, and nobody is told: both ends send to a card that is not there."""
        how = ["replace"] if on else ["delete"]
        wrong = ["lladdr", "02:00:00:00:00:99", "nud", "permanent"] if on else []
        command("ip", "neigh", *how, self.address, *wrong, "dev", self.link)
        self.run("ip", "neigh", *how, f"10.77.{self.number}.1", *wrong, "dev", "eth0")

    def unplug(self):
        command("ip", "link", "delete", self.link)

    def bad_line(self, *netem):
        """tc netem on both ends; Skip where the kernel has none."""
        try:
            command("tc", "qdisc", "replace", "dev", self.link, "root", "netem", *netem)
            self.run("tc", "qdisc", "replace", "dev", "eth0", "root", "netem", *netem)
        except (RuntimeError, OSError) as error:
            raise Skip(f"tc netem: {error}") from error

    def end(self):
        self.process.kill()
        self.process.wait()
