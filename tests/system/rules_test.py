"""Rules in a running mill: by folder of the list, broken and mended under load, checked with file
and line, counted."""
import json
import os
import re

import oracle
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run
from site_server import Site

RULES = """[tag crypto]
any = bitcoin
[tag everything]
any = item
"""
FEED = ('<?xml version="1.0"?><rss version="2.0"><channel><title>{0}</title>'
        '<item><title>Of {0}</title><guid>{0}</guid></item></channel></rss>')


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


def own_rules(mill, text):
    path = os.path.join(mill.folder, "own.conf")
    write(path, text)
    mill.classifier["rules"] = path
    mill.write_config()
    return path


@promise
def the_folders_of_an_imported_opml_give_tags():
    pages = {f"/{name}": ("text/xml", FEED.format(name).encode(), 200)
             for name in ("science", "local", "none", "listed")}
    opml = """<?xml version="1.0"?><opml version="2.0"><body>
        <outline text="News"><outline text="Science and space">
            <outline type="rss" text="A" xmlUrl="{0}/science"/></outline>
          <outline type="rss" text="B" xmlUrl="{0}/local"/></outline>
        <outline type="rss" text="C" xmlUrl="{0}/none"/></body></opml>"""
    with Mill() as mill, Site(pages) as site:
        own_rules(mill, "[tag news]\nfolder = News\n[tag space]\n"
                        "folder = news/science and SPACE\n"
                        f"[tag one]\nfeed = {site.url}/listed\n[set rest]\nnone = news one\n")
        mill.start_all()
        path = os.path.join(mill.folder, "import.opml")
        write(path, opml.format(site.url))
        status, out, err = mill.feedmill("feeds", "import", path)
        assert status == 0, (out, err)
        status, out, err = mill.feedmill("feeds", "add", f"{site.url}/listed")
        assert status == 0, (out, err)
        mill.await_items(range(4))
        mill.await_idle()
        mill.stop_all()
        for name in ("db", "file"):
            keys = mill.sinks[name]
            got = {row[1]: row[5] for row in oracle.READERS[keys["type"]](keys["path"])}
            assert got == {"science": {"news", "space"}, "local": {"news"}, "none": {"rest"},
                           "listed": {"one"}}, (name, got)


@promise
def broken_rules_are_refused_with_file_and_line_and_the_old_ones_stay():
    with Mill() as mill:
        path = own_rules(mill, RULES)
        mill.start_all()
        mill.watch_arrivals()
        loaded = mill.status("classifier@main")["rules_loaded"]
        expected = mill.publish(30, 20)
        for n, (broken, line) in enumerate(((RULES + "anny = x\n", 5),
                                            (RULES.replace("bitcoin", "/(bit/"), 2),
                                            (RULES + "must = nothing of it\n", 5))):
            write(path, broken)
            mill.reload("classifier@main")
            wait.until(lambda n=n: len(mill.logged("classifier@main", "reload_refused")) > n,
                       "the reload is refused", 20 * SLOWNESS)
            said = mill.logged("classifier@main", "reload_refused")[-1]
            assert f"{path}:{line}: " in said, said
        expected.update(mill.publish(10, 20))
        mill.await_items(expected)
        status = mill.status("classifier@main")
        assert status["rules_loaded"] == loaded, status
        assert set(status["tags"]) == {"crypto", "everything"}, status
        mill.await_idle()
        mill.stop_all()
        tags = {0: {"crypto", "everything"}}
        mill.check({key: tags.get(int(key[1].rsplit("-", 1)[1]) % 4, {"everything"})
                    for key in expected})


@promise
def good_rules_take_effect_under_load_and_nothing_is_lost_or_doubled():
    with Mill() as mill:
        path = own_rules(mill, RULES)
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = mill.publish(60, 20)
        reloads = 0
        while min(mill.sink_counts().values()) < len(expected):
            reloads += 1
            write(path, RULES + f"[tag round-{reloads}]\nany = item\n")
            mill.reload("classifier@main")
            wait.until(lambda n=reloads: f"round-{n}" in mill.status("classifier@main").get(
                "tags", {}), "the rules are in use", 20 * SLOWNESS)
            if reloads % 3 == 0:
                write(path, "[tag broken\n")
                mill.reload("classifier@main")
        write(path, "[tag last]\nany = item\n")
        mill.reload("classifier@main")
        wait.until(lambda: set(mill.status("classifier@main").get("tags", {})) == {"last"},
                   "the last rules are in use", 20 * SLOWNESS)
        last = mill.publish(5, 20)
        mill.await_items({**expected, **last})
        mill.await_idle()
        mill.stop_all()
        # Which rules an item met depends on the moment; that it is there once does not.
        mill.check({**dict.fromkeys(expected), **{key: {"last"} for key in last}})
        note(f"{reloads} reloads while {len(expected)} items passed")


def stats(mill, *options):
    status, out, err = mill.feedmill("rules", "stats", "--json", *options)
    assert status == 0, err
    rows = [json.loads(line) for line in out.splitlines()]
    return {(row["tag"], row["rule"]): row["items"] for row in rows}, rows


@promise
def counts_of_the_rules_go_on_over_reloads_and_restarts():
    with Mill() as mill:
        path = own_rules(mill, RULES + "    nosuchphrase\n    /(x+x+)+y/\n")
        mill.start_all()
        mill.await_items(mill.publish(4, 20))
        mill.await_idle()
        counts, rows = stats(mill)
        assert counts == {("crypto", "bitcoin"): 20, ("everything", "item"): 80,
                          ("everything", "nosuchphrase"): 0, ("everything", "/(x+x+)+y/"): 0}, counts
        since = rows[0]["since"]
        assert {("everything", "nosuchphrase"): 0} == \
            {k: v for k, v in stats(mill, "--never")[0].items() if k[1] != "/(x+x+)+y/"}
        # A reload, with a line more above the others.
        write(path, "[tag first]\nany = feed\n" + RULES)
        mill.reload("classifier@main")
        wait.until(lambda: "first" in mill.status("classifier@main").get("tags", {}),
                   "the rules are in use", 20 * SLOWNESS)
        counts, rows = stats(mill)
        assert counts == {("crypto", "bitcoin"): 20, ("everything", "item"): 80,
                          ("first", "feed"): 0}, counts
        # A stop and a start.
        assert mill.stop("classifier@main") == 0
        mill.start("classifier@main")
        counts, rows = stats(mill)
        assert counts[("everything", "item")] == 80 and rows[0]["since"] == since, rows
        mill.publish(4, 20)
        mill.await_items(range(160))
        mill.await_idle()
        counts, _ = stats(mill)
        assert counts == {("crypto", "bitcoin"): 40, ("everything", "item"): 160,
                          ("first", "feed"): 80}, counts
        status, out, _ = mill.feedmill("rules", "stats")
        assert status == 0 and f"have met nothing since {since}" in out, out
        mill.stop_all()


@promise
def an_expression_that_gave_up_is_named_in_the_log_once():
    page = FEED.format("x" * 60 + "! y")
    with Mill() as mill, Site({"/a": ("text/xml", page.encode(), 200),
                               "/b": ("text/xml", page.encode(), 200)}) as site:
        path = own_rules(mill, "[tag a]\nany =\n    of\n    /(x+x+)+y/\n")
        mill.start_all()
        mill.list_feeds([f"{site.url}/a", f"{site.url}/b"])
        mill.await_items(range(2))
        mill.await_idle()
        said = mill.logged("classifier@main", "expression_gave_up")
        assert len(said) == 1 and f"file={path}" in said[0] and "line=4" in said[0], said
        _, rows = stats(mill)
        assert rows[1]["gave_up"] >= 2 and "gave_up" not in rows[0], rows
        mill.stop_all()


@promise
def check_names_file_and_line_of_every_mistake():
    mistakes = (
        ("[tag a]\nanny = x\n", 2, "unknown key 'anny' in [tag a]"),
        ("[every]\nany = x\n", 2, "unknown key 'any' in [every]"),
        ("[tags a]\n", 1, ""),
        ("[tag a]\nany = x\n[tag a]\n", 3, "stands a second time"),
        ("[tag a]\nany =\n  x\n  /(y/\n", 4, "bad regular expression"),
        ("[tag a]\nany =\n  x\n  {y\n", 4, "lacks a '}'"),
        ("[tag a]\nany = ...,--\nmask = --\n", 3, "can never match"),
        ("[tag a]\nany = coin purse\nmask = purse\n", 2, "can never count"),
        ("[tag a]\ntitle = gemini protocol\nnone = protocol\n", 2, "is vetoed in every title"),
        ("[tag a]\nany =\n  big coin\n  coin\n", 3, "adds nothing"),
        ("[tag a]\nany =\n  coin(s)\n  {coin,coins}\n", 4, "repeats 'coin(s)'"),
        ("[tag a]\nfrom =\n  a.example\n  b.a.example\n", 4, "adds nothing to 'a.example'"),
        ("[tag a]\nunder = b\n", 2, "there is no [tag b]"),
        ("[tag a]\nunder = b\n[tag b]\nunder = a\n", 1, "is under itself"),
        ("[set a]\nall = b\n[set b]\nall = c\n[tag c]\n", 1, "which does not stand before it"),
        ("[tag a]\nthreshold = high\n", 2, "a number from 0"),
        ("[tag a]\nweights = head 4\n", 2, "pairs of title"),
        ("[tag a]\nany = coin\nmust = a purse\n", 3, "must 'a purse' fails: no phrase meets it"),
        ("[tag a]\nany = coin\nmust-not = a coin\n", 3, "'coin' of line 2 counts in the title"),
    )
    with Mill() as mill:
        path = own_rules(mill, RULES)
        status, out, err = mill.feedmill("check")
        assert status == 0 and "ok   rules" in out, (out, err)
        for text, line, said in mistakes:
            write(path, text)
            status, out, err = mill.feedmill("check")
            assert status == 1 and "BAD  rules" in out, (text, out, err)
            assert re.search(rf"^{re.escape(path)}:{line}: .*{re.escape(said)}", err, re.M), \
                (text, line, said, err)
        # In a drop-in: its own name; and beside another file's phrase it is only a note.
        write(path, RULES)
        os.mkdir(path + ".d")
        more = os.path.join(path + ".d", "10-more.conf")
        write(more, "[tag crypto]\nany = bitcoin cash\n")
        status, out, err = mill.feedmill("check")
        assert status == 0 and f"{more}:2: phrase 'bitcoin cash' adds nothing" in err, (out, err)
        write(more, "[tag crypto]\nany = x\nmust = y\n")
        status, out, err = mill.feedmill("check")
        assert status == 1 and f"{more}:3: [tag crypto] must 'y' fails" in err, (out, err)


if __name__ == "__main__":
    run()
