"""facts.py - what two builds of one Dockerfile must agree on, as lines to compare.

	facts.py LAYOUT BASE_LAYERS CACHE

LAYOUT is an OCI layout with one image, or a directory as `skopeo copy dir:` makes it. Prints the
settings of its config, whether each entry of its history is empty, and of each file that is not as
in the first BASE_LAYERS layers, or that was removed: type, mode, owner, device, attributes, content,
and the other names of a hard link. Times are left out, also of the source in a compiled Python module and of accounts,
and modes of symlinks, which have none. What a layer of the base holds is remembered in the directory CACHE.
"""
import hashlib
import json
import os
import pickle
import re
import subprocess
import sys
import tarfile

# What buildah leaves where it mounted something; a builder should not.
MOUNT_POINTS = ("dev", "etc/hostname", "etc/hosts", "etc/resolv.conf", "proc", "run", "sys")
LEFT = ("d 0755 0:0", "f 0755 0:0 0 e3b0c44298fc1c14")

layout, base, cache = sys.argv[1], int(sys.argv[2]), sys.argv[3]
docker = os.path.exists(os.path.join(layout, "manifest.json"))  # of skopeo's transport "dir"


def blob(digest):
    return os.path.join(layout, digest.split(":")[1]) if docker else os.path.join(layout, "blobs", *digest.split(":"))


def load(path):
    with open(path) as f:
        return json.load(f)


def tar_of(layer):
    path = blob(layer["digest"])
    with open(path, "rb") as f:
        magic = f.read(4)
    if magic == b"\x28\xb5\x2f\xfd":
        pipe = subprocess.Popen(["zstd", "-dc", path], stdout=subprocess.PIPE)
        return tarfile.open(fileobj=pipe.stdout, mode="r|")
    return tarfile.open(path, "r|gz" if magic[:2] == b"\x1f\x8b" else "r|")


def attributes(member):
    prefix = "SCHILY.xattr."
    return {k[len(prefix):]: v.encode("utf-8", "surrogateescape").hex()
            for k, v in sorted(member.pax_headers.items()) if k.startswith(prefix)}


def stable(path, data):
    """The content without what a compiler took from its own run."""
    # With flags 0, the second word after them is the time of the source's last change (PEP 552).
    if path.endswith(".pyc") and data[4:8] == bytes(4):
        return data[:8] + bytes(4) + data[12:]
    # The JVM writes addresses of that run and a time of creation into a CDS archive.
    if os.path.basename(path) == "classes.jsa":
        return b"of a JVM" if data else b""
    # The third field of an account is the day on which it was made (shadow(5)).
    if path in ("etc/shadow", "etc/shadow-"):
        return re.sub(rb"(?m)^([^:]*:[^:]*:)[0-9]+", rb"\1", data)
    return data


class File:
    def __init__(self, member, data):
        kind = {tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l", tarfile.FIFOTYPE: "p", tarfile.CHRTYPE: "c",
                tarfile.BLKTYPE: "b"}.get(member.type, "f")
        device = f" {member.devmajor}:{member.devminor}" if kind in "bc" else ""
        mode = "" if kind == "l" else f" {member.mode & 0o7777:04o}"
        what = f" -> {member.linkname}" if kind == "l" else ""
        if kind == "f":
            what = f" {len(data)} {hashlib.sha256(data).hexdigest()[:16]}"
        self.text = f"{kind}{mode} {member.uid}:{member.gid}{device}{what}"
        for name, value in attributes(member).items():
            self.text += f" {name}={value}"


def remove(files, path, itself):
    for name in [n for n in files if n.startswith(path + "/") or (itself and n == path)]:
        del files[name]


def read_layer(layer, ours, below):
    with tar_of(layer) as tar:
        for member in tar:
            path = os.path.normpath(member.name).lstrip("/")
            folder, name = os.path.split(path)
            if path in (".", ""):
                continue
            if name == ".wh..wh..opq":
                remove(below, folder, False)
            elif name.startswith(".wh."):
                remove(below, os.path.join(folder, name[4:]), True)
            elif member.islnk():
                target = os.path.normpath(member.linkname).lstrip("/")
                ours[path] = ours[target] if target in ours else below[target]
            else:
                ours[path] = File(member, stable(path, tar.extractfile(member).read()) if member.isreg() else b"")


def add_layer(files, layer):
    ours, below = {}, dict(files)
    read_layer(layer, ours, below)
    for path, file in ours.items():
        if not file.text.startswith("d"):
            remove(below, path, False)
    files.clear()
    files.update(below)
    files.update(ours)


def remembered(files, layer):
    path = os.path.join(cache, layer["digest"])
    if not os.path.exists(path):
        add_layer(files, layer)
        with open(path, "wb") as f:
            pickle.dump(files, f)
    with open(path, "rb") as f:
        return pickle.load(f)


def names(files):
    """The other names of each file that has several."""
    of = {}
    for path, file in files.items():
        of.setdefault(id(file), []).append(path)
    return {path: sorted(all_names) for all_names in of.values() if len(all_names) > 1 for path in all_names}


def text_of(files, path, linked):
    links = [n for n in linked.get(path, []) if n != path]
    return files[path].text + (" also " + " ".join(links) if links else "")


def main():
    if docker:
        manifest = load(os.path.join(layout, "manifest.json"))
    else:
        manifest = load(blob(load(os.path.join(layout, "index.json"))["manifests"][0]["digest"]))
    config = load(blob(manifest["config"]["digest"]))
    settings = config["config"]
    for key in ("User", "Env", "Cmd", "Entrypoint", "Labels", "ExposedPorts", "Volumes", "WorkingDir", "StopSignal",
                "Healthcheck", "OnBuild", "Shell"):
        value = settings.get(key)
        if key == "Labels" and value:
            value.pop("io.buildah.version", None)
        if key == "Env" and value:
            value.sort()  # buildah moves what is set again to the end
        if value:
            print(key, json.dumps(value, sort_keys=True))
    if config.get("author"):
        print("author", config["author"])
    # To BuildKit WORKDIR is a layer, and ONBUILD nothing.
    history = [bool(h.get("empty_layer")) and "#(nop) WORKDIR" not in h.get("created_by", "")
               for h in config["history"] if "#(nop) ONBUILD" not in h.get("created_by", "")]
    print("history", "".join("-" if empty else "+" for empty in history))

    files = {}
    for layer in manifest["layers"][:base]:
        files = remembered(files, layer)
    before, linked = dict(files), names(files)
    before = {path: text_of(files, path, linked) for path in files}
    for layer in manifest["layers"][base:]:
        add_layer(files, layer)
    linked = names(files)
    for path in sorted(set(before) | set(files)):
        if path in MOUNT_POINTS and path not in before and (files[path].text in LEFT):
            continue
        if path not in files:
            print("gone", repr(path))
        elif before.get(path) != text_of(files, path, linked):
            print(repr(path), text_of(files, path, linked))


main()
