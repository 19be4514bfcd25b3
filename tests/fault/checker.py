"""The invariants that must hold after any fault. One checker for faults and storms.

Each function returns a list of (invariant, what is broken).
"""
import hashlib
import json
import os
import re

NOT_ERRORS = re.compile(r"sandbox: (warning: |preparing |prepared )")


def digest_of(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def store(world):
    """Every name resolves, every digest verifies, nothing partial has a final name."""
    broken, blobs = [], f"{world.data}/blobs/sha256"
    for name in world.names("blobs/sha256"):
        if digest_of(f"{blobs}/{name}") != name:
            broken.append(("a digest does not verify", name))

    def resolve(digest, who):
        hex_ = digest.partition(":")[2].strip()
        try:
            with open(f"{blobs}/{hex_}", "rb") as f:
                return f.read()
        except (OSError, ValueError) as e:
            broken.append(("a name does not resolve", f"{who}: {e}"))

    def image(digest, who):
        text = resolve(digest, who)
        manifest = json.loads(text) if text else {}
        for part in [manifest["config"], *manifest["layers"]] if manifest else ():
            resolve(part["digest"], who)

    for name, text in world.refs().items():
        first = text.split("\n")[0].split(" ")[0]
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", first):
            broken.append(("a name does not resolve", f"{name}: {text!r}"))
        else:
            image(first, name)
    for m in index(world):
        image(m["digest"], "index.json")
    for name in world.layers():
        if re.fullmatch(r"[0-9a-f]{64}|host-[0-9a-f]{16}|step-.*", name) and not world.kit.knows_layer(world, name):
            broken.append(("a layer is partial under its final name", name))
    for name, record in world.records().items():
        if not {"name", "image", "created"} <= set(record):
            broken.append(("a box is partial under its final name", f"{name}: {record}"))
    return broken


def index(world):
    try:
        with open(f"{world.data}/index.json") as f:
            return json.load(f)["manifests"]
    except FileNotFoundError:
        return []


def index_is_refs(world):
    """Other tools see the same names in the store."""
    said = sorted(m["digest"] for m in index(world))
    refs = sorted(t.split("\n")[0].split(" ")[0] for t in world.refs().values())
    return [] if said == refs else [("index.json is not what the names say", f"{said} against {refs}")]


def differences(now, before, after, where):
    """Each thing is as before or as intended after the command; nothing else exists."""
    broken = []
    for key in sorted({*now, *before, *after}):
        if now.get(key) not in (before.get(key), after.get(key)):
            what = "is left over" if key not in before and key not in after else "is neither as before nor as after"
            broken.append((f"{where} {what}", f"{key}: {now.get(key)}, before {before.get(key)}, after {after.get(key)}"))
    return broken


# A killed command cannot remove them; repeating it does.
TEMPORARY = re.compile(r"(.*/)?(\.sandbox-\w+|[^/]+\.tmp-\w+)")


def pictures(now, before, after, strict, killed=False):
    """strict: exactly as after the command (before: as after); otherwise uppers may be in between."""
    files, refs = ({k: v for k, v in now[part].items() if not killed or not TEMPORARY.fullmatch(k)} for part in ("files", "refs"))
    broken = differences(files, before["files"], after["files"], "a file")
    broken += differences(refs, before["refs"], after["refs"], "a name of an image")
    boxes = [{k: v["of"] for k, v in p["boxes"].items()} for p in (now, before, after)]
    broken += differences(*boxes, "a box")
    for name, box in now["boxes"].items():
        then = [p["boxes"].get(name, {"home": {}, "upper": {}}) for p in (before, after)]
        broken += differences(box["home"], then[0]["home"], then[1]["home"], f"in the home of box {name} a file")
        if strict and name in before["boxes"]:
            broken += differences(box["upper"], then[0]["upper"], then[1]["upper"], f"in the root of box {name} a file")
    return broken


def words(result, statuses, silent=False):
    """A failing command says why in one clear line and has the right status; none crashes or hangs."""
    broken = []
    if result.crashes:
        broken.append(("a crash", f"{', '.join(result.crashes)}: {result.err.strip()[-300:]}"))
    if result.left:
        broken.append(("a hang, or a process leaked", ", ".join(result.left)))
    if silent or result.status == 0:
        return broken
    lines = result.err.splitlines()
    errors = [line for line in lines if line.startswith("sandbox: ") and not NOT_ERRORS.match(line)]
    if result.status not in statuses:
        broken.append(("a wrong exit status", f"{result.status}, stderr {result.err!r}"))
    elif len(errors) != 1 or not lines[-1].startswith("sandbox: "):
        broken.append(("not one clear line", f"status {result.status}, stderr {result.err!r}"))
    return broken


def leaks(world):
    """No process, mount or temporary file is left, and the canaries are unchanged."""
    broken = []
    left = world.wait_for_nobody()
    if left:
        broken.append(("a process leaked", str(left)))
        for pid in left:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        world.wait_for_nobody()
    if world.mounts():
        broken.append(("a mount leaked", "\n".join(world.mounts())))
    if os.listdir(f"{world.path}/tmp"):
        broken.append(("a temporary file leaked", str(os.listdir(f"{world.path}/tmp"))))
    if world.canary() != world.kit.canary:
        broken.append(("a canary has changed", str(world.canary())))
    return broken


def witnesses(world):
    """Other boxes and older images are unchanged."""
    broken = []
    r = world.sandbox("enter", "--quiet", "./other", "--", "sh", "-c", "cat ~/note /etc/who /note")
    if (r.status, r.out) != (0, "noteoldnote"):
        broken.append(("another box is touched, or does not start", str(r)))
    return broken


def clear(world):
    """Removes everything with the commands for it; they work without repair."""
    broken = []
    for argv in (["ls"], ["image", "verify"], ["rm", "--quiet", "--force", "--all"], ["volume", "prune", "--force"], ["image", "prune", "--all", "--caches"]):
        r = world.sandbox(*argv)
        if r.status != 0:
            broken.append(("the next command does not work", str(r)))
    return broken


def reclaimed(world, clean, young):
    """All leftovers are reclaimed. young: skip what is swept only when it is a minute old."""
    extra = sorted(world.listing() - clean)
    if young:
        extra = [p for p in extra if not is_young(p)]
    return [("not reclaimed", p) for p in extra]


def is_young(path):
    return re.match(r"(data/sandbox/(tmp|names|projects|trials)|run/sandbox)/", path) is not None
