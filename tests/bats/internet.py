#!/usr/bin/env python3
"""The machine that answers in internet.bash, and its clients.

internet.py serve ADDRESS...	TCP 7200 (the first byte says what it does), UDP 7300, DNS 53
internet.py another ADDRESS	a second name server
internet.py errnos HOST...	what connect(2) and send(2) report: one line a try
internet.py carry HOST		moves data in each way that can go wrong
internet.py ping HOST		two echo requests
internet.py fetch HOST:PORT/KIND/NAME...	what becomes of a connection with such first bytes
internet.py silence HOST	neither TCP nor UDP is answered
internet.py ask SERVER WORD...	DNS: NAME, NAME/TYPE, hex:MESSAGE, mute:MESSAGE for one that is not answered; after
				the word tcp, by TCP
"""
import contextlib, errno, hashlib, os, select, socket, ssl, struct, sys, threading, time

TCP, UDP, CLOSED = 7200, 7300, 7777
ended = 'nothing'


def family(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    c.close()


def answer(c):
    global ended
    what = c.recv(1)
    if what == b'C':  # count what comes until its end
        n = 0
        while data := c.recv(65536):
            n += len(data)
        c.sendall(b'%d' % n)
    elif what == b'R':
        reset(c)
    elif what == b'W':  # wait to be reset
        try:
            ended = repr(c.recv(10))
        except OSError as e:
            ended = errno.errorcode[e.errno]
    elif what == b'Q':
        c.sendall(ended.encode())
    elif what == b'E':
        while data := c.recv(65536):
            c.sendall(data)
    elif what == b'B':
        for _ in range(16):
            c.sendall(b'z' * (1 << 20))
    elif what == b'P':
        c.sendall(c.getpeername()[0].encode())
    c.close()


def begin(server):
    """A server is a generator: up to its first yield it begins to listen. Some machines lack its address."""
    try:
        next(server)
    except OSError as e:
        if e.errno != errno.EADDRNOTAVAIL:
            raise
        return
    threading.Thread(target=lambda: next(server), daemon=True).start()


def serve_tcp(host):
    s = socket.create_server((host, TCP), family=family(host), backlog=1024)
    yield
    while True:
        threading.Thread(target=answer, args=(s.accept()[0],), daemon=True).start()


def serve_udp(host, port, reply):
    s = socket.socket(family(host), socket.SOCK_DGRAM)
    s.bind((host, port))
    yield
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(reply(data), peer)


def dns(query, tcp=False):
    """Every name has the address of this machine, unless its first label says something else."""
    end, labels = 12, []
    while query[end]:
        labels.append(query[end + 1:end + 1 + query[end]].decode('latin-1').lower())
        end += query[end] + 1
    with open('asked', 'a') as log:
        print('.'.join(labels), 'tcp' if tcp else 'udp', file=log)
    kind, = struct.unpack('>H', query[end + 1:end + 3])
    question, what = query[12:end + 5], labels[0] if labels else ''
    addresses = {'loop': ['127.0.0.1'], 'near': ['198.51.100.2'], 'private': ['10.1.2.3'],
                 'link': ['169.254.169.254'], 'other': ['203.0.113.11']}.get(what, [hosts[kind == 28]])
    if what == 'big':
        addresses = ['203.0.113.%d' % n for n in range(100, 200)] if tcp else []
    flags = 0x8380 if what == 'big' and not tcp else 0x8183 if what == 'missing' else 0x8180
    records = b''
    if what == 'alias':
        records = b'\xc0\x0c' + struct.pack('>HHIH', 5, 1, 60, 6) + b'\x03www\xc0' + bytes([12 + 6])
    owner = struct.pack('>H', 0xc000 + end + 5 + 12) if records else b'\xc0\x0c'
    addresses = [] if what == 'missing' or kind not in (1, 28) else addresses
    addresses = [a for a in addresses if (':' in a) == (kind == 28)]
    for a in addresses:
        data = socket.inet_pton(family(a), a)
        records += owner + struct.pack('>HHIH', kind, 1, 1, len(data)) + data
    n = len(addresses) + (what == 'alias')
    right = query[:2] + struct.pack('>HHHHH', flags, 1, n, 0, 0) + question + records
    if what != 'liar' or tcp:
        return [right]
    wrong = bytes([query[0] ^ 1]) + right[1:]
    return [wrong, right[:11], right[:-3], right[:4] + b'\0\2' + right[6:], b'\xff' * 40,
            right[:13] + b'X' + right[14:], query, right]


def serve_dns(host):
    def udp():
        s = socket.socket(family(host), socket.SOCK_DGRAM)
        s.bind((host, 53))
        yield
        while True:
            query, peer = s.recvfrom(65536)
            for data in dns(query):
                s.sendto(data, peer)

    def tcp():
        s = socket.create_server((host, 53), family=family(host))
        yield
        while True:
            c = s.accept()[0]
            while head := c.recv(2):
                for data in dns(c.recv(struct.unpack('>H', head)[0], socket.MSG_WAITALL), True):
                    c.sendall(struct.pack('>H', len(data)) + data)
            c.close()

    for f in (udp, tcp):
        begin(f())


def read_dns(data):
    """What an answer says: the code, and addresses."""
    at, said = 12, [{0: 'ok', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED'}[data[3] & 15]]
    if data[2] & 2:
        said.append('truncated')
    questions, answers = struct.unpack('>HH', data[4:8])
    for n in range(questions + answers):
        while data[at] and data[at] < 0xc0:
            at += data[at] + 1
        at += 2 if data[at] else 1
        if n < questions:
            at += 4
            continue
        kind, _, _, size = struct.unpack('>HHIH', data[at:at + 10])
        if kind in (1, 28):
            said.append(socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, data[at + 10:at + 10 + size]))
        at += 10 + size
    return ' '.join(said)


def ask():
    tcp, server = None, hosts[0]
    for word in hosts[1:]:
        if word == 'tcp':
            tcp = socket.create_connection((server, 53), 30)
            continue
        text, _, kind = word.partition('/')
        query = bytes.fromhex(word.partition(':')[2]) if ':' in word else b'\x12\x34\x01\0\0\1\0\0\0\0\0\0' + b''.join(
            bytes([len(label)]) + label.encode('latin-1') for label in text.split('.')) + b'\0' + struct.pack('>HH', int(kind or 1), 1)
        try:
            if tcp:
                tcp.sendall(struct.pack('>H', len(query)) + query)
                size, = struct.unpack('>H', tcp.recv(2, socket.MSG_WAITALL))
                data = tcp.recv(size, socket.MSG_WAITALL)
            else:
                s = socket.socket(family(server), socket.SOCK_DGRAM)
                s.settimeout(1 if word.startswith('mute:') else 30)
                s.connect((server, 53))
                s.send(query)
                data = s.recv(65536)
            same = 'another id' if data[:2] != query[:2] else 'another opcode' if (data[2] ^ query[2]) & 0x78 else None
            print(word[:30], same or read_dns(data))
        except TimeoutError:
            print(word[:30], 'no answer')
        except struct.error:
            print(word[:30], 'ended')


def serve_hello(host, port):
    """Says hello to whoever has said something."""
    s = socket.create_server((host, port), family=family(host), backlog=64)
    yield
    while True:
        c = s.accept()[0]
        with contextlib.suppress(OSError):
            if c.recv(65536):
                c.sendall(b'hello')
        c.close()


def hello(name):
    """A ClientHello of OpenSSL."""
    out = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname=name or None)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def fetch():
    """fetch HOST:PORT/KIND/NAME...: what becomes of a connection whose first bytes are of that kind"""
    for spec in hosts:
        address, kind, name = spec.split('/')
        host, _, port = address.rpartition(':')
        first = {
            'tls': lambda: [hello(name)],
            'split': lambda: split(hello(name)),
            'http': lambda: ['GET / HTTP/1.1\r\nAccept: */*\r\nHost: %s\r\n\r\n' % name],
            'twice': lambda: ['GET / HTTP/1.1\r\nHost: %s\r\nHost: evil.test\r\n\r\n' % name],
            'slow': lambda: ['GE', 'T / HTTP/1.1\r\nHo', 'st:', name, '\r', '\n\r\n'],
            'raw': lambda: ['\0\1\2'],
            'half': lambda: ['GET / HT'],
        }[kind]()
        try:
            c = socket.create_connection((host, int(port)), 30)
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in first:
                c.sendall(part.encode() if isinstance(part, str) else part)
                time.sleep(0.05)
            if kind == 'half':
                c.shutdown(socket.SHUT_WR)
            print(spec, c.recv(10).decode())
        except TimeoutError:
            print(spec, 'no answer')
        except socket.gaierror as e:
            print(spec, 'no such name' if e.errno == socket.EAI_NONAME else e.strerror)
        except OSError as e:
            print(spec, errno.errorcode[e.errno])


def split(record):
    """The same in three records and more segments."""
    body, parts = record[5:], []
    for n, m in ((0, 3), (3, 90), (90, len(body))):
        parts += [record[:3] + struct.pack('>H', m - n), body[n:n + 1], body[n + 1:m]]
    return parts


def serve():
    for host in hosts:
        for server in serve_tcp(host), serve_udp(host, UDP, bytes), serve_udp(host, 123, bytes):
            begin(server)
    for host in hosts[0], '203.0.113.11':
        for port in (22, 80, 443, 853, 5000):
            begin(serve_hello(host, port))
    serve_dns(hosts[0])
    open('served', 'w').close()
    threading.Event().wait()


def another():
    serve_dns(hosts[0])
    open('other-served', 'w').close()
    threading.Event().wait()


def name(e):
    return errno.errorcode[e] if e else 'connected'


def try_tcp(host, port, wait=30):
    s = socket.socket(family(host))
    s.setblocking(False)
    e = s.connect_ex((host, port))
    if e == errno.EINPROGRESS:
        if not select.select([], [s], [], wait)[1]:
            return 'no answer'
        e = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return name(e)


def try_udp(host, port):
    s = socket.socket(family(host), socket.SOCK_DGRAM)
    s.settimeout(30)
    try:
        s.connect((host, port))
        s.send(b'x')
        return s.recv(10).decode()
    except TimeoutError:
        return 'no answer'
    except OSError as e:
        return name(e.errno)


def errnos():
    for host in hosts:
        print('tcp', host, 'open', try_tcp(host, TCP), 'closed', try_tcp(host, CLOSED))
        print('udp', host, 'open', try_udp(host, UDP), try_udp(host, 123), 'closed', try_udp(host, CLOSED))
    for host in ('203.0.113.20', '203.0.113.30', '2001:db8:9::20'):
        print('tcp', host, try_tcp(host, 80))
    print('tcp 203.0.113.99', try_tcp('203.0.113.99', 80, 1))
    try:
        socket.socket().bind(('203.0.113.10', 0))
    except OSError as e:
        print('bind to an address of another', name(e.errno))


def connect(what):
    c = socket.create_connection((hosts[0], TCP), 30)
    c.sendall(what)
    return c


def read_all(c):
    return b''.join(iter(lambda: c.recv(1 << 20), b''))


def carry_end():
    c = connect(b'C' + b'x' * 100000)
    c.shutdown(socket.SHUT_WR)
    return read_all(c).decode()


def carry_reset_of_server():
    try:
        return connect(b'R').recv(10)
    except OSError as e:
        return name(e.errno)


def carry_reset_of_client():
    c = connect(b'W')
    time.sleep(0.1)
    reset(c)
    for _ in range(300):
        said = read_all(connect(b'Q')).decode()
        if said != 'nothing':
            break
        time.sleep(0.1)
    return said


def carry_24_mb():
    c, data = connect(b'E'), os.urandom(24 << 20)
    t = threading.Thread(target=lambda: (c.sendall(data), c.shutdown(socket.SHUT_WR)))
    t.start()
    return hashlib.sha256(read_all(c)).digest() == hashlib.sha256(data).digest()


def carry_slowly():
    c = connect(b'B')
    time.sleep(0.5)
    return len(read_all(c)) >> 20


def datagrams():
    s = socket.socket(family(hosts[0]), socket.SOCK_DGRAM)
    s.settimeout(30)
    s.connect((hosts[0], UDP))
    return s


def carry_datagrams():
    got = []
    largest = 65527 if family(hosts[0]) == socket.AF_INET6 else 65507
    for n in (0, 1, 1400, 60000, 65488, 65489, largest, largest + 1):
        s = datagrams()  # the first answer comes in another way than those that follow
        try:
            for i in range(2):
                data = os.urandom(n)
                s.send(data)
                assert s.recv(70000) == data
            got.append('largest' if n == largest else n)
        except OSError as e:
            got.append(name(e.errno) if e.errno else 'nothing of %d' % n)
    return got


def carry_segments():
    s = datagrams()
    s.setsockopt(socket.SOL_UDP if hasattr(socket, 'SOL_UDP') else 17, 103, 1000)  # UDP_SEGMENT
    got = []
    for _ in range(2):
        s.send(b'g' * 10500)
        got.append([len(s.recv(65536)) for _ in range(11)])
    return got == [[1000] * 10 + [500]] * 2


def carry():
    for f in (carry_end, carry_reset_of_server, carry_reset_of_client, carry_24_mb, carry_slowly,
              carry_datagrams, carry_segments):
        print(f.__name__, f())


def ping():
    v6 = family(hosts[0]) == socket.AF_INET6
    s = socket.socket(family(hosts[0]), socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
    s.setsockopt(socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP, 25 if v6 else 11, 1)  # IP_RECVERR
    s.settimeout(30)
    for sequence in (1, 700):
        try:
            s.sendto(struct.pack('>BBHHH', 128 if v6 else 8, 0, 0, 0, sequence) + b'data', (hosts[0], 0))
            data, peer = s.recvfrom(1000)
            print('reply', data[0], struct.unpack('>H', data[6:8])[0], data[8:].decode(), peer[0])
        except OSError as e:
            print(name(e.errno) if e.errno else 'no answer')


def silence():
    print(try_tcp(hosts[0], TCP, 2))
    s = datagrams()
    s.settimeout(1)
    try:
        s.send(b'x')
        print(s.recv(1))
    except TimeoutError:
        print('no answer')


hosts = sys.argv[2:]
globals()[sys.argv[1]]()
