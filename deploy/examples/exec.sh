#!/bin/sh
# A sink in shell, for the exec sink: every item as a line of items.ndjson, in the folder where the
# sink starts it.
#
#     [sink lines]
#     type = exec
#     command = /usr/share/doc/feedmill/examples/exec.sh
#
# "ok" says that the item is safe: so the line is on the disk first. It may come again after a
# crash; "key" is the same then.
while IFS= read -r line; do
	[ -n "$line" ] || continue # a hint that nothing more is waiting (flush_hint)
	if printf '%s\n' "$line" >>items.ndjson && sync -d items.ndjson; then
		echo ok
	else
		echo retry after=10 cannot write items.ndjson
	fi
done
