"""The world and the phones of these tests, made once."""

from __future__ import annotations

import ctypes.util
from collections.abc import Iterator

import pytest

from pinfuse.policy.rules import PinKind
from tests.native.phone import Phone
from tests.native.world import World, make_world, rules


@pytest.fixture(scope="session")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if not ctypes.util.find_library("ssl"):
        pytest.skip("no libssl.so.3 is here")
    with make_world(tmp_path_factory.mktemp("native-world")) as made:
        yield made


@pytest.fixture(scope="session")
def leaf_phone(around: World, tmp_path_factory: pytest.TempPathFactory) -> Phone:
    """An app that pins the key of the server's own certificate."""
    return Phone(tmp_path_factory.mktemp("leaf") / "lib", rules(PinKind.LEAF_KEY, around.leaf))


@pytest.fixture(scope="session")
def root_phone(around: World, tmp_path_factory: pytest.TempPathFactory) -> Phone:
    """An app that pins the key of the root, which the server does not send."""
    return Phone(tmp_path_factory.mktemp("root") / "lib", rules(PinKind.ANY_KEY, around.root))


@pytest.fixture(scope="session")
def middle_phone(around: World, tmp_path_factory: pytest.TempPathFactory) -> Phone:
    """An app that pins the key of the authority that the server sends."""
    return Phone(tmp_path_factory.mktemp("middle") / "lib", rules(PinKind.ANY_KEY, around.middle))
