#!/usr/bin/env python3
"""token.py PORTFILE KEY CERT - a token server (distribution's "token" authentication) on a free port,
over TLS.

Gives whoever says me:secret a token for what is asked for, and others one to pull; signed RS256 with
KEY, CERT in the header. Each request is a line on stderr: the user, or -, and the scopes.
"""
import base64
import json
import os
import ssl
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PORTFILE, KEY, CERT = sys.argv[1:4]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def der():
    with open(CERT) as f:
        lines = f.read().split("-----")[2]
    return "".join(lines.split())


def sign(claims):
    head = b64(json.dumps({"typ": "JWT", "alg": "RS256", "x5c": [der()]}).encode())
    text = f"{head}.{b64(json.dumps(claims).encode())}".encode()
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", KEY], input=text, capture_output=True, check=True)
    return text.decode() + "." + b64(made.stdout)


def access(scope, known):
    kind, name, actions = scope.split(":")
    given = [a for a in actions.split(",") if known or a == "pull"]
    return {"type": kind, "name": name, "actions": given}


class Tokens(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        scopes = " ".join(query.get("scope", [])).split()
        given = self.headers.get("Authorization", "")
        user = base64.b64decode(given[6:]).decode() if given.startswith("Basic ") else "-"
        sys.stderr.write(f"{user} {' '.join(scopes)}\n")
        sys.stderr.flush()
        if user not in ("-", "me:secret"):
            self.send_response(401)
            self.end_headers()
            return
        now = int(time.time())
        token = sign({
            "iss": "issuer", "sub": user, "aud": "registry", "jti": str(now), "nbf": now - 10, "iat": now,
            "exp": now + 300, "access": [access(s, user != "-") for s in scopes],
        })
        body = json.dumps({"token": token, "expires_in": 300}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERT, KEY)
server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(PORTFILE + ".tmp", "w") as f:
    f.write(str(server.server_port))
os.rename(PORTFILE + ".tmp", PORTFILE)
server.serve_forever()
