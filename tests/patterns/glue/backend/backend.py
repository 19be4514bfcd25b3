"""Answers over a socket in a directory: it needs no network."""
import os
from http.server import BaseHTTPRequestHandler
from socketserver import UnixStreamServer


class Hello(BaseHTTPRequestHandler):
    def address_string(self):
        return "a socket"

    def do_GET(self):
        networks = " ".join(os.listdir("/sys/class/net"))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"hello from a box with {networks}\n".encode())


UnixStreamServer("/sockets/backend", Hello).serve_forever()
