"""proxy - a line between two stages that can be bad: it passes bytes on over tcp, late, in pieces,
not at all, or resets its connections. Needs no rights and nothing of the kernel."""
import random
import selectors
import socket
import struct
import threading
import time


class Proxy:
    def __init__(self, target_port, seed=1):
        self.target_port = target_port
        self.source = random.Random(seed)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.delay_s = 0.0
        self.hole = False
        self.chunk = 1 << 16
        self.pairs = {}  # socket: its other end
        self.late = []  # (when, to, bytes), in order
        self.resets = 0
        self.want_reset = self.over = False
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def close_pair(self, one, hard=False):
        for end in (one, self.pairs.get(one)):
            if end is None or end not in self.pairs:
                continue
            if hard:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.selector.unregister(end)
            end.close()
            del self.pairs[end]

    def accept(self):
        near = self.listener.accept()[0]
        try:
            far = socket.create_connection(("127.0.0.1", self.target_port), timeout=1)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        self.pairs[near], self.pairs[far] = far, near
        for end in (near, far):
            self.selector.register(end, selectors.EVENT_READ)

    def pass_on(self, end):
        try:
            data = end.recv(self.source.randint(1, self.chunk))
        except OSError:
            data = b""
        if not data:
            self.close_pair(end)
        else:
            self.late.append((time.monotonic() + self.delay_s, self.pairs[end], data))

    def run(self):
        while not self.over:
            for key, _ in self.selector.select(0.01):
                if key.fileobj is self.listener:
                    self.accept()
                elif not self.hole and key.fileobj in self.pairs:
                    self.pass_on(key.fileobj)
            if self.hole:
                time.sleep(0.01)  # what waits in the kernel waits on
            if self.want_reset:
                self.want_reset = False
                self.resets += len(self.pairs) > 0
                for end in list(self.pairs):
                    if end in self.pairs:
                        self.close_pair(end, hard=True)
            while not self.hole and self.late and self.late[0][0] <= time.monotonic():
                _, to, data = self.late.pop(0)
                try:
                    if to in self.pairs:
                        to.sendall(data)
                except OSError:
                    self.close_pair(to)

    def reset(self):
        self.want_reset = True

    def end(self):
        self.over = True
        self.thread.join()
        for end in list(self.pairs):
            end.close()
        self.listener.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]
