"""A database for whoever connects: a statement of SQL comes in, a line for each row goes out."""
import sqlite3
from socketserver import StreamRequestHandler, TCPServer


class Session(StreamRequestHandler):
    def handle(self):
        with sqlite3.connect("/var/lib/db/db") as data:
            for row in data.execute(self.rfile.readline().decode()):
                self.wfile.write(("|".join(map(str, row)) + "\n").encode())


TCPServer(("", 5432), Session).serve_forever()
