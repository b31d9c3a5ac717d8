"""zmtp - a peer that speaks to a stage's socket byte by byte, as well or as badly as a test wants.

    with Peer(path) as peer:        # a PUSH socket, the handshake done
        peer.send(data([1, 1, "x@1", 1, 1, ...]))
"""
import socket
import struct

GREETING = (b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))


def ready(kind=b"PUSH"):
    body = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    return b"\x04" + bytes([len(body)]) + body


def raw(path):
    """A connection on which nothing was said yet."""
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(10)
    peer.connect(path)
    return peer


class Peer:
    def __init__(self, path, kind=b"PUSH"):
        self.socket = raw(path)
        self.socket.sendall(GREETING)
        self.take(64)
        self.socket.sendall(ready(kind))
        flags, length = self.take(2)
        if flags != 4:
            raise OSError(f"no READY but {flags}")
        self.take(length)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def take(self, count):
        got = b""
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise OSError("the other side has gone")
            got += more
        return got

    def send(self, body, more=False):
        self.socket.sendall(bytes([2 | more]) + struct.pack(">Q", len(body)) + body)


def pack(value):
    """msgpack, as much of it as frames need."""
    if isinstance(value, int):
        return b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, str):
        return b"\xda" + struct.pack(">H", len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    return b"\xdc" + struct.pack(">H", len(value)) + b"".join(pack(v) for v in value)
