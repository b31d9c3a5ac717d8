"""server - the feed server of tests/feedserver as a child, and the addresses that it serves."""
import os
import subprocess
import urllib.parse
import urllib.request

import processes


class Server:
    def __init__(self, build, folder, log):
        self.process = processes.spawn([os.path.join(build, "tests/feedserver/feedserver"), folder],
                                       log, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening on "):
            raise RuntimeError(f"feedserver: {line!r}")
        self.port = int(line.rsplit(":", 1)[1])

    def url(self, path, host=1, **query):
        """host: which of the addresses of 127/8; each is a host of its own to the fetcher."""
        text = urllib.parse.urlencode({k.replace("_", "-"): v for k, v in query.items()})
        return (f"http://127.{1 + host // 62500}.{host // 250 % 250}.{1 + host % 250}"
                f":{self.port}{path}{'?' if text else ''}{text}")

    def get(self, path, **query):
        with urllib.request.urlopen(self.url(path, 0, **query), timeout=30) as answer:
            return answer.read()

    def set(self, **variables):
        self.get("/set", **variables)

    def stats(self):
        """{path and query: (requests, whole, unchanged)}"""
        found = {}
        for line in self.get("/stats").decode().splitlines():
            requests, whole, unchanged, target = line.split(" ", 3)
            found[target] = (int(requests), int(whole), int(unchanged))
        return found

    def requests(self):
        return sum(counts[0] for counts in self.stats().values())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
