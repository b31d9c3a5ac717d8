"""WebSub: feeds that a hub pushes. What is pushed goes down the same way as what is polled, is
neither lost nor doubled, and is believed only with the right signature."""
import datetime
import random
import socket
import sqlite3
import tempfile
import threading

import wait
from certificates import Authority
from hub import Hub, call
from mill import SLOWNESS
from promise import note, promise, run
from published import ATOM, Published, await_items, begin, feed, story, websub_mill
from site_server import Site


@promise
def a_push_goes_down_the_same_way_as_a_poll_and_never_doubles_it():
    published = Published()
    with published as (mill, site, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])
        form = hub.asked[0]
        assert len(hub.asked) == 1 and form["hub.mode"] == "subscribe", hub.asked
        assert len(form["hub.callback"].rsplit("/", 1)[1]) >= 32, form
        assert 32 <= len(form["hub.secret"]) < 200, form
        # By each hash that the specification knows.
        for n, method in enumerate(("sha1", "sha256", "sha384", "sha512"), 3):
            assert hub.push(url, feed([n - 1, n]), ATOM, method) // 100 == 2
        await_items(mill, range(1, 7))
        assert site.asked == ["/feed.xml"], site.asked
        # Again, and again from the site itself: nothing is new.
        assert hub.push(url, feed([5, 6]), ATOM) // 100 == 2
        published.show(range(1, 7))
        mill.ask("fetcher@main", f"poll {url}")
        wait.until(lambda: len(site.asked) == 2, "a poll", 30 * SLOWNESS)
        await_items(mill, range(1, 7))
        # From now on polls are the backstop.
        told = story(mill, url)
        assert left_s(told["due"]) > 23 * 3600, told
        assert "backstop" in told["why"], told
        assert told["websub"]["pushes"] == 5, told
        status, shown, _ = mill.feedmill("feeds", "show", url)
        assert status == 0 and f"{hub.url} pushes it until" in shown, shown
        assert mill.status("fetcher@main")["websub"]["subscribed"] == 1
        _, shown, _ = mill.feedmill("status")
        assert "pushed by hubs 1: 5 pushes, 1 of them known already, 0 forged" in shown, shown
        _, metrics, _ = mill.feedmill("metrics")
        assert 'feedmill_websub_pushes_total{stage="fetcher",instance="main"} 5' in metrics
        mill.stop_all()


@promise
def a_push_without_the_right_signature_is_answered_well_and_ignored():
    with Published() as (mill, _, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])
        body = feed([66])
        good = hub.push(url, feed([1, 2, 3]), ATOM)
        assert good // 100 == 2
        for signature in ("", "sha256", "sha256=", "sha256=" + 64 * "0", "md5=" + 32 * "0", "=",
                          "sha1=" + 40 * "z", "sha512=" + 4096 * "0", "sha256=" + 63 * "0"):
            assert hub.push(url, body, ATOM, signature=signature) == good, signature
        assert hub.push(url, body, ATOM, secret="guess") == good
        told = story(mill, url)
        assert told["websub"]["forged"] == 10 and told["websub"]["pushes"] == 1, told
        await_items(mill, [1, 2, 3])
        assert len(mill.logged("fetcher@main", "websub_forged")) == 1
        mill.stop_all()


@promise
def only_what_we_asked_for_is_confirmed():
    with Published() as (mill, _, hub, url):
        begin(mill, hub, url)
        callback = hub.callback(url)
        base, token = callback.rsplit("/", 1)
        for where, fields in (
                (callback, {"mode": "subscribe", "topic": url + "x", "challenge": "c"}),
                (callback, {"mode": "unsubscribe", "topic": url, "challenge": "c"}),
                (callback, {"mode": "denied", "topic": url + "x"}),
                (callback, {"mode": "subscribe", "topic": url}),
                (callback, {"mode": "else", "topic": url, "challenge": "c"}),
                (callback, {}),
                (base + "/" + 32 * "0", {"mode": "subscribe", "topic": url, "challenge": "c"}),
                (base + "/", {"mode": "subscribe", "topic": url, "challenge": "c"})):
            status, body = hub.question(where, **fields)
            assert status == 404 and body == b"", (where, fields, status, body)
        assert call(base + "/" + token[:-1] + "g", "POST", feed([9]))[0] == 404
        assert call(callback, "PUT", b"x")[0] == 405
        assert story(mill, url)["websub"]["state"] == "live"
        mill.stop_all()


@promise
def a_denied_subscription_is_polled_as_any_feed_is():
    with Published(hub=Hub(deny="no <b>room</b>")) as (mill, _, hub, url):
        mill.start_all()
        mill.list_feeds([url])
        wait.until(lambda: story(mill, url).get("websub", {}).get("state") == "denied",
                   lambda: f"the denial: {story(mill, url)}", 30 * SLOWNESS)
        told = story(mill, url)["websub"]
        assert told["reason"] == "the hub denies it: no <b>room</b>", told
        assert len(hub.asked) == 1, hub.asked
        assert "backstop" not in story(mill, url)["why"]
        mill.stop_all()


@promise
def the_head_of_a_response_goes_before_its_document():
    pages = {}
    with websub_mill() as mill, Site(pages) as site, Hub() as hub, Hub() as other:
        url, topic = site.url + "/feed.xml", site.url + "/canonical.xml"
        link = f'<{hub.url}>; rel="hub", </canonical.xml>; rel=self'
        pages["/feed.xml"] = (ATOM, feed([1], [other.url], url), 200, {"Link": link})
        mill.start_all()
        mill.list_feeds([url])
        hub.await_verified(topic, within_s=30 * SLOWNESS)
        await_items(mill, [1])
        assert hub.push(topic, feed([2]), ATOM) == 200
        await_items(mill, [1, 2])
        assert other.asked == [], other.asked
        mill.stop_all()


@promise
def a_hub_that_does_not_take_it_gives_way_to_the_next_one():
    pages = {}
    with websub_mill() as mill, Site(pages) as site, Hub(answers=[(500, {})] * 9) as hub, Hub() as other:
        url = site.url + "/feed.xml"
        pages["/feed.xml"] = (ATOM, feed([1], [hub.url, other.url], url), 200)
        mill.start_all()
        mill.list_feeds([url])
        for tries in (1, 2, 3):
            wait.until(lambda n=tries: len(hub.asked) == n, f"try {tries}", 30 * SLOWNESS)
            wait.until(lambda: "500" in story(mill, url).get("websub", {}).get("reason", ""),
                       "its failure", 30 * SLOWNESS)
            assert story(mill, url)["websub"]["state"] == "wanted"
            make_due(mill)
        other.await_verified(url, within_s=30 * SLOWNESS)
        assert len(hub.asked) == 3, hub.asked
        mill.stop_all()


@promise
def a_hub_that_has_moved_is_followed_and_one_that_is_busy_is_left_in_peace():
    pages = {}
    with websub_mill() as mill, Site(pages) as site, Hub() as hub:
        moved = {"Location": hub.url}
        with Hub(answers=[(307, moved), (503, {"Retry-After": "3000"})]) as old:
            url, other = site.url + "/feed.xml", site.url + "/other.xml"
            pages["/feed.xml"] = (ATOM, feed([1], [old.url], url), 200)
            pages["/other.xml"] = (ATOM, feed([1], [old.url], other), 200)
            mill.start_all()
            mill.list_feeds([url])
            hub.await_verified(url, within_s=30 * SLOWNESS)
            assert hub.asked == old.asked, (hub.asked, old.asked)
            mill.list_feeds([other])
            wait.until(lambda: "503" in story(mill, other).get("websub", {}).get("reason", ""),
                       lambda: f"its refusal: {story(mill, other)}", 30 * SLOWNESS)
            assert len(old.asked) == 2 and len(hub.asked) == 1
            told = story(mill, other)["websub"]
            assert told["state"] == "wanted" and left_s(told["next"]) > 2900, told
        mill.stop_all()


def left_s(then):
    then = datetime.datetime.fromisoformat(then.replace("Z", "+00:00"))
    return (then - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def make_due(mill):
    """As if the time of the next request had come."""
    mill.stop("fetcher@main")
    with sqlite3.connect(f"{mill.state_folder}/fetcher/fetcher.db") as db:
        db.execute("UPDATE subscriptions SET due_s = 1 WHERE phase < 4")
    db.close()
    mill.start("fetcher@main")


@promise
def a_lease_is_renewed_before_its_end_also_after_a_restart():
    with Published(hub=Hub(lease_s=16)) as (mill, _, hub, url):
        begin(mill, hub, url)
        assert mill.stop("fetcher@main") == 0
        mill.start("fetcher@main")
        told = story(mill, url)["websub"]
        assert told["state"] == "live" and told["next"] < told["lease_until"], told
        wait.until(lambda: len(hub.verified) >= 2, lambda: f"a renewal: {hub.asked}", 60 * SLOWNESS)
        first, second = hub.asked[:2]
        assert first == second, (first, second)  # the same callback, the same secret
        wait.until(lambda: story(mill, url)["websub"]["lease_until"] > told["lease_until"],
                   "a later end", 30 * SLOWNESS)
        assert hub.push(url, feed([1, 2, 3]), ATOM) == 200
        await_items(mill, [1, 2, 3])
        mill.stop_all()


@promise
def what_was_accepted_survives_a_kill():
    with Published() as (mill, _, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])
        mill.kill("parser@1")
        for n in range(3, 23):
            assert hub.push(url, feed([n]), ATOM) == 200
            if n % 4 == 2:
                mill.kill("fetcher@main")
                mill.start("fetcher@main")
        mill.start("parser@1")
        await_items(mill, range(1, 23))
        assert story(mill, url)["websub"]["state"] == "live" and len(hub.asked) == 1
        mill.stop_all()


@promise
def killed_at_any_moment_while_a_hub_pushes_it_loses_and_doubles_nothing():
    last = 60
    with Published() as (mill, _, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])

        def push_all():
            for n in range(3, last + 1):
                hub.push_until_taken(url, feed([n - 1, n]), ATOM)

        pusher = threading.Thread(target=push_all, daemon=True)
        pusher.start()
        kills = 0
        while pusher.is_alive():
            wait.a_moment(random.uniform(0, 0.3))
            mill.kill("fetcher@main")
            kills += 1
            mill.start("fetcher@main")
            before = story(mill, url)
            # It gets on however often it is killed.
            wait.until(lambda b=before: story(mill, url) != b or not pusher.is_alive(),
                       "one push more", 30 * SLOWNESS)
        note(f"killed {kills} times while {last - 2} pushes came in")
        await_items(mill, range(1, last + 1))
        mill.stop_all()


@promise
def a_feed_that_is_removed_is_unsubscribed_and_its_callback_is_gone():
    with Published() as (mill, _, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])
        callback = hub.callback(url)
        with open(f"{mill.folder}/feeds.d/00001.opml", "w", encoding="utf-8") as file:
            file.write('<opml version="2.0"><body></body></opml>')
        mill.reload()
        assert hub.await_verified(url, "unsubscribe", 30 * SLOWNESS) == callback
        assert hub.asked[-1]["hub.callback"] == callback and "hub.secret" not in hub.asked[-1]
        assert hub.push(url, feed([3]), ATOM) == 410
        assert hub.question(callback, mode="subscribe", topic=url, challenge="c")[0] == 404
        await_items(mill, [1, 2])
        mill.stop_all()


@promise
def a_push_without_content_is_a_word_to_poll():
    published = Published()
    with published as (mill, site, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])
        published.show([1, 2, 3])
        with_due = story(mill, url)["due"]
        assert hub.push(url, b"", ATOM) == 200
        wait.until(lambda: story(mill, url)["due"] < with_due, "an earlier poll", 30 * SLOWNESS)
        mill.stop_all()


@promise
def a_secret_never_travels_in_the_clear_and_pushes_without_one_are_words_to_poll():
    # By a name: it may lead anywhere.
    published = Published(hub=Hub(name="localhost"))
    with published as (mill, site, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])
        assert len(hub.asked) == 1 and "hub.secret" not in hub.asked[0], hub.asked
        published.show([1, 2, 3])
        forget_last_poll(mill)
        # What it sends is not believed, what the site shows is.
        assert hub.push(url, feed([66]), ATOM) == 200
        await_items(mill, [1, 2, 3])
        assert len(site.asked) == 2, site.asked
        told = story(mill, url)
        assert told["websub"]["pushes"] == 1 and "word to poll" in told["websub"]["says"], told
        assert left_s(told["due"]) > 23 * 3600, told
        assert mill.status("fetcher@main")["websub"]["pings"] == 1
        mill.stop_all()


@promise
def a_hub_that_has_moved_out_of_tls_hears_no_secret():
    pages = {}
    with tempfile.TemporaryDirectory() as folder, Hub(name="localhost") as hub:
        ours = Authority(folder)
        moved = Hub(answers=[(308, {"Location": hub.url})], certificate=ours.good("127.0.0.1"))
        with moved, websub_mill(env={"SSL_CERT_FILE": ours.pem}) as mill, Site(pages) as site:
            url = site.url + "/feed.xml"
            pages["/feed.xml"] = (ATOM, feed([1], [moved.url], url), 200)
            mill.start_all()
            mill.list_feeds([url])
            hub.await_verified(url, within_s=30 * SLOWNESS)
            assert "hub.secret" in moved.asked[0] and "hub.secret" not in hub.asked[0]
            assert hub.push(url, feed([66]), ATOM, secret=moved.asked[0]["hub.secret"]) == 200
            await_items(mill, [1])
            mill.stop_all()


def forget_last_poll(mill):
    """As if the feed had been polled long ago, and its hub had brought all since."""
    mill.stop("fetcher@main")
    with sqlite3.connect(f"{mill.state_folder}/fetcher/fetcher.db") as db:
        db.execute("UPDATE feeds SET polled_s = 1, due_s = due_s + 80000")
    db.close()
    mill.start("fetcher@main")


@promise
def senders_are_bounded_in_bytes_and_in_number():
    with Published(mill=websub_mill(fetcher={"max_body": "64K"})) as (mill, _, hub, url):
        begin(mill, hub, url)
        await_items(mill, [1, 2])
        callback = hub.callback(url)
        assert hub.push(url, b"x" * 70000, ATOM) == 413
        where = callback.split("/")[2].split(":")
        path = "/" + callback.split("/", 3)[3]

        def connect():
            s = socket.create_connection((where[0], int(where[1])), timeout=60 * SLOWNESS)
            s.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                      .encode())
            return s

        # More than it announced or was let in with.
        with connect() as s:
            try:
                for _ in range(64):
                    s.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
                assert s.recv(4096) == b"", "it was answered"
            except OSError:
                pass
        # A crowd that never ends its requests keeps nobody out of the mill itself.
        crowd = [connect() for _ in range(100)]
        assert mill.status("fetcher@main")["websub"]["subscribed"] == 1
        for s in crowd:
            s.close()
        wait.until(lambda: pushed(hub, url), "a push after the crowd", 60 * SLOWNESS)
        await_items(mill, [1, 2, 3])
        mill.stop_all()


def pushed(hub, url):
    try:
        return hub.push(url, feed([3]), ATOM) == 200
    except OSError:
        return False


@promise
def hubs_are_asked_under_the_same_policy_of_addresses():
    pages = {}
    # The feed's own server may be asked, the hub's address may not.
    with websub_mill(fetcher={"allow_address": "127.0.0.1/32"}) as mill, Site(pages) as site:
        url = site.url + "/feed.xml"
        trap = socket.create_server(("127.0.0.2", 0))
        trap.setblocking(False)
        pages["/feed.xml"] = (ATOM, feed([1], [f"http://127.0.0.2:{trap.getsockname()[1]}/"], url),
                              200)
        mill.start_all()
        mill.list_feeds([url])
        wait.until(lambda: story(mill, url).get("websub", {}).get("reason"), "a refusal",
                   30 * SLOWNESS)
        told = story(mill, url)["websub"]
        assert told["state"] == "wanted" and "this machine" in told["reason"], told
        try:
            trap.accept()
            raise AssertionError("it was connected to")
        except BlockingIOError:
            trap.close()
        mill.stop_all()


if __name__ == "__main__":
    run()
