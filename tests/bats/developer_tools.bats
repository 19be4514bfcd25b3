#!/usr/bin/env bats
# bats file_tags=slow
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# What developer tools need from the kernel works in a box without any option.

load helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	cd p || return 1
}

in_box() {
	sandbox enter . -- "$@"
}

looping_program() {
	cat >loop.c <<-'EOF'
		#include <unistd.h>
		int rounds;
		int step(int n) { return n + 1; }
		int main(void)
		{
			for (;;) {
				rounds = step(rounds);
				usleep(10000);
			}
		}
	EOF
	in_box gcc -g -O0 -o loop loop.c
}

@test "gdb: a breakpoint, a backtrace, no address space randomization" {
	looping_program
	run in_box gdb -batch -ex 'break step' -ex run -ex bt -ex 'p n' ./loop
	[[ $output == *'step (n=0)'*'#1 '*' in main'* ]]
	[[ $output != *'Error disabling address space randomization'* ]]
}

@test "gdb -p and strace -p on a process of another session, as you and as root" {
	looping_program
	in_box ./loop 3>&- &
	local session=$!
	wait_until 50 sandbox exec p pgrep -x loop
	local pid as
	pid=$(sandbox exec p pgrep -x loop)
	for as in "" sudo; do
		# shellcheck disable=SC2086 # nothing or a word
		run sandbox exec p $as gdb -p "$pid" -batch -ex 'print rounds'
		[[ $output == *'$1 = '* ]]
	done
	run sandbox exec p sh -c 'strace -p "$0" -o trace & until grep -q nanosleep trace; do sleep 0.1; done; kill $!; wait' "$pid"
	grep -q nanosleep trace
	kill $session
	wait_for $session
}

@test "gdbserver and core files of gdb" {
	looping_program
	in_box gdb -batch -ex 'break step' -ex run -ex 'generate-core-file made.core' ./loop
	run in_box gdb -batch -ex bt ./loop made.core
	[[ $output == *' in main'* ]]
}

@test "strace follows child processes" {
	in_box strace -f -o trace sh -c 'cat /dev/null; true & wait'
	[ "$(grep -c execve trace)" -ge 2 ]
	grep -q 'exited with 0' trace
}

@test "AddressSanitizer, LeakSanitizer and UBSan report errors" {
	cat >bug.c <<-'EOF'
		#include <stdlib.h>
		int main(int argc, char **argv)
		{
			char *p = malloc(8);
			(void)argv;
			if (argc == 1)
				return p[8];
			p = NULL;
			return argc == 3 ? argc << (30 + argc) : 0;
		}
	EOF
	in_box gcc -g -fsanitize=address,undefined -o bug bug.c
	run in_box ./bug
	[[ $output == *heap-buffer-overflow* ]]
	run in_box ./bug leak
	[[ $output == *'detected memory leaks'* ]]
	run in_box ./bug 1 2
	[[ $output == *'runtime error'* ]]
}

@test "ThreadSanitizer finds a race" {
	cat >race.c <<-'EOF'
		#include <pthread.h>
		int shared;
		static void *add(void *arg) { shared++; return arg; }
		int main(void)
		{
			pthread_t t;
			pthread_create(&t, 0, add, 0);
			shared++;
			pthread_join(t, 0);
		}
	EOF
	in_box gcc -g -fsanitize=thread -o race race.c
	run in_box ./race
	[[ $output == *'data race'* ]]
}

@test "make -j builds a project with many files" {
	local i
	for i in $(seq 40); do
		echo "int f$i(int x) { return x + $i; }" >"f$i.c"
	done
	{
		for i in $(seq 40); do echo "int f$i(int);"; done
		echo 'int main(void) { int x = 0;'
		for i in $(seq 40); do echo "x = f$i(x);"; done
		echo 'return x != 820; }'
	} >main.c
	printf 'all: prog\nprog: $(patsubst %%.c,%%.o,$(wildcard *.c))\n\t$(CC) -o $@ $^\n' >Makefile
	in_box make -s -j4
	in_box ./prog
	./prog # and it is an ordinary file outside
}

@test "32-bit programs run" {
	echo 'int main(void) { return sizeof(void *) == 4 ? 42 : 1; }' >small.c
	gcc -m32 -static -o small small.c 2>/dev/null || skip "no 32-bit libc to build with"
	run in_box ./small
	[ "$status" = 42 ]
}

@test "a crash leaves a core file in the project, and the right status" {
	echo '#include <stdlib.h>
	int main(void) { abort(); }' >crash.c
	in_box gcc -o crash crash.c
	run in_box sh -c 'ulimit -c unlimited; ./crash'
	[ "$status" = 134 ]
	case $(cat /proc/sys/kernel/core_pattern) in
	core*) ls core* ;;
	esac
}

@test "ulimit can be lowered, for the session" {
	[ "$(in_box sh -c 'ulimit -n 100; ulimit -n')" = 100 ]
	[ "$(in_box sh -c 'ulimit -n')" = "$(ulimit -n)" ]
}

@test "inotify reports changes, those by the host too" {
	cat >watch.c <<-'EOF'
		#include <stdio.h>
		#include <sys/inotify.h>
		#include <unistd.h>
		int main(void)
		{
			char b[4096];
			int fd = inotify_init();
			inotify_add_watch(fd, "watched", IN_CREATE);
			puts("watching");
			fflush(stdout);
			return read(fd, b, sizeof(b)) > 0 ? 42 : 1;
		}
	EOF
	mkdir watched
	in_box gcc -o watch watch.c
	in_box ./watch >said 3>&- &
	wait_until 50 grep -q watching said
	touch watched/new
	wait_for $!
	[ "$status" = 42 ]
}

@test "shared memory and semaphores: POSIX, System V, python's multiprocessing" {
	cat >shm.c <<-'EOF'
		#include <fcntl.h>
		#include <semaphore.h>
		#include <sys/mman.h>
		#include <sys/shm.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int main(void)
		{
			int fd = shm_open("/mine", O_CREAT | O_RDWR, 0600), id = shmget(1, 4096, IPC_CREAT | 0600);
			sem_t *s = sem_open("/sem", O_CREAT, 0600, 0);
			char *p;
			if (fd < 0 || id < 0 || s == SEM_FAILED || ftruncate(fd, 4096) < 0)
				return 1;
			p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
			if (fork() == 0) {
				*p = 42;
				sem_post(s);
				_exit(0);
			}
			sem_wait(s);
			wait(0);
			return *p;
		}
	EOF
	in_box gcc -o shm shm.c
	run in_box ./shm
	[ "$status" = 42 ]
	[ -x /usr/bin/python3 ] || return 0
	cat >pool.py <<-'EOF'
		import multiprocessing as m
		def f(x): return x * x
		if __name__ == "__main__":
		    with m.Pool(4) as p: print(sum(p.map(f, range(100))))
		    q = m.Queue(); l = m.Lock()
		    with l: q.put(1)
		    print(q.get())
	EOF
	[ "$(in_box /usr/bin/python3 pool.py)" = $'328350\n1' ]
}

@test "memfd, userland mutexes, pidfd, timers and signals: calls that new libcs need" {
	in_box sh -c 'timeout 5 flock lock true; nice -n 5 true; taskset 1 true; setsid true; ionice true
		chrt -o 0 true; prlimit --nofile=50 true; nproc >/dev/null; uptime >/dev/null'
}

@test "git: a commit in the project, seen outside" {
	command -v git >/dev/null || return 0
	in_box sh -ec 'export GIT_CONFIG_GLOBAL=/dev/null
		git init -q . && git add sandbox.ini
		git -c user.name=n -c user.email=e commit -qm first && git mv sandbox.ini other && git mv other sandbox.ini
		git status --short'
	[ "$(git log --format=%s)" = first ]
}

# Those languages that this machine has; what is only in somebody's home is not in a box.
has() { # PROGRAM
	[[ $(PATH=/usr/local/bin:/usr/bin command -v "$1") ]]
}

@test "Java compiles and runs, if it is here" {
	has javac || return 0
	echo 'public class A { public static void main(String[] a) throws Exception {
		java.util.stream.IntStream.range(0, 100).parallel().sum();
		if (((com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory
			.getOperatingSystemMXBean()).getTotalMemorySize() <= 0) throw new Exception("no memory");
		System.out.println(new ProcessBuilder("echo", "java").start().inputReader().readLine()); } }' >A.java
	in_box javac A.java
	[ "$(in_box java -Xmx64m A)" = java ]
}

@test "Node runs, with child processes, workers and watchers, if it is here" {
	has node || return 0
	cat >a.js <<-'EOF'
		const { Worker, isMainThread, parentPort } = require('worker_threads')
		if (!isMainThread) { parentPort.postMessage('worker'); return }
		const w = new Worker(__filename)
		w.on('message', m => console.log(m, require('child_process').execSync('echo child').toString().trim()))
		require('fs').watch('.').close()
		require('net').createServer().listen(0, '127.0.0.1', function () { this.close() })
	EOF
	[ "$(in_box node a.js)" = "worker child" ]
}

@test "Go builds and runs, if it is here" {
	has go || return 0
	echo 'package main; func main() { println("go") }' >a.go
	[ "$(in_box go run a.go 2>&1)" = go ]
}

@test "Rust builds and runs, if it is here" {
	has rustc || return 0
	echo 'fn main() { println!("rust") }' >a.rs
	in_box rustc a.rs
	[ "$(in_box ./a)" = rust ]
}
