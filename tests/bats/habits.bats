#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2046,SC2154 # scripts run in the box; lists of words; bats sets variables
# Command lines in the style of Docker, Podman, Distrobox, Toolbx and bubblewrap: equivalents are
# accepted, for others the error names our word.

load helpers

@test "docker run: equivalent options are accepted silently" {
	mkdir -p data/sub
	echo there >data/file
	run --separate-stderr sandbox run -it --rm --init -v "$T/data:/x:ro,z" -v ./data/sub:/y \
		-w /x -e K=V --name n --entrypoint sh --net none --pull missing --shm-size=1g host \
		-c 'cat file; echo $K $SANDBOX; pwd; touch /y/made; touch /x/no || echo read-only; ls /sys/class/net'
	echo "$output $stderr"
	[ "$status" = 0 ]
	[ "$output" = $'there\nV n\n/x\nread-only\nlo' ]
	[[ $stderr = "touch: "* && $stderr != *sandbox:* ]]
	[ -e data/sub/made ]
	[ "$(sandbox run -u "$(id -u):$(id -g)" host id -u)" = "$(id -u)" ]
	run sandbox run -itd --rm --name d host sleep 60
	[ "$output" = d ]
	[ "$(sandbox exec -it d echo in)" = in ]
	[[ $(sandbox ps -a) = *d*running* ]]
	[[ $(sandbox container ls -a) = *d*running* ]]
	sandbox container rm -fv d
}

@test "-q of a list prints only names, as 'sandbox rm -f \$(sandbox ps -aq)' needs them" {
	project p
	sandbox enter ./p -- true
	sandbox stop p
	sandbox run -d --name one host sleep 60
	sandbox run -d --name two host sleep 60
	[ "$(sandbox ps -q | sort | tr '\n' ' ')" = 'one two ' ]
	for words in 'ps -aq' 'ps -qa' 'ps -a -q' 'ps -q -a' 'ps -a --quiet' 'ls -q' 'container ls -aq'; do
		# shellcheck disable=SC2086 # words
		[ "$(sandbox $words | sort | tr '\n' ' ')" = 'one p two ' ]
	done
	sandbox stop -t 0 $(sandbox ps -q)
	says_nothing sandbox ps -q
	sandbox rm -f $(sandbox ps -aq)
	says_nothing sandbox ps -aq
	rootfs
	(cd rootfs && tar -cf ../root.tar .)
	sandbox image import -q root.tar a:1 >/dev/null
	sandbox tag a:1 b:2
	[ "$(sandbox images -q | tr '\n' ' ')" = 'a:1 b:2 ' ]
	sandbox rmi $(sandbox images -q) >/dev/null
	says_nothing sandbox volume ls -q
}

@test "spellings: --rm=true, the network called bridge, no-ops of scripts" {
	sandbox run --rm=true --interactive=true --network bridge --expose 80 host true
	sandbox run --net=bridge host true
	sandbox system prune -f >/dev/null
	fails 125 "option '--rm' takes no value" sandbox run --rm=false host true
	fails 125 "'--filter name=x': '--json' prints all*" sandbox ps --filter name=x
	fails 125 "there is no 'volume create': *" sandbox volume create v
	fails 125 "'--log-driver none': 'sandbox logs' *" sandbox run --log-driver none host true
}

@test "volumes: a named one is kept between runs; a directory must exist; --mount in both forms" {
	sandbox run -v kept:/data host sh -c 'echo one >/data/file'
	[ "$(sandbox run --rm --volume kept:/data:ro host cat /data/file)" = one ]
	[ "$(sandbox run --mount type=volume,source=kept,target=/data host cat /data/file)" = one ]
	mkdir src
	echo two >src/file
	[ "$(sandbox run --mount type=bind,src=src,dst=/data,readonly host sh -c 'cat /data/file; touch /data/no || echo ro' 2>/dev/null)" = $'two\nro' ]
	[ "$(sandbox run -v /alone host echo fine)" = fine ]
	fails 125 "--volume './nosuch:/x': there is no '$T/nosuch' (Docker would create a directory *): create it first" \
		sandbox run -v ./nosuch:/x host true
	[ ! -e nosuch ]
	fails 125 "--volume '.:x' is not SOURCE:TARGET*" sandbox run -v .:x host true
	fails 125 "--volume '.:/x:wrong' is not SOURCE:TARGET*" sandbox run -v .:/x:wrong host true
	fails 125 "--volume 'a b:/x': 'a b' is not a valid name*" sandbox run -v 'a b:/x' host true
	fails 125 "--mount 'type=tmpfs,target=/x' is not type=bind*" sandbox run --mount type=tmpfs,target=/x host true
	fails 125 "--mount 'type=bind,source=a' is not type=bind*" sandbox run --mount type=bind,source=a host true
}

@test "options with another meaning here, or none: one line that names our word" {
	fails 125 "'-P': '--publish PORT' for each one*" sandbox run -P host true
	fails 125 "'-p x': '--profile PROFILE' adds a profile" sandbox try -p x
	fails 125 "'-m 512m': limits *not implemented yet*" sandbox run -m 512m host true
	fails 125 "'--privileged': a box never has more rights than you; *" sandbox run --privileged host true
	fails 125 "'-h web': '-h' is help here: the host name is '--hostname'" sandbox run -h web host true
	fails 125 "'--cap-add SYS_ADMIN': *" sandbox run --cap-add=SYS_ADMIN host true
	fails 125 "'--env-file x': '--env NAME=VALUE'*" sandbox exec --env-file x b true
	fails 125 "'-n mybox': '-n' is '--network' here*'sandbox enter BOX'" sandbox enter -n mybox
	fails 125 "'-c mybox': 'sandbox enter BOX'" sandbox enter -c mybox
	fails 125 "'-f {{.Name}}': '--json' prints all*" sandbox inspect -f '{{.Name}}' b
	fails 125 "'--ro-bind': 'sandbox run --mount SOURCE:TARGET\[:ro\] *" sandbox --ro-bind / / sh
	fails 125 "option '--cpus' needs a value: --cpus VALUE" sandbox run --cpus
	fails 125 "option '--rm' takes no value" sandbox run --rm=yes host true
	# mounts keep their own meaning
	fails 125 "--mount '512' is not *" sandbox run --mount 512 host true
}

@test "commands: accepted under another name, or an error with our word" {
	sandbox run -d --name k host sleep 60
	sandbox kill k
	wait_until 50 no_processes
	[ "$(sandbox list --json)" = '[]' ]
	[ "$(sandbox image list --json)" = "$(sandbox images --json)" ]
	fails 125 "*nosuch:1*" sandbox rmi nosuch:1
	fails 125 "there is no Dockerfile or Containerfile in '.': *" sandbox build -t x .
	fails 125 "there is no 'builder': 'sandbox image build' *" sandbox builder prune
	fails 125 "there is no 'compose': *'sandbox up' starts them" sandbox compose up
	fails 125 "there is no 'cp': *'sandbox exec BOX cat FILE >FILE'" sandbox container cp a:b c
	fails 125 "there is no 'rmi': it is 'image' here" sandbox help rmi
	fails 125 "there is no 'start': 'sandbox enter BOX' *" sandbox --quiet start x
	fails 125 "unknown command 'container'*" sandbox container
	# no row hides a command
	run -0 sandbox help
	[[ $output = *$'\nCommands:\n'* ]]
	commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$output")
	for command in $commands; do
		sandbox "$command" --help >/dev/null
	done
}

@test "a box in a box without nested = yes says what it needs" {
	mkdir b
	cp -rL "$BUILD/bin" "$BUILD/libexec" b/
	fails 125 "cannot run 'host': this is a box, and boxes in it need 'nested = yes' *" \
		sandbox run --mount "$T/b:/b" host /b/bin/sandbox run host true
}
