"""A TLS server that counts the bytes of requests: a refused session must not send one."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import protocols

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
SECONDS = 30
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
HTTP1, HTTP2 = "http/1.1", "h2"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113, 3.4
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS, ACK = 1, 4, 1


class CountingServer:
    """Serves one certificate chain on a free port of this machine; each connection in a thread of its own."""

    def __init__(self, chain: Path, key: Path, greets: bool = False) -> None:
        self._greets = greets
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(chain, key)
        self._context.set_alpn_protocols([HTTP1, HTTP2])
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.request_bytes = 0
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._serve, daemon=True)
        self._accepting.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._answer, args=(client,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _answer(self, client: socket.socket) -> None:
        client.settimeout(SECONDS)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            protocols.up_to_tls(client)
            with self._context.wrap_socket(client, server_side=True) as session:
                if self._greets:
                    self._lines(session)
                elif session.selected_alpn_protocol() == HTTP2:
                    self._http2(session)
                else:
                    self._first(session)
        except OSError:
            client.close()

    def _receive(self, session: ssl.SSLSocket) -> bytes:
        data = session.recv(4096)
        self.request_bytes += len(data)
        return data

    def _lines(self, session: ssl.SSLSocket) -> None:
        session.sendall(protocols.GREETING)
        while self._receive(session):
            session.sendall(protocols.ANY_LINE)

    def _first(self, session: ssl.SSLSocket) -> None:
        first = self._receive(session)
        if answer := protocols.answer_to(first):
            session.sendall(answer)
            self._receive(session)
        else:
            self._http1(session, first)

    def _http1(self, session: ssl.SSLSocket, request: bytes) -> None:
        while request and b"\r\n\r\n" not in request and (data := self._receive(session)):
            request += data
        if key := re.search(rb"(?i)sec-websocket-key: *(\S+)", request):
            session.sendall(switch(key[1]) + protocols.first_message(request))
            self._receive(session)  # the first frame ends it
        elif request:
            session.sendall(ANSWER)

    def _http2(self, session: ssl.SSLSocket) -> None:
        """One gRPC call is answered with an empty message."""
        session.sendall(frame(SETTINGS, 0, 0))
        request, at = b"", len(PREFACE)
        while data := self._receive(session):
            request += data
            while len(request) >= at + 9 and len(request) >= at + 9 + int.from_bytes(request[at : at + 3]):
                kind, flags = request[at + 3], request[at + 4]
                stream = int.from_bytes(request[at + 5 : at + 9])
                at += 9 + int.from_bytes(request[at : at + 3])
                if kind == SETTINGS and not flags & ACK:
                    session.sendall(frame(SETTINGS, ACK, 0))
                elif kind in (DATA, HEADERS) and flags & END_STREAM:
                    session.sendall(grpc_answer(stream))

    def close(self) -> None:
        """Stop listening, and wait for the connections that are there: afterwards the counts stand."""
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._accepting.join(SECONDS)
        self._socket.close()
        for thread in self._threads:
            thread.join(SECONDS)


def switch(key: bytes) -> bytes:
    """The answer to the opening of a WebSocket (RFC 6455, 4.2.2)."""
    accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame of HTTP/2 (RFC 9113, 4.1)."""
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def grpc_answer(stream: int) -> bytes:
    """Header, one empty message, and trailers that say it went well."""
    header = frame(HEADERS, END_HEADERS, stream, b"\x88" + literal(b"content-type", b"application/grpc"))
    trailer = frame(HEADERS, END_HEADERS | END_STREAM, stream, literal(b"grpc-status", b"0"))
    return header + frame(DATA, 0, stream, bytes(5)) + trailer


def literal(name: bytes, value: bytes) -> bytes:
    """A header field that no table holds (RFC 7541, 6.2.2)."""
    return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value


@contextmanager
def counting_server(chain: Path, key: Path, greets: bool = False) -> Iterator[CountingServer]:
    """A running server; it ends with the block. ``greets``: it speaks first, as for mail and FTP."""
    server = CountingServer(chain, key, greets)
    try:
        yield server
    finally:
        server.close()
