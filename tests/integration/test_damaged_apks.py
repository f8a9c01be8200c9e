"""A damaged app: a clear error and exit 3, no traceback, no output, the input as it was, and flat memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.demo.run import APP, World
from tests.conftest import build_options, pinfuse
from tests.integration.damage import DAMAGES, INSIDE

DAMAGED = 3
MEMORY_LIMIT = 250_000_000
TIMEOUT_SECONDS = 60
KINDS = {f"{kind}:": name for kind, (name, _) in INSIDE.items()}


def blamed(damage: str) -> str:
    """What the error must name: the entry whose content is bad, or at least the file."""
    if damage.startswith("bomb: "):
        return damage.removeprefix("bomb: ")
    return KINDS.get(damage.split()[0], "damaged.apk")


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_is_refused_in_words(damage: str, world: World, tmp_path: Path) -> None:
    apk, out = tmp_path / "damaged.apk", tmp_path / "out" / "pinned.apk"
    out.parent.mkdir()
    bad = DAMAGES[damage](APP.read_bytes())
    apk.write_bytes(bad)
    done = pinfuse("build", apk, *build_options(world), "-o", out, timeout=TIMEOUT_SECONDS)
    assert done.exit_code == DAMAGED, done.stderr or done.stdout
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
    assert blamed(damage) in done.stderr
    assert list(out.parent.iterdir()) == []
    assert apk.read_bytes() == bad
    assert done.peak < MEMORY_LIMIT


def test_the_same_app_undamaged_is_built(world: World, tmp_path: Path) -> None:
    out = tmp_path / "pinned.apk"
    done = pinfuse("build", APP, *build_options(world), "-o", out)
    assert done.exit_code == 0, done.stderr
    assert done.peak < MEMORY_LIMIT
    assert out.stat().st_size > APP.stat().st_size
