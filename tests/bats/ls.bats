#!/usr/bin/env bats
# sandbox ls, ps and inspect: boxes and their processes.

load helpers

@test "ls prints nothing if there are no boxes; --json an empty array" {
	says_nothing sandbox ls
	[ "$(sandbox ls --json | jq -c .)" = '[]' ]
	[ "$(sandbox ps --json | jq -c .)" = '[]' ]
}

@test "ls shows name, state, image and project, sorted by name" {
	project b
	project a
	sandbox enter ./b -- true
	sandbox enter ./a -- true
	sandbox stop a
	run sandbox ls
	[[ ${lines[0]} = NAME*STATE*IMAGE*PROJECT ]]
	[[ ${lines[1]} = "a "*stopped*host*"$T/a" ]]
	[[ ${lines[2]} = "b "*running*host*"$T/b" ]]
	[ "$(sandbox ls --names)" = $'a\nb' ]
}

@test "ls --json has the keys of the manual" {
	project p
	sandbox enter ./p -- true
	run sandbox ls --json
	[ "$(jq -r '.[0] | keys | join(" ")' <<<"$output")" = \
		'created gone id image name pid ports project state temporary' ]
	[ "$(jq -r '.[0] | [.name, .state, .image, .project, .temporary] | join(" ")' \
		<<<"$output")" = "p running host $T/p false" ]
	kill -0 "$(jq '.[0].pid' <<<"$output")"
	[ $(($(date +%s) - $(jq '.[0].created' <<<"$output"))) -lt 60 ]
	sandbox stop p
	[ "$(sandbox ls --json | jq -c '.[0] | [.state, .pid]')" = '["stopped",0]' ]
}

@test "ps shows what runs in each box, with the host's process ids" {
	project p
	sandbox enter ./p -- sleep 30 &
	sleeps() { sandbox ps | grep -q 'p .*sleep 30'; }
	wait_until 50 sleeps
	pid=$(sandbox ps --json |
		jq '.[0].processes[] | select(.command == "sleep 30") | .pid')
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = 'sleep 30 ' ]
	kill "$pid"
	wait_for $!
	[ "$status" = 143 ]
	wait_until 50 eval "sandbox ps | grep -q 'p .*(idle)'"
	sandbox stop p
	[ "$(sandbox ps | wc -l)" = 1 ]
}

@test "inspect shows everything recorded, by name, directory or id" {
	project p
	sandbox enter ./p -- true
	run sandbox inspect p
	for line in 'name p' 'state running' 'image host' "project $T/p" 'temporary no'; do
		grep -q "^${line%% *} *${line#* }\$" <<<"$output"
	done
	id=$(sandbox inspect --json ./p | jq -r .id)
	[ "$(sandbox inspect --json "$id" | jq -r .name)" = p ]
	[ -S "$(sandbox inspect --json p | jq -r .control)" ]
	[ -d "$(sandbox inspect --json p | jq -r .folder)" ]
	[ "$(sandbox inspect --json p | jq -r 'keys | join(" ")')" = \
		'added control created facts folder gone id image name pid ports project size state temporary' ]
}

@test "a throw-away box is listed while it runs" {
	name=$(sandbox run --detach host sleep 30)
	[ "$(sandbox ls --json | jq -r '.[0] | [.name, .state, .temporary] | join(" ")')" = \
		"$name running true" ]
	sandbox stop -t 0 "$name"
	says_nothing sandbox ls --names
}

@test "an unknown box is an error with the nearest name" {
	project myproj
	fails 125 "*no box named 'myprj'*ls*" sandbox inspect myprj
	sandbox enter ./myproj -- true
	fails 125 "*no box named 'myprj'*did you mean 'myproj'?" sandbox inspect myprj
	mkdir other
	fails 125 "*other*" sandbox inspect ./other
	fails 125 "*nowhere*No such file*" sandbox inspect ./nowhere
}

@test "names with control characters cannot reach the terminal" {
	mkdir $'p\e[31m'
	sandbox enter ./$'p\e[31m' -- true
	run sandbox ls
	[[ $output != *$'\e'* ]]
	run sandbox inspect ./$'p\e[31m'
	[[ $output != *$'\e'* ]]
	sandbox ls --json | jq -e '.[0].project | contains("\u001b")'
}

@test "listing does not depend on answers from boxes" {
	project p
	sandbox enter ./p -- true
	kill -STOP "$(sandbox ls --json | jq '.[0].pid')"
	timeout 60 sandbox ls
	timeout 60 sandbox ps
	timeout 60 sandbox inspect p
	kill -CONT "$(sandbox ls --json | jq '.[0].pid')"
}

@test "ls --size and inspect show the disk usage of a box" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- sh -c 'head -c 3000000 /dev/urandom >~/file; ln ~/file ~/link'
	run -0 --separate-stderr sandbox inspect --json p
	says_nothing words_on_stderr
	size=$(jq .size <<<"$output")
	[ "$size" -ge 3000000 ]
	[ "$size" -lt 4000000 ]
	[ "$(sandbox ls --size --json | jq '.[0].size')" = "$size" ]
	[ "$(sandbox ls --json | jq '.[0] | has("size")')" = false ]
	run -0 --separate-stderr sandbox ls -s
	[[ ${lines[0]} = NAME*IMAGE*SIZE*PROJECT ]]
	[[ ${lines[1]} = "p "*" 3."?" MB  -"*" $T/p" ]]
	sandbox enter ./p -- sh -c 'mkdir ~/shut; chmod 0 ~/shut'
	run -0 --separate-stderr sandbox ls -s
	am_root || [[ $(words_on_stderr) = "sandbox: box 'p' cannot be read completely: it is larger" ]]
	[[ $(sandbox ls) != *SIZE* ]]
	sandbox inspect p | grep -q '^size  *3\.. MB$'
	sandbox run --detach --name t host sleep 60
	# its changes are in memory
	[ "$(sandbox inspect --json t | jq .size)" -lt 100000 ]
	sandbox stop t
}
