#!/bin/sh
# lint.sh STAGES COMMON - the rules of the house (rules.py), the layout of C (.clang-format) and
# of shell. Everything is looked at before it ends; 1 when anything was found.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0

python3 tests/lint/rules.py "$1" "$2" || bad=1

files() {
	git ls-files -co --exclude-standard -- "$@" 2>/dev/null || find . -name "$1" -not -path './.build/*'
}

# shellcheck disable=SC2046 # no name of ours has a blank
clang-format --dry-run -Werror $(files '*.[ch]') || bad=1

scripts=$(
	files '*.sh'
	for script in tests/demo/demo tests/demo/run tests/run tests/golden/run .ci/run; do
		if [ -f "$script" ] && head -n 1 "$script" | grep -q '^#!.*sh$'; then
			echo "$script"
		fi
	done
)
if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2086 # a list of names
	shellcheck $scripts || bad=1
else
	echo "lint: shellcheck is not installed: shell scripts are not looked at" >&2
fi
exit $bad
