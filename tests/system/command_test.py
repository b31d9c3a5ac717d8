"""The operator's command answers what people try first: help in every spelling, -c before and behind,
a wrong word, a configuration that is not there; and what the README writes can be copied."""
import json
import os
import re
import subprocess

import wait
from mill import BUILD, ROOT, Mill, SLOWNESS
from promise import promise, run


@promise
def help_is_there_in_every_spelling():
    with Mill() as mill:
        for words in (["help"], ["-h"], ["--help"]):
            status, out, err = mill.feedmill(*words)
            assert status == 0 and not err and "  quarantine list|" in out, (words, out, err)
        for words in (["help", "tap"], ["tap", "-h"], ["tap", "--help"]):
            status, out, err = mill.feedmill(*words)
            assert status == 0 and out.startswith("  tap [--tag T]"), (words, out, err)
            assert "quarantine" not in out, out
        status, out, err = mill.feedmill()
        assert status == 2 and not out and err.startswith("usage: feedmill"), (out, err)
        for words in (["taps"], ["help", "taps"]):
            status, out, err = mill.feedmill(*words)
            assert status == 2 and not out and "feedmill help" in err, (words, out, err)
            assert err.count("\n") == 1, err


@promise
def what_is_too_much_is_usage_and_starts_nothing():
    with Mill() as mill:
        for words in (["retag", "x"], ["replay", "db", "x"], ["replay"], ["status", "x"],
                      ["feeds", "x"], ["tap", "--stage", "sink"], ["rules"], ["drain"]):
            status, out, err = mill.feedmill(*words)
            assert status == 2 and not out and err, (words, status, out, err)


@promise
def the_configuration_is_named_before_the_command_or_behind_it():
    with Mill() as mill:
        for words in (["-c", mill.config, "check"], ["check", "-c", mill.config]):
            status, out, err = mill.feedmill(*words)
            assert status == 0 and "ok   sink db" in out, (words, out, err)
        for words in (["-c", "/nowhere.conf", "check"], ["status", "-c", "/nowhere.conf"],
                      ["feeds", "list", "-c", "/nowhere.conf"],
                      ["classify", "-c", "/nowhere.conf"],
                      ["fetch", "-c", "/nowhere.conf", "http://127.0.0.1/"],
                      ["feeds", "export", "-c", "/nowhere.conf"]):
            status, _, err = mill.feedmill(*words)
            assert status == 1 and "/nowhere.conf" in err and "-c FILE" in err, (words, err)


@promise
def every_daemon_tells_its_options_and_its_version():
    for stage in ("fetcher", "parser", "classifier", "sink"):
        for option in ("-h", "--help", "-V", "--version"):
            done = subprocess.run([os.path.join(BUILD, "bin", f"feedmill-{stage}"), option],
                                  capture_output=True, text=True, check=False)
            assert done.returncode == 0 and not done.stderr, (stage, option, done)
            start = f"feedmill-{stage} " if option in ("-V", "--version") else \
                f"usage: feedmill-{stage} [-c FILE]"
            assert done.stdout.startswith(start), (stage, option, done.stdout)
        done = subprocess.run([os.path.join(BUILD, "bin", f"feedmill-{stage}"), "--hlep"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 100 and "'--hlep'" in done.stderr, (stage, done)


@promise
def the_list_of_feeds_is_a_table_for_people_and_json_for_scripts():
    with Mill() as mill:
        mill.start_all()
        status, out, err = mill.feedmill("feeds", "list")
        assert status == 0 and out == "no feed is listed; feedmill feeds add URL\n", (out, err)
        good = mill.server.url("/gen", 1, feed=1, items=2)
        bad = mill.server.url("/status/500", 2)
        mill.list_feeds([good, bad])
        wait.until(lambda: sum("polled" in f for f in mill.ask("fetcher@main", "feeds") or ()) == 2,
                   "both were asked", 20 * SLOWNESS)
        mill.await_idle()
        status, out, err = mill.feedmill("feeds", "list")
        head, *rows = out.splitlines()
        assert status == 0 and head.split() == ["STATE", "POLLED", "NEXT", "FEED"], (out, err)
        assert any(re.match(rf"good +\d+s +\S+  {re.escape(good)}", row) for row in rows), out
        assert any(re.match(rf"failing +\d+s +\S+  {re.escape(bad)}$", row) for row in rows), out
        assert any(row.strip() == "status 500" for row in rows), out
        status, out, err = mill.feedmill("feeds", "list", "--json")
        assert status == 0 and not err, err
        assert {json.loads(line)["url"] for line in out.splitlines()} == {good, bad}, out
        mill.stop_all()


@promise
def check_finds_what_nobody_would_read():
    for text, stage, said in (("[parser]\nworkers = 2\n", "parser", "unknown key 'workers'"),
                              ("[sink x]\ntype = webhok\n", "sink x", "jsonl, "),
                              ("[sink x]\npath = y\n", "sink x", "no type"),
                              ("[fetcher]\nshard = 5/4\n", "fetcher", "{line}: shard = 5/4: "),
                              ("[fetcher]\ncontact = me\n", "fetcher", "{line}: contact = me: "),
                              ("[fetcher]\ninterval = 2d\n", "fetcher",
                               "{line}: interval = 2d: max_interval is shorter"),
                              ("[link parser]\nbind = 192.0.2.1:99999\n", "links",
                               "{line}: ")):
        with Mill() as mill:
            with open(mill.config, "a", encoding="utf-8") as file:
                file.write(text)
            with open(mill.config, encoding="utf-8") as file:
                said = said.format(line=f"feedmill.conf:{len(file.readlines())}")
            status, out, err = mill.feedmill("check")
            assert status == 1 and f"BAD  {stage}" in out and said in err, (out, err)
            assert out.count("BAD") == 1 and err.count(said) == 1, (out, err)


@promise
def a_filter_that_names_a_tag_of_no_rule_is_shown_with_its_line():
    with Mill() as mill:
        with open(mill.config, "a", encoding="utf-8") as file:
            file.write("[sink slip]\ntype = jsonl\npath = /tmp/slip\nfilter = tag:crypto,cripto\n")
        with open(mill.config, encoding="utf-8") as file:
            line = len(file.readlines())
        status, out, err = mill.feedmill("check")
        assert status == 0 and "ok   classifier" in out, (out, err)
        said = [text for text in err.splitlines() if "filter_tag_unknown" in text]
        assert len(said) == 1 and f"feedmill.conf line={line} sink=slip tag=cripto" in said[0], err


@promise
def a_stage_that_does_not_run_is_named_with_where_to_look():
    with Mill() as mill:
        for words in (["tap"], ["feeds", "list"], ["retag"], ["rules", "stats"]):
            status, _, err = mill.feedmill(*words)
            assert status == 1 and "does not run" in err and "feedmill status" in err, (words, err)


@promise
def a_parser_is_tapped_too():
    with Mill() as mill:
        mill.start_all(parsers=2)
        for stage in ("parser", "parser@2"):
            tap = subprocess.Popen([os.path.join(BUILD, "bin/feedmill"), "tap", "--stage", stage],
                                   env={**os.environ, "FEEDMILL_CONF": mill.config})
            who = stage if "@" in stage else "parser@1"
            try:
                wait.until(lambda: mill.status(who)["tapped"], f"{who} is tapped", 20 * SLOWNESS)
            finally:
                tap.kill()
                tap.wait()
        mill.stop_all()


@promise
def the_readmes_configuration_can_be_copied():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        blocks = re.findall(r"(?:^    .*\n)+", file.read(), re.MULTILINE)
    blocks = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]
    blocks = [block for block in blocks if re.search(r"^\[", block, re.MULTILINE)]
    assert blocks, "no configuration in the README"
    with Mill() as mill:
        with open(mill.config, "a", encoding="utf-8") as file:
            file.write("\n".join(blocks))
        status, out, err = mill.feedmill("check")
        assert status == 0 and "ok   sink news" in out, (out, err)


if __name__ == "__main__":
    run()
