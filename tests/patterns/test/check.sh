#!/bin/sh
# check.sh - the tests of due.sh.
failed=0

check() { # DAY EXPECTED
	due=$(sh ./due.sh "$1")
	if [ "$due" = "$2" ]; then
		echo "ok: $1 is due on $2"
	else
		echo "FAILED: $1 is due on $2, due.sh says '$due'"
		failed=1
	fi
}

check 2026-01-10 2026-01-24
check 2028-02-20 2028-03-05
exit $failed
