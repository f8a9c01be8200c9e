"""A TLS server that counts the bytes of requests: a refused session must not send one."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class CountingServer:
    """Serves one certificate chain on a free port of this machine."""

    def __init__(self, chain: Path, key: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(chain, key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.request_bytes = 0
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._answer(client)

    def _answer(self, client: socket.socket) -> None:
        client.settimeout(10)
        try:
            with self._context.wrap_socket(client, server_side=True) as session:
                request = b""
                while b"\r\n\r\n" not in request and (data := session.recv(4096)):
                    self.request_bytes += len(data)
                    request += data
                if request:
                    session.sendall(ANSWER)
        except OSError:
            client.close()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


@contextmanager
def counting_server(chain: Path, key: Path) -> Iterator[CountingServer]:
    """A running server; it ends with the block."""
    server = CountingServer(chain, key)
    try:
        yield server
    finally:
        server.close()
