"""Trust on first use by the shim out of a built app on a JVM: its file, its lock, its restart, its key store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from examples.demo.run import APP, World
from tests.conftest import pinfuse, signing_options
from tests.lab.device import Device, host_library, to_classes
from tests.lab.visits import EVERY_CLIENT, Lab, refused, served, visit

SET = """
[set]
name = "first use"
[[pin]]
host = "localhost"
trust = "first-use"
"""


@pytest.fixture(scope="module")
def trusting(lab: Lab, world: World, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The lab's app, built with a set that pins nothing and trusts localhost on first use."""
    folder = tmp_path_factory.mktemp("first-use")
    (folder / "set.toml").write_text(SET)
    apk = folder / "built.apk"
    done = pinfuse("build", APP, "--set", folder / "set.toml", *signing_options(world), "-o", apk)
    assert done.exit_code == 0, done.stderr
    classes = to_classes([(apk, ("classes.dex", "classes2.dex"))], folder / "built")
    return replace(lab, apk=apk, classes=classes, library=host_library(apk, folder / "lib"))


def start(lab: Lab, files: Path, keys: Path | None = None) -> Device:
    files.mkdir(exist_ok=True)
    settings = [f"-Dlab.files={files}"]
    if keys:
        keys.mkdir(exist_ok=True)
        settings.append(f"-Dlab.keys={keys}")
    return lab.start(settings=tuple(settings))


def is_served(device: Device, identity: tuple[Path, Path]) -> bool:
    """Every client is served, or every one is refused as first-use without a request byte."""
    results, request_bytes = visit(device, identity)
    if served(results) == EVERY_CLIENT:
        return True
    assert refused(results, "first-use") == EVERY_CLIENT, results
    assert request_bytes == 0
    return False


@pytest.mark.parametrize("key_store", [False, True], ids=["file", "key store"])
def test_the_first_server_is_remembered_over_a_restart(trusting: Lab, tmp_path: Path, key_store: bool) -> None:
    keys = tmp_path / "keys" if key_store else None
    with start(trusting, tmp_path / "files", keys) as device:
        assert is_served(device, trusting.good)
        assert not is_served(device, trusting.other)
        assert is_served(device, trusting.good)
    kept = (tmp_path / "files" / "zqk").read_bytes()
    assert kept[0] == key_store
    assert len(kept) == 33 + 32 + 4 + 66 + 16
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["zqk", "zqk.lock"]
    with start(trusting, tmp_path / "files", keys) as device:
        assert not is_served(device, trusting.other)
        assert is_served(device, trusting.good)
    assert (tmp_path / "files" / "zqk").read_bytes() == kept
    with start(trusting, tmp_path / "another", keys) as device:
        assert is_served(device, trusting.other), "another install believes whom it meets first"


def test_of_two_processes_that_meet_two_servers_at_once_one_wins(trusting: Lab, tmp_path: Path) -> None:
    with start(trusting, tmp_path) as one, start(trusting, tmp_path) as two, ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(is_served, one, trusting.good), pool.submit(is_served, two, trusting.other)]
        assert sorted(each.result() for each in asked) == [False, True]
        good_won = asked[0].result()
        for device in (one, two):
            assert is_served(device, trusting.good) is good_won
            assert is_served(device, trusting.other) is not good_won


def test_what_cannot_be_kept_is_not_believed(trusting: Lab, tmp_path: Path) -> None:
    (tmp_path / "zqk").mkdir()
    with start(trusting, tmp_path) as device:
        assert not is_served(device, trusting.good)
        (tmp_path / "zqk").rmdir()
        assert is_served(device, trusting.good)
    with trusting.start() as device:
        assert not is_served(device, trusting.good), "the phone gives no folder"


def test_a_key_store_that_fails_refuses_and_one_that_lost_the_key_begins_anew(trusting: Lab, tmp_path: Path) -> None:
    files, keys = tmp_path / "files", tmp_path / "keys"
    with start(trusting, files, keys) as device:
        assert is_served(device, trusting.good)
    kept = (files / "zqk").read_bytes()
    (keys / "broken").touch()
    with start(trusting, files, keys) as device:
        assert not is_served(device, trusting.good)
        assert (files / "zqk").read_bytes() == kept
        (keys / "broken").unlink()
        assert is_served(device, trusting.good)
    (keys / "zqk").unlink()
    with start(trusting, files, keys) as device:
        assert is_served(device, trusting.other)
    assert (files / "zqk").read_bytes()[1:33] != kept[1:33]


@pytest.mark.parametrize("damage", [b"", b"\7" * 33, b"\0" * 200, b"\1" * 40, b"\0" * 70_000], ids=len)
def test_a_file_of_something_else_is_replaced(trusting: Lab, tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "zqk").write_bytes(damage)
    with start(trusting, tmp_path, tmp_path / "keys") as device:
        assert is_served(device, trusting.good)
        assert not is_served(device, trusting.other)
