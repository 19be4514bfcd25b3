#!/usr/bin/env bats
# shellcheck disable=SC2119,SC2120 # options are optional
# image_build_git.bats - git repositories in a build: as a source of ADD, and as its context.
bats_require_minimum_version 1.8.0
load helpers
load images
load internet

setup() {
	sandbox_setup
	internet_start
	mkdir srv p
	repository app
	(
		cd work/app || exit 1
		mkdir dir
		echo one >file
		echo inner >dir/inner
		printf '#!/bin/sh\n' >dir/run
		chmod 755 dir/run
		ln -s /etc/passwd dir/link
	)
	commit app one
	serve daemon "$(git --exec-path)/git-daemon" --export-all --base-path="$T/srv" --listen="$ANSWERS" --reuseaddr
	url=git://$ANSWERS/app.git
	wait_until 50 on_host git ls-remote "$url"
}

teardown() {
	end daemon
	end httpd
	internet_stop
	sandbox_teardown
}

# Starts a server on the other machine.
serve() { # NAME COMMAND...
	# shellcheck disable=SC2016 # the server's own
	on_internet sh -c 'echo $$ >"$1.pid"; shift; exec "$@"' sh "$@" >"$1.log" 2>&1 3>&- &
	wait_until 50 test -s "$1.pid"
}

end() { # NAME
	[ ! -s "$1.pid" ] || kill "$(cat "$1.pid")" 2>/dev/null || true
}

own_git() { git -c user.name=t -c user.email=t@example.org -c init.defaultBranch=main -c protocol.file.allow=always "$@"; }

# A repository work/NAME, served as srv/NAME.git.
repository() { # NAME
	own_git init -q "work/$1"
	own_git init -q --bare "srv/$1.git"
}

# All that is there, as a commit; it is in $commit then.
commit() { # NAME MESSAGE
	own_git -C "work/$1" add -A
	GIT_COMMITTER_DATE='1000000000 +0000' own_git -C "work/$1" commit -q -m "$2"
	own_git -C "work/$1" push -q "$T/srv/$1.git" HEAD:main --follow-tags
	commit=$(git -C "work/$1" rev-parse HEAD)
}

# Builds p/Dockerfile; its files are in the tar `out` then, and what was said in $stderr.
build() { # [OPTIONS]
	run -0 --separate-stderr on_host sandbox image build -t x:1 -o type=tar,dest=out "$@" p
}

files() { tar -tf out | sed 's,^\./,,; s,/$,,' | grep . | sort | tr '\n' ' '; }

@test "ADD: a branch, a tag, a commit and a directory of it, found again by the commit" {
	printf 'FROM scratch\nADD %s /src\n' "$url" >p/Dockerfile
	build
	[ "$(files)" = 'src src/dir src/dir/inner src/dir/link src/dir/run src/file ' ]
	[[ $stderr = *"fetched 1/1: the repository '$url'"* ]]
	[ "$(tar -xOf out src/file)" = one ]
	[ "$(TZ=UTC tar -tvf out src/dir/run | awk '{ print $1, $2, $4 }')" = '-rwxr-xr-x 0/0 2001-09-09' ]
	[[ $(tar -tvf out src/dir/link) = l*'-> /etc/passwd' ]]
	id=$(sandbox image inspect --json x:1 | jq -r .digest)
	build
	[[ $stderr = *"looked up 1/1: the repository"*'cached 1/1: ADD'* && $stderr != *fetched* ]]
	[ "$(sandbox image inspect --json x:1 | jq -r .digest)" = "$id" ]
	first=$commit
	echo two >work/app/file
	own_git -C work/app tag -a -m tag v2
	commit app two
	own_git -C work/app tag -a -m tag v3
	commit app three || own_git -C work/app push -q "$T/srv/app.git" HEAD:main --tags
	build
	[ "$(tar -xOf out src/file)" = two ]
	# Without a look at the repository.
	printf 'FROM scratch\nADD %s#%s:dir /src\n' "$url" "$first" >p/Dockerfile
	build
	[ "$(files)" = 'src src/inner src/link src/run ' ]
	[[ $stderr != *'looked up'* ]]
	printf 'FROM scratch\nADD --checksum=%s %s?tag=v3&subdir=dir/ /src/\n' "${commit:0:10}" "$url" >p/Dockerfile
	build
	[ "$(files)" = 'src src/inner src/link src/run ' ]
	sed -i 's/tag=v3/branch=main/; s/checksum=[^ ]*/checksum=0123456789/' p/Dockerfile
	run -125 on_host sandbox image build -q p
	[[ $output = *"Dockerfile:2: '$url': it is commit $commit, --checksum says 0123456789"* ]]
}

@test "ADD: submodules come with it, and .git only with --keep-git-dir; nothing of the user's is used" {
	repository sub
	echo sub >work/sub/file
	commit sub one
	own_git -C work/app submodule -q add "$T/srv/sub.git" sub
	own_git -C work/app config -f .gitmodules submodule.sub.url ../sub.git
	commit app two
	# What the user's configuration says would break it, or show itself.
	printf '[url "git://192.0.2.1/"]\n\tinsteadOf = git://%s/\n[core]\n\thooksPath = %s/hooks\n' "$ANSWERS" "$T" >"$HOME/.gitconfig"
	mkdir hooks
	printf '#!/bin/sh\ntouch %s/ran\n' "$T" >hooks/post-checkout
	chmod +x hooks/post-checkout
	printf 'FROM scratch\nADD %s /src\n' "$url" >p/Dockerfile
	build
	[ "$(files)" = 'src src/.gitmodules src/dir src/dir/inner src/dir/link src/dir/run src/file src/sub src/sub/file ' ]
	printf 'FROM scratch\nADD %s?submodules=false /src\n' "$url" >p/Dockerfile
	build
	[ "$(files)" = 'src src/.gitmodules src/dir src/dir/inner src/dir/link src/dir/run src/file src/sub ' ]
	printf 'FROM scratch\nADD --keep-git-dir=true %s#main /src\n' "$url" >p/Dockerfile
	build
	mkdir all
	tar -xf out -C all
	[ "$(git -C all/src -c safe.directory='*' rev-parse HEAD)" = "$commit" ]
	[ "$(git -C all/src -c safe.directory='*' config remote.origin.url)" = "$url" ]
	[ ! -e ran ]
}

@test "a repository as the context: its Dockerfile, its .dockerignore, a directory of it; by HTTP" {
	printf 'FROM scratch\nCOPY . /all\n' >work/app/dir/Dockerfile
	printf 'FROM scratch\nCOPY --from=other file /other\nCOPY file /file\n' >work/app/Other
	echo run >work/app/dir/.dockerignore
	ln -s /etc/passwd work/app/Outside
	commit app two
	mkdir -p www/cgi-bin
	cat >www/cgi-bin/git <<-EOF
		#!/bin/sh
		GIT_PROJECT_ROOT=$T/srv GIT_HTTP_EXPORT_ALL=1 exec git http-backend
	EOF
	chmod +x www/cgi-bin/git
	serve httpd busybox httpd -f -p "$ANSWERS:8080" -h www
	http=http://$ANSWERS:8080/cgi-bin/git/app.git
	wait_until 50 on_host git ls-remote "$http"
	run -0 --separate-stderr on_host sandbox image build -t x:1 -o type=tar,dest=out "$http#main:dir"
	[ "$(files)" = 'all all/.dockerignore all/Dockerfile all/inner all/link ' ]
	run -0 on_host sandbox image build --print --json "$http#main:dir"
	run -0 --separate-stderr on_host sandbox image build -f Other --build-context "other=$http#$commit" -t x:1 -o type=tar,dest=out "$http"
	[ "$(files)" = 'file other ' ]
	run -125 on_host sandbox image build "$http"
	[[ $output = *"there is no Dockerfile or Containerfile in '$http'"* ]]
	# Not this machine's file.
	fails 125 "cannot open 'Outside': *" on_host sandbox image build -q -f Outside "$http"
	# Nothing that was fetched stays.
	run -0 sandbox image prune --dry-run --json
	[ "$(jq .temporary <<<"$output")" = 0 ]
}

@test "a named context is fetched only when a step needs its files" {
	layout app <<<"{'layers': [busybox() + [D('etc'), D('root'), D('tmp')]], 'config': {'Env': ['PATH=/bin']}}"
	sandbox image import --quiet "$T/app" app:1
	printf 'FROM app:1 AS a\nRUN --mount=type=bind,from=other,target=/o cat /o/file >/ran\nFROM scratch\nCOPY --from=a /ran /\nCOPY --from=other dir/inner /inner\n' >p/Dockerfile
	build --build-context "other=$url#$commit"
	[ "$(files)" = 'inner ran ' ]
	[ "$(tar -xOf out ran)" = one ]
	[[ $stderr = *'fetched 1/1'* ]]
	# The commit is named: neither is asked for.
	build --build-context "other=$url#$commit"
	[[ $stderr != *fetch* && $stderr != *'looked up'* ]]
	# A branch is looked up; what has its commit is not fetched.
	build --build-context "other=$url#main"
	[[ $stderr != *fetch* && $stderr = *'looked up'* ]]
	# What a changed step needs is fetched then.
	sed -i 's,dir/inner /inner,file /file,' p/Dockerfile
	build --build-context "other=$url#$commit"
	[[ $stderr = *'fetched 1/1'* ]]
	[ "$(files)" = 'file ran ' ]
	build --no-cache --build-context "other=$url#$commit"
	[ "$(tar -xOf out ran)" = one ]
}

@test "a repository as the context in a devcontainer.json, and in compose files" {
	layout app <<<"{'layers': [busybox() + [D('etc'), D('root'), D('tmp')]], 'config': {'Env': ['PATH=/bin']}}"
	sandbox image import --quiet "$T/app" app:1
	printf 'FROM app:1\nCOPY inner /from\n' >work/app/dir/Dockerfile
	printf 'FROM app:1\nARG A\nRUN echo "$A" >/arg\nCOPY file /from\n' >work/app/Other
	commit app two
	mkdir -p c/.devcontainer
	echo "{\"build\": {\"context\": \"$url#main:dir\"}, \"workspaceFolder\": \"/w\", \"workspaceMount\": \"source=\${localWorkspaceFolder},target=/w,type=bind\"}" >p/.devcontainer.json
	run -0 --separate-stderr on_host sandbox enter ./p -- cat /from
	[ "$output" = inner ]
	# The commit of then, until it is built again.
	echo new >work/app/dir/inner
	commit app three
	[ "$(on_host sandbox enter --quiet ./p -- cat /from)" = inner ]
	[ "$(on_host sandbox enter --quiet --rebuild ./p -- cat /from)" = new ]
	echo '{"dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/w"}' >c/.devcontainer/devcontainer.json
	cat >c/.devcontainer/compose.yml <<-YAML
		services:
		  app: {build: {context: "$url", dockerfile: Other, args: {A: x}}, volumes: [..:/w]}
		  db: {build: "$url#main:dir", command: sh -c 'exec sleep 1000'}
		  ssh: {build: "git@git.example:a/b.git", command: x}
		  web: {build: "http://files.example/a.tar", command: x}
		  odd: {build: "$url#a..b", command: x}
	YAML
	run -0 --separate-stderr on_host sandbox enter ./c -- cat /from /arg
	[ "$output" = $'one\nx' ]
	[[ $stderr = *"compose.yml:4: service 'ssh' is left out: the context 'git@git.example:a/b.git' is fetched by SSH, for which a project has none of your keys: 'ssh' of a compose file's build asks for the agent"* ]]
	[[ $stderr = *"compose.yml:5: service 'web' is left out: the context 'http://files.example/a.tar' is neither in the project nor a git repository"* ]]
	[[ $stderr = *"compose.yml:6: service 'odd' is left out: the git repository '$url': 'a..b' is not the name of a branch, a tag or a commit"* ]]
	cd c
	[ "$(sandbox exec db cat /from)" = new ]
	sandbox down >/dev/null
	cd "$T" || return 1
}

@test "what cannot be fetched is named; a hostile repository gets nowhere" {
	printf 'FROM scratch\nADD %s#none /src\n' "$url" >p/Dockerfile
	fails 125 "p/Dockerfile:2: cannot fetch '$url': it has no branch, tag or ref 'none'" on_host sandbox image build -q p
	printf 'FROM scratch\nADD %s#main:none /src\n' "$url" >p/Dockerfile
	fails 125 "p/Dockerfile:2: cannot fetch '$url': it has no directory 'none'" on_host sandbox image build -q p
	printf 'FROM scratch\nADD git@git.example:a/b.git /src\n' >p/Dockerfile
	fails 125 "p/Dockerfile:2: cannot fetch 'git@git.example:a/b.git': it is fetched by SSH, which needs an agent: give one with --ssh default" on_host sandbox image build -q p
	printf 'FROM scratch\nADD git://127.0.0.1/a.git /src\n' >p/Dockerfile
	run -125 on_host sandbox image build -q p
	[[ $output = *"cannot fetch 'git://127.0.0.1/a.git': git failed with status 128: "* ]]
	for bad in '#-x' '#a..b' '#a%00' '?nonsense=1' '?ref=a&branch=b'; do
		printf 'FROM scratch\nADD %s%s /src\n' "$url" "$bad" >p/Dockerfile
		run -125 on_host sandbox image build -q p
	done
	# Directories that lead out, as a source and as a submodule's.
	ln -s /etc work/app/out
	commit app two
	printf 'FROM scratch\nADD %s#main:out /src\n' "$url" >p/Dockerfile
	fails 125 "p/Dockerfile:2: cannot fetch '$url': it has no directory 'out'" on_host sandbox image build -q p
	printf '[submodule "x"]\n\tpath = x\n\turl = file://%s/srv/app.git\n' "$T" >work/app/.gitmodules
	own_git -C work/app update-index --add --cacheinfo "160000,$commit,x"
	own_git -C work/app add .gitmodules
	own_git -C work/app commit -q -m sub
	own_git -C work/app push -q "$T/srv/app.git" HEAD:main
	printf 'FROM scratch\nADD %s /src\n' "$url" >p/Dockerfile
	run -125 on_host sandbox image build -q p
	[[ $output = *"transport 'file' not allowed"* ]]
	# A tree with an entry `.git`, which git refuses to write over its own.
	blob=$(echo evil | git -C srv/app.git hash-object -w --stdin)
	tree=$(printf '100644 blob %s\tconfig\n' "$blob" | git -C srv/app.git mktree)
	tree=$(printf '040000 tree %s\t.git\n' "$tree" | git -C srv/app.git mktree)
	commit=$(own_git -C srv/app.git commit-tree -m evil "$tree")
	git -C srv/app.git update-ref refs/heads/evil "$commit"
	printf 'FROM scratch\nADD --keep-git-dir %s#evil /src\n' "$url" >p/Dockerfile
	run -125 on_host sandbox image build -q p
	[[ $output = *'.git/config'*"cannot fetch '$url': git failed"* ]]
	# Many bytes are a matter of [images] max-size.
	mkdir -p "$HOME/.config/sandbox"
	printf '[images]\nmax-size = 1000\n' >"$HOME/.config/sandbox/sandbox.conf"
	head -c 5000 /dev/zero >work/app/zero
	own_git -C work/app rm -q --cached x
	rm work/app/.gitmodules
	commit app large
	printf 'FROM scratch\nADD %s /src\n' "$url" >p/Dockerfile
	fails 125 '*max-size*' on_host sandbox image build -q p
}
