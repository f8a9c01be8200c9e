"""Live chains: a real TLS server on this machine, and every way in which there is none."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pinfuse.errors import OutsideError, UsageError
from pinfuse.x509.fetch import fetch_chain, split_server
from tests import pki

ROOT = pki.authority()
MIDDLE = pki.authority("Middle", ROOT)
LOCAL = "127.0.0.1"

SERVERS = {
    "api.example.com": ("api.example.com", 443),
    "API.example.com.:8443": ("api.example.com", 8443),
    "bücher.example:1": ("xn--bcher-kva.example", 1),
    "192.0.2.1:65535": ("192.0.2.1", 65535),
    "[2001:db8::1]:8443": ("2001:db8::1", 8443),
    "[2001:db8::1]": ("2001:db8::1", 443),
    "2001:db8::1": ("2001:db8::1", 443),
}
NO_SERVERS = {
    "https://api.example.com": "address of a page",
    "user@api.example.com": "address of a page",
    "api.example.com:": "no port",
    "api.example.com:0": "no port",
    "api.example.com:65536": "no port",
    "api.example.com:+80": "no port",
    "api.example.com:٤٤٣": "no port",
    f"api.example.com:{'9' * 5000}": "no port",
    "[::1]x": "after the bracket",
    "[::1": "no host",
    "": "no host",
    "a b": "no host",
}


@pytest.mark.parametrize(("text", "expected"), SERVERS.items(), ids=SERVERS)
def test_servers_are_split(text: str, expected: tuple[str, int]) -> None:
    assert split_server(text) == expected


@pytest.mark.parametrize(("text", "words"), NO_SERVERS.items(), ids=lambda value: value[:30])
def test_what_is_no_server_has_words(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        split_server(text)


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None], family: int = socket.AF_INET) -> Iterator[int]:
    """A server that hands each connection to ``serve``, one after another."""
    address = "::1" if family == socket.AF_INET6 else LOCAL
    with socket.create_server((address, 0), family=family) as listener:

        def loop() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    serve(connection)

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def tls(folder: Path, *chain: pki.Entity, seen: list[str | None] | None = None, **settings: object):  # type: ignore[no-untyped-def]
    """A function that answers a TLS handshake with ``chain``, and notes the name that was asked for."""
    file = folder / "server.pem"
    file.write_bytes(chain[0].key_bytes() + b"".join(entity.pem for entity in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(file)
    for name, value in settings.items():
        setattr(context, name, value)
    if seen is not None:
        context.sni_callback = lambda session, name, ctx: seen.append(name)

    def serve(connection: socket.socket) -> None:
        connection.settimeout(5)
        with context.wrap_socket(connection, server_side=True) as session:
            session.recv(1)

    return serve


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_presented_chain_in_its_order_with_the_right_name(tmp_path: Path, version: ssl.TLSVersion) -> None:
    seen: list[str | None] = []
    leaf = pki.server("api.example.com", issuer=MIDDLE)
    serve = tls(tmp_path, leaf, MIDDLE, ROOT, seen=seen, minimum_version=version, maximum_version=version)
    with listening(serve) as port:
        chain = fetch_chain("api.example.com", 443, connect=f"{LOCAL}:{port}", timeout=5)
    assert chain == (leaf.der, MIDDLE.der, ROOT.der)
    assert seen == ["api.example.com"]


def test_an_address_sends_no_name(tmp_path: Path) -> None:
    seen: list[str | None] = []
    leaf = pki.server(LOCAL)
    with listening(tls(tmp_path, leaf, seen=seen)) as port:
        assert fetch_chain(LOCAL, port, timeout=5) == (leaf.der,)
    assert seen == [None]


def test_ipv6(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    leaf = pki.server("::1")
    try:
        with listening(tls(tmp_path, leaf), socket.AF_INET6) as port:
            assert fetch_chain("::1", port, timeout=5) == (leaf.der,)
            assert fetch_chain("a.example", port, connect="[::1]", timeout=5) == (leaf.der,)
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


@pytest.mark.parametrize(
    "weak",
    [
        pki.server("weak.example", key=rsa.generate_private_key(65537, 1024), digest=pki.SHA1),
        pki.server("stale.example", end=pki.NOW - 20 * pki.DAY),
    ],
    ids=["RSA 1024 and SHA-1", "expired"],
)
def test_what_the_stub_must_judge_is_fetched(tmp_path: Path, weak: pki.Entity) -> None:
    with listening(tls(tmp_path, weak)) as port:
        assert fetch_chain("weak.example", 443, connect=f"{LOCAL}:{port}", timeout=5) == (weak.der,)


def fails(port: int, words: str, timeout: float = 5) -> None:
    start = time.monotonic()
    with pytest.raises(OutsideError, match=words) as caught:
        fetch_chain("a.example", 443, connect=f"{LOCAL}:{port}", timeout=timeout)
    assert time.monotonic() - start < timeout + 2
    assert caught.value.exit_code == 6
    assert caught.value.where == f"a.example:443 at {LOCAL}:{port}"
    assert caught.value.todo


def test_nobody_listens() -> None:
    with socket.create_server((LOCAL, 0)) as listener:
        port = listener.getsockname()[1]
    fails(port, "cannot be reached: connection refused")


def test_a_server_that_speaks_no_tls() -> None:
    with listening(lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n")) as port:
        fails(port, "handshake failed: (wrong version number|packet length too long|.*record)")


def test_a_server_that_hangs_up() -> None:
    with listening(lambda connection: connection.recv(1)) as port:
        fails(port, "closed the connection|connection broke|unexpected eof")


def test_a_server_that_says_nothing() -> None:
    done = threading.Event()
    with listening(lambda connection: bool(done.wait(10))) as port:  # type: ignore[arg-type,return-value]
        fails(port, "takes too long", timeout=0.3)
        done.set()


def test_a_server_that_drips_is_cut_off() -> None:
    done = threading.Event()

    def drip(connection: socket.socket) -> None:
        for byte in b"\x16\x03\x03\x40\x00" + bytes(200):
            if done.wait(0.05):
                return
            connection.sendall(bytes([byte]))

    with listening(drip) as port:
        fails(port, "takes too long", timeout=0.5)
        done.set()


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(OutsideError, match="cannot be resolved"):
        fetch_chain("no.invalid", 443)


def test_a_bad_connect_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        fetch_chain("a.example", 443, connect="https://a.example")
