# shellcheck shell=bash disable=SC2034,SC2154 # the benchmarks set and use variables of here
# lib.bash - what the benchmarks share: times, medians, rows of a table. scratch is the caller's directory,
# missed is 1 after a row beyond its bar.

missed=0

# Runs a command; sets wall and cpu (seconds) and rss (MB).
measure() {
	/usr/bin/env python3 - "$@" >"$scratch/time" <<-'PY'
		import os, resource, subprocess, sys, time
		t = time.monotonic()
		r = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
		wall = time.monotonic() - t
		u = resource.getrusage(resource.RUSAGE_CHILDREN)
		if r.returncode:
		    sys.stderr.write(r.stderr.decode()); sys.exit(f"failed: {sys.argv[1:]}")
		print(f"{wall:.4f} {u.ru_utime + u.ru_stime:.4f} {u.ru_maxrss // 1024}")
	PY
	read -r wall cpu rss <"$scratch/time"
}

row() { # NAME OURS THEIRS BAR
	awk -v n="$1" -v a="$2" -v b="$3" -v bar="$4" 'BEGIN {
		r = a / b; ok = r <= bar
		printf "%-44s | %9.3f | %9.3f | %6.3f | <= %5s | %s\n", n, a, b, r, bar, ok ? "yes" : "NO"
		exit !ok }' || missed=1
}

# The same command many times, interleaved with another; medians in ms, from before posix_spawn(3) to the
# end. A command that begins with `@UID NAME=VALUE...` is run by that user, with just these variables: each
# has a process of its own that starts it, so that no change of user is in the time.
alternate() { # N; commands in a and b
	python3 - "$1" "${a[@]}" ::: "${b[@]}" <<-'PY'
		import os, shutil, statistics, struct, sys, time
		n, words = int(sys.argv[1]), sys.argv[2:]
		i = words.index(":::"); commands = (words[:i], words[i + 1:]); times = ([], [])
		quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)]
		def serve(c, ask, answer):
		    env = dict(os.environ)
		    if c[0][0] == "@":
		        uid = int(c[0][1:]); c = c[1:]; env = {}
		        os.setgroups([]); os.setgid(uid); os.setuid(uid)
		        while "=" in c[0]:
		            name, value = c[0].split("=", 1); env[name] = value; c = c[1:]
		    program = shutil.which(c[0], path=env["PATH"])
		    while os.read(ask, 1):
		        s = time.monotonic()
		        _, status = os.waitpid(os.posix_spawn(program, c, env, file_actions=quiet), 0)
		        os.write(answer, struct.pack("d?", time.monotonic() - s, status == 0))
		def start(c):
		    (ask, put), (get, answer) = os.pipe(), os.pipe()
		    if os.fork() == 0:
		        os.close(put); os.close(get)
		        try: serve(c, ask, answer)
		        finally: os._exit(1)
		    os.close(ask); os.close(answer)
		    return put, get
		servers = [start(c) for c in commands]
		for k in range(n + 1):
		    for (put, get), t, c in zip(servers, times, commands):
		        os.write(put, b"x"); got = os.read(get, 9)
		        if len(got) < 9 or not struct.unpack("d?", got)[1]: sys.exit(f"failed: {c}")
		        if k: t.append(struct.unpack("d?", got)[0] * 1000)
		print(*(f"{statistics.median(t):.3f}" for t in times))
	PY
}

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
