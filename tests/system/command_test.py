"""The operator's command answers what people try first: help in every spelling, -c before and behind,
a wrong word, a configuration that is not there; and what the README writes can be copied."""
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
                      ["feeds", "list", "-c", "/nowhere.conf"]):
            status, _, err = mill.feedmill(*words)
            assert status == 1 and "/nowhere.conf" in err and "-c FILE" in err, (words, err)


@promise
def check_finds_what_nobody_would_read():
    for text, stage, said in (("[parser]\nworkers = 2\n", "parser", "unknown key 'workers'"),
                              ("[sink x]\ntype = webhok\n", "sink x", "jsonl, "),
                              ("[sink x]\npath = y\n", "sink x", "no type")):
        with Mill() as mill:
            with open(mill.config, "a", encoding="utf-8") as file:
                file.write(text)
            status, out, err = mill.feedmill("check")
            assert status == 1 and f"BAD  {stage}" in out and said in err, (out, err)
            assert out.count("BAD") == 1, out


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
