#!/usr/bin/env bats
# Failures around a box: clients killed in the middle, damaged files, settings that change under a
# running box. Nothing may hang, be lost, or be weaker than requested.

load helpers

data() {
	echo "$XDG_DATA_HOME/sandbox"
}

directory() { # BOX
	sandbox inspect --json "$1" | jq -r .folder
}

pid1() { # BOX
	sandbox inspect --json "$1" | jq .pid
}

# flock(1) holds a lock until the test releases it; locked checks who has it (FLOCK) or waits for it
# (-> FLOCK).
until_go='while [ ! -e go ]; do sleep 0.05; done'
locked() { # WHO FILE
	grep -q "^[0-9]*: $1 .*:$(stat -c %i "$2") " /proc/locks
}

# A directory in tmp/ and a name that refers to it: what a client killed while making a box leaves.
half_made_box() { # NAME
	local id=0123456789ab

	sandbox ls >/dev/null # makes the data directory
	mkdir "$(data)/tmp/$id"
	touch "$(data)/tmp/$id/lock"
	ln -s $id "$(data)/names/$1"
}

@test "a box that ends before it accepts the session: enter starts it again, and runs the command once" {
	command -v python3 >/dev/null || skip "no python3"
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- true
	wait_until 20 is_stopped p
	control=$(sandbox inspect --json p | jq -r .control)
	# Something has the lock of its pid 1, accepts the connection, and ends without an answer.
	(cd "${control%/*}" && rm control && exec python3 -c '
import fcntl, os, socket, sys
lock = open(sys.argv[1]); fcntl.flock(lock, fcntl.LOCK_EX)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind("control"); s.listen(); s.settimeout(20)
open(os.environ["T"] + "/listens", "w")
c, _ = s.accept(); s.close(); lock.close(); c.close()' "$(directory p)/lock") &
	wait_until 50 test -e listens
	sandbox enter ./p -- sh -c 'echo x >>count'
	wait_for $!
	[ "$status" = 0 ]
	[ "$(cat p/count)" = x ]
}

@test "a box that is removed while enter waits for it is made again" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- true
	wait_until 20 is_stopped p
	old=$(directory p)
	flock "$old" sh -c "$until_go" & # as a start or rm does
	wait_until 50 locked FLOCK "$old"
	sandbox enter ./p -- echo fine >out 2>err &
	wait_until 50 locked '-> FLOCK' "$old"
	rm "$(data)"/{names,projects}/*
	mv "$old" "$(data)/tmp/"
	touch go
	wait_for $!
	cat err
	[ "$status" = 0 ]
	[ "$(cat out)" = fine ]
	[ "$(directory p)" != "$old" ]
	rm -r "$(data)"/tmp/* "$XDG_RUNTIME_DIR/sandbox/${old##*/}"
}

@test "rm of a box that another rm is removing: there is no such box" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- true
	wait_until 20 is_stopped p
	old=$(directory p)
	flock "$old" sh -c "$until_go" &
	wait_until 50 locked FLOCK "$old"
	sandbox rm p 2>err &
	wait_until 50 locked '-> FLOCK' "$old"
	rm "$(data)"/{names,projects}/*
	mv "$old" "$(data)/tmp/"
	touch go
	wait_for $!
	[ "$status" = 125 ]
	grep -q "no box 'p'" err
	rm -r "$(data)"/tmp/* "$XDG_RUNTIME_DIR"/sandbox/{"${old##*/}",*-net-*}
}

@test "a flag that a running box cannot follow is an error that says what to do" {
	project p $'[sandbox]\nnetwork = host'
	sandbox enter --accept ./p -- sh -c 'echo in; exec sleep 60' >in 2>&1 3>&- &
	wait_until 50 grep -q in in
	fails 125 "*'p'*--network*sandbox stop p*" sandbox enter --accept --network none ./p -- true
	sandbox enter --accept --network host ./p -- true
	sandbox stop p
	# A box that nobody uses is started again, with the flag.
	sandbox enter --accept ./p -- true
	[ "$(sandbox enter --quiet --accept --network none ./p -- ls /sys/class/net)" = lo ]
	sandbox stop p
	[ "$(sandbox enter --quiet --accept --network none ./p -- ls /sys/class/net)" = lo ]
}

@test "a flag with another image than the box's is an error, whether the box runs or not" {
	rootfs
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- true
	fails 125 "*made from image 'host'*--rebuild*" \
		sandbox enter --image "dir:$T/rootfs" ./p -- true
	wait_until 20 is_stopped p
	fails 125 "*made from image 'host'*--rebuild*" \
		sandbox enter --image "dir:$T/rootfs" ./p -- true
}

@test "a changed project file takes effect at the next start; until then enter says so" {
	project p
	sandbox enter ./p -- true
	run --separate-stderr sandbox enter ./p -- true
	says_nothing words_on_stderr
	project p $'[sandbox]\nsudo = no\n[mounts]\n/shared = tmpfs'
	run --separate-stderr sandbox enter ./p -- test -e /shared
	[ "$status" = 1 ]
	[[ $(words_on_stderr) = *"(sudo, mounts)"*"next start"*"sandbox stop p"* ]]
	sandbox stop p
	run --separate-stderr sandbox enter ./p -- test -e /shared
	[ "$status" = 0 ]
	says_nothing words_on_stderr
}

@test "a new mount point for the project takes effect at the next start" {
	project p
	cd p
	sandbox enter -- true
	project p $'[sandbox]\nproject = /work'
	[ "$(sandbox enter -- pwd)" = "$PWD" ]
	[ "$(sandbox exec . pwd)" = "$PWD" ]
	sandbox stop p
	[ "$(sandbox enter -- pwd)" = /work ]
}

@test "a start that cannot be recorded fails, and leaves no box running" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- true
	wait_until 20 is_stopped p
	project p $'[sandbox]\nlinger = forever'
	# No file may grow, so the pid cannot be written to the lock. stderr is a pipe, not a file.
	run ! bash -c '(trap "" XFSZ; ulimit -f 0; exec sandbox enter ./p -- true) 2>&1 | cat
		exit "${PIPESTATUS[0]}"'
	[ "$status" = 125 ]
	[[ $output = *"cannot record the process of box 'p'"* ]]
	wait_until 50 no_processes
	is_stopped p
	[ "$(sandbox enter ./p -- echo fine)" = fine ]
}

@test "a running box whose process is not recorded is neither stopped nor removed" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- true
	wait_until 20 is_stopped p
	lock=$(directory p)/lock
	flock "$lock" sleep 30 &
	wait_until 50 locked FLOCK "$lock"
	fails 125 "*'p'*not recorded*" sandbox stop p
	fails 125 "*'p'*not recorded*" sandbox rm --force p
	[ -e "$lock" ]
	wait_until 50 pkill -P $!
	wait_for $!
}

@test "a box whose launcher was killed before it recorded pid 1 can be stopped, removed and entered" {
	project p $'[sandbox]\nlinger = forever'
	for how in 'sandbox stop p' 'sandbox rm --force p' 'kill -KILL $pid'; do
		sandbox enter ./p -- touch /tmp/x
		pid=$(pid1 p)
		: >"$(directory p)/lock" # it is still held
		[ "$(pid1 p)" = "$pid" ]
		[ "$(sandbox enter ./p -- ls /tmp/x)" = /tmp/x ]
		eval "$how"
		wait_until 50 no_processes
		sandbox enter ./p -- test ! -e /tmp/x
		sandbox stop p
	done
	# A box that nobody has used yet ends with its launcher, however long its linger.
	can_trace || skip 'strace cannot trace here'
	under_strace -e inject=pwrite64:signal=KILL sandbox enter ./p -- true || true
	wait_until 20 no_processes
	[ "$(sandbox enter ./p -- echo fine)" = fine ]
}

@test "who comes after the last command of a box without linger starts it again, however slowly it ends" {
	can_trace || skip 'strace cannot trace here'
	project p $'[sandbox]\nlinger = 0\nhostname = one'
	sandbox enter ./p -- true
	# pid 1 waits before it finds that there are no more processes
	under_strace -e inject=wait4:delay_enter=1000000 sh -c 'echo $$ >client; exec sandbox enter ./p -- hostname >said' &
	wait_until 50 [ -s client ]
	wait_until 50 ended "$(cat client)"
	project p $'[sandbox]\nlinger = 0\nhostname = two'
	[ "$(sandbox enter ./p -- hostname)" = two ]
	wait_for $!
	[ "$(cat said)" = one ]
}

ended() { # PID
	[ ! -e "/proc/$1" ]
}

can_trace() {
	strace -f -qq -o /dev/null true
}

under_strace() {
	ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -f -qq -o /dev/null "$@" 3>&-
}

@test "messages that cannot be sent or read, and peers killed at one: the start still ends" {
	can_trace || skip 'strace cannot trace here'
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- true
	for fault in error=ENOBUFS signal=KILL; do
		for call in sendmsg recvmsg; do
			for n in 1 2 3; do
				status=0
				under_strace -e trace=$call -e inject=$call:$fault:when=$n \
					sandbox enter ./p -- true >out 2>&1 || status=$?
				cat out
				[ "$status" != 124 ]
				wait_until 30 no_processes
				[ "$(timeout 60 "$SANDBOX" enter --quiet ./p -- echo fine)" = fine ]
				wait_until 30 no_processes
			done
		done
	done
}

@test "a name reserved by a killed client is free for the next box" {
	project p
	half_made_box p
	run --separate-stderr sandbox enter ./p -- true
	says_nothing words_on_stderr
	[ "$(sandbox ls --names)" = p ]
	sandbox rm -f p
	ln -s 0123456789ab "$(data)/names/p"
	[ "$(sandbox run --name p host hostname)" = p ]
	rm -r "$(data)"/tmp/*
}

@test "the name of a box that is being made is taken" {
	half_made_box mine
	flock "$(data)/tmp/0123456789ab/lock" sleep 30 &
	wait_until 50 locked FLOCK "$(data)/tmp/0123456789ab/lock"
	fails 125 "*'mine' exists already*" sandbox run --name mine host true
	wait_until 50 pkill -P $!
	wait_for $!
	sandbox run --name mine host true
	rm -r "$(data)"/tmp/*
}

@test "a box of which only the name exists: the error does not suggest that same name" {
	half_made_box mine
	fails 125 "there is no box named 'mine', nor *" sandbox exec mine true
	rm -r "$(data)"/{tmp,names}/*
}

@test "a client killed at any moment of making a box does not occupy its name" {
	for delay in 0 0.0005 0.001 0.0015 0.002 0.003 0.004; do
		project p $'[sandbox]\nlinger = 0'
		sandbox enter ./p -- true 2>/dev/null &
		sleep $delay
		kill -KILL $! 2>/dev/null || true
		wait_for $!
		[ "$(sandbox enter ./p -- hostname)" = p ]
		[ "$(sandbox ls --names)" = p ]
		sandbox rm -f p
		wait_until 50 no_processes
	done
	rm -rf "$(data)"/tmp/*
}

@test "a damaged record: enter names the command that removes it, and that works" {
	project p $'[sandbox]\nlinger = 0'
	for damage in 'rm $record' ': >$record' 'echo image host >$record' \
		'rm $record; mkdir $record'; do
		sandbox enter ./p -- true
		wait_until 20 is_stopped p
		id=$(sandbox inspect --json p | jq -r .id)
		record=$(directory p)/record
		eval "$damage"
		fails 125 "*record of box '$id' is damaged*sandbox rm $id*" sandbox enter ./p -- true
		fails 125 "*record of box '$id' is damaged*" sandbox exec p true
		[ "$(sandbox ls --names)" = "$id" ]
		sandbox stop "$id"
		sandbox rm "$id"
		says_nothing sandbox ls --names
		says_nothing find "$(data)"/{names,projects} -type l
	done
	[ "$(sandbox enter ./p -- hostname)" = p ]
	rm "$(directory p)/record"
	sandbox rm --force p # the name leads there too; it runs
	says_nothing sandbox ls --names
	rm -f "$XDG_RUNTIME_DIR"/sandbox/*-net-* # of a project that no record names any more
}

@test "a damaged record: enter --rebuild keeps the home and the changes" {
	project p $'[sandbox]\nlinger = 0\nname = mine\n[mounts]\n/data = ../secret'
	mkdir secret
	sandbox enter --accept ./p -- sh -c 'echo kept >~/note; echo changed >/etc/changed'
	mkdir -p p/sub
	for damage in 'rm $record' ':>$record' 'echo image host >$record' 'rm $record; mkdir $record' \
		'echo garbage >$record; rm -r $(dirname $record)/work'; do
		wait_until 20 is_stopped mine
		id=$(sandbox inspect --json ./p | jq -r .id)
		record=$(data)/boxes/$id/record
		eval "$damage"
		sandbox doctor >out
		grep -F "box 'mine': its record is damaged: 'sandbox enter --rebuild' in its project's directory keeps its home ('$(data)/boxes/$id/home')" out
		fails 125 "*record of box '$id' is damaged*sandbox enter --rebuild*" sandbox enter ./p -- true
		# Consent is asked for again: it is unknown to which directory it was given.
		fails 125 "*/data*" sandbox enter --rebuild ./p -- true
		case $damage in
		rm*mkdir*) (cd p/sub && sandbox enter --accept --rebuild -- true) ;;
		rm*) sandbox enter --accept --rebuild ./p -- true ;;
		':'*) (cd p && sandbox enter --accept --rebuild mine -- true) ;;
		*) (cd p && sandbox enter --accept --rebuild . -- true) ;;
		esac
		[ "$(sandbox enter ./p -- sh -c 'cat ~/note; hostname')" = $'kept\nmine' ]
		[ "$(sandbox ls --names)" = mine ]
		[ "$(sandbox inspect --json ./p | jq -r .id)" = "$id" ]
		sandbox doctor | grep -q '^ok    boxes  '
	done
	[ "$(cat "$(data)/boxes/$id"/snapshots/*/upper/etc/changed)" = changed ]
	fails 125 "there is no box*" sandbox enter --rebuild nowhere -- true
	sandbox rm --force mine
	says_nothing find "$(data)"/{names,projects} -type l
}

@test "an index entry that leads to another directory's box is ignored, and replaced" {
	project a
	project b
	sandbox enter ./a -- true
	before=$(cd "$(data)/projects" && ls -d [0-9a-f]*)
	sandbox enter ./b -- true
	key=$(find "$(data)/projects" -type l -name '[0-9a-f]*' ! -name "$before" ! -name 'id-*' -printf %f)
	sandbox rm -f b
	cp -d "$(data)/projects/$before" "$(data)/projects/$key"
	for i in 1 2; do
		[ "$(sandbox enter ./b -- hostname)" = b ]
		[ "$(sandbox enter ./a -- hostname)" = a ]
	done
	[ "$(sandbox ls --names | tr '\n' ' ')" = 'a b ' ]
	sandbox rm -f ./b
	[ "$(sandbox ls --names)" = a ]
	[ ! -L "$(data)/projects/$key" ]
}

@test "a throw-away box that is being made is not swept" {
	while [ -d "$T" ] && [ ! -e stop ]; do sandbox ls >/dev/null; done &
	sweeper=$!
	for i in {1..150}; do
		[ "$(sandbox run --name "n$((i % 2))" host echo fine)" = fine ]
	done
	touch stop
	wait_for $sweeper
}

@test "run --disk: files on disk, gone with the box" {
	sandbox run --disk --name mine host sh -c 'sleep 30' &
	wait_until 50 sandbox exec mine true
	[[ $(directory mine) = $(data)/boxes/* ]]
	[ "$(sandbox inspect --json mine | jq .temporary)" = true ]
	sandbox stop mine
	wait_for $!
	says_nothing sandbox ls --names
}

@test "run --disk: a killed or detached client leaves nothing" {
	sandbox run --disk --name mine host sleep 30 &
	wait_until 50 sandbox exec mine true
	kill -KILL $!
	wait_for $!
	wait_until 50 no_processes
	says_nothing sandbox ls --names
	nothing_left

	[ "$(sandbox run --disk --detach --name mine host sleep 30)" = mine ]
	[ "$(sandbox ls --names)" = mine ]
	sandbox stop mine
	[ "$(sandbox run --disk --name mine host hostname)" = mine ] # the name is free at once
	says_nothing sandbox ls --names
	nothing_left
}

@test "ps shows children of threads too, and trees of any depth" {
	command -v python3 >/dev/null || skip "no python3"
	project p
	sandbox enter ./p -- python3 -c '
import subprocess, threading, time
t = threading.Thread(target=lambda: (subprocess.Popen(["sleep", "31"]), time.sleep(30)))
t.start(); t.join()' &
	wait_until 50 sandbox exec p pgrep -fx 'sleep 31'
	sandbox ps | grep -q 'sleep 31'
	sandbox stop -t 0 p
	wait_for $!

	sandbox enter ./p -- sh -c 'd() { [ "$1" = 0 ] && sleep 32 || (d $(($1 - 1)); :); }; d 200' &
	wait_until 50 sandbox exec p pgrep -fx 'sleep 32'
	[ "$(sandbox ps | grep -c ' sh -c d')" -ge 200 ]
	sandbox stop -t 0 p
	wait_for $!
}

@test "waits for files that another mount still uses" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- sh -c 'echo kept >/var/note'
	wait_until 20 is_stopped p
	dir=$(directory p)
	mkdir lower merged
	# What a launcher killed before it recorded its pid 1 leaves.
	unshare -rm sh -c "mount -t overlay overlay merged -o userxattr,index=on,lowerdir=lower,upperdir=$dir/upper,workdir=$dir/work 2>/dev/null || exit 9
		: >mounted; sleep 1" &
	holder=$!
	wait_until 20 test -e mounted || skip "cannot mount the overlay here"
	[ "$(sandbox enter ./p -- cat /var/note)" = kept ]
	wait_for $holder
}

@test "unused layers of the host are deleted when a new one is made" {
	project p
	project q
	sandbox enter ./p -- true
	cd "$(data)/layers"
	current=$(ls -d host-????????????????)
	mkdir host-0000000000000000 host-1111111111111111
	touch -d '2 days ago' host-0000000000000000.used "$current.used"
	touch host-1111111111111111.used
	# Another /etc/profile.d counts as another host.
	unshare -rm sh -c 'mount -t tmpfs tmpfs /etc/profile.d && cd "$T" &&
		sandbox run host true' || skip "cannot stand in for another host"
	[ ! -e host-0000000000000000 ]
	[ ! -e host-0000000000000000.used ]
	[ -d host-1111111111111111 ] # used today
	[ -d "$current" ]            # box p runs on it
	[ "$(find . -name 'host-????????????????' | wc -l)" = 3 ]
	cd "$T"
	[ "$(sandbox enter ./p -- sh -c 'ls /etc | wc -l')" -gt 1 ]
}

@test "a home cannot be a project, whatever path is used for it" {
	mkdir real
	ln -s real linked
	touch real/sandbox.ini
	export HOME=$T/linked
	fails 125 "*your whole home*" sandbox enter "$T/real" -- true
	fails 125 "*your whole home*" sandbox enter "$T/linked" -- true
	fails 125 "*your whole home*" sandbox enter "$T" -- true
	cd linked
	fails 125 "*your whole home*" sandbox enter -- true
}

@test "20 projects entered at once: each box is listed as soon as its enter has returned" {
	for i in {1..20}; do
		project "p$i"
		{
			sandbox enter "./p$i" -- true &&
				sandbox ls --names | grep -qx "p$i" && : >"listed.$i"
		} &
		pids[i]=$!
	done
	wait "${pids[@]}"
	[ "$(find . -name 'listed.*' | wc -l)" = 20 ]
}

@test "a box whose processes cannot be watched, or whose /etc cannot be set up, reports it and ends" {
	inject=$BUILD/tests/programs/inject
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0
	project p $'[sandbox]\nlinger = 0\nnetwork = host'
	for n in 1 2; do # of the launcher, and of pid 1
		run -0 --separate-stderr "$inject" -o 3 -t 20 EMFILE signalfd4:$n \
			sandbox enter --accept ./p -- true 3>"$T/report"
		grep -q ^hit report
		grep -qx 'exit 125' report
		run ! grep -E '^(left|crash)' report
		[[ $stderr = "sandbox: "*"cannot watch"* && $stderr != *$'\n'* ]]
	done
	sandbox enter --accept ./p -- cp /etc/hosts /etc/nsswitch.conf .
	wait_until 20 is_stopped p
	# After a kill at any write of the set-up, the next start completes it.
	n=0
	while sandbox rm -f p && rm -rf "$(data)"/tmp/*; do
		n=$((n + 1))
		"$inject" -r "$T" -o 3 kill write:$n sandbox enter --accept ./p -- true 3>"$T/report"
		grep -q ^hit report || break
		sandbox enter --accept ./p -- sh -c 'cmp hosts /etc/hosts && cmp nsswitch.conf /etc/nsswitch.conf'
		wait_until 20 is_stopped p
	done
	[ $n -gt 3 ]
	rm -rf "$(data)"/tmp/*
}
