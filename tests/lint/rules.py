#!/usr/bin/env python3
"""rules.py STAGES COMMON - the rules of the house that a machine can check.

STAGES is the list of stage folders, COMMON the ordered list of common's modules: each may include
only itself and earlier ones. Prints a line for each breach and ends with 1 when there is one.
"""
import os
import re
import subprocess
import sys

CODE_LINES_MAX = 600
# Rows of data, not code: their length says nothing about how many nouns a file holds.
DATA_FILES = ("_table.c", "_labels.c", "_names.c")

# One door to each library: the header may be included only here.
DOORS = {
    "zmq.h": ["common/socket.c", "common/curve.c", "tests/bench/link_bench.c"],
    "msgpack": ["common/wire.c"],
    "curl/": ["common/http_inside.h", "tests/bench/fetch_bench.c"],
    "libxml/": ["parser/xml.c", "fetcher/opml.c", "tests/bench/parser_bench.c"],
    "microhttpd.h": ["fetcher/callback.c"],
    "sqlite3.h": ["common/dbconn.c"],
    "jansson.h": ["common/jsondoc.c"],
    "openssl/": ["common/digest.c"],
    "utf8proc.h": ["classifier/fold.c"],
    "pcre2.h": ["classifier/regex.c", "tests/bench/classifier_bench.c"],
}

# Our own sinks stand on the public header. Of common they may use the ground: what has to do with
# neither the messages nor the link nor the configuration, all of which feedmill.h gives.
SINK_LAST_GROUND = "db"
SINK_ALSO = {"feedmill", "http", "httphead"}
SINK_NEVER = {"ini", "config", "log"}

NAMELESS = {"util", "utils", "misc", "helper", "helpers", "common", "defs", "types", "extern",
            "global", "globals", "stuff", "lib"}
NO_UNIT_TEST = {
    "sdk": "built into every sink: the sinks' tests and tests/system are its tests",
}

FORBIDDEN_CALLS = (
    "strcpy strcat stpcpy sprintf vsprintf gets alloca strdupa strndupa atoi atol atoll atof strtok "
    "tmpnam tempnam mktemp system popen vfork bcopy bzero index rindex asctime ctime gmtime "
    "localtime readdir_r rand srand drand48 usleep setjmp longjmp"
).split()

problems = 0


def fail(where, what):
    global problems
    problems += 1
    print(f"lint: {where}: {what}")


def project_files():
    """Every file that belongs to the project, also what is not committed yet."""
    try:
        out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True,
                             capture_output=True, text=True).stdout
        return sorted(name for name in set(out.splitlines()) if os.path.isfile(name))
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk("."):
            folders[:] = [f for f in folders if f not in (".build", ".git", "__pycache__")]
            found += [os.path.relpath(os.path.join(folder, n), ".") for n in names]
        return sorted(found)


def without_comments(text):
    """C text with its comments blanked out, its lines and strings kept."""
    pattern = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*'

    def blank(match):
        piece = match.group()
        return piece if piece[0] in "\"'" else re.sub(r"[^\n]", " ", piece)

    return re.sub(pattern, blank, text, flags=re.S)


def without_strings(code):
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', code)


class Source:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.code = without_comments(self.text)
        self.bare = without_strings(self.code)
        self.folder = path.split("/")[0]
        self.stem = os.path.splitext(os.path.basename(path))[0]
        self.own = re.findall(r'^\s*#\s*include "([^"]+)"', self.text, re.M)
        self.foreign = re.findall(r"^\s*#\s*include <([^>]+)>", self.text, re.M)

    def line_of(self, position):
        return self.bare.count("\n", 0, position) + 1


def check_stages(sources, stages):
    for s in sources:
        if s.folder not in stages and s.folder != "common":
            continue
        for used in s.own:
            folder = used.split("/")[0]
            if "/" not in used:
                fail(s.path, f'#include "{used}": includes are written from the root')
            elif folder not in ("common", s.folder):
                fail(s.path, f"includes {used}: a stage knows itself and common, common only itself")


def module_of(stem, common):
    """NAME_part is a part of NAME; None for a file that belongs to no module."""
    names = [name for name in common if stem == name or stem.startswith(name + "_")]
    return max(names, key=len, default=None)


def check_layers(sources, common):
    rank = {name: i for i, name in enumerate(common)}
    for s in sources:
        module = module_of(s.stem, common)
        if s.folder == "common" and module is None:
            fail(s.path, "is not in the COMMON list of the Makefile")
        for used in s.own:
            if not used.startswith("common/"):
                continue
            stem = os.path.splitext(used.split("/")[-1])[0]
            other = module_of(stem, common)
            inside = s.folder == "common" and other == module
            if stem != other and not inside and not s.path.startswith("tests/"):
                fail(s.path, f"includes {used}, a part of {other} and nobody else's")
            elif s.folder == "common" and rank.get(other, len(rank)) > rank.get(module, len(rank)):
                fail(s.path, f"includes {used}, which is a later layer")


def check_sinks(sources, common):
    ground = set(common[:common.index(SINK_LAST_GROUND) + 1]) - SINK_NEVER | SINK_ALSO
    for s in sources:
        if s.folder != "sink":
            continue
        for used in s.own:
            if used.startswith("common/") and used[len("common/"):-len(".h")] not in ground:
                fail(s.path, f"includes {used}: sinks are written on feedmill.h and the ground")


def check_doors(sources):
    for s in sources:
        for used in s.foreign:
            for header, doors in DOORS.items():
                if used.startswith(header) and s.path not in doors:
                    fail(s.path, f"includes <{used}>; its door is {doors[0]}")


def check_unit_tests(sources, common):
    """Parts are tested through their module."""
    for s in sources:
        if s.folder == "common" and s.path.endswith(".c") and s.stem not in NO_UNIT_TEST:
            if s.stem in common and not os.path.isfile(f"tests/unit/{s.stem}_test.c"):
                fail(s.path, f"has no tests/unit/{s.stem}_test.c")


def check_names(sources):
    for s in sources:
        if s.stem in NAMELESS or NAMELESS & set(s.stem.split("_")):
            fail(s.path, "name the one thing it does")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", s.stem):
            fail(s.path, "file names are lower case, with underscores")


def check_size(sources):
    for s in sources:
        lines = sum(1 for line in s.code.splitlines() if line.strip())
        if lines > CODE_LINES_MAX and not s.path.endswith(DATA_FILES):
            fail(s.path, f"{lines} lines of code, more than {CODE_LINES_MAX}: look for a second noun")


def check_calls(sources):
    calls = re.compile(r"(?<![\w.>])(" + "|".join(FORBIDDEN_CALLS) + r")\s*\(")
    for s in sources:
        for match in calls.finditer(s.bare):
            if match.group(1) == "gmtime" and s.bare[match.start():].startswith("gmtime_r"):
                continue
            fail(f"{s.path}:{s.line_of(match.start())}", f"{match.group(1)} is not used here")
        for match in re.finditer(r"\bgoto\b", s.bare):
            fail(f"{s.path}:{s.line_of(match.start())}", "goto: SCOPED and TAKE instead")
        if s.path.startswith("tests/unit/"):
            for match in re.finditer(r"\b(sleep|nanosleep)\s*\(", s.bare):
                fail(f"{s.path}:{s.line_of(match.start())}", "a unit test waits for an event")


def check_headers(sources):
    for s in sources:
        if not s.path.endswith(".h") or s.path == "common/feedmill.h":
            continue
        guard = "FM_" + re.sub(r"[^A-Z0-9]", "_", s.path.upper())
        if f"#ifndef {guard}\n#define {guard}\n" not in s.text:
            fail(s.path, f"wants the guard {guard}")
        if not s.text.startswith("/* "):
            fail(s.path, "begins with what it is for")


def check_texts(files):
    """Of every text of ours, whatever its language; sample inputs may hold anything."""
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    banner = re.compile(r"^\s*(/\*|\*|#|//) ?-{3,}")
    machine = re.compile(r"/(home|root|work|Users)/[a-z]")
    for path in files:
        if path.startswith(("tests/golden/", "tests/fuzz/corpus/", "tests/feeds/")):
            continue
        with open(path, "rb") as file:
            data = file.read()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            where = f"{path}:{number}"
            if words.search(line):
                fail(where, "finish it, or write it down elsewhere")
            if banner.search(line) and path.endswith((".c", ".h", ".py")):
                fail(where, "a banner: comments are sentences")
            if machine.search(line) and path != "tests/lint/rules.py":
                fail(where, "a path of one machine")
            if line != line.rstrip() and not path.endswith(".md"):
                fail(where, "blanks at the end of the line")


def check_system_tests(files):
    for path in files:
        if path.startswith("tests/system/") and path.endswith(".py"):
            with open(path, encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if re.search(r"\bsleep\s*\(", line) and not path.endswith("/wait.py"):
                        fail(f"{path}:{number}", "a system test waits for an event (wait.py)")


def check_fuzz(sources):
    for s in sources:
        if s.path.startswith("tests/fuzz/") and s.path.endswith("_fuzz.c"):
            corpus = f"tests/fuzz/corpus/{s.stem[:-len('_fuzz')]}"
            if not os.path.isdir(corpus) or not os.listdir(corpus):
                fail(s.path, f"has no {corpus}")


def config_keys(sources):
    """(key, file) of every table of config keys, and of every sink's options."""
    for s in sources:
        if s.folder in ("tests",):
            continue
        for key in re.findall(r'\{\s*"([a-z_]+)",\s*CONFIG_', s.code):
            yield key, s.path
        for table in re.findall(r"const options\[\]\s*=\s*\{([^}]*)\}", s.code):
            for key in re.findall(r'"([a-z_]+)"', table):
                yield key, s.path


def check_manual(sources, files):
    pages = [f for f in files if re.search(r"\.[1-8]$", f) and not f.startswith("tests/")]
    if not pages:
        return
    text = ""
    for page in pages:
        with open(page, encoding="utf-8") as file:
            text += file.read().replace("\\-", "-") + "\n"
    for key, path in sorted(set(config_keys(sources))):
        # As a term of its own: ".B key", ".It Cm key = ..." and the like.
        if not re.search(rf"^\.[A-Z][A-Za-z]*\b.*\b{key}\b", text, re.M):
            fail(path, f"the key '{key}' stands in no manual page")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    stages, common = sys.argv[1].split(), sys.argv[2].split()
    files = project_files()
    sources = [Source(f) for f in files if f.endswith((".c", ".h"))]
    check_stages(sources, stages)
    check_layers(sources, common)
    check_sinks(sources, common)
    check_doors(sources)
    check_unit_tests(sources, common)
    check_names(sources)
    check_size(sources)
    check_calls(sources)
    check_headers(sources)
    check_texts(files)
    check_system_tests(files)
    check_fuzz(sources)
    check_manual(sources, files)
    print(f"lint: {len(files)} files, {problems} breaches of the rules")
    sys.exit(1 if problems else 0)


main()
