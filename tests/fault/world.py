"""The world of one fault: a home, a data and a runtime directory, projects; and its visible state.

A World is a directory that contains all places where sandbox looks. picture() is its state as a user would
see it; checker.py compares two pictures. Nothing here asks sandbox about itself: the files are read.
"""
import ctypes
import hashlib
import json
import os
import re
import select
import shutil
import signal
import stat
import subprocess
import time

FAULTS = ("kill", "kill-all", "EIO", "ENOSPC", "EMFILE", "ENOMEM")
LIMIT = 40  # seconds for one command that is struck; a stop waits 10 by itself

libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper():
    """Orphans of a command become our children, pid 1 of a box too; prctl(2)."""
    if libc.prctl(36, 1, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def children():
    """{pid: what it is} of our children that have not ended. Reaps those that have.

    The list of /proc may leave one out while another ends, wait(2) does not.
    """
    found = {}
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            return found
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children") as f:
            for pid in f.read().split():
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as c:
                        found[int(pid)] = c.read().replace(b"\0", b" ").decode(errors="replace").strip() or "?"
                except OSError:
                    pass
    return found or {0: "?"}


class Failed(Exception):
    """A command failed without a fault."""


class Result:
    def __init__(self, argv, status, out, err):
        self.argv, self.status, self.out, self.err = argv, status, out, err

    def __str__(self):
        return f"{' '.join(self.argv)}: status {self.status}, stdout {self.out!r}, stderr {self.err!r}"


class Struck(Result):
    """The result of a command under tests/programs/inject."""

    def __init__(self, argv, process, reports, stays):
        super().__init__(argv, None, "", "")
        self.process, self.reports = process, reports
        self.hit, self.crashes, self.left, self.counts = None, [], [], {}
        self.listen(stays)

    def listen(self, until_exit):
        for line in self.reports:
            words = line.split()
            if words[0] == "hit":
                self.hit = " ".join(words[1:2] + words[3:])
            elif words[0] == "crash":
                self.crashes.append(" ".join(words[1:]))
            elif words[0] == "left":
                self.left.append(" ".join(words[1:]))
            elif words[0] == "count":
                self.counts[words[1]] = int(words[2])
            elif words[0] == "exit":
                self.status = int(words[1])
                if until_exit:
                    return
        self.reports.close()
        self.process.wait()

    def finish(self):
        """Waits until all processes that the command started are gone."""
        if not self.reports.closed:
            self.listen(False)


def read_text(path):
    with open(path, errors="surrogateescape") as f:
        return f.read()


def remove_tree(path):
    """Only directories get another mode: worlds share the files of layers."""
    subprocess.run(["find", path, "-type", "d", "!", "-perm", "-700", "-exec", "chmod", "u+rwx", "{}", "+"],
                   stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(path, ignore_errors=True)


class World:
    def __init__(self, kit, path):
        for d in ("home/.config", "home/.local/bin", "data", "run", "tmp", "p", "other", "out"):
            os.makedirs(f"{path}/{d}")
        os.makedirs(f"{path}.io")
        os.chmod(f"{path}/run", 0o700)
        self.reopen(kit, path)
        self.plant()

    def reopen(self, kit, path):
        self.kit, self.path = kit, path
        self.data = f"{path}/data/sandbox"
        self.run_dir = f"{path}/run/sandbox"
        self.io = f"{path}.io"  # beside it: no fault is to hit what the checks themselves read
        self.env = {
            "HOME": f"{path}/home", "XDG_DATA_HOME": f"{path}/data", "XDG_RUNTIME_DIR": f"{path}/run",
            "TMPDIR": f"{path}/tmp", "PATH": f"{kit.build}/bin:{path}/home/.local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LC_ALL": "C.UTF-8", "CANARY_SECRET": "the-canary-sings",
            # The leak checker does not work under a tracer.
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        }

    def plant(self):
        canary = f"{self.path}/home/canary"
        os.makedirs(f"{canary}/folder")
        for name, mode in (("file", 0o640), ("folder/file", 0o604)):
            with open(f"{canary}/{name}", "w") as f:
                f.write("a canary")
            os.chmod(f"{canary}/{name}", mode)
            os.utime(f"{canary}/{name}", (1e9, 1e9))
        os.symlink("file", f"{canary}/link")
        os.utime(f"{canary}/link", (1e9, 1e9), follow_symlinks=False)

    def write(self, name, text, mode=0o644):
        path = f"{self.path}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)

    def command(self, argv, wrap=(), fds=(), stdin=""):
        """Starts argv; its output goes to files, which background processes may keep open."""
        with open(f"{self.io}/out", "w") as out, open(f"{self.io}/err", "w") as err:
            process = subprocess.Popen(
                [*wrap, *argv], stdin=subprocess.PIPE, stdout=out, stderr=err,
                env=self.env, cwd=self.path, pass_fds=fds, start_new_session=True)
        try:
            process.stdin.write(stdin.encode())
            process.stdin.close()
        except BrokenPipeError:
            pass
        return process

    def said(self):
        return self.tidy(read_text(f"{self.io}/out")), self.tidy(read_text(f"{self.io}/err"))

    def run(self, *argv, limit=LIMIT, stdin=""):
        process = self.command(argv, stdin=stdin)
        # wait() with a limit looks every 50 ms only
        with os.fdopen(os.pidfd_open(process.pid), "rb") as ends:
            ended = select.select([ends], [], [], limit)[0]
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        if not ended:
            status = "none within the limit"
        elif status < 0:
            status = 128 - status
        return Result(argv, status, *self.said())

    def sandbox(self, *argv, **more):
        return self.run("sandbox", *argv, **more)

    def need(self, *argv, **more):
        """A command without a fault."""
        r = self.sandbox(*argv, **more)
        if r.status != 0:
            raise Failed(str(r))
        return r

    def struck(self, fault, n, argv, stays=False, stdin=""):
        """Runs argv with the fault at its Nth call; stays: a box may keep running after it."""
        r, w = os.pipe()
        process = self.command(argv, [self.kit.inject, "-r", self.path, "-o", str(w), "-t", str(LIMIT), fault, str(n)],
                               [w], stdin)
        os.close(w)
        result = Struck(argv, process, os.fdopen(r), stays)
        result.out, result.err = self.said()
        return result

    def tidy(self, text):
        """Text without the parts that differ between worlds."""
        text = text.replace(self.path, "@W")
        text = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?Z?", "@TIME", text)
        text = re.sub(r'"(created|seconds|time)": *[\d.]+', r'"\1": 0', text)
        text = re.sub(r'time="[\d.]+"', 'time="0"', text)
        text = re.sub(r"\b[0-9a-f]{12}\b", "@ID", text)
        return re.sub(r"\b\d+(\.\d+)? (s|seconds)\b|\b\d+\.\d s?\b", "@SECONDS", text)

    # What a user would see ----------------------------------------------------------------------

    def tree(self, top, times=False):
        """{path relative to top: type, mode and content} of all files."""
        found = {}
        for directory, dirs, files in os.walk(top):
            for name in dirs + files:
                path = f"{directory}/{name}"
                inside = path[len(top):]
                if f"{self.path}/".startswith(f"{inside}/") or inside.startswith(f"{self.path}/"):
                    continue  # mount points in the root of a box
                st = os.lstat(path)
                what = f"{stat.filemode(st.st_mode)}"
                if stat.S_ISLNK(st.st_mode):
                    what += " " + self.tidy(os.readlink(path))
                elif stat.S_ISREG(st.st_mode):
                    try:
                        with open(path, "rb") as f:
                            data = f.read()
                    except PermissionError:
                        data = b"unreadable"
                    if len(data) < 65536:
                        data = self.tidy(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
                    what += f" {len(data)} {hashlib.sha1(data).hexdigest()[:12]}"
                if times:
                    what += f" {st.st_mtime_ns if not stat.S_ISDIR(st.st_mode) else ''}"
                found[inside[1:]] = what
        return found

    def names(self, directory):
        try:
            return sorted(os.listdir(f"{self.data}/{directory}"))
        except FileNotFoundError:
            return []

    def refs(self):
        return {name: read_text(f"{self.data}/refs/{name}") for name in self.names("refs")}

    def records(self):
        """{id: {key: value}} of the boxes on disk and in memory."""
        found = {}
        for place in (f"{self.data}/boxes", self.run_dir):
            for box in os.listdir(place) if os.path.isdir(place) else ():
                record = {"place": f"{place}/{box}"}
                try:
                    for line in read_text(f"{place}/{box}/record").splitlines():
                        key, _, value = line.partition(" ")
                        record[key] = self.tidy(value)
                except (FileNotFoundError, NotADirectoryError):
                    if place == self.run_dir:
                        continue
                found[box] = record
        return found

    def picture(self, stays=False):
        boxes = {}
        for record in self.records().values():
            place = record["place"]
            if record.get("temporary") and not stays:
                continue  # garbage, when its maker is gone
            boxes[record.get("name", "?")] = {
                "of": " ".join(record.get(k, "-") for k in ("project", "image", "temporary", "trial")),
                "home": self.tree(f"{place}/home"), "upper": self.tree(f"{place}/upper")}
        files = {}
        for top in ("home", "p", "other", "out", "q", "tmp", "d"):
            files.update({f"{top}/{k}": v for k, v in self.tree(f"{self.path}/{top}").items()})
        return {"files": files, "refs": self.refs(), "boxes": boxes}

    def listing(self):
        """The paths in the store and runtime directory, without random parts."""
        found = set()
        for top in (self.data, self.run_dir):
            for directory, dirs, files in os.walk(top):
                rel = directory[len(self.path) + 1:]
                if "/layers/host-" in rel:
                    dirs.clear()
                    continue
                for name in dirs + files:
                    path = re.sub(r"host-[0-9a-f]{16}", "host-@", f"{rel}/{name}")
                    path = re.sub(r"(step-|agreed/)[0-9a-f]+", r"\1@", path)
                    path = re.sub(r"(/services/)[^/]+(/.*)?", r"\1@", path)  # kept on purpose: what the project was given
                    found.add(re.sub(r"/undo/.*", "/undo/@", path))  # kept on purpose: apply --forget
        return found

    def canary(self):
        return self.tree(f"{self.path}/home/canary", times=True)

    def layer_hash(self, name):
        """A layer's tree and the notes beside it."""
        tree = sorted(self.tree(f"{self.data}/layers/{name}").items())
        meta = f"{self.data}/layers/{name}.meta"
        notes = read_text(meta) if os.path.exists(meta) else None
        return hashlib.sha1(json.dumps([tree, notes]).encode()).hexdigest()

    def layers(self):
        """Without symlinks: names that layers had in format 2."""
        return [n for n in self.names("layers")
                if not n.endswith((".meta", ".used")) and not os.path.islink(f"{self.data}/layers/{n}")]

    def remove(self):
        remove_tree(self.path)
        remove_tree(self.io)

    def mounts(self):
        return [line for line in read_text("/proc/self/mountinfo").splitlines() if f" {self.path}" in line]

    def wait_for_nobody(self, seconds=60):
        """Processes of it that still run after that time."""
        end = time.monotonic() + seconds
        while True:
            left = children()
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.01)
