#!/usr/bin/env python3
"""Servers and clients for ports.bats. A server says from which address it was asked.

ports.py serve PORT [HOST...]	TCP and UDP, on all addresses or on these
ports.py tcp HOST PORT		what it says, and whether it saw our port
ports.py udp HOST PORT
ports.py start FILE COMMAND...	runs the command, and makes /t/serves when that has made the file
"""
import os, socket, subprocess, sys, threading, time


def family(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


def plain(host):
    return host.removeprefix('::ffff:')


def serve_tcp(host, port):
    s = socket.create_server((host, port), family=family(host), dualstack_ipv6=not host.strip(':'))
    yield
    while True:
        c, peer = s.accept()
        c.sendall(f'{plain(peer[0])} {peer[1]}'.encode())
        c.close()


def serve_udp(host, port):
    s = socket.socket(family(host), socket.SOCK_DGRAM)
    s.bind((host, port))
    yield
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(f'{plain(peer[0])} {peer[1]}'.encode(), peer)


def serve(port, *hosts):
    for host in hosts or ['::']:
        for f in serve_tcp, serve_udp:
            server = f(host, int(port))
            next(server) # it listens
            threading.Thread(target=lambda server=server: next(server), daemon=True).start()
    open('/t/serves', 'w').close()
    threading.Event().wait()


def ask(kind, host, port):
    s = socket.socket(family(host), kind)
    s.settimeout(30)
    try:
        s.connect((host, int(port)))
        if kind == socket.SOCK_DGRAM:
            s.send(b'x')
        seen = s.recv(100).decode().split()
        print(*(seen and [seen[0], int(seen[1]) == s.getsockname()[1]] or ['nothing']))
    except OSError as e:
        print(e.strerror or type(e).__name__)


def start(file, *command):
    server = subprocess.Popen(command)
    while not os.path.exists(file):
        time.sleep(0.05)
    open('/t/serves', 'w').close()
    server.wait()


if sys.argv[1] == 'start':
    start(*sys.argv[2:])
elif sys.argv[1] == 'serve':
    serve(*sys.argv[2:])
else:
    ask(socket.SOCK_STREAM if sys.argv[1] == 'tcp' else socket.SOCK_DGRAM, *sys.argv[2:])
