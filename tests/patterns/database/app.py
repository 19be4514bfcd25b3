"""Remembers its visitors in the project's database."""
import socket
import sys


def query(text, host="db"):
    with socket.create_connection((host, 5432)) as s:
        s.sendall(text.encode() + b"\n")
        return s.makefile().read().split()


query("create table if not exists visitor (name text)")
query(f"insert into visitor values ('{sys.argv[1]}')", host="localhost")
print(*query("select name from visitor order by rowid"), sep=", ")
