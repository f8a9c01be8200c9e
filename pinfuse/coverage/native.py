"""TLS inside native libraries (layers A4 and A5, and their kin on iOS), told by evidence in their bytes.

Each row of the tables was tried on a real library where one could be had; which ones stands in ``docs/coverage.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pinfuse.coverage.marks import Mark, Seen, look

SSL_FUNCTIONS = frozenset(
    name.encode()
    for name in (
        "SSL_connect", "SSL_do_handshake", "SSL_read", "SSL_read_ex", "SSL_peek", "SSL_peek_ex", "SSL_write",
        "SSL_write_ex", "SSL_write_ex2", "SSL_write_early_data", "BIO_f_ssl", "BIO_new_ssl", "BIO_new_ssl_connect",
        "BIO_new_buffer_ssl_connect",
    )
)  # fmt: skip
"""OpenSSL's entries that start or use a session: a library that takes them from another is a candidate for A4."""
OPENSSL = re.compile(rb"OpenSSL (\d+\.\d+\.\d+[0-9A-Za-z.+-]*) +\d{1,2} [A-Z][a-z]{2} \d{4}")
CHROMIUM = re.compile(rb"\0(\d{2,3}\.0\.\d{4}\.\d{1,3})\0")
DART_VERSION = re.compile(rb"(\d+\.\d+\.\d+[0-9a-z.-]*) \((?:stable|beta|dev)\)[^\0]{0,60} on \"")

MARKS = (
    *(Mark(f"ssl-{name.decode()}", b"\0" + name + b"\0") for name in sorted(SSL_FUNCTIONS)),
    Mark("flutter", b"FlutterEngine"),
    Mark("flutter", b"io/flutter/embedding"),
    Mark("dart", b' on "', DART_VERSION),
    Mark("cronet", b"components/cronet/", CHROMIUM),
    Mark("cronet", b"Cronet_Engine_", CHROMIUM),
    Mark("unity", b"unitytls_"),
    Mark("godot", b"org/godotengine/godot"),
    Mark("godot", b"Godot Engine v", re.compile(rb"Godot Engine v(\d+\.\d+(?:\.\d+)?)")),
    Mark("node", b"NODE_EXTRA_CA_CERTS"),
    Mark("nodeversion", b"\0node v", re.compile(rb"\0node v(\d+\.\d+\.\d+)")),
    Mark("grpc", b"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"),
    Mark("grpcversion", b"grpc-c++/", re.compile(rb"grpc-c\+\+/(\d+\.\d+\.\d+)")),
    Mark("webrtc", b"org/webrtc/"),
    Mark("webrtc", b"RTCPeerConnection"),
    Mark("btls", b"mono_btls_"),
    Mark("dotnet", b"AndroidCryptoNative_SSLStream"),
    Mark("conscrypt", b"org/conscrypt/NativeCrypto"),
    Mark("tcnative", b"io/netty/internal/tcnative"),
    Mark("curl", b"libcurl/", re.compile(rb"libcurl/(\d+\.\d+\.\d+)")),
    Mark("curl", b"curl_easy_perform\0"),
    Mark("boringssl", b"boringssl"),
    Mark("boringssl", b"BoringSSL"),
    Mark("openssl", b"OpenSSL ", OPENSSL),
    Mark("openssl", b"ssl/statem/"),
    Mark("openssl", b"ssl/ssl_lib.c"),
    Mark("libressl", b"LibreSSL ", re.compile(rb"LibreSSL (\d+\.\d+\.\d+)")),
    Mark("mbedtls", b"mbedtls_ssl_"),
    Mark("mbedtls", b"mbed TLS ", re.compile(rb"mbed TLS (\d+\.\d+\.\d+)")),
    Mark("wolfssl", b"wolfSSL"),
    Mark("wolfssl", b"wolfSSL ", re.compile(rb"wolfSSL (\d+\.\d+\.\d+)")),
    Mark("gnutls", b"gnutls_handshake"),
    Mark("gnutlsversion", b"GnuTLS ", re.compile(rb"GnuTLS (\d+\.\d+\.\d+)")),
    Mark("nss", b"SSL_ImportFD"),
    Mark("softoken", b"NSC_GetFunctionList"),
    Mark("go", b"crypto/tls.(*Conn)"),
    Mark("goversion", b"\xff Go buildinf:", re.compile(rb"(go1\.\d+(?:\.\d+)?)")),
    Mark("rustls", b"rustls", re.compile(rb"[/\\]rustls-(\d+\.\d+\.\d+)")),
    Mark("s2n", b"s2n_negotiate"),
    Mark("awslc", b"AWS-LC"),
)
"""Every mark; several with one key are one finding."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product that brings a TLS library along; ``java``: the class that decides in its place, if one does."""

    key: str
    name: str
    java: str = ""


PRODUCTS = (
    Product("conscrypt", "Conscrypt", "Lorg/conscrypt/"),
    Product("tcnative", "Netty's tcnative", "Lio/netty/"),
    Product("cronet", "Cronet", "Lorg/chromium/net/"),
    Product("flutter", "Flutter"),
    Product("unity", "Unity"),
    Product("godot", "Godot"),
    Product("node", "Node.js"),
    Product("btls", "Mono's BTLS"),
    Product("webrtc", "WebRTC"),
    Product("grpc", "gRPC C++"),
    Product("curl", "libcurl"),
)
"""In the order in which they are told: a product that brings libcurl along is more than that."""

LIBRARIES = (
    ("s2n", "s2n-tls"), ("boringssl", "BoringSSL"), ("libressl", "LibreSSL"), ("mbedtls", "mbed TLS"),
    ("wolfssl", "wolfSSL"), ("gnutls", "GnuTLS"), ("nss", "NSS"), ("softoken", "NSS's softoken"),
    ("go", "Go crypto/tls"), ("rustls", "rustls"), ("awslc", "AWS-LC"), ("openssl", "OpenSSL"),
)  # fmt: skip
"""Key and name; s2n comes before the library whose ciphers it uses, and BoringSSL and its kin before OpenSSL, whose
name they hold too."""
FORK, ORIGIN = "awslc", "boringssl"
"""AWS-LC holds the name of BoringSSL, of which it is a fork, and is often there for its ciphers alone."""
VERSION_OF = {"go": "goversion", "gnutls": "gnutlsversion", "node": "nodeversion", "grpc": "grpcversion"}
"""Where the version of one finding is that of another mark."""
DART = "dart"
"""Flutter's engine tells the version of Dart in it, not its own."""
UNKNOWN = "TLS of unknown make"
SECOND = "rustls"
"""It comes along with another library in one file (LiveKit: WebRTC and rustls); its path with a version tells it."""


@dataclass(frozen=True, slots=True)
class Make:
    """What a library that speaks TLS is."""

    name: str
    """Such as ``Flutter (Dart 3.1.0) with BoringSSL``."""
    product: Product | None
    evidence: str
    """Words that name what was seen."""


def make_of(seen: Seen) -> Make | None:
    """What speaks TLS in a library; None for one that does not derive the keys of TLS."""
    if not seen.speaks_tls:
        return None
    product = next((one for one in PRODUCTS if one.key in seen.marks), None)
    libraries = [(key, name) for key, name in LIBRARIES if key in seen.marks and not _is_origin(seen, key)]
    told = [*([(product.key, product.name)] if product else []), *libraries[:1]]
    told += [(key, name) for key, name in libraries[1:] if key == SECOND and seen.marks[key].version]
    names = [f"{name} {_version(seen, key)}".rstrip() for key, name in told]
    words = [f"{seen.labels} labels of the TLS key schedule"]
    words += [f"the mark {seen.marks[key].needle!r}" for key, _ in told]
    return Make(" and ".join([" with ".join(names[:2]), *names[2:]]) or UNKNOWN, product, ", ".join(words))


def _is_origin(seen: Seen, key: str) -> bool:
    return key == ORIGIN and FORK in seen.marks


def _version(seen: Seen, key: str) -> str:
    if key == "flutter":
        return f"(Dart {seen.marks[DART].version})" if DART in seen.marks and seen.marks[DART].version else ""
    found = seen.marks.get(VERSION_OF.get(key, key))
    return found.version if found else ""


GATE = tuple(mark for mark in MARKS if mark.key.startswith("ssl-") or mark.key == "dotnet")
"""What is looked for in every library; all marks are looked for where it speaks TLS."""


def look_at_library(pieces: Callable[[], Iterable[bytes]], others: Sequence[bytes] = ()) -> Seen:
    """What a library says of TLS, and which of ``others`` it holds; ``pieces`` gives its bytes, once or twice."""
    first = look(pieces(), GATE, others)
    if not first.speaks_tls:
        return first
    return replace(look(pieces(), MARKS), others=first.others)


def calls_openssl(seen: Seen) -> bool:
    """True when the library's strings hold one of `SSL_FUNCTIONS`: its table of symbols is worth reading."""
    return any(key.startswith("ssl-") for key in seen.marks)
