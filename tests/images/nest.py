#!/usr/bin/env python3
"""nest.py LAYOUT HOW... - wraps what index.json of an OCI layout leads to, as real images are found.

HOW, one after the other: index (into an index of its own), others (an attestation, a chart, a signature
and an artifact beside it), plain (the platforms that entries say are taken away), unnamed (all of them
once more, without a name), size=N (the first layer's size in the manifest is N more).
"""
import hashlib
import json
import os
import sys

LAYOUT = sys.argv[1]
OCI = "application/vnd.oci.image."


def blob(data, media_type, **more):
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(LAYOUT, "blobs", "sha256", digest), "wb") as f:
        f.write(data)
    return dict(mediaType=media_type, digest="sha256:" + digest, size=len(data), **more)


def document(kind, **content):
    return blob(json.dumps(dict(schemaVersion=2, mediaType=OCI + kind, **content)).encode(), OCI + kind)


def read(descriptor):
    with open(os.path.join(LAYOUT, "blobs", "sha256", descriptor["digest"][7:]), "rb") as f:
        return json.load(f)


def manifest(config_type, layer_type, **more):
    config = blob(b'{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}', config_type)
    return document("manifest.v1+json", config=config, layers=[blob(b"{}", layer_type)], **more)


def others():
    attestation = manifest(OCI + "config.v1+json", "application/vnd.in-toto+json")
    attestation["platform"] = dict(os="unknown", architecture="unknown")
    chart = manifest("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
    signature = manifest(OCI + "config.v1+json", "application/vnd.dev.cosign.simplesigning.v1+json")
    artifact = manifest("application/vnd.oci.empty.v1+json", "application/x-sbom", artifactType="application/x-sbom")
    artifact["artifactType"] = "application/x-sbom"
    strange = dict(blob(b"not even JSON", "application/x-strange"))
    return [attestation, chart, signature, artifact, strange]


def lie(descriptor, more):
    m = read(descriptor)
    m["layers"][0]["size"] += more
    d = blob(json.dumps(m).encode(), descriptor["mediaType"])
    return dict(descriptor, digest=d["digest"], size=d["size"])


with open(os.path.join(LAYOUT, "index.json")) as f:
    entries = json.load(f)["manifests"]
for how in sys.argv[2:]:
    if how == "index":
        notes = entries[0].pop("annotations", {})
        entries = [dict(document("index.v1+json", manifests=entries), annotations=notes)]
    elif how == "others":
        entries = others() + entries
    elif how == "plain":
        for e in entries:
            e.pop("platform", None)
    elif how == "unnamed":
        entries += [{k: v for k, v in e.items() if k != "annotations"} for e in entries]
    elif how.startswith("size="):
        entries[0] = lie(entries[0], int(how[5:]))
    else:
        sys.exit(f"nest.py: {how}?")
with open(os.path.join(LAYOUT, "index.json"), "w") as f:
    json.dump(dict(schemaVersion=2, manifests=entries), f)
