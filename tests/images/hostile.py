#!/usr/bin/env python3
"""hostile.py PORTFILE LAYOUT MODE[=ARGUMENT] - a registry that lies, on a free port of the loopback.

It serves the first image of an OCI layout as any repository and tag, and takes what is pushed, but for
what MODE (a function below) does to an answer. Each request is a line on stderr: method, path, whether
it carried an Authorization, and its Range. What was pushed as a whole is a line "stored DIGEST".
"""
import hashlib
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORTFILE, LAYOUT = sys.argv[1:3]
MODE, _, ARGUMENT = sys.argv[3].partition("=")
COUNT = {}
STORED = set()
USED = set()


def read(*path):
    with open(os.path.join(LAYOUT, *path), "rb") as f:
        return f.read()


INDEX = json.loads(read("index.json"))
MANIFEST = INDEX["manifests"][0]


def blob(digest):
    return read("blobs", "sha256", digest.split(":")[1])


def times(key):
    COUNT[key] = COUNT.get(key, 0) + 1
    return COUNT[key]


def largest():
    return max(json.loads(blob(MANIFEST["digest"]))["layers"], key=lambda d: d["size"])["digest"]


class Registry(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=None, length=None):
        self.send_response(status)
        headers = dict(headers or {})
        headers.setdefault("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def manifest(self, body=None, **more):
        body = blob(MANIFEST["digest"]) if body is None else body
        headers = {"Content-Type": MANIFEST["mediaType"], "Docker-Content-Digest": MANIFEST["digest"]}
        headers.update(more)
        self.answer(200, body, headers)

    def usual(self):
        if "/manifests/" in self.path:
            wanted = self.path.rsplit("/", 1)[1]
            if wanted.startswith("sha256:") and wanted != MANIFEST["digest"]:
                self.answer(200, blob(wanted), {"Content-Type": "application/json"})
            else:
                self.manifest()
        elif "/blobs/" in self.path and self.command == "HEAD":
            self.answer(200 if self.path.rsplit("/", 1)[1] in STORED else 404)
        elif "/blobs/" in self.path:
            data, start = blob(self.path.rsplit("/", 1)[1]), 0
            ranged = self.headers.get("Range")
            if ranged:
                start = int(ranged[6:].split("-")[0])
                self.answer(206, data[start:], {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"})
            else:
                self.answer(200, data)
        else:
            self.answer(200, b"{}")

    def do_GET(self):
        sys.stderr.write(
            f"{self.command} {self.path} {'auth' if self.headers.get('Authorization') else '-'} "
            f"{self.headers.get('Range', '-')}\n"
        )
        sys.stderr.flush()
        if not MODES[MODE](self):
            self.usual()

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def store(self, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        STORED.add(digest)
        sys.stderr.write(f"stored {digest}\n")
        sys.stderr.flush()
        self.answer(201)

    def usual_push(self):
        if self.command == "POST":
            upload = f"/upload/{times('upload')}"
            self.answer(202, headers={"Location": f"http://{self.headers['Host']}{upload}"})
        elif self.command == "DELETE":
            self.answer(204)
        else:
            USED.add(self.path.split("?")[0])
            self.store(self.data)

    def do_POST(self):
        sys.stderr.write(f"{self.command} {self.path} {'auth' if self.headers.get('Authorization') else '-'} -\n")
        sys.stderr.flush()
        self.data = self.body()
        if not MODES[MODE](self):
            self.usual_push()

    do_PUT = do_DELETE = do_POST
    do_HEAD = do_GET


def layer_only(function):
    """A mode that only affects the largest layer."""
    def mode(r):
        return r.path.endswith(largest()) and function(r)
    return mode


def manifest_only(function):
    def mode(r):
        return "/manifests/" in r.path and function(r)
    return mode


def done(result=None):
    return True


@layer_only
def broken_once(r):  # the connection breaks in the middle, then ranges are served
    if times("broken") > 1:
        return False
    data = blob(largest())
    r.answer(200, data[: len(data) // 2], length=len(data))
    r.close_connection = True
    return True


@layer_only
def no_range(r):  # breaks once, and cannot go on
    data = blob(largest())
    if times("no_range") == 1:
        r.answer(200, data[: len(data) // 2], length=len(data))
        r.close_connection = True
    else:
        r.answer(200, data)
    return True


@layer_only
def wrong_bytes(r):  # of the right length
    return done(r.answer(200, bytes(len(blob(largest())))))


@layer_only
def too_much(r):  # more than the manifest says
    return done(r.answer(200, blob(largest()) + b"x" * 100000))


@layer_only
def too_little(r):  # a whole answer that is short
    return done(r.answer(200, blob(largest())[:-10]))


@layer_only
def wrong_part(r):  # another part than the one asked for
    data = blob(largest())
    if times("part") == 1:
        r.answer(200, data[: len(data) // 2], length=len(data))
        r.close_connection = True
    else:
        r.answer(206, data[:10], {"Content-Range": f"bytes 0-9/{len(data)}"})
    return True


@layer_only
def slow_start(r):  # for a test that interrupts
    data = blob(largest())
    if r.headers.get("Range"):
        return False
    r.send_response(200)
    r.send_header("Content-Length", str(len(data)))
    r.end_headers()
    r.wfile.write(data[: len(data) // 2])
    r.wfile.flush()
    time.sleep(60)
    return True


@layer_only
def stall(r):  # half of it, and then nothing
    data = blob(largest())
    start = int(r.headers.get("Range", "bytes=0-")[6:].split("-")[0])
    r.send_response(206 if start else 200)
    r.send_header("Content-Length", str(len(data) - start))
    if start:
        r.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
    r.end_headers()
    r.wfile.write(data[start:][: len(data) // 2 if not start else 0])
    r.wfile.flush()
    time.sleep(60)
    return True


@layer_only
def drip(r):  # one byte at a time
    data = blob(largest())
    r.send_response(200)
    r.send_header("Content-Length", str(len(data)))
    r.end_headers()
    for i in range(600):
        r.wfile.write(data[i : i + 1])
        r.wfile.flush()
        time.sleep(0.1)
    return True


@manifest_only
def silent(r):  # takes the request, and says nothing
    time.sleep(60)
    return True


@layer_only
def huge(r):  # announces more than anyone has
    data = blob(largest())
    r.send_response(200)
    r.send_header("Content-Length", str(1 << 62))
    r.end_headers()
    r.wfile.write(data)
    r.wfile.flush()
    r.close_connection = True
    return True


@manifest_only
def changing(r):  # another image each time the tag is asked for
    if r.path.rsplit("/", 1)[1].startswith("sha256:"):
        return False
    m = json.loads(blob(MANIFEST["digest"]))
    m["annotations"] = {"n": str(times("changing"))}
    body = json.dumps(m).encode()
    digest = "sha256:" + hashlib.sha256(body).hexdigest()
    return done(r.manifest(body, **{"Docker-Content-Digest": digest}))


def redirect_then_401(r):  # the host behind the redirect asks for credentials
    if r.headers.get("Host", "").endswith(str(OTHER)):
        return done(r.answer(401, headers={"WWW-Authenticate": 'Basic realm="x"'}))
    if "/blobs/" in r.path:
        return done(r.answer(307, headers={"Location": f"http://localhost:{OTHER}{r.path}"}))
    return basic(r)


def endless_redirect(r):
    return done(r.answer(302, headers={"Location": r.path + "x"}))


def redirect_to_file(r):
    return done(r.answer(302, headers={"Location": "file:///etc/passwd"}))


def redirect_elsewhere(r):  # to another port, which notes whether it got the Authorization
    if "/blobs/" in r.path and not r.headers.get("Host", "").endswith(str(OTHER)):
        return done(r.answer(307, headers={"Location": f"http://localhost:{OTHER}{r.path}"}))
    if r.headers.get("Host", "").endswith(str(OTHER)):
        return False
    return basic(r)


def basic(r):
    if not r.headers.get("Authorization"):
        return done(r.answer(401, headers={"WWW-Authenticate": 'Basic realm="x"'}))
    return False


def token_elsewhere(r):  # a realm on another host, without encryption
    return done(r.answer(401, headers={"WWW-Authenticate": f'Bearer realm="http://localhost:{OTHER}/token",service="s"'}))


def token_here(r):
    if r.path.startswith("/token"):
        return done(r.answer(200, b'{"token": "t"}'))
    if r.headers.get("Authorization") != "Bearer t":
        return done(r.answer(401, headers={"WWW-Authenticate": f'Bearer realm="http://localhost:{PORT}/token",service="s"'}))
    return False


def token_strange(r):
    if r.path.startswith("/token"):
        return done(r.answer(200, b'{"token": "a\\r\\nX-Evil: 1"}'))
    return token_here(r)


@manifest_only
def big_manifest(r):
    return done(r.manifest(b" " * (5 << 20)))


@manifest_only
def garbage_manifest(r):
    return done(r.manifest(b"<html>"))


@manifest_only
def two_kinds(r):
    m = json.loads(blob(MANIFEST["digest"]))
    m["manifests"] = []
    return done(r.manifest(json.dumps(m).encode()))


@manifest_only
def evil_digest(r):
    m = json.loads(blob(MANIFEST["digest"]))
    m["config"]["digest"] = "sha256:../../../../etc/passwd"
    return done(r.manifest(json.dumps(m).encode()))


@manifest_only
def wrong_manifest(r):  # by digest, other bytes
    return done(r.manifest(blob(MANIFEST["digest"]) + b" "))


@manifest_only
def many_headers(r):
    return done(r.manifest(**{f"X-{i}": "y" * 1000 for i in range(90)}, **{"X-Long": "z" * 60000, "X-Long2": "z" * 60000, "X-Long3": "z" * 60000}))


def busy_then_fine(r):
    if times("busy") > 2:
        return False
    return done(r.answer(429, headers={"Retry-After": "0"}))


def broken(r):
    return done(r.answer(500, b'{"errors": [{"message": "\\u001b[31mred"}]}'))


@layer_only
def range_refused(r):  # breaks once; then a part is answered by a status, and the whole is given
    if times("range") == 1:
        data = blob(largest())
        r.answer(200, data[: len(data) // 2], length=len(data))
        r.close_connection = True
        return True
    return bool(r.headers.get("Range")) and done(r.answer(int(ARGUMENT)))


@layer_only
def from_zero(r):  # breaks once; then 206, and all of it
    data = blob(largest())
    if times("zero") == 1:
        r.answer(200, data[: len(data) // 2], length=len(data))
        r.close_connection = True
    else:
        r.answer(206, data, {"Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}"})
    return True


def login_page(r):  # as a mirror behind a company's portal
    return done(r.answer(200, b"<!DOCTYPE html><title>Please log in</title>" * 20, {"Content-Type": "text/html"}))


@layer_only
def blob_page(r):  # documents are right, the layer is a page
    return login_page(r)


def basic_first(r):  # two challenges, one header or two
    if r.path.startswith("/token"):
        return done(r.answer(200, b'{"token": "t"}'))
    if r.headers.get("Authorization") == "Bearer t":
        return False
    r.send_response(401)
    bearer = f'Bearer realm="http://localhost:{PORT}/token",service="s"'
    for value in [f'Basic realm="x", {bearer}'] if ARGUMENT == "one" else ['Basic realm="x"', bearer]:
        r.send_header("WWW-Authenticate", value)
    r.send_header("Content-Length", "0")
    r.end_headers()
    return True


def mount_refused(r):
    return "mount=" in r.path and done(r.answer(int(ARGUMENT)))


def head_refused(r):
    return r.command == "HEAD" and done(r.answer(int(ARGUMENT)))


def moved(r):  # what is sent belongs to another port
    if r.command in ("GET", "HEAD", "DELETE") or r.headers["Host"].endswith(str(OTHER)):
        return False
    return done(r.answer(int(ARGUMENT), headers={"Location": f"http://localhost:{OTHER}{r.path}"}))


def upload_breaks(r):  # the first upload fails, and its URL is used up
    if r.command != "PUT" or "/upload/" not in r.path:
        return False
    url = r.path.split("?")[0]
    if url in USED:
        return done(r.answer(404))
    USED.add(url)
    return times("breaks") == 1 and done(r.answer(500))


def honest(_):
    return False


MODES = {name: f for name, f in list(globals().items()) if callable(f)}

main = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
other = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
PORT, OTHER = main.server_port, other.server_port
threading.Thread(target=other.serve_forever, daemon=True).start()
with open(PORTFILE + ".tmp", "w") as f:
    f.write(str(PORT))
os.rename(PORTFILE + ".tmp", PORTFILE)
main.serve_forever()
