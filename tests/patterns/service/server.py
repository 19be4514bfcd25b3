"""Counts its visitors, and remembers how many there were."""
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

STATE = Path.home() / "visits"


class Counter(BaseHTTPRequestHandler):
    def do_GET(self):
        text = ""
        if self.path != "/health":
            visits = int(STATE.read_text()) + 1 if STATE.exists() else 1
            STATE.write_text(str(visits))
            text = f"visitor {visits}\n"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())


HTTPServer(("127.0.0.1", 8000), Counter).serve_forever()
