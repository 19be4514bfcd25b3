#!/usr/bin/env python3
"""push_feature.py REGISTRY/PATH DIR TAG... - a directory as a Dev Container Feature of a registry on
this machine, as `devcontainer features publish` puts it there. Prints the digest of the manifest.
With DIR.tgz instead of DIR that file is the tarball.
"""
import hashlib
import io
import json
import os
import sys
import tarfile
import urllib.request

TARGET, DIR, *TAGS = sys.argv[1:]
HOST, _, PATH = TARGET.partition("/")
BASE = f"http://{HOST}/v2/{PATH}"


def send(method, url, body=b"", kind="application/octet-stream"):
    request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": kind})
    with urllib.request.urlopen(request) as answer:
        return answer.headers


def push_blob(data):
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    place = send("POST", f"{BASE}/blobs/uploads/")["Location"]
    send("PUT", place + ("&" if "?" in place else "?") + "digest=" + digest, data)
    return digest


def pack():
    if DIR.endswith(".tgz"):
        with open(DIR, "rb") as f:
            return f.read()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(DIR, arcname=".")
    return out.getvalue()


tarball = pack()
config = b"{}"
annotations = {}
if os.path.isdir(DIR):
    with open(os.path.join(DIR, "devcontainer-feature.json")) as f:
        annotations = {"dev.containers.metadata": f.read()}
manifest = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.devcontainers", "digest": push_blob(config), "size": len(config)},
    "layers": [
        {
            "mediaType": "application/vnd.devcontainers.layer.v1+tar",
            "digest": push_blob(tarball),
            "size": len(tarball),
            "annotations": {"org.opencontainers.image.title": f"devcontainer-feature-{PATH.rsplit('/', 1)[-1]}.tgz"},
        }
    ],
    "annotations": annotations,
}
body = json.dumps(manifest).encode()
for tag in TAGS:
    send("PUT", f"{BASE}/manifests/{tag}", body, manifest["mediaType"])
print("sha256:" + hashlib.sha256(body).hexdigest())
