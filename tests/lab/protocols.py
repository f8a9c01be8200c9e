"""The few words of other protocols than HTTP that a client needs to say that it is connected."""

from __future__ import annotations

import socket

HELLO = b"\x16"
"""The first byte of a TLS record with a handshake (RFC 8446, 5.1)."""
GREETING, ANY_LINE = b"220 lab\r\n", b"250 ok\r\n"
"""SMTP and FTP (RFC 5321, RFC 959): the server speaks first, and takes whatever it is told."""
CONNECT, CONNACK, CONNACK_5 = b"\x10", b"\x20\x02\x00\x00", b"\x20\x03\x00\x00\x00"
LEVEL, FIVE = 8, 5
"""MQTT 3.1.1 and 5.0, 3.1 and 3.2: the byte that tells the version."""
AMQP_OTHER = b"AMQP\x00\x00\x09\x00"
"""Protocol header of another version (AMQP 0-9-1, 4.2.2): the client reads it and ends."""
STREAM = (
    b'<?xml version="1.0"?><stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" '
    b'from="localhost" id="lab" version="1.0"><stream:features>'
)
STARTTLS = b'<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"><required/></starttls>'
MECHANISMS = b'<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms>'
PROCEED = b'<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>'
FEATURES_END = b"</stream:features>"
ENGINE_IO = b'0{"sid":"lab","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
PUSHER = rb'{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.1\",\"activity_timeout\":120}"}'


def answer_to(first: bytes) -> bytes:
    """The answer to what a client says first inside a session; empty for HTTP, which others speak."""
    if first.startswith(CONNECT):
        return CONNACK_5 if first[LEVEL] == FIVE else CONNACK
    if first.startswith(b"AMQP"):
        return AMQP_OTHER
    if first.startswith(b"<"):
        return STREAM + MECHANISMS + FEATURES_END
    return b""


def first_message(request: bytes) -> bytes:
    """What Socket.IO and Pusher wait for behind the opening of a WebSocket, as a frame; empty for others."""
    text = ENGINE_IO if b"EIO=" in request else PUSHER if b" /app/" in request else b""
    return bytes((0x81, len(text))) + text if text else b""


def up_to_tls(client: socket.socket) -> None:
    """XMPP begins in the clear (RFC 6120, 5.4): say that TLS is required, and go on to it."""
    if client.recv(1, socket.MSG_PEEK) in (HELLO, b""):
        return
    client.recv(4096)
    client.sendall(STREAM + STARTTLS + FEATURES_END)
    client.recv(4096)
    client.sendall(PROCEED)
