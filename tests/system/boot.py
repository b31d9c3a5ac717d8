#!/usr/bin/env python3
"""boot - a real systemd in namespaces of its own, over this machine's files, for as long as a
program runs in it. Nothing that happens inside stays: writes go to a tmpfs above a read-only view of
the root, the network is a loopback of its own.

    status, output = boot.run([sys.executable, "/path/to/program.py"], limit_s=120)

Of the distribution's own units only the journal is started. Needs root, unshare and an overlay;
raises Skip where they are missing.
"""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

from promise import Skip

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.dirname(os.path.dirname(HERE))
INITS = ("/lib/systemd/systemd", "/usr/lib/systemd/systemd")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
NO_BOOT = 125


def find_init():
    return next((path for path in INITS if os.access(path, os.X_OK)), None)


def cgroup_home():
    """The folder of the control group that we are in, of the second kind."""
    with open("/proc/self/cgroup", encoding="ascii") as file:
        path = next((line.split(":", 2)[2].strip() for line in file if line.startswith("0::")), None)
    with open("/proc/mounts", encoding="utf-8") as file:
        at = next((line.split()[1] for line in file if line.split()[2] == "cgroup2"), None)
    if path is None or at is None:
        raise Skip("no cgroup2 is mounted")
    return at + path.rstrip("/")


def reason_not_to():
    if os.geteuid() != 0:
        return "only root can boot a systemd"
    if not find_init():
        return "systemd is not installed"
    tries = (["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork", "true"],
             ["unshare", "--mount", "sh", "-c",
              "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && mount -t overlay none"
              " -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /mnt/m"])
    for command in tries:
        if not shutil.which(command[0]):
            return f"no {command[0]} here"
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        if done.returncode != 0:
            return f"{command[0]}: {done.stderr.strip()[:200]}"
    return None


# Inside.
def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make_root(folder):
    """An overlay of / with the file systems that systemd wants to find."""
    upper, root = os.path.join(folder, "upper"), os.path.join(folder, "root")
    mount("--make-rprivate", "/")
    for path in (upper, root):
        os.makedirs(path, exist_ok=True)
    mount("-t", "tmpfs", "-o", "mode=755", "upper", upper)
    os.mkdir(f"{upper}/files")
    os.mkdir(f"{upper}/work")
    mount("-t", "overlay", "root", "-o",
          f"lowerdir=/,upperdir={upper}/files,workdir={upper}/work", root)
    for kind, path, options in (("proc", "proc", "nosuid,nodev,noexec"),
                                ("sysfs", "sys", "nosuid,nodev,noexec,ro"),
                                ("tmpfs", "dev", "mode=755"), ("tmpfs", "run", "mode=755"),
                                ("tmpfs", "etc/systemd/system", "mode=755"),
                                ("cgroup2", "sys/fs/cgroup", "nosuid,nodev,noexec")):
        os.makedirs(f"{root}/{path}", exist_ok=True)
        mount("-t", kind, *(["-o", options] if options else []), kind, f"{root}/{path}")
    for name in DEVICES:
        write(f"{root}/dev/{name}", "")
        mount("--bind", f"/dev/{name}", f"{root}/dev/{name}")
    for name, path in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"),
                       ("stderr", "fd/2")):
        os.symlink(path, f"{root}/dev/{name}")
    for kind, name, options in (("tmpfs", "shm", "mode=1777"),
                                ("devpts", "pts", "newinstance,ptmxmode=0666,mode=620"),
                                ("mqueue", "mqueue", "nosuid")):
        os.mkdir(f"{root}/dev/{name}")
        mount("-t", kind, "-o", options, kind, f"{root}/dev/{name}")
    os.symlink("pts/ptmx", f"{root}/dev/ptmx")
    if not os.path.exists(f"{root}{HERE}/boot.py"):  # on a file system of its own
        os.makedirs(f"{root}{SOURCES}", exist_ok=True)
        mount("--bind", SOURCES, f"{root}{SOURCES}")
    os.mkdir(f"{root}/run/test")
    mount("--bind", os.path.join(folder, "io"), f"{root}/run/test")
    return root


def make_units(root, command):
    """No unit of this machine's but the journal; the program is a service, and its end the end."""
    for units in ("lib/systemd/system", "usr/lib/systemd/system"):
        for name in ("sysinit", "sockets", "timers", "basic", "multi-user", "local-fs"):
            shutil.rmtree(f"{root}/{units}/{name}.target.wants", ignore_errors=True)
    for left in ("etc/feedmill", "var/lib/feedmill"):  # of a mill that this machine may run
        shutil.rmtree(f"{root}/{left}", ignore_errors=True)
    write(f"{root}/etc/fstab", "")
    write(f"{root}/etc/machine-id", os.urandom(16).hex() + "\n")
    write(f"{root}/etc/systemd/journald.conf.d/test.conf",
          "[Journal]\nStorage=volatile\nRateLimitBurst=0\nAudit=no\n")
    units = f"{root}/etc/systemd/system"
    write(f"{units}/test.target", "[Unit]\nRequires=test.service\n"
          "Wants=systemd-journald.service multi-user.target\n")
    write(f"{units}/test.service", "[Unit]\nAfter=systemd-journald.service basic.target\n"
          "[Service]\nExecStart=/bin/sh /run/test/program\nTimeoutStopSec=10\n"
          "StandardOutput=append:/run/test/output\nStandardError=append:/run/test/output\n")
    write(f"{root}/run/test/program",
          f"echo up >/run/test/up\n{shlex.join(command)}\necho $? >/run/test/status\n"
          "journalctl --no-pager -o short-precise >/run/test/journal 2>&1\n"
          "exec systemctl --no-block exit 0\n")


def inside(folder, command):
    """Becomes the init of the new namespaces."""
    root = make_root(folder)
    make_units(root, command)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
    os.chdir(root)
    os.mkdir("run/old")
    subprocess.run(["pivot_root", ".", "run/old"], check=True)
    os.chdir("/")
    subprocess.run(["umount", "-l", "/run/old"], check=True)
    mount("--make-rshared", "/")  # units get their own views of it
    os.execve(find_init(), ["systemd", "--unit=test.target", "--show-status=no",
                            "--log-target=journal"],
              {"container": "feedmill-test", "PATH": os.environ["PATH"], "TERM": "dumb"})


# Outside.
def enter_cgroup(path):
    with open(os.path.join(path, "cgroup.procs"), "w", encoding="ascii") as file:
        file.write("0")


def remove_cgroup(path):
    for folder, _, _ in os.walk(path, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass


def run(command, limit_s):
    """(exit status of the command, what it printed, the journal)"""
    why = reason_not_to()
    if why:
        raise Skip(why)
    home = cgroup_home()
    cgroup = os.path.join(home, f"feedmill-test-{os.getpid()}")
    with tempfile.TemporaryDirectory(prefix="fm-boot-") as folder:
        io_folder = os.path.join(folder, "io")
        os.mkdir(io_folder)

        def read(name):
            try:
                with open(os.path.join(io_folder, name), errors="replace") as file:
                    return file.read()
            except FileNotFoundError:
                return ""

        os.mkdir(cgroup)
        try:
            with open(os.path.join(io_folder, "init"), "wb") as log:
                child = subprocess.Popen(
                    ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork",
                     "--kill-child=KILL", sys.executable, "-B", os.path.abspath(__file__), folder,
                     *command],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    preexec_fn=lambda: enter_cgroup(cgroup))
            try:
                child.wait(limit_s)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                return 124, read("output") + f"\nnot done after {limit_s} s", read("journal")
            if not read("up"):
                return NO_BOOT, read("init"), ""
            return int(read("status") or NO_BOOT), read("output"), read("journal")
        finally:
            remove_cgroup(cgroup)


if __name__ == "__main__":
    inside(sys.argv[1], sys.argv[2:])
