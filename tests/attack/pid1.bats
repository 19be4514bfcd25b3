#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# What code in a box can send to pid 1, which only SIGTERM and SIGINT from the host ask to end the
# box.

load ../bats/helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
}

# sigqueue(3) with an arbitrary sender pid; and a signal without one, from a descriptor.
forge() { # COMMAND of a session
	"$@" perl -e 'my ($nr) = @ARGV; $| = 1;
		for my $sig (15, 2) {
			my $info = pack("i i i x4 i i x104", $sig, 0, -1, 0, 0);
			print syscall($nr, 1, $sig, $info) == 0 ? "queued\n" : "refused: $!\n";
			pipe(my $r, my $w);
			fcntl($r, 8, 1);    # F_SETOWN
			fcntl($r, 10, $sig); # F_SETSIG
			fcntl($r, 4, 020000 | 04000) or print "refused: $!\n"; # F_SETFL, O_ASYNC
			syswrite($w, "x");
		}
		sleep 1; print "still\n"' "$([ "$(uname -m)" = x86_64 ] && echo 129 || echo 138)"
}

@test "a signal without a sender, or with a forged one, does not end the box as one from outside does" {
	local kind
	sandbox enter --quiet --accept ./p -- sh -c 'echo mine >/tmp/mark'
	for kind in "exec p" "exec --root p"; do
		# shellcheck disable=SC2086 # words
		[ "$(forge sandbox $kind)" = "queued"$'\n'"queued"$'\n'"still" ]
	done
	[ "$(sandbox exec p cat /tmp/mark)" = mine ]
	kill -TERM "$(sandbox inspect --json p | jq .pid)"
	wait_until 50 eval '[ "$(sandbox inspect --json p | jq -r .state)" = stopped ]'
}
