"""The commands that get faults, each with its initial world and a check of the result.

A row is a name, a function that prepares a World, and the command. Other fields are given where they differ.
"""
import dataclasses
import json
import os
import subprocess
import time
import urllib.request

LINGER = "linger = 0\n"
APPLETS = "'sh', 'echo', 'cat', 'true', 'sleep', 'ls', 'cp', 'touch', 'mkdir', 'rm', 'mv', 'chmod', 'ln', 'awk', 'sort'"
# A package manager that records its arguments, in a database that `lock` can read.
APK = r"""b'''#!/bin/sh
db=/lib/apk/db/installed
mkdir -p /lib/apk/db
shift 3
for word; do printf 'C:Q1aaa\nP:%s\nV:1.0\n\n' "${word%%=*}" >>$db; done'''"""

# The images, as descriptions for tests/images/mkimage.py.
LAYOUTS = {
    "app": f"[busybox({APPLETS}), [D('d'), F('d/f'), H('d/g', 'd/f'), F('.wh.none', b''), D('etc'), F('s', b'x', 0o4755, uid=5),"
           " F('etc/who', b'app'), D('opt'), D('root', 0o700)], [F('d/.wh.f', b''), F('tail', bytes(range(256)) * 300)]]",
    "new": f"[busybox({APPLETS}), [D('n'), F('n/f', b'new', uid=7), L('n/l', 'f')], [D('etc'), F('etc/who', b'new')]]",
    "old": f"[busybox({APPLETS}), [D('etc'), F('etc/who', b'old', 0o4711, uid=3)]]",
    "pm": f"[busybox({APPLETS}), [D('opt'), D('root', 0o700), D('lib'), D('sbin'), F('sbin/apk', {APK}, 0o755)]]",
}


@dataclasses.dataclass
class Operation:
    name: str
    setup: callable
    argv: list
    statuses: tuple = (125, 126, 127)  # that it may fail with
    done: callable = None  # more than the picture says; gives what is missing
    stdin: str = ""
    stays: bool = False  # a box goes on after it
    out: bool = True  # what it prints is the same each time
    warns: bool = False  # does what it can, and warns of the rest: of a box that it cannot read, of a hook that failed
    silent: bool = False  # several commands in one: their words are not counted
    unlike: dict = dataclasses.field(default_factory=dict)  # of each part of a picture, what names are chance


def project(w, text="", name="p"):
    w.write(f"{name}/sandbox.ini", f"[sandbox]\n{LINGER}{text}")


def nothing(w):
    pass


def prepared(text, *more):
    """A project whose box has been entered once."""
    def setup(w):
        project(w, text)
        w.need("enter", "--quiet", "--accept", "./p", "--", "sh", "-c", "echo kept >~/mine; echo kept >/root-file")
        w.wait_for_nobody()
        for do in more:
            do(w)
    return setup


def running(w):
    project(w, "image = app:1\n")
    w.write("p/sandbox.ini", "[sandbox]\nlinger = forever\nimage = app:1\n")
    w.need("enter", "--quiet", "./p", "--", "sh", "-c", "echo kept >~/mine")


def refusing(w):
    """A box that runs, and refuses to write in /d."""
    w.write("d/data", "of the host\n")
    w.write("p/sandbox.ini", "[sandbox]\nlinger = forever\nimage = app:1\n[mounts]\n/d = ../d ro\n")
    w.need("enter", "--quiet", "--accept", "./p", "--", "sh", "-c", "echo kept >~/mine")


def refusal_is_kept(w):
    said = w.sandbox("why", "./p").out
    return None if "file /d/data: " in said else f"why says {said!r}"


# One that needs another, with a volume that the image fills.
SERVICES = """image = app:1
[service a]
image = app:1
command = sleep 60
volumes = data:/etc
stop-timeout = 100ms
[service b]
image = app:1
command = sh -c "echo made >/opt/made; exec sleep 60"
needs = a
stop-timeout = 100ms
"""


def serving(w):
    project(w, SERVICES)
    w.need("up", "--detach", "--project", "p")


def all_run(w):
    """What `up` has said is so; a service that runs does its work a moment later."""
    r = w.sandbox("ps", "--json")
    if r.out.count('"state": "running"') < 2:
        return f"not all services run: {r.out}"
    made = [f"{b['place']}/upper/opt/made" for b in w.records().values() if b.get("name") == "p.b"]
    for _ in range(300):
        if any(os.path.exists(m) and os.path.getsize(m) for m in made):
            return None
        time.sleep(0.1)
    return "a service that runs has done nothing"


def tried(w):
    """A trial with a change of each type."""
    project(w, "image = app:1\nproject = /p\n[mounts]\n/d = ../d\n")
    for name in ("p/file", "p/same", "p/sub/gone", "p/op/kept", "p/op/lost", "d/file"):
        w.write(name, "host\n")
    w.need("try", "--quiet", "--accept", "./p", "--", "sh", "-c",
           "echo box >file; echo box >/d/file; rm -r sub; mkdir -m 750 new; echo n >new/f; chmod 755 new/f;"
           "rm -r op; mkdir op; echo host >op/kept; ln -s /etc/passwd ln; chmod 600 same; echo mine >~/own")
    w.wait_for_nobody()


def pushed(w):
    return w.kit.registry and f"{w.kit.registry}/app:1"


def in_registry(name):
    """Does the registry have the whole image: its manifest, and each blob that it names?"""
    def done(w):
        listed = f"http://{w.kit.registry}/v2/pushed-{w.kit.turn(w)}"
        accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(f"{listed}/manifests/1", headers=accept)) as f:
                text = f.read().decode()
            for digest in set(__import__("re").findall(r"sha256:[0-9a-f]{64}", text)):
                with urllib.request.urlopen(urllib.request.Request(f"{listed}/blobs/{digest}", method="HEAD")):
                    pass
        except OSError as e:
            return f"the registry has no whole image: {e}"
        return None
    return done


def archive_is_read(path, kind):
    """Other tools can read the result."""
    def done(w):
        if kind == "tar":
            r = subprocess.run(["tar", "-tf", f"{w.path}/{path}"], capture_output=True, text=True, check=False)
        else:
            r = subprocess.run(["skopeo", "inspect", "--raw", f"{kind}:{w.path}/{path}"], capture_output=True, text=True, check=False)
        return r.stderr if r.returncode else None
    return done


def prunable(w):
    """Garbage of each type: removed names and boxes."""
    project(w, "image = app:1\n[run]\n1 = echo made >/opt/made\n")
    w.need("enter", "--quiet", "--accept", "./p", "--", "true")
    w.wait_for_nobody()
    w.need("rm", "--force", "p")
    for name in w.names("refs"):
        if name.endswith("app:1"):
            os.unlink(f"{w.data}/refs/{name}")


def applied(w):
    """The changes of the trial are in the project, and can be undone."""
    tried(w)
    w.need("apply", "--yes", "--quiet", "./p")


def fnv(text):
    """What formats 1 and 2 name a text by."""
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001b3 % 2**64
    return f"{h:016x}"


def unnumbered(w):
    """A store of format 1: without a number, and with the names that it has."""
    os.unlink(f"{w.data}/format-3")
    for name in w.names("steps"):
        if len(name) == 64:
            with open(f"{w.data}/steps/{name}", encoding="utf-8") as f:
                old = fnv(f.read()) + "-1"
            os.rename(f"{w.data}/steps/{name}", f"{w.data}/steps/{old}")
            os.rename(f"{w.data}/steps/{name}.log", f"{w.data}/steps/{old}.log")
            os.rename(f"{w.data}/layers/step-{name}", f"{w.data}/layers/step-{old}")
            for box in w.names("boxes"):
                path = f"{w.data}/boxes/{box}/record"
                with open(path, encoding="utf-8") as f:
                    record = f.read()
                with open(path, "w", encoding="utf-8") as f:
                    f.write(record.replace(name, old))
    for name in w.names("projects"):
        if len(name) == 64:
            os.rename(f"{w.data}/projects/{name}", f"{w.data}/projects/{fnv(f'{w.path}/p')}")


def damaged(w):
    """A layer that differs from its blob. Worlds share its files, so this is a copy."""
    layer = next(n for n in w.layers() if os.path.exists(f"{w.data}/layers/{n}/tail"))
    os.unlink(f"{w.data}/layers/{layer}/tail")
    with open(f"{w.data}/layers/{layer}/tail", "w", encoding="utf-8") as f:
        f.write("damaged")


def removed_name(name):
    return lambda w: next((f"{n} is there" for n in w.refs() if n.endswith(name)), None)


def gone_blobs(w):
    """Only what the image old:1 needs is left."""
    return None if len(w.names("blobs/sha256")) == 4 else f"blobs: {w.names('blobs/sha256')}"


def mounted(w):
    """A project that asks for things of the host."""
    w.write("d/data", "of the host\n")
    project(w, "image = app:1\n[mounts]\n/d = ../d\n/keep = cache:kept\n")


# Set-id bits are handled by ptrace(2), which the injector uses: they are not in what is tested.
SET_ID = "image = app:1\n[run]\n1 = echo one >/opt/one; chmod 4755 /opt/one\n"
STEPS = "image = app:1\n[run]\n1 = echo one >/opt/one; chmod 755 /opt/one\n2 = rm /d/g; echo two >/opt/two\n"
MATRIX = "[matrix]\none = app:1\ntwo = old:1\n[run]\n1 = echo made >/etc/made\n"
LOCKED = "image = pm:1\n[packages]\napk = gcc, make\n"


DOCKERFILE = """FROM app:1 AS one
COPY src /src
RUN cp /src/f /made; chmod 640 /made; rm /tail
FROM app:1
WORKDIR /w
COPY --from=one --chown=5:6 /made /w/
RUN cat /w/made >/etc/who
"""


# install.sh of a feature: a file of its own for each.
FEATURE = "#!/bin/sh\nset -e\nmkdir -p /opt\necho $WORD >/opt/${PWD##*/}; chmod 640 /opt/${PWD##*/}\n"
FEATURED = ["image", "build", "--quiet", "--timestamp", "1", "-t", "built:1", "--devcontainer", "p/.devcontainer/devcontainer.json"]


def context(w):
    """A Dockerfile with two stages, and files for it."""
    w.write("p/Dockerfile", DOCKERFILE)
    w.write("p/src/f", "of the context\n")


def built_before(w):
    context(w)
    w.need("image", "build", "--quiet", "--timestamp", "1", "-t", "built:1", "./p")
    w.write("p/src/f", "another\n")


def featured(*ids):
    """A devcontainer.json with features: those of the project, of which one needs the other, and ids."""
    def setup(w):
        features = {"./first": {}, **{i: {} for i in ids}}
        w.write("p/.devcontainer/devcontainer.json", json.dumps({"image": "app:1", "features": features}))
        for name, needs in (("first", {"./second": {"word": "x"}}), ("second", {})):
            document = {"id": name, "version": "1.0.0", "options": {"word": {"default": "w"}}, "dependsOn": needs}
            w.write(f"p/.devcontainer/{name}/devcontainer-feature.json", json.dumps(document))
            w.write(f"p/.devcontainer/{name}/install.sh", FEATURE)
    return setup


def operations(kit):
    layout = kit.layouts
    rows = [
        # Images
        Operation("import", nothing, ["image", "import", "--quiet", f"{layout}/new", "new:1"]),
        Operation("import-over", nothing, ["image", "import", "--quiet", f"{layout}/new", "app:1"]),
        Operation("import-archive", nothing, ["image", "import", "--quiet", f"{layout}/new.tar", "new:1"]),
        Operation("tag", nothing, ["image", "tag", "app:1", "second:1"]),
        Operation("image-rm", nothing, ["image", "rm", "app:1", "pm:1"], done=removed_name("app:1"), out=False),
        Operation("prune", prunable, ["image", "prune"], out=False),
        Operation("prune-all", prunable, ["image", "prune", "--all", "--caches"], out=False, done=gone_blobs),
        Operation("verify", nothing, ["image", "verify"], statuses=(1, 125), silent=True),  # says on stdout what it cannot read
        Operation("verify-repair", damaged, ["image", "verify", "--repair"], statuses=(1, 125), silent=True, out=False),
        Operation("export-oci", nothing, ["image", "export", "--quiet", "app:1", "out/a.tar"], done=archive_is_read("out/a.tar", "oci-archive")),
        Operation("export-docker", nothing, ["image", "export", "--quiet", "--format", "docker", "app:1", "out/a.tar"], done=archive_is_read("out/a.tar", "docker-archive")),
        Operation("export-tar", nothing, ["image", "export", "--quiet", "--format", "tar", "app:1", "out/a.tar"], done=archive_is_read("out/a.tar", "tar")),
        Operation("seal", prepared(SET_ID), ["seal", "--accept", "--json", "./p", "sealed:1"],
                  out=False, unlike={"refs": "docker.io=library=sealed:1"}),
        Operation("build", context, ["image", "build", "--quiet", "--timestamp", "1", "-t", "built:1", "./p"]),
        Operation("build-over", built_before, ["image", "build", "--quiet", "--timestamp", "1", "-t", "built:1",
                  "--output", "type=oci,dest=out/a.tar", "./p"], done=archive_is_read("out/a.tar", "oci-archive")),
        Operation("build-features", featured(), FEATURED),
        Operation("host-image", nothing, ["run", "host", "true"]),
        # Boxes
        Operation("run", nothing, ["run", "app:1", "cat", "/etc/who"]),
        Operation("run-disk", nothing, ["run", "--disk", "app:1", "cat", "/etc/who"]),
        Operation("run-volume", nothing, ["run", "-v", "kept:/v", "--root", "app:1", "sh", "-c", "echo x >/v/x; cat /v/x"]),
        Operation("run-gateway", nothing, ["run", "--network", "gateway", "app:1", "cat", "/etc/who"]),
        # The second box joins the network of the first, or both find another's end.
        Operation("two-gateway", prepared("image = app:1\nnetwork = gateway\n"), ["-c",
                  "sandbox enter --quiet ./p -- sleep 1 & sandbox try --quiet --accept ./p -- true; r=$?; wait; exit $r"],
                  silent=True, out=False),
        Operation("run-detach", nothing, ["run", "--detach", "--name", "web", "app:1", "sleep", "60"], stays=True),
        Operation("enter-first", lambda w: project(w, "image = app:1\n"), ["enter", "./p", "--", "sh", "-c", "echo made >~/made; cat /etc/who"]),
        Operation("enter-steps", lambda w: project(w, STEPS), ["enter", "--quiet", "./p", "--", "cat", "/opt/one", "/opt/two"]),
        Operation("enter-again", prepared("image = app:1\n"), ["enter", "./p", "--", "sh", "-c", "cat ~/mine /root-file"]),
        Operation("enter-hooks", lambda w: project(w, "image = app:1\n[hooks]\ncreate = echo c >~/c\nstart = echo s >~/s\nenter = echo e >~/e\n"),
                  ["enter", "--quiet", "./p", "--", "true"], warns=True),
        Operation("rebuild", prepared("image = app:1\n", lambda w: project(w, STEPS)), ["enter", "--quiet", "--rebuild", "./p", "--", "cat", "/opt/one"]),
        Operation("consent", mounted, ["enter", "--quiet", "--accept", "./p", "--", "cat", "/d/data"]),
        Operation("exec", running, ["exec", "./p", "sh", "-c", "cat ~/mine"], stays=True),
        # The watcher cannot trace what a fault's own ptrace(2) has: the client gets the faults.
        Operation("why", refusing, ["why", "./p", "--", "sh", "-c", "cat ~/mine; echo x >/d/data; true"], stays=True, warns=True,
                  done=refusal_is_kept),
        Operation("stop", running, ["stop", "-t", "1", "./p"], stays=True,
                  done=lambda w: None if '"state": "stopped"' in w.sandbox("ls", "--json").out.split('"p"')[-1] else "it runs"),
        Operation("rm", prepared("image = app:1\n"), ["rm", "./p"]),
        Operation("rm-force", running, ["rm", "--force", "./p"], stays=True),
        Operation("rename", prepared("image = app:1\n"), ["rename", "./p", "other-name"]),
        Operation("rename-project", prepared("image = app:1\n", lambda w: os.rename(f"{w.path}/p", f"{w.path}/q")),
                  ["rename", "--project", "./q", "p"]),
        Operation("moved", prepared("image = app:1\n", lambda w: os.rename(f"{w.path}/p", f"{w.path}/q")),
                  ["enter", "--quiet", "./q", "--", "sh", "-c", "cat ~/mine"]),
        Operation("life", lambda w: project(w, STEPS + "[hooks]\nexit = echo x >~/x\n"), ["-c",
                  "sandbox enter --quiet ./p -- true; sandbox exec --start --quiet ./p cat /opt/one; sandbox stop -t 1 ./p; sandbox rm --force ./p"],
                  silent=True, out=False),
        # Services
        Operation("up", lambda w: project(w, SERVICES), ["up", "--detach", "--project", "p"], stays=True, out=False, done=all_run),
        Operation("restart", serving, ["restart", "--project", "p"], stays=True, out=False, done=all_run),
        Operation("down", serving, ["down", "--project", "p"], stays=True),
        # Trials
        Operation("try", lambda w: project(w, "image = app:1\n"), ["try", "--quiet", "./p", "--", "sh", "-c", "echo tried >file; cat file"]),
        Operation("apply", tried, ["apply", "--yes", "--quiet", "./p"]),
        Operation("apply-undo", applied, ["apply", "--undo", "--yes", "--quiet", "./p"]),
        Operation("apply-forget", applied, ["apply", "--forget", "--quiet", "./p"]),
        Operation("apply-tar", tried, ["apply", "--quiet", "--tar", "out/a.tar", "./p"],
                  done=archive_is_read("out/a.tar", "tar"), unlike={"files": "out/a.tar"}),
        Operation("discard", tried, ["discard", "--quiet", "--force", "./p"]),
        # Projects
        Operation("lock", lambda w: project(w, LOCKED), ["lock", "--quiet", "--accept", "./p"]),
        Operation("init", lambda w: w.write("p/Makefile", "all:\n"), ["init", "--quiet", "--yes", "./p"]),
        Operation("export", lambda w: project(w, "image = app:1\n"), ["export", "--quiet", "./p", "cat", "ls", "echo"]),
        Operation("matrix", lambda w: project(w, MATRIX), ["matrix", "--quiet", "--jobs", "1", "--logs", "out/logs", "--junit", "out/x.xml", "./p", "--", "cat", "/etc/who"],
                  statuses=(1, 125), out=False, unlike={"files": "out/(logs/.*|x.xml)"}, silent=True),
        # A store without a number, converted
        Operation("forward-boxes", prepared(STEPS, unnumbered), ["ls", "--json"], warns=True),
        Operation("forward-images", unnumbered, ["images", "--names"]),
        # Commands that only read must not take an error for something missing
        Operation("ls", prepared("image = app:1\n"), ["ls", "--json"], warns=True),
        Operation("images", nothing, ["images", "--names"]),
        Operation("df", prepared("image = app:1\n"), ["image", "df"], out=False),
        Operation("diff", tried, ["diff", "./p"]),
        Operation("logs-steps", prepared(STEPS), ["logs", "--steps", "./p"]),
        Operation("config", lambda w: project(w, STEPS), ["config", "./p"]),
    ]
    if kit.registry:
        rows += [
            Operation("login", nothing, ["login", "--quiet", "--username", "me", "--password-stdin", kit.registry], stdin="secret\n"),
            Operation("pull", lambda w: w.need("image", "rm", "pm:1"), ["pull", "--quiet", f"{kit.registry}/pulled:1"]),
            Operation("pull-features", featured(f"{kit.registry}/features/tool:1"), FEATURED),
            Operation("push", nothing, ["push", "--quiet", "app:1", f"{kit.registry}/pushed-@TURN:1"], done=in_registry("pushed"), out=False),
        ]
    return {row.name: row for row in rows}
