"""processes - children that cannot outlive their test, however it ends."""
import ctypes
import os
import signal
import subprocess

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def spawn(argv, log, env=None, stdout=None, stdin=subprocess.DEVNULL):
    """Starts argv with stderr appended to the file log (and stdout too, unless given)."""
    with open(log, "ab") as out:
        return subprocess.Popen(argv, stdin=stdin, stdout=stdout or out, stderr=out,
                                env={**os.environ, **(env or {})},
                                preexec_fn=_die_with_parent)


def memory_kib(pid, which):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(which):
                    return int(line.split()[1])
    except OSError:
        pass
    return None


def resident_kib(pid):
    """VmRSS of a process, None when it is gone."""
    return memory_kib(pid, "VmRSS:")


def peak_kib(pid):
    """The most it has ever been."""
    return memory_kib(pid, "VmHWM:")


def cpu_s(pid):
    """User and system time of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    """How many files a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def local_sockets(pid):
    """How many of them are unix sockets."""
    with open("/proc/net/unix", encoding="ascii", errors="replace") as table:
        inodes = {f"socket:[{line.split()[6]}]" for line in table.readlines()[1:]}
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            count += os.readlink(f"/proc/{pid}/fd/{name}") in inodes
        except OSError:
            continue  # it was just closed
    return count
