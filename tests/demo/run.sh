#!/bin/sh
# run.sh BUILD - the whole mill on feeds of your own, in the foreground until ^C. FEEDS: an OPML
# file, or addresses of feeds. What it has fetched is kept in .build/run and known the next time;
# for more than a look there are make install and systemd.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$1
home=$PWD/.build/run

usage() {
	cat >&2 <<'END'
run: which feeds? For example:
    make run FEEDS=my-subscriptions.opml
    make run FEEDS="https://example.org/feed.xml https://example.net/atom"
END
	exit 2
}
[ -n "${FEEDS:-}" ] || usage

mkdir -p "$home/feeds.d" || exit 2
rm -f "$home"/feeds.d/*.opml "$home/feeds.conf"
for feed in $FEEDS; do
	case $feed in
	http://* | https://*)
		[ -f "$home/feeds.conf" ] || echo '[feeds]' >"$home/feeds.conf"
		echo "url = $feed" >>"$home/feeds.conf"
		;;
	*)
		if [ ! -f "$feed" ]; then
			echo "run: '$feed' is neither a file nor an address with http:// or https://" >&2
			usage
		fi
		cp "$feed" "$home/feeds.d/$(basename "$feed" .opml).opml" || exit 2
		;;
	esac
done

runtime=$(mktemp -d /tmp/feedmill-run.XXXXXX) || exit 2
mill='' tap=''
# shellcheck disable=SC2317 # the trap calls it
stop_all() {
	trap '' INT TERM
	for pid in $tap $mill; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$runtime"
}
trap stop_all EXIT
trap 'echo; exit 0' INT TERM

cat >"$home/feedmill.conf" <<END
# Written by make run: the same that /etc/feedmill/feedmill.conf would be.
[feedmill]
state_dir = $home/state
runtime_dir = $runtime
# On the screen only what is wrong: which feed does not answer, and why.
log_level = warning

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
title = My news
END

"$build/bin/feedmill" check -c "$home/feedmill.conf" >"$home/check.log" 2>&1 || {
	cat "$home/check.log" >&2
	exit 1
}
"$build/bin/feedmill" run -c "$home/feedmill.conf" &
mill=$!

echo "database  $home/items.db"
echo "file      $home/items.jsonl"
echo "site      file://$home/site/index.html"
echo "status    $build/bin/feedmill status -c $home/feedmill.conf"
echo 'Items as they arrive, until ^C:'
echo

# A mill that has just started takes a moment to answer.
until "$build/bin/feedmill" tap -c "$home/feedmill.conf" 2>/dev/null; do
	kill -0 "$mill" 2>/dev/null || break
	sleep 0.2
done &
tap=$!
wait "$mill"
