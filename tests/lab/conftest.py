"""The app of the lab, built once a session."""

from __future__ import annotations

import pytest

from examples.demo.run import APP, World
from tests.conftest import build_options, pinfuse
from tests.lab import harness
from tests.lab.device import host_library, to_classes
from tests.lab.place import Place, make_place
from tests.lab.ready import Ready
from tests.lab.visits import Lab


@pytest.fixture(scope="session")
def place(world: World, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make_place(world, tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="session")
def lab(world: World, place: Place, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    apk = folder / "built.apk"
    done = pinfuse("build", APP, *build_options(world), "-o", apk)
    assert done.exit_code == 0, done.stderr
    return Lab(
        apk,
        to_classes([(apk, ("classes.dex", "classes2.dex"))], folder / "built"),
        host_library(apk, folder / "lib"),
        place.certificate,
        place.trust,
        place.good,
        place.other,
        place.appended,
    )


@pytest.fixture(scope="session")
def ready(world: World, place: Place, tmp_path_factory: pytest.TempPathFactory) -> Ready:
    folder = tmp_path_factory.mktemp("harness")
    harness.build_harness("plain", [], folder)
    for kind in ("quiet", "naming"):
        harness.plugin(kind, folder, folder)
    return Ready(folder, world, place)
