#!/usr/bin/env python3
"""compare-tree.py TAR DIR - does a tar hold what a directory holds, entry by entry?

Compared are type, mode, time, content, and links; owners too, where DIR was unpacked by root. The
time of the root itself is left out: umoci leaves it at that of the unpacking. Prints what differs;
the status is 1 then.
"""
import hashlib
import os
import stat
import sys
import tarfile


def of_tar(path, owners):
    found = {}
    with tarfile.open(path) as tar:
        members = {m.name.rstrip("/"): m for m in tar}
        for name, member in members.items():
            real = members[member.linkname] if member.islnk() else member
            name = os.path.normpath(name)
            kind = (
                "f" if real.isreg() else "d" if real.isdir() else "l" if real.issym()
                else "p" if real.isfifo() else "c"
            )
            content = (
                hashlib.sha256(tar.extractfile(real).read()).hexdigest() if kind == "f"
                else real.linkname if kind == "l" else ""
            )
            found[name] = describe(kind, real.mode, real.uid, real.gid, real.mtime, content, owners)
    return found


def describe(kind, mode, uid, gid, mtime, content, owners):
    return (
        kind, oct(mode & 0o7777) if kind != "l" else "", int(mtime), content,
        (uid, gid) if owners else None,
    )


def content_of(path):
    try:
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()
    except PermissionError:
        return "?"


def of_folder(root, owners):
    found = {}
    for directory, directories, files in os.walk(root):
        names = directories + files + ([""] if directory == root else [])
        for name in names:
            path = os.path.join(directory, name) if name else root
            s = os.lstat(path)
            kind = (
                "l" if stat.S_ISLNK(s.st_mode) else "d" if stat.S_ISDIR(s.st_mode)
                else "f" if stat.S_ISREG(s.st_mode) else "p" if stat.S_ISFIFO(s.st_mode) else "c"
            )
            content = ""
            if kind == "f":
                content = content_of(path)
            elif kind == "l":
                content = os.readlink(path)
            found[os.path.relpath(path, root)] = describe(
                kind, s.st_mode, s.st_uid, s.st_gid, s.st_mtime, content, owners
            )
    return found


def main():
    owners = os.geteuid() == 0
    ours, theirs = of_tar(sys.argv[1], owners), of_folder(sys.argv[2], owners)
    for found in (ours, theirs):
        found["."] = found["."][:2] + found["."][3:]
    different = [n for n in sorted(set(ours) | set(theirs)) if ours.get(n) != theirs.get(n)]
    for name in different:
        print(name, "in the tar:", ours.get(name), "in the directory:", theirs.get(name))
    sys.exit(1 if different or not ours else 0)


main()
