"""Host names: one spelling for each, and words for what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinfuse.x509.names import covers, is_address, normal_host

NORMAL = {
    "API.Example.COM": "api.example.com",
    "api.example.com.": "api.example.com",
    "localhost": "localhost",
    "a_b.example.com": "a_b.example.com",
    "_dmarc.example.com": "_dmarc.example.com",
    "r3---sn-x.example.com": "r3---sn-x.example.com",
    "bücher.example": "xn--bcher-kva.example",
    "BÜCHER.example": "xn--bcher-kva.example",
    "bu\u0308cher.example": "xn--bcher-kva.example",
    "xn--bcher-kva.example": "xn--bcher-kva.example",
    "XN--BCHER-KVA.example": "xn--bcher-kva.example",
    "日本語。jp": "xn--wgv71a119e.jp",
    "москва.рф": "xn--80adxhks.xn--p1ai",
    "ﬁ.example": "fi.example",
    "192.0.2.1": "192.0.2.1",
    "[2001:DB8::1]": "2001:db8::1",
    "2001:0db8:0:0:0:0:0:1": "2001:db8::1",
    "::ffff:192.0.2.1": "::ffff:c000:201",
    "1a.example": "1a.example",
    f"{'a' * 63}.example": f"{'a' * 63}.example",
}
REFUSED = {
    "": "empty part",
    ".": "empty part",
    "..": "empty part",
    ".example.com": "empty part",
    "a..example.com": "empty part",
    "example.com..": "empty part",
    "-a.example": "no host name has",
    "a-.example": "no host name has",
    "a b.example": "no host name has",
    "a%.example": "no host name has",
    "*.example": "no host name has",
    f"{'a' * 64}.example": "longer than 63",
    ".".join(["a" * 60] * 5): "at most 253",
    "1.2.3": "no IPv4 address",
    "256.1.1.1": "no IPv4 address",
    "01.2.3.4": "no IPv4 address",
    "a.0x7f": "no IPv4 address",
    "4294967295": "no IPv4 address",
    "a:b": "no IPv6 address",
    "fe80::1%eth0": "zone",
    "[192.0.2.1]": "only an IPv6 address",
    "[example.com]": "only an IPv6 address",
    "straße.example": "clients do not agree",
    "βόλος.example": "clients do not agree",
    "☃.example": "clients do not agree",
    "𓀀.example": "clients do not agree",
    "a\u200db.example": "clients do not agree",
    "a\u1160b.example": "clients do not agree",
    "\u0301a.example": "clients do not agree",
    "xn--.example": "no host name has",
    "a\u0000.example": "no host name has",
}


@pytest.mark.parametrize(("text", "expected"), NORMAL.items(), ids=NORMAL)
def test_each_name_has_one_spelling(text: str, expected: str) -> None:
    assert normal_host(text) == expected
    assert normal_host(expected) == expected


@pytest.mark.parametrize(("text", "words"), REFUSED.items(), ids=ascii)
def test_what_is_no_name_has_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        normal_host(text)


@pytest.mark.parametrize("label", ["xn--a-", "xn--99999999999", "xn--0"])
def test_false_a_labels_are_refused(label: str) -> None:
    with pytest.raises(ValueError):
        normal_host(f"{label}.example")


@given(st.text(max_size=40) | st.text(alphabet="aA1.-_*:[]xn%é", max_size=20))
def test_any_text_is_one_spelling_or_words(text: str) -> None:
    try:
        name = normal_host(text)
    except ValueError as error:
        assert str(error)
    else:
        assert name.isascii() and name == name.lower() and 0 < len(name) <= 253
        assert normal_host(name) == name


@pytest.mark.parametrize(
    ("name", "host", "expected"),
    [
        ("api.example.com", "api.example.com", True),
        ("API.Example.com.", "api.example.com", True),
        ("*.example.com", "api.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.com", "example.com", False),
        ("*", "localhost", False),
        ("a*.example.com", "api.example.com", False),
        ("*.example.com", ".example.com", False),
        ("example.com", "api.example.com", False),
    ],
)
def test_what_a_certificates_name_stands_for(name: str, host: str, expected: bool) -> None:
    assert covers(name, host) is expected


def test_addresses_are_told_apart() -> None:
    assert is_address("192.0.2.1") and is_address("::1")
    assert not is_address("example.com") and not is_address("1a.example")
