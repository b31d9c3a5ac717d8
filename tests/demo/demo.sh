#!/bin/sh
# demo.sh BUILD - the whole mill on the sample feeds: a local server, four stages, three sinks.
# Shows items as they arrive and, when all are in all sinks, what came of it, and ends; with STAY=1
# it goes on until ^C. 1 when anything is missing. Everything lands in .build/demo.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$1
home=$PWD/.build/demo
feeds='coin-ledger.rss wristline.atom latent-notes.xml bench-and-wire.json harbour-standard.rdf
	severny-vestnik.xml maintenance.rss'
items=39 # in all of them together; maintenance.rss is a web page that calls itself a feed
limit_s=60

say() { printf '%s\n' "$*"; }
die() {
	say "demo: $*" >&2
	if [ -s "$home/feedmill.log" ]; then
		say "demo: the last lines of $home/feedmill.log:" >&2
		tail -n 15 "$home/feedmill.log" >&2
	fi
	exit 1
}

# --- nothing is left running, however this ends ---------------------------------------------------
server='' mill='' tap='' runtime=''
stop_all() {
	trap '' INT TERM
	for pid in $tap $mill; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
	[ -z "$runtime" ] || rm -rf "$runtime"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wait_for WHAT COMMAND... - until the command succeeds.
began=$(date +%s)
wait_for() {
	what=$1
	shift
	until "$@"; do
		[ $(($(date +%s) - began)) -lt $limit_s ] || die "not within $limit_s s: $what"
		kill -0 "$mill" 2>/dev/null || [ -z "$mill" ] || die "the mill has stopped by itself"
		sleep 0.1
	done
}

# --- a folder of its own --------------------------------------------------------------------------
rm -rf "$home"
mkdir -p "$home" || exit 2
# Sockets live under a short path: 107 bytes are all that a socket's name may have.
runtime=$(mktemp -d /tmp/feedmill-demo.XXXXXX) || exit 2

"$build/tests/feedserver/feedserver" tests/feeds >"$home/server.log" 2>&1 &
server=$!
wait_for 'the sample server' grep -q '^listening' "$home/server.log"
port=$(sed -n 's/^listening on .*://p' "$home/server.log")

cat >"$home/feedmill.conf" <<END
# Written by make demo: the same that /etc/feedmill/feedmill.conf would be.
[feedmill]
state_dir = $home/state
runtime_dir = $runtime

[fetcher]
# The sample feeds come from this machine, where the fetcher does not go unless it is told to.
allow_address = 127.0.0.0/8

[classifier]
rules = $PWD/deploy/conf/rules.conf

[sink database]
type = sqlite
path = $home/items.db

[sink file]
type = jsonl
path = $home/items.jsonl

[sink site]
type = site
path = $home/site
title = Sample news
END

# --- four stages, each a process of its own -------------------------------------------------------
"$build/bin/feedmill" check -c "$home/feedmill.conf" >"$home/check.log" 2>&1 ||
	die "feedmill check: $(cat "$home/check.log")"
"$build/bin/feedmill" run -c "$home/feedmill.conf" 2>"$home/feedmill.log" &
mill=$!

status() { "$build/bin/feedmill" status -c "$home/feedmill.conf" --json 2>/dev/null >"$home/status"; }
all_run() {
	status && [ "$(grep -c '"state":"running"' "$home/status")" = 6 ]
}
wait_for 'all stages run' all_run
say 'running: fetcher -> parser -> classifier -> sinks database, file, site'
say

: >"$home/arrived"
"$build/bin/feedmill" tap -c "$home/feedmill.conf" >"$home/arrived" &
tap=$!
tapped() { status && grep -q '"stage":"classifier".*"tapped":true' "$home/status"; }
wait_for 'the tap' tapped

# Each feed on an address of its own, as in the world: one host is asked only so often.
{
	echo '[feeds]'
	host=1
	for feed in $feeds; do
		echo "url = http://127.0.0.$host:$port/$feed"
		host=$((host + 1))
	done
} >"$home/feeds.conf"
kill -HUP "$mill"

# --- items as they arrive -------------------------------------------------------------------------
shown=0
show() {
	have=$(wc -l <"$home/arrived")
	[ "$have" -le "$shown" ] || sed -n "$((shown + 1)),${have}p" "$home/arrived"
	shown=$have
}
# How many items a sink has taken for good.
delivered() {
	sed -n "s/.*{\"sink\":\"$1\",[^}]*\"delivered\":\([0-9]*\).*/\1/p" "$home/status"
}
all_delivered() {
	show
	status || return 1
	for sink in database file site; do
		[ "$(delivered $sink)" = $items ] || return 1
	done
	grep -q '"failing":[1-9]' "$home/status"
}
wait_for "$items items in every sink" all_delivered
show
took=$(($(date +%s) - began))

# --- what came of it ------------------------------------------------------------------------------
lines=$(wc -l <"$home/items.jsonl")
[ "$lines" = $items ] || die "$lines lines in items.jsonl instead of $items"
[ -s "$home/items.db" ] || die 'there is no database'
[ -s "$home/site/index.html" ] || die 'there is no site'
if grep -rqiE 'document\.location|javascript:|onerror=|onclick=|<iframe' "$home/site" \
	--include='*.html'; then
	die 'script of a feed has got into the site'
fi

say
say "$shown items of 6 feeds in $took s, each in every sink, tagged by deploy/conf/rules.conf:"
sed -n 's/.*"tags":{\([^}]*\)}.*/\1/p' "$home/status" | tr ',' '\n' |
	sed 's/"\(.*\)":\(.*\)/    \2 \1/'
say
say '1 feed that is none, named with its reason; what it sent is in the quarantine:'
"$build/bin/feedmill" quarantine list -c "$home/feedmill.conf" | sed 's/^/    /'
say
say "database  $home/items.db"
say "file      $home/items.jsonl"
say "site      file://$home/site/index.html"
say "log       $home/feedmill.log"
if [ "${STAY:-0}" = 1 ]; then
	say
	say 'It goes on until ^C. Meanwhile, in another terminal:'
	say "    $build/bin/feedmill status -c $home/feedmill.conf"
	trap 'say; exit 0' INT TERM
	wait "$mill"
fi
