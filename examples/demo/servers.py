"""A TLS server for a few questions: it answers every request with one line and stops with its context."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCAL = "127.0.0.1"
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nhi\n"
REQUEST_BYTES = 4096
TIMEOUT_SECONDS = 5


@contextmanager
def tls_server(chain: Path, key: Path) -> Iterator[int]:
    """Serve with the certificates of ``chain`` on a free port of this machine, which is given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with socket.create_server((LOCAL, 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(TIMEOUT_SECONDS)


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        try:
            _answer(connection, context)
        except OSError:
            continue


def _answer(connection: socket.socket, context: ssl.SSLContext) -> None:
    connection.settimeout(TIMEOUT_SECONDS)
    with connection, context.wrap_socket(connection, server_side=True) as session:
        if session.recv(REQUEST_BYTES):
            session.sendall(ANSWER)
