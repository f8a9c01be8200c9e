"""Hosts of addresses among strings."""

from __future__ import annotations

import pytest

from pinfuse.coverage.hosts import MOST, collect, hosts_in

FOUND = {
    b"https://api.example.com/v1": "api.example.com",
    b"http://API.Example.COM:8443/": "api.example.com",
    b"wss://socket.example.org": "socket.example.org",
    b"\0https://10.0.2.2/x": "10.0.2.2",
    b"http://localhost:3000": "localhost",
    "https://wide.example.net/a".encode("utf-16-le"): "wide.example.net",
}
NOT_FOUND = [
    b"https://%s/v1", b"https://", b"http://schemas.android.com/apk/res/android", b"ftp://files.example.com",
    b"https://example", b"https://-bad-.example..com", b"api.example.com",
]  # fmt: skip


@pytest.mark.parametrize("text", FOUND, ids=str)
def test_is_found(text: bytes) -> None:
    assert list(hosts_in([b"\x07" + text + b"\0\0"])) == [FOUND[text]]


@pytest.mark.parametrize("text", NOT_FOUND, ids=str)
def test_is_no_host(text: bytes) -> None:
    assert list(hosts_in([text + b"\0"])) == []


def test_each_once_in_order_and_not_without_end() -> None:
    assert collect(["b.example", "a.example", "b.example", "a.test"]) == ("a.example", "b.example", "a.test")
    assert len(collect(f"h{number}.example" for number in range(MOST + 100))) == MOST
