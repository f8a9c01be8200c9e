"""Requirements and entitlements rebuilt byte for byte from real signed apps."""

from __future__ import annotations

import plistlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from pinfuse.errors import SigningError
from pinfuse.ios.signing import entitlements, requirements
from pinfuse.ios.signing.blobs import HEADER, Slot
from tests.unit.codesign.test_directory import signed


def leaf(cms: bytes) -> x509.Certificate:
    """The certificate in a CMS blob that issued no other one."""
    found = pkcs7.load_der_pkcs7_certificates(cms[HEADER.size :])
    issuers = {one.issuer for one in found if one.issuer != one.subject}
    (one,) = [one for one in found if one.subject not in issuers]
    return one


def identifier(blobs: dict[int, bytes]) -> str:
    data = blobs[Slot.CODE_DIRECTORY]
    at = int.from_bytes(data[20:24], "big")
    return data[at : data.index(b"\0", at)].decode()


@pytest.mark.filterwarnings("ignore")
def test_real_requirements_are_rebuilt_byte_for_byte() -> None:
    same, other, foreign = 0, [], 0
    for where, _, blobs in signed():
        if len(blobs.get(Slot.CMS, b"")) <= HEADER.size:
            continue
        certificate = leaf(blobs[Slot.CMS])
        if "Apple Worldwide Developer Relations" not in certificate.issuer.rfc4514_string():
            foreign += 1
            continue
        name = str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        if requirements.designated(identifier(blobs), name) == blobs[Slot.REQUIREMENTS]:
            same += 1
        else:
            other.append(where)
    print(f"{same} rebuilt; {foreign} signed by Apple itself or by a test fixture; with own requirements: {other}")
    assert same >= 30
    assert foreign == 20
    assert {where.rsplit("/", 1)[1] for where in other} == {"SimpleSaucyApp"}


def test_real_entitlements_are_rebuilt_byte_for_byte() -> None:
    xml, der, older = 0, 0, 0
    for where, _, blobs in signed():
        if Slot.ENTITLEMENTS not in blobs:
            continue
        there = blobs[Slot.ENTITLEMENTS]
        told = plistlib.loads(there[HEADER.size :])
        assert plistlib.loads(entitlements.as_xml(told)[HEADER.size :]) == told
        xml += entitlements.as_xml(told) == there
        if Slot.ENTITLEMENTS_DER in blobs:
            if blobs[Slot.ENTITLEMENTS_DER][HEADER.size] == entitlements.WHOLE:
                assert entitlements.as_der(told) == blobs[Slot.ENTITLEMENTS_DER], where
                der += 1
            else:
                older += 1
    print(f"XML {xml}, DER {der}; DER of Xcode 12, a bare SET: {older}")
    assert xml >= 10
    assert der >= 1


@pytest.mark.parametrize(
    ("value", "der"),
    [
        ({}, "7005020101b000"),
        ({"a": True}, "700d020101b00830060c01610101ff"),
        ({"b": False, "a": 0}, "7015020101b01030060c016102010030060c0162010100"),
        ({"a": ["x"]}, "700f020101b00a30080c016130030c0178"),
        ({"a": {"b": -129}}, "7015020101b010300e0c0161b00930070c01620202ff7f"),
    ],
    ids=str,
)
def test_entitlements_in_der(value: dict[str, Any], der: str) -> None:
    assert entitlements.as_der(value)[HEADER.size :] == bytes.fromhex(der.replace(" ", ""))


@pytest.mark.parametrize("value", [1.5, b"x", datetime(2026, 1, 1, tzinfo=UTC)], ids=repr)
def test_a_value_that_is_no_entitlement_is_refused(value: object) -> None:
    with pytest.raises(SigningError, match="no entitlement") as met:
        entitlements.as_der({"some.key": [value]})
    assert met.value.where == "some.key"


def test_no_requirement() -> None:
    assert requirements.none().hex() == "fade0c010000000c00000000"
