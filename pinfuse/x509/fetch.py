"""The certificates that a live server presents, taken as they are: nothing is trusted and nothing is refused here."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from pinfuse.errors import OutsideError, UsageError
from pinfuse.x509.names import is_address, normal_host

HTTPS_PORT = 443
MOST_PORT = 65535
OLD_CIPHERS = b"ALL:@SECLEVEL=0"
"""OpenSSL's level 0: also weak keys and old digests are shown (openssl-ciphers(1)); the stub judges them."""
WANTED = "host names look like api.example.com, servers like api.example.com:8443 or [2001:db8::1]:443"


def split_server(text: str) -> tuple[str, int]:
    """Host (A-labels or IP literal) and port of ``HOST[:PORT]``; raises `UsageError`."""
    if "/" in text or "@" in text:
        raise UsageError(f"{text!r} is an address of a page, not of a server", where="HOST[:PORT]", todo=WANTED)
    host, port = text, ""
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        host, port = host + bracket, rest.removeprefix(":")
        if rest and not rest.startswith(":"):
            raise UsageError(f"{text!r} has something after the bracket", where="HOST[:PORT]", todo=WANTED)
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        return normal_host(host), _port(port, text)
    except ValueError as error:
        raise UsageError(f"{host!r} is no host: {error}", where="HOST[:PORT]", todo=WANTED) from error


def _port(port: str, text: str) -> int:
    if not port and not text.endswith(":"):
        return HTTPS_PORT
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= MOST_PORT and len(port) < 6):
        raise UsageError(f"{port!r} is no port: 1 to {MOST_PORT}", where="HOST[:PORT]", todo=WANTED)
    return int(port)


def fetch_chain(host: str, port: int, *, connect: str | None = None, timeout: float = 10.0) -> tuple[bytes, ...]:
    """The chain that ``host`` presents (DER, leaf first), over TLS 1.2 or 1.3 with SNI.

    ``connect`` is another ``ADDRESS[:PORT]`` to connect to while asking for ``host``; ``timeout`` in seconds holds
    for everything together. Raises `OutsideError` when there is no answer, `UsageError` for a bad ``connect``.
    """
    where = f"{host}:{port}"
    address, number = host, port
    if connect is not None:
        address, number = split_server(connect)
        number = number if _names_port(connect) else port
        where += f" at {connect}"
    deadline = time.monotonic() + timeout
    with contextlib.closing(_connect(address, number, deadline, where)) as connection:
        return _handshake(connection, host, deadline, where)


def _names_port(text: str) -> bool:
    return text.rpartition("]")[2].startswith(":") if "[" in text else text.count(":") == 1


def _connect(address: str, port: int, deadline: float, where: str) -> socket.socket:
    try:
        return socket.create_connection((address, port), timeout=max(deadline - time.monotonic(), 0.01))
    except socket.gaierror as error:
        raise OutsideError("its name cannot be resolved", where=where, todo="check the name and the network") from error
    except TimeoutError as error:
        raise OutsideError("it does not answer in time", where=where, todo="try again or raise --timeout") from error
    except OSError as error:
        reason = error.strerror or "no route to it"
        raise OutsideError(
            f"it cannot be reached: {reason.lower()}", where=where, todo="check host and port"
        ) from error


def _handshake(connection: socket.socket, host: str, deadline: float, where: str) -> tuple[bytes, ...]:
    from OpenSSL import SSL, crypto

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(OLD_CIPHERS)
    context.set_verify(SSL.VERIFY_NONE)
    session = SSL.Connection(context, connection)
    session.set_connect_state()
    if not is_address(host):
        session.set_tlsext_host_name(host.encode("ascii"))
    connection.setblocking(False)
    presented: list[Any] = []
    try:
        _until_done(session.do_handshake, connection, deadline, where)
        presented = session.get_peer_cert_chain() or []
    except SSL.Error as error:
        raise OutsideError(
            f"the TLS handshake failed: {_words(error)}", where=where, todo="is this the port of a TLS server?"
        ) from error
    except OSError as error:
        raise OutsideError("the connection broke during the handshake", where=where, todo="try again") from error
    if not presented:
        raise OutsideError("it presented no certificate", where=where, todo="is this the right server?")
    return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in presented)


def _until_done(step: Callable[[], None], connection: socket.socket, deadline: float, where: str) -> None:
    from OpenSSL import SSL

    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise OutsideError("the TLS handshake takes too long", where=where, todo="try again or raise --timeout")
        try:
            return step()
        except SSL.WantReadError:
            select.select([connection], [], [], left)
        except SSL.WantWriteError:
            select.select([], [connection], [], left)


def _words(error: Exception) -> str:
    """The last reason of OpenSSL's queue, such as ``wrong version number``; pyOpenSSL gives triples of text."""
    queue = error.args[0] if error.args else None
    if isinstance(queue, list) and queue and isinstance(queue[-1], tuple):
        return str(queue[-1][-1])
    return "the server closed the connection"
