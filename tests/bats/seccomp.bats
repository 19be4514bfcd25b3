#!/usr/bin/env bats
# The system call filter, call by call, against tests/data/seccomp-table.txt.

load helpers

table=$SOURCE/tests/data/seccomp-table.txt

# Compares NAME=ANSWER lines with a column of the table, both ways. Rows for calls that this
# processor does not have are not printed; all others are.
agrees() { # COLUMN FILE
	awk -v column="$1" '
		/^#/ { next }
		FNR == NR { expected[$1] = $column; next }
		{
			split($0, got, "=")
			seen[got[1]] = 1
			if (!(got[1] in expected))
				print got[1] " is not in the table"
			else if (expected[got[1]] != got[2])
				print got[1] " is " got[2] ", not " expected[got[1]]
		}
		END {
			for (name in expected)
				if (!(name in seen) && name !~ /^(i386|x32)-/)
					print name " was not tried"
		}' "$table" "$2" >differences
	cat differences
	[ ! -s differences ]
}

# Runs the program in a box with these settings.
table_in_box() { # SETTINGS [ENTER-OPTION...]
	local settings=$1

	shift
	project p "[sandbox]
$settings
[mounts]
/programs = $BUILD/tests/programs ro"
	sandbox enter --accept "$@" ./p -- /programs/syscall-table >answers
	[ "$(wc -l <answers)" -ge 100 ]
}

@test "as the user" {
	table_in_box ''
	agrees 2 answers
}

@test "as root of the box" {
	table_in_box '' --root
	agrees 3 answers
}

@test "sudo has the same filter as --root" {
	project p "[mounts]
/programs = $BUILD/tests/programs ro"
	sandbox enter --accept ./p -- sudo /programs/syscall-table >answers
	agrees 3 answers
}

@test "with nested = yes" {
	table_in_box 'nested = yes'
	agrees 4 answers
}

@test "with io-uring = yes and perf = yes" {
	table_in_box $'io-uring = yes\nperf = yes'
	agrees 5 answers
}

@test "in a throw-away box, with exec, and in each session" {
	sandbox run --mount "$BUILD/tests/programs:/programs:ro" host /programs/syscall-table >answers
	agrees 2 answers
	table_in_box ''
	sandbox exec p /programs/syscall-table >answers
	agrees 2 answers
	sandbox exec --root p /programs/syscall-table >answers
	agrees 3 answers
}

@test "the filter applies to every process, root's too" {
	[ "$(sandbox run host sh -c 'sh -c "sed -n s/^Seccomp:.//p /proc/self/status"')" = 2 ]
	[ "$(sandbox run --root host sed -n 's/^Seccomp:.//p' /proc/self/status)" = 2 ]
}
