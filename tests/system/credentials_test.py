"""A password in a feed's URL goes to that feed's server and nowhere else: no log, no item, nothing
that any command shows, no error, no file but the list itself and the fetcher's own state has it.
"""
import base64
import os
import socket
import subprocess

import wait
from mill import BUILD, Mill, SLOWNESS
from promise import note, promise, run
from site_server import Site

SECRET = "planted"  # as it stands, and what it is in Basic's base64
PASSWORD = "hunter-planted%40x"
LOGIN = b"reader:hunter-planted@x"
# In base64 a word has three faces, by the place it begins at.
CODED = [base64.b64encode(b"\0" * n + SECRET.encode())[4 if n else 0:-4].decode() for n in range(3)]
FEED = (b'<?xml version="1.0"?><rss version="2.0"><channel><title>Closed</title>'
        b'<link>/home</link><item><title>one</title><guid>1</guid><link>/one</link>'
        b'<description>&lt;a href="/x"&gt;x&lt;/a&gt;</description></item></channel></rss>')


def closed(*page):
    """Only with the password."""
    def answer(headers):
        login = headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(login) != LOGIN:
            return ("text/plain", b"no", 401, {"WWW-Authenticate": "Basic"})
        return page
    return answer


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.9", 0))
        return probe.getsockname()[1]


class Ear:
    """What everything has said, to be searched at the end."""

    def __init__(self, mill):
        self.mill, self.heard = mill, {}

    def run(self, *arguments, stdin=None):
        status, out, err = self.mill.feedmill(*arguments, stdin=stdin)
        self.heard[" ".join(arguments)] = out + err
        return status, out, err

    def ask(self, who, command):
        self.heard[f"{who} {command}"] = str(self.mill.ask(who, command))

    def files(self):
        """Of the mill: logs, state, output. Not the operator's own files, nor where a password has
        to be kept."""
        for folder, _, names in os.walk(self.mill.folder):
            for name in names:
                path = os.path.join(folder, name)
                if name.startswith("fetcher.db") or name.endswith((".opml", ".conf")) or \
                        not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    self.heard[path] = file.read().decode("latin-1")

    def betrayals(self):
        found = []
        for where, text in self.heard.items():
            for face in (SECRET, *CODED):
                at = text.find(face)
                if at >= 0:
                    found.append(f"{where}: {text[max(0, at - 80):at + 40]!r}")
        return found


def with_login(url):
    return url.replace("://", f"://reader:{PASSWORD}@")


@promise
def a_password_in_a_url_is_in_nothing_that_the_mill_says_or_keeps():
    pages = {"/feed": closed("text/xml", FEED, 200), "/gone": closed("text/plain", b"", 410),
             "/move": closed("text/plain", b"", 301, {"Location": "/feed"}),
             "/page": closed("text/html", b'<link rel=alternate type="application/rss+xml" href="/feed">',
                             200),
             "/mad": closed("application/rss+xml", b"neither this nor that", 200),
             "/error": closed("text/plain", b"", 500)}
    with Mill(common={"log_level": "debug"}) as mill, Site(pages) as site:
        ear = Ear(mill)
        listed = [f"{site.url}/{name}" for name in ("feed", "gone", "move", "page", "mad", "error")]
        listed += [f"http://127.0.0.9:{closed_port()}/nobody", "http://no-such-host.invalid/"]
        # What is no URL of a feed is left out, with a word about it.
        odd = ["ftp://h.invalid/", "http://h.invalid:99999/", "http:///nowhere", "http://a b/",
               "http://[::1/", "gopher://h.invalid/"]
        mill.start_all()
        mill.list_feeds([with_login(u) for u in listed + odd] + [f"http:reader:{PASSWORD}@h.invalid/x"])
        wait.until(lambda: [f for f in mill.ask("fetcher@main", "feeds") or [] if f.get("polled")]
                   and len(site.asked) >= len(pages), "all were asked", 40 * SLOWNESS)
        wait.until(lambda: min(mill.sink_counts().values()) >= 1, "the item", 20 * SLOWNESS)
        wait.until(lambda: mill.status("fetcher@main")["quarantine"] >= 1, "the mad one is refused",
                   20 * SLOWNESS)
        assert any("Authorization" in headers for _, headers in site.requests)
        feed = with_login(f"{site.url}/feed")
        for words in (["status"], ["status", "--json"], ["feeds", "list"], ["feeds", "list", "--json"],
                      ["feeds", "show", feed], ["feeds", "show", "--json", feed],
                      ["feeds", "show", with_login(f"{site.url}/error")],
                      ["feeds", "show", with_login("http://never.invalid/")],
                      ["feeds", "show", with_login("ftp://never.invalid/")],
                      ["feeds", "poll", feed], ["feeds", "poll", with_login("http://never.invalid/")],
                      ["feeds", "poll", with_login("http://[::1/")],
                      ["feeds", "export"], ["feeds", "add", feed],
                      ["feeds", "add", with_login(f"{site.url}/page")],
                      ["feeds", "add", with_login(f"{site.url}/error")],
                      ["feeds", "add", with_login("ftp://h.invalid/")],
                      ["feeds", "add", with_login("http://h.invalid:99999/")],
                      ["feeds", "add", "--as-it-is", with_login("http://as-it.invalid/")],
                      ["feeds", "add", "--as-it-is", with_login("http://h.invalid:99999/")],
                      ["feeds", "remove", with_login("http://as-it.invalid/")],
                      ["feeds", "remove", with_login("http://never.invalid/")],
                      ["feeds", "remove", with_login(f"{site.url}/error")],
                      ["feeds", "remove", with_login("gopher://h.invalid/")],
                      ["feeds", "add", "--as-it-is", with_login("http://kept.invalid/feed")],
                      ["feeds", "export"], ["feeds", "list"],
                      ["fetch", feed], ["fetch", "--json", feed],
                      ["fetch", with_login(f"{site.url}/move")], ["fetch", with_login("http://a b/")],
                      ["fetch", with_login("ftp://h.invalid/")],
                      ["fetch", "--json", with_login(listed[-2])],
                      ["explain", f"{site.url}/one"], ["explain", feed], ["explain", "--json", feed],
                      ["explain", with_login("http://never.invalid/")],
                      ["quarantine", "list"], ["quarantine", "list", "--json"],
                      ["quarantine", "show", "documents/1"], ["metrics"], ["check"]):
            ear.run(*words)
        opml = "".join(f'<outline xmlUrl="{with_login(u)}"/>' for u in odd + ["http://in.invalid/f"])
        ear.run("feeds", "import", "-", stdin=f"<opml><body>{opml}</body></opml>".encode())
        for who in mill.daemons:
            ear.ask(who, "status")
        # Mistakes in feeds.conf are told with their lines.
        for text in (f"[feed {feed}]\ncolour = red\n", f"[feed {with_login('ftp://x/')}]\n",
                     f"[feeds]\nurl = {with_login('ftp://x/')}\n",
                     f"[feeds]\n{feed}\n", f"[feed {feed}\n", f"[feed {feed}]\ninterval = 1ms\n",
                     f"[feeds]\nurl = {feed}\n[feet {feed}]\n", f"[fetcher]\ncontact = {feed}()\n"):
            config = os.path.join(mill.folder, "feeds.conf" if "fetcher" not in text else "x.conf")
            with open(config, "w", encoding="utf-8") as file:
                file.write(text)
            mill.reload()
            if config.endswith("x.conf"):
                status, _, err = ear.run("fetch", "-c", config, feed)
            else:
                status, _, err = ear.run("check")
            assert status == 1 and f"{os.path.basename(config)}:" in err, (text, err)
            ear.heard[f"check {text}"] = err
        os.unlink(os.path.join(mill.folder, "feeds.conf"))
        for stage in ("fetcher", "classifier"):
            done = subprocess.run([os.path.join(BUILD, f"bin/feedmill-{stage}"), "-c", mill.config,
                                   "-n"], capture_output=True, text=True, check=False)
            ear.heard[f"{stage} -n"] = done.stdout + done.stderr
        mill.stop_all()
        ear.files()
        found = ear.betrayals()
        note(f"{len(ear.heard)} texts and files, {len(found)} of them with the password")
        assert len(ear.heard) > 50 and any("items" in where or "/out/" in where for where in ear.heard)
        assert not found, "\n".join(found)


@promise
def the_ear_hears_a_password_in_every_spelling():
    ear = Ear(None)
    for n in range(6):
        ear.heard[f"plain {n}"] = "x" * n + PASSWORD
        ear.heard[f"base64 {n}"] = base64.b64encode(b"x" * n + LOGIN + b"y" * n).decode()
    assert {where.split(":")[0] for where in ear.betrayals()} == set(ear.heard), ear.betrayals()


if __name__ == "__main__":
    run()
