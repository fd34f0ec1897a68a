"""A small websocket client for tests: TLS, binary frames, no extensions. Standard library only."""
import base64
import os
import socket
import ssl
import struct
from urllib.parse import urlparse


class Refused(Exception):
    def __init__(self, head, body):
        super().__init__(head.split("\r\n")[0])
        self.status = int(head.split(" ")[1])
        self.body = body


class WebSocket:
    def __init__(self, url, ca, headers=None, timeout=30):
        parts = urlparse(url)
        port = parts.port or (443 if parts.scheme in ("wss", "https") else 80)
        self.socket = socket.create_connection((parts.hostname, port), timeout)
        if parts.scheme in ("wss", "https"):
            self.socket = ssl.create_default_context(cafile=ca).wrap_socket(self.socket, server_hostname=parts.hostname)
        lines = {"Host": f"{parts.hostname}:{port}", "Connection": "Upgrade", "Upgrade": "websocket",
                 "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
        lines.update(headers or {})
        target = parts.path + ("?" + parts.query if parts.query else "")
        self.socket.sendall((f"GET {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n").encode())
        self.held = b""
        while b"\r\n\r\n" not in self.held:
            self._more()
        head, self.held = self.held.split(b"\r\n\r\n", 1)
        self.head = head.decode()
        if not self.head.startswith("HTTP/1.1 101"):
            rest = self._until_closed()
            raise Refused(self.head, rest)

    def _more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError
        self.held += piece

    def _until_closed(self):
        try:
            while True:
                self._more()
        except (EOFError, ConnectionError):
            return self.held

    def _take(self, n):
        while len(self.held) < n:
            self._more()
        taken, self.held = self.held[:n], self.held[n:]
        return taken

    def send(self, payload):
        mask = os.urandom(4)
        n = len(payload)
        head = struct.pack("!BB", 0x82, 0x80 | n) if n < 126 else (
            struct.pack("!BBH", 0x82, 0x80 | 126, n) if n < 65536 else struct.pack("!BBQ", 0x82, 0x80 | 127, n))
        key = (mask * (n // 4 + 1))[:n]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(n, "big") if n else b""
        self.socket.sendall(head + mask + masked)

    def receive(self):
        """The next message; None where the other end has closed."""
        try:
            first, second = self._take(2)
            n = second & 127
            if n == 126:
                n = struct.unpack("!H", self._take(2))[0]
            elif n == 127:
                n = struct.unpack("!Q", self._take(8))[0]
            payload = self._take(n)
        except (EOFError, ConnectionError):
            return None
        return None if first & 15 == 8 else payload

    def receive_bytes(self, n):
        out = b""
        while len(out) < n:
            piece = self.receive()
            if piece is None:
                break
            out += piece
        return out

    def close(self):
        self.socket.close()
