"""Marks in native libraries: every make is told by its bytes, and nothing is told of bytes that only look like it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pinfuse.coverage.marks import ENOUGH_LABELS, KEPT, LABELS, look
from pinfuse.coverage.native import LIBRARIES, MARKS, PRODUCTS, UNKNOWN, calls_openssl, make_of

TLS = b"\0".join(LABELS)
MAKES = {
    "OpenSSL 1.1.1k": b"OpenSSL 1.1.1k  25 Mar 2021\0",
    "OpenSSL 3.0.13+quic": b"OpenSSL 3.0.13+quic 30 Jan 2024\0",
    "OpenSSL": b"../ssl/statem/statem_clnt.c\0",
    "BoringSSL": b"third_party/boringssl/src/ssl/handshake_client.cc\0OpenSSL 1.1.0 (compatible; BoringSSL)\0",
    "LibreSSL 3.8.2": b"LibreSSL 3.8.2\0OpenSSL 1.0.1 1 Jan 2000\0",
    "mbed TLS 2.28.8": b"mbedtls_ssl_handshake\0mbed TLS 2.28.8\0",
    "wolfSSL": b"wolfSSL_connect\0",
    "wolfSSL 5.5.4": b"wolfSSL_connect\0wolfSSL 5.5.4\0",
    "GnuTLS 3.6.16": b"gnutls_handshake\0GnuTLS 3.6.16 logging...\n\0",
    "NSS": b"SSL_ImportFD\0",
    "Go crypto/tls go1.21.3": b"\xff Go buildinf:\x08\2" + bytes(16) + b"\x08go1.21.3\0crypto/tls.(*Conn).Handshake\0",
    "rustls 0.21.7": b"/cargo/registry/src/index/rustls-0.21.7/src/conn.rs\0",
    "s2n-tls": b"s2n_negotiate\0did not find boringssl symbols linked\0AWS-LC 1.2\0",
    "AWS-LC": b"kBoringSSLRSASqrtTwo\0AWS-LC\0",
    "rustls 0.23.44": b"AWS-LC\0boringssl\0/index/rustls-0.23.44/src/client/tls13.rs\0",
    "NSS's softoken": b"NSC_GetFunctionList\0",
    "WebRTC with BoringSSL and rustls 0.23.45": b"RTCPeerConnection\0boringssl\0/rustls-0.23.45/src/lib.rs\0",
    "Flutter (Dart 3.1.0) with BoringSSL": b"io/flutter/embedding/engine/FlutterJNI\0boringssl\0"
    b'3.1.0 (stable) (Tue Aug 15 21:33:36 2023 +0000) on "android_arm64"\0',
    "Cronet 119.0.6045.31 with BoringSSL": b"../../components/cronet/url.cc\0boringssl\x00119.0.6045.31\0",
    "Unity with mbed TLS": b"unitytls_tlsctx_create_client\0mbedtls_ssl_read\0",
    "Godot 4.3 with mbed TLS": b"Godot Engine v4.3.stable.official\0RTCPeerConnection\0mbedtls_ssl_read\0",
    "Node.js with OpenSSL 1.1.1t": b"NODE_EXTRA_CA_CERTS\0OpenSSL 1.1.1t  7 Feb 2023\0",
    "Mono's BTLS with BoringSSL": b"mono_btls_ssl_connect\0boringssl\0",
    "WebRTC with BoringSSL": b"org/webrtc/PeerConnection\0boringssl\0",
    "gRPC C++ 1.46.0 with BoringSSL": b"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH\0grpc-c++/1.46.0\0boringssl\0",
    "libcurl 8.4.0 with OpenSSL 3.1.4": b"libcurl/8.4.0\0OpenSSL 3.1.4 24 Oct 2023\0",
    "Conscrypt with BoringSSL": b"org/conscrypt/NativeCrypto\0boringssl\0",
    "Netty's tcnative with BoringSSL": b"io/netty/internal/tcnative/SSL\0BoringSSL\0",
    UNKNOWN: b"nothing that is known",
}


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("name", MAKES)
def test_each_make_is_told_when_it_speaks_tls_and_only_then(name: str) -> None:
    data = bytes(1000) + MAKES[name] + bytes(500)
    made = make_of(look([data + TLS], MARKS))
    assert made is not None and made.name == name
    assert f"{len(LABELS)} labels" in made.evidence
    assert make_of(look([data], MARKS)) is None


def test_every_product_and_library_of_the_tables_has_a_case() -> None:
    told = " ".join(MAKES)
    for name in [product.name for product in PRODUCTS] + [name for _, name in LIBRARIES]:
        assert name in told


def test_the_evidence_names_the_bytes_that_were_seen() -> None:
    made = make_of(look([MAKES["Unity with mbed TLS"] + TLS], MARKS))
    assert made is not None
    assert made.evidence == "8 labels of the TLS key schedule, the mark 'unitytls_', the mark 'mbedtls_ssl_'"


def test_nss_is_told_by_its_labels_of_tls_1_3_alone() -> None:
    """As libssl3.so of NSS 3.87 holds them: ``c`` and ``s`` come in front of them at run time."""
    made = make_of(look([b"SSL_ImportFD\0hs traffic\0ap traffic\0e traffic\0exp master\0traffic upd\0"], MARKS))
    assert made is not None and made.name == "NSS"


@pytest.mark.parametrize("count", range(len(LABELS) + 1))
def test_a_few_labels_are_not_enough(count: int) -> None:
    seen = look([b"\0".join(LABELS[:count])], MARKS)
    assert seen.labels == count
    assert seen.speaks_tls == (count >= ENOUGH_LABELS)


@pytest.mark.parametrize("name", MAKES)
def test_a_mark_across_two_pieces_is_found(name: str) -> None:
    data = MAKES[name] + TLS
    whole = look([data], MARKS)
    for size in (7, 64, KEPT):
        assert look(pieces(data, size), MARKS) == whole


def test_further_needles_are_found_and_others_are_not() -> None:
    seen = look([b"xjavax/net", b"/ssl/SSLContext\0"], (), (b"javax/net/ssl/SSLContext", b"javax/net/ssl/Other"))
    assert seen.others == {b"javax/net/ssl/SSLContext"}


def test_only_whole_names_are_calls_of_openssl() -> None:
    assert calls_openssl(look([b"\0SSL_connect\0"], MARKS))
    assert not calls_openssl(look([b"\0wolfSSL_connect\0\0SSL_connect_ex\0"], MARKS))
