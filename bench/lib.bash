# shellcheck shell=bash disable=SC2034,SC2154 # the benchmarks set and use variables of here
# lib.bash - what the benchmarks share: times, medians, rows of a table. scratch is the caller's folder,
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

# The same command many times, interleaved with another; medians in ms. A command that begins with
# `@UID NAME=VALUE...` is run by that user, with just these variables.
alternate() { # N; commands in a and b
	python3 - "$1" "${a[@]}" ::: "${b[@]}" <<-'PY'
		import statistics, subprocess, sys, time
		n, words = int(sys.argv[1]), sys.argv[2:]
		i = words.index(":::"); commands = (words[:i], words[i + 1:]); times = ([], [])
		def parse(c):
		    how = {}
		    if c[0][0] == "@":
		        uid = int(c[0][1:]); c = c[1:]; env = {}
		        while "=" in c[0]:
		            name, value = c[0].split("=", 1); env[name] = value; c = c[1:]
		        how = dict(user=uid, group=uid, extra_groups=[], env=env)
		    return c, how
		commands = [parse(c) for c in commands]
		for k in range(n + 1):
		    for (c, how), t in zip(commands, times):
		        s = time.monotonic(); subprocess.run(c, **how, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
		        if k: t.append((time.monotonic() - s) * 1000)
		print(*(f"{statistics.median(t):.3f}" for t in times))
	PY
}

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
