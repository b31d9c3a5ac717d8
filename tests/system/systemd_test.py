"""Under a real systemd: installed, started, scaled, killed; every item in the sinks.

limit: 240
"""
import os
import sys

import boot
from promise import note, promise, run


@promise
def under_systemd_every_stage_may_be_killed_and_parsers_scaled():
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "booted.py")
    status, output, journal = boot.run(
        ["env", f"B={os.environ.get('B', '.build/release')}", sys.executable, "-B", program], 200)
    for line in output.splitlines():
        note(line)
    if status != 0:
        for line in journal.splitlines()[-80:]:
            note(line)
    assert status == 0, f"inside, it ended with {status}"


if __name__ == "__main__":
    run()
