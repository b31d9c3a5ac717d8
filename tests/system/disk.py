"""disk - a small disk of a test's own, that can be filled."""
import contextlib
import ctypes
import os
import subprocess
import tempfile

from promise import Skip

CLONE_NEWNS = 0x20000
_libc = ctypes.CDLL(None, use_errno=True)


def mount(*arguments):
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise Skip(f"cannot mount a disk here: {done.stderr.strip()}")


@contextlib.contextmanager
def small(size="24M", options=""):
    """A folder on a tmpfs of that size. Mounted where only this test and its children see it, so
    that it goes with them, however they end."""
    if os.geteuid() != 0:
        raise Skip("only root may mount a small disk")
    if _libc.unshare(CLONE_NEWNS) != 0:
        raise Skip(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
    mount("--make-rprivate", "/")
    folder = tempfile.mkdtemp(prefix="fd-")
    try:
        mount("-t", "tmpfs", "-o", f"size={size}{options}", "feedmill-test", folder)
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False, stderr=subprocess.DEVNULL)
        os.rmdir(folder)


def fill(path):
    """Takes what is left, as another program might."""
    with open(path, "ab", buffering=0) as file:
        for block in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(bytes(block))
            except OSError:
                continue
    return os.path.getsize(path)


def free_bytes(folder):
    fs = os.statvfs(folder)
    return fs.f_bavail * fs.f_frsize
