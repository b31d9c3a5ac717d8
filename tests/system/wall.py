"""wall - the wall clock of a test's daemons, which it may set: libfaketime, the monotonic clock left
as it is.

    with Wall() as wall, Mill(env=wall.env) as mill:
        wall.jump(365 * DAY)
"""
import contextlib
import glob
import os
import shutil
import tempfile
import time

from promise import Skip

HOUR = 3600
DAY = 24 * HOUR


class Wall:
    def __init__(self):
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not found:
            raise Skip("libfaketime is not here")
        if os.environ.get("FEEDMILL_TEST_WRAP") or "asan" in os.environ.get("B", ""):
            raise Skip("libfaketime cannot be first in this build")
        self.folder = tempfile.mkdtemp(prefix="fw-")
        self.path = os.path.join(self.folder, "offset")
        self.offset_s = 0
        self.jump(0)
        self.env = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": self.path,
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "NO_FAKE_STAT": "1"}

    def jump(self, seconds):
        """From where it is now."""
        self.offset_s += int(seconds)
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"{self.offset_s:+d}s\n")
        os.rename(self.path + ".new", self.path)

    def now(self):
        return time.time() + self.offset_s

    def __enter__(self):
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.folder, ignore_errors=True)
        # What libfaketime cannot take back in a process that is killed: a later one of the same
        # number would stumble over it.
        for path in glob.glob("/dev/shm/*faketime_s*_[0-9]*"):
            if not os.path.exists(f"/proc/{path.rsplit('_', 1)[1]}"):
                with contextlib.suppress(OSError):
                    os.unlink(path)
