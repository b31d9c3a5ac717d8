#!/bin/sh
# install-deps.sh [build|test] - installs what is missing from Debian's packages, and nothing when
# nothing is. As root it installs, else through sudo, else it says what to type and ends with 1.
set -u
want=${1:-build}

missing=
# need PACKAGE[|PACKAGE] COMMAND... - the packages are missing when the command fails.
need() {
	packages=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $packages"
}
library() {
	need "$1" pkg-config --exists "$2"
}
program() {
	need "$1" command -v "$2"
}
compiles() {
	echo "#include <$1>" | gcc -E -x c -
}
python_has_sqlite() {
	python3 -c 'import sqlite3'
}
msgpack_is_there() {
	pkg-config --exists msgpack-c || pkg-config --exists msgpack
}

# To build: a compiler, the headers of libc, and the libraries, each by the name that the makefile
# asks pkg-config for. ca-certificates: feeds that come over https.
program gcc gcc
need libc6-dev compiles stdio.h
program pkg-config pkg-config
library libzmq3-dev libzmq
need 'libmsgpack-c-dev|libmsgpack-dev' msgpack_is_there
library libsqlite3-dev sqlite3
library libjansson-dev jansson
library libssl-dev libcrypto
library libcurl4-openssl-dev libcurl
library libxml2-dev libxml-2.0
library libmicrohttpd-dev libmicrohttpd
library libpcre2-dev libpcre2-8
library libutf8proc-dev libutf8proc
need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt

has_faketime() {
	ls /usr/lib/*/faketime/libfaketimeMT.so.1
}

has_nghttpd() {
	command -v nghttpd || test -x /usr/sbin/nghttpd
}

# To test: the second compiler, what lint calls, what the system tests are written in, and what
# looks for leaks in a whole run (libc6-dbg: it cannot start without the loader's symbols);
# certificates, a server that speaks HTTP/2, and a wall clock that tests may set.
if [ "$want" = test ]; then
	program clang clang
	program clang-format clang-format
	program shellcheck shellcheck
	need python3 python_has_sqlite
	program valgrind valgrind
	program openssl openssl
	need nghttp2-server has_nghttpd
	need libfaketime has_faketime
	need libc6-dbg dpkg -s libc6-dbg
fi

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "install-deps: not found, in the words of Debian:$missing" >&2
	echo "install-deps: no apt-get here: please install them by this system's own means" >&2
	exit 1
fi

has_candidate() {
	LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'
}
# Of names joined by "|" the first that this release has.
choose() {
	for package in $(echo "$1" | tr '|' ' '); do
		if has_candidate "$package"; then
			echo "$package"
			return
		fi
	done
	echo "${1%%|*}"
}
chosen() {
	list=
	for packages in $missing; do
		list="$list $(choose "$packages")"
	done
	echo "$list"
}

as_root=
if [ "$(id -u)" != 0 ]; then
	if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
		as_root=sudo
	else
		echo "install-deps: packages are missing, and neither root nor sudo is at hand." >&2
		echo "install-deps: as root, type:" >&2
		echo "    apt-get update && apt-get install --no-install-recommends$(chosen)" >&2
		exit 1
	fi
fi

install() {
	packages=$(chosen)
	echo "install-deps: apt-get install$packages"
	# shellcheck disable=SC2086 # a list of names
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
		install --no-install-recommends $packages </dev/null
}
# A release without lists knows no candidate for any package.
if ! has_candidate libc6-dev || ! install; then
	echo "install-deps: apt-get update"
	$as_root apt-get -qq update </dev/null || exit 1
	install || exit 1
fi
