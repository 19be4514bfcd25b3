#!/usr/bin/env bats
# Damage in the store: verify names it, --repair, pull and import repair it, and then verify finds
# nothing.

load helpers
load images

setup() {
	sandbox_setup
	layout app <<<"{'layers': [busybox('sh', 'echo', 'cat', 'ls', 'sleep'), [D('etc'), F('etc/who', b'small', uid=7, mode=0o4755), F('etc/two', b'2'), L('etc/link', 'who'), H('etc/hard', 'etc/two')], [H('bin/ash', 'bin/busybox'), F('.wh.none', b'')]], 'config': {'Env': ['A=b']}}"
	sandbox image import --quiet "$T/app" app:1 >/dev/null
}

teardown() {
	registry_stop
	# Trees that a repair replaced are still damaged.
	chmod -R u+rwx "$XDG_DATA_HOME"
	sandbox_teardown
}

data() { echo "$XDG_DATA_HOME/sandbox"; }

# Nothing is reported, and the image is as before.
whole() {
	run --separate-stderr sandbox image verify
	[[ $status = 0 && -z $output ]]
	[ "$(sandbox run app:1 cat /etc/who)" = small ]
	[ "$(sandbox run app:1 ash -c 'echo $A')" = b ]
	sandbox image export app:1 "$T/again.tar" --format tar
	tar -tvf "$T/again.tar" etc/who | grep -q '^-rwsr-xr-x 7/0 '
	rm "$T/again.tar"
	[ "$(skopeo inspect --raw "oci:$(data):docker.io/library/app:1" | sha256sum)" = "$(sed 's/sha256://' "$T/digest")  -" ]
}

# The directory of the Nth layer, counted from the bottom.
layer() { # N
	echo "$(data)/layers/$(sandbox image inspect --json app:1 | jq -r ".layers[$1 - 1].chain_id" | sed 's/sha256://')"
}

blob_of() { # JQ-PATH-OF-THE-MANIFEST
	jq -r "$1" "$(data)/blobs/sha256/$(sandbox image inspect --json app:1 | jq -r .digest | cut -d: -f2)" | cut -d: -f2
}

flip() { # FILE: one bit in its middle
	python3 - "$1" <<-'PY'
		import os, sys
		size = os.path.getsize(sys.argv[1])
		with open(sys.argv[1], 'r+b') as f:
		    f.seek(size // 2); b = f.read(1)[0]
		    f.seek(size // 2); f.write(bytes([b ^ 1]))
	PY
}

# The parts of the store that a repair may change.
state() {
	(cd "$(data)" && find blobs layers plans refs index.json oci-layout -printf '%p %i %s %m %T@\n' | sort | sha256sum)
}

# verify names it by PATTERN and does not touch it; --repair repairs it, once.
mends() { # PATTERN
	local before

	before=$(state)
	run --separate-stderr sandbox image verify
	[ "$status" = 1 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $output = $1 ]] || {
		echo "verify says: $output"
		return 1
	}
	[ "$(state)" = "$before" ]
	empty "$(data)/tmp"
	run --separate-stderr sandbox image verify --repair
	[ "$status" = 0 ]
	[[ $output = *': mended' ]]
	whole
}

@test "a layer's files: changed, truncated, missing, one too many, of another mode, type or time" {
	local top

	top=$(layer 2)
	old=$(stat -c %y "$top/etc/who")
	printf SMALL | dd of="$top/etc/who" conv=notrunc status=none
	touch -d "$old" "$top/etc/who"
	mends "layer ${top##*/} '/etc/who' has another content: 'sandbox image verify --repair' repairs it"
	: >"$top/etc/who"
	mends "layer ${top##*/} '/etc/who' has another size: *"
	rm "$top/etc/who"
	mends "layer * '/etc/who' is missing: *"
	touch "$top/etc/new"
	mends "layer * '/etc/new' does not belong there: *"
	chmod 777 "$top/etc/two"
	mends "layer * '/etc/*' has another mode: *"
	chmod 0 "$top/etc"
	mends "layer * '/etc' has another mode: *"
	rm "$top/etc/link"
	ln -s two "$top/etc/link"
	mends "layer * '/etc/link' leads elsewhere: *"
	rm "$top/etc/link"
	mkdir "$top/etc/link"
	mends "layer * '/etc/link' is of another kind: *"
	touch "$top/etc/two"
	mends "layer * '/etc/*' has another time: *"
	setfattr -n user.x -v y "$top/etc/two"
	mends "layer * '/etc/*' has other attributes: *"
}

@test "a layer's sidecar or directory: missing, empty, truncated, garbage" {
	local top

	top=$(layer 2)
	for how in rm truncate garbage directory 'ln -sf /nowhere'; do
		case $how in
		directory)
			rm "$top.meta"
			mkdir "$top.meta"
			;;
		truncate) truncate -s 3 "$top.meta" ;;
		garbage) echo garbage >"$top.meta" ;;
		*) $how "$top.meta" ;;
		esac
		mends "layer ${top##*/} *: 'sandbox image verify --repair' repairs it"
	done
	rm -rf "$top"
	mends "layer ${top##*/} is not unpacked*"
	rm -rf "$top"
	mkdir "$top"
	mends "layer ${top##*/} *"
	rm -rf "$top"
	echo file >"$top"
	mends "layer ${top##*/} is not unpacked*"
	chmod 0 "$(layer 1)"
	mends "layer * is not a directory that can be read*"
	sandbox image prune >/dev/null
	says_nothing find "$(data)/layers" -name '*.old-*'
}

@test "a layer with a file that a layer above has a hard link to" {
	local bottom

	bottom=$(layer 1)
	# The same inode: both names show the damage, and the layer it comes from is the damaged
	# one.
	printf x | dd of="$bottom/bin/busybox" bs=1 seek=5000 conv=notrunc status=none
	run --separate-stderr sandbox image verify --repair
	[ "$status" = 0 ]
	[[ ${lines[0]} = "layer ${bottom##*/} "*': mended' ]]
	whole
}

@test "the plan of an image: empty, garbage, of another image, not a file" {
	local plan

	plan=$(echo "$(data)"/plans/*)
	for how in ': ' 'echo garbage' 'echo layer x'; do
		$how >"$plan"
		mends "plan ${plan##*/} is damaged: 'sandbox image verify --repair' repairs it"
	done
	sed -i 's/A=b/A=c/' "$plan"
	mends "plan * has another 'env' than the image says: *"
	sed -i '0,/^layer/{/^layer/d}' "$plan"
	mends "plan * has another 'layer' than the image says: *"
	# A start needs no repair.
	for how in 'truncate -s 0' 'truncate -s 2G' rm; do
		$how "$plan"
		[ "$(sandbox run app:1 cat /etc/who)" = small ]
	done
}

@test "the files by which other tools recognize the store" {
	for how in ': ' 'echo []' 'echo {}'; do
		$how >"$(data)/index.json"
		touch -r "$(data)/refs" "$(data)/index.json"
		mends "index index.json is not what the names of the store say: *"
	done
	for how in ': ' 'echo []' 'echo garbage'; do
		$how >"$(data)/oci-layout"
		mends "layout oci-layout *: *"
	done
	rm "$(data)/oci-layout"
	whole
	rm "$(data)/index.json"
	whole
}

@test "index.json matches the names, also after an interruption between the two" {
	local ref

	ref=$(echo "$(data)"/refs/*)
	# As a kill between setting the name and writing index.json leaves it.
	cp "$ref" "${ref/app/other}"
	sandbox images --names >/dev/null
	[ "$(jq -r '.manifests | length' "$(data)/index.json")" = 2 ]
	rm "${ref/app/other}"
	sandbox images --names >/dev/null
	[ "$(jq -r '.manifests | length' "$(data)/index.json")" = 1 ]
	# A disk error on the way does not count as a missing image.
	cp "$ref" "${ref/app/other}"
	hits=0
	for n in $(seq 1 40); do
		strace -f -qq -o /dev/null -e trace=openat,newfstatat,read -e "inject=openat,newfstatat,read:error=EIO:when=$n" sandbox image tag app:1 third:1 >/dev/null 2>&1 3>&- || hits=$((hits + 1))
		sandbox images --names >/dev/null
		[ "$(jq -r '.manifests[].annotations[]' "$(data)/index.json" | sort)" = "$(sandbox images --names | sed 's,^,docker.io/library/,' | sort)" ]
		skopeo inspect --raw "oci:$(data):docker.io/library/other:1" >/dev/null
	done
	[ "$hits" -gt 5 ]
}

@test "a name: empty, garbage, a dangling symlink" {
	local ref

	ref=$(echo "$(data)"/refs/*)
	for how in ': ' 'echo garbage' 'echo sha256:0123' 'truncate -s 5000' 'ln -sf nowhere' mkdir; do
		rm -r "$ref"
		case $how in
		trunc* | ln* | mkdir) $how "$ref" ;;
		*) $how >"$ref" ;;
		esac
		touch -r "$(data)/index.json" "$(data)/refs"
		mends "image app:1 has a damaged file in refs/: 'sandbox pull app:1', or 'sandbox image import' of what it came from
index index.json *"
	done
	# If nothing knows what it meant, only its source does.
	: >"$ref"
	rm "$(data)/index.json"
	run --separate-stderr sandbox image verify --repair
	[ "$status" = 1 ]
	[[ $output = "image app:1 "*"damaged"*"'sandbox pull app:1'"* ]]
	sandbox image import --quiet "$T/app" app:1
	whole
}

@test "a blob cannot be repaired without its source, which verify names; import repairs it" {
	local kind blob file

	for kind in '.layers[0].digest' '.layers[1].digest' .config.digest manifest; do
		for how in flip 'truncate -s 20' 'truncate -s 0' rm directory; do
			[ "$kind" = manifest ] && blob=$(cut -d: -f2 "$T/digest") || blob=$(blob_of "$kind")
			file=$(data)/blobs/sha256/$blob
			case $how in
			directory)
				rm "$file"
				mkdir "$file"
				;;
			*) $how "$file" ;;
			esac
			for option in '' --repair; do
				# shellcheck disable=SC2086
				run --separate-stderr sandbox image verify $option
				[ "$status" = 1 ]
				[[ ${lines[0]} = "blob sha256:$blob is "*": 'sandbox pull app:1', or 'sandbox image import' of what it came from" ]] || {
					echo "$kind $how: $output"
					false
				}
			done
			sandbox image import --quiet "$T/app" app:1
			whole
		done
	done
}

@test "pull repairs the image and says so, also while a box uses it" {
	local top blob

	registry_start
	skopeo copy -q --dest-tls-verify=false "oci:$T/app:v1" "docker://$REGISTRY/app:1" 2>/dev/null
	mends_by_pull() {
		run --separate-stderr sandbox pull "$REGISTRY/app:1"
		[ "$status" = 0 ]
		[[ $output = "$REGISTRY/app:1: mended "* ]] || {
			echo "pull says: $output"
			return 1
		}
		[ "$(sandbox pull --json "$REGISTRY/app:1" | jq -c '.[0] | [.changed, .mended, .downloaded]')" = '[false,false,0]' ]
		whole
	}
	run --separate-stderr sandbox pull "$REGISTRY/app:1"
	[[ $output = "$REGISTRY/app:1: pulled "* ]]
	[[ $(sandbox pull "$REGISTRY/app:1" 2>/dev/null) = *': up to date '* ]]
	project p "[sandbox]
image = $REGISTRY/app:1
linger = forever"
	[ "$(sandbox enter --accept p -- cat /etc/who)" = small ]
	for kind in '.layers[0].digest' '.layers[1].digest' .config.digest manifest; do
		for how in flip 'truncate -s 20' 'truncate -s 0' rm; do
			[ "$kind" = manifest ] && blob=$(cut -d: -f2 "$T/digest") || blob=$(blob_of "$kind")
			$how "$(data)/blobs/sha256/$blob"
			mends_by_pull
		done
	done
	top=$(layer 2)
	mv "$top" "$T/gone"
	mends_by_pull
	: >"$top.meta"
	mends_by_pull
	rm "$top.meta"
	mends_by_pull
	for ref in "$(data)"/refs/localhost*; do
		: >"$ref"
	done
	sandbox pull --quiet "$REGISTRY/app:1"
	whole
	[ "$(sandbox enter p -- cat /etc/who)" = small ]
}

@test "a running box keeps its tree, a new one gets the repaired one; gc removes the old one later" {
	local top

	top=$(layer 2)
	project p $'[sandbox]\nimage = app:1\nlinger = forever'
	sandbox enter p -- sh -c 'echo mine >/etc/mine'
	echo changed >"$top/etc/two"
	sandbox enter p -- cat /etc/two
	run --separate-stderr sandbox image verify --repair
	[ "$status" = 0 ]
	# The mounted tree is complete.
	[ "$(sandbox enter p -- cat /etc/who)" = small ]
	[ "$(sandbox enter p -- ls /etc)" = "$(sandbox run app:1 ls /etc
		echo mine)" ] || [ "$(sandbox enter p -- cat /etc/mine)" = mine ]
	sandbox image prune >/dev/null
	ls -d "$top".old-*
	[ "$(sandbox enter p -- cat /etc/who)" = small ]
	[ "$(sandbox enter p -- sh -c 'echo $A')" = b ]
	sandbox stop p
	[ "$(sandbox enter p -- cat /etc/two /etc/mine)" = 2mine ]
	sandbox stop p
	sandbox image prune >/dev/null
	says_nothing find "$(data)/layers" -name '*.old-*'
	whole
}

@test "a prune killed between a layer and its sidecar leaves nothing that looks complete" {
	local n killed

	for n in $(seq 1 2 50); do
		sandbox image import --quiet "$T/app" app:1
		rm -f "$(data)"/refs/*
		killed=0
		strace -f -qq -o /dev/null -e trace=renameat,unlinkat -e "inject=renameat,unlinkat:signal=KILL:when=$n" sandbox image prune >/dev/null 2>&1 3>&- || killed=$?
		for meta in "$(data)"/layers/*; do
			case $meta in
			*.meta | *'*') ;;
			*) [ -e "$meta.meta" ] ;;
			esac
		done
		sandbox image import --quiet "$T/app" app:1
		whole
		[ "$killed" != 0 ] || break
	done
	[ "$n" -gt 5 ]
	sandbox image prune >/dev/null
}

@test "what a killed import left in tmp/ is removed by the next command that runs alone" {
	strace -f -qq -o /dev/null -e trace=renameat -e inject=renameat:signal=KILL:when=1 sandbox image import --quiet "$T/app" other:1 >/dev/null 2>&1 3>&- || true
	mkdir -p "$(data)/tmp/image-0123456789abcdef/d/e"
	chmod 0 "$(data)/tmp/image-0123456789abcdef/d"
	echo half >"$(data)/tmp/partial-$(printf x | sha256sum | cut -d' ' -f1)"
	# Work in progress is left alone.
	exec 7>>"$(data)/image.lock"
	flock -s 7
	sandbox images >/dev/null
	[ -d "$(data)/tmp/image-0123456789abcdef" ]
	exec 7>&-
	sandbox images >/dev/null
	[[ $(ls "$(data)/tmp") = partial-* ]]
	sandbox image prune >/dev/null
	empty "$(data)/tmp"
}

@test "corrupt blobs that no name needs are removed" {
	echo garbage >"$(data)/blobs/sha256/$(printf x | sha256sum | cut -d' ' -f1)"
	mends 'blob sha256:* is corrupt: *'
	echo garbage >"$(data)/blobs/sha256/notes.txt"
	mends 'blob notes.txt is not a digest*'
}

@test "a manifest with wrong sizes, as older versions accepted: reported, and the rest is checked" {
	python3 - "$(data)" "$(cut -d: -f2 "$T/digest")" <<-'PY'
		import hashlib, json, sys
		store, digest = sys.argv[1:]
		m = json.load(open(f"{store}/blobs/sha256/{digest}"))
		m["layers"][0]["size"] += 1
		text = json.dumps(m).encode()
		lie = hashlib.sha256(text).hexdigest()
		open(f"{store}/blobs/sha256/{lie}", "wb").write(text)
		open(f"{store}/refs/docker.io=library=aaa:1", "w").write(f"sha256:{lie}\n")
	PY
	rm "$(layer 2)/etc/who"
	run --separate-stderr sandbox image verify
	[ "$status" = 1 ]
	[[ $output = "image aaa:1 the manifest says that the blob "*"'sandbox pull aaa:1'"*$'\n'"layer "*"'/etc/who' is missing"* ]]
}

@test "a box whose needs are unknown does not stop repairs, but then nothing is removed" {
	local blob

	blob=$(data)/blobs/sha256/$(printf x | sha256sum | cut -d' ' -f1)
	project p $'[sandbox]\nimage = app:1\nlinger = 0'
	sandbox enter p -- echo
	sandbox stop p
	: >"$(sandbox inspect --json p | jq -r .folder)/record"
	echo garbage >"$blob"
	rm "$(layer 2)/etc/who"
	run --separate-stderr sandbox image verify --repair
	[ "$status" = 1 ]
	[[ $stderr = *'nothing removed: '*damaged* ]]
	[[ $output = "layer "*"'/etc/who' is missing: mended"$'\n'"blob sha256:"*" is corrupt: "* ]]
	[ -e "$blob" ]
	(cd p && sandbox enter --rebuild . -- echo)
	sandbox image verify --repair >/dev/null
	whole
}

@test "verify --json lists what was found, repaired or not" {
	rm "$(layer 2)/etc/who"
	[ "$(sandbox image verify --json | jq -c '.[0] | [.kind, .mended, .help]')" = "[\"layer\",false,\"'sandbox image verify --repair' repairs it\"]" ] || [ "$(sandbox image verify --json | jq -r '.[0].kind')" = layer ]
	[ "$(sandbox image verify --repair --json app:1 | jq -c '.[0] | [.kind, .mended, .help]')" = '["layer",true,null]' ]
	[ "$(sandbox image verify --json)" = '[]' ]
}
