#!/usr/bin/env python3
"""mkimage.py OUT [TAG] < SPEC - makes an OCI layout from a description in Python.

SPEC is evaluated with the names below and gives {'layers': [[entry, ...], ...], ...}; an entry is
F(name, data), D(name), L(name, target), H(name, target), C(name, major, minor), P(name), each with
mode=, uid=, gid=, mtime=, xattrs=, pax= (records), size= (said of what has no data). Other keys: config
(dict), pack ('gzip', 'members', 'zstd', 'xz', 'bzip2', 'none'), raw (a function that changes a layer's tar
bytes), lie (diff-ids that do not fit), lie_type (the layers' media type), config_text (a function that
changes the config's text).
"""
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile


def entry(kind, name, mode, **more):
    return dict(kind=kind, name=name, mode=mode, **more)


def F(name, data=b"x", mode=0o644, **more):
    return entry(tarfile.REGTYPE, name, mode, data=data, **more)


def D(name, mode=0o755, **more):
    return entry(tarfile.DIRTYPE, name, mode, **more)


def L(name, target, **more):
    return entry(tarfile.SYMTYPE, name, 0o777, link=target, **more)


def H(name, target, **more):
    return entry(tarfile.LNKTYPE, name, 0o644, link=target, **more)


def C(name, major, minor, mode=0o666, **more):
    return entry(tarfile.CHRTYPE, name, mode, major=major, minor=minor, **more)


def P(name, mode=0o644, **more):
    return entry(tarfile.FIFOTYPE, name, mode, **more)


def make_tar(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for e in entries:
            info = tarfile.TarInfo(e["name"])
            info.type = e["kind"]
            info.mode = e["mode"]
            info.uid, info.gid = e.get("uid", 0), e.get("gid", 0)
            info.mtime = e.get("mtime", 1000000000)
            info.linkname = e.get("link", "")
            info.devmajor, info.devminor = e.get("major", 0), e.get("minor", 0)
            info.pax_headers = {
                "SCHILY.xattr." + k: v for k, v in e.get("xattrs", {}).items()
            }
            info.pax_headers.update(e.get("pax", {}))
            data = e.get("data", b"")
            info.size = e.get("size", len(data))
            tar.addfile(info, None if "size" in e else io.BytesIO(data))
    return out.getvalue()


def busybox(*applets):
    """A bin/ with a static busybox, for images that must run."""
    with open(os.environ.get("BUSYBOX", "/bin/busybox"), "rb") as f:
        program = f.read()
    names = applets or ("sh", "ls", "cat", "id", "stat", "echo", "env", "pwd", "sleep", "true")
    return [D("bin"), F("bin/busybox", program, 0o755)] + [
        L("bin/" + name, "busybox") for name in names
    ]


def programs(*names):
    """strict: exactly as after the command (before: as after); otherwise uppers may be in between."""
    files = {"bin/" + name: shutil.which(name) for name in names}
    for path in list(files.values()):
        for library in re.findall(r"(/\S+) \(0x", subprocess.check_output(["ldd", path], text=True)):
            files[library[1:]] = library
    entries = {}
    for name, path in files.items():
        for directory in list(pathlib.PurePath(name).parents)[-2::-1]:
            entries[str(directory)] = D(str(directory))
        with open(path, "rb") as f:
            entries[name] = F(name, f.read(), 0o755)
    return list(entries.values())


def pack(data, how):
    suffix = {"gzip": "+gzip", "members": "+gzip", "zstd": "+zstd"}.get(how, "")
    if how == "gzip":
        data = gzip.compress(data, 1, mtime=0)
    elif how == "members":
        half = len(data) // 2
        data = gzip.compress(data[:half], 1, mtime=0) + gzip.compress(data[half:], 1, mtime=0)
    elif how == "zstd":
        data = subprocess.run(["zstd", "-1c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    elif how in ("xz", "bzip2"):
        data = {"xz": lzma, "bzip2": bz2}[how].compress(data)
    return data, "application/vnd.oci.image.layer.v1.tar" + suffix


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def main():
    out, tag = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "v1"
    spec = eval(sys.stdin.read())  # the tests' own text
    blobs = os.path.join(out, "blobs", "sha256")
    os.makedirs(blobs, exist_ok=True)

    def blob(data, media_type):
        name = digest(data)
        with open(os.path.join(blobs, name[7:]), "wb") as f:
            f.write(data)
        return dict(mediaType=media_type, digest=name, size=len(data))

    layers, diff_ids = [], []
    for entries in spec["layers"]:
        tar = spec.get("raw", lambda t: t)(make_tar(entries))
        diff_ids.append(digest(tar))
        data, media_type = pack(tar, spec.get("pack", "gzip"))
        layers.append(blob(data, spec.get("lie_type", media_type)))
    config = dict(
        os="linux",
        architecture=spec.get("architecture", os.uname().machine.replace("x86_64", "amd64").replace("aarch64", "arm64")),
        config=spec.get("config", {}),
        rootfs=dict(type="layers", diff_ids=spec.get("lie", diff_ids)),
    )
    manifest = dict(
        schemaVersion=2,
        mediaType="application/vnd.oci.image.manifest.v1+json",
        config=blob(spec.get("config_text", str)(json.dumps(config)).encode(), "application/vnd.oci.image.config.v1+json"),
        layers=layers,
    )
    manifest.update(spec.get("manifest", {}))
    d = blob(json.dumps(manifest).encode(), manifest["mediaType"])
    d["annotations"] = {"org.opencontainers.image.ref.name": tag}
    index_path = os.path.join(out, "index.json")
    index = dict(schemaVersion=2, manifests=[])
    if os.path.exists(index_path):
        with open(index_path) as f:
            index = json.load(f)
    index["manifests"].append(d)
    with open(index_path, "w") as f:
        json.dump(index, f)
    with open(os.path.join(out, "oci-layout"), "w") as f:
        f.write('{"imageLayoutVersion":"1.0.0"}')
    print(d["digest"])


main()
