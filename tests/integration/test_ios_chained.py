"""Apps with chained fixups, as Xcode links them today: built, proved, verified; what moves, and what does not."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from examples.demo.run import World
from pinfuse.ios.macho.image import CODE_SIGNATURE, LOAD_DYLIB, read
from pinfuse.ios.macho.slices import slices
from pinfuse.policy.rules import Rules
from pinfuse.prover import macho
from pinfuse.vault import Binding, SystemRandom, seal
from tests.conftest import pinfuse
from tests.fixtures import chained, ipa
from tests.fixtures.macho import SECURITY, fat
from tests.integration.test_ios_build import PINS, _fused, build, identity, keys, refused

__all__ = ["keys"]
STUB = "PFuse.framework/PFuse"
Import = tuple[str, int, str, bool]
"""Name, address, the library it is asked of, and whether it may be absent."""


def imports(data: bytes) -> set[Import]:
    """As lief reads them, the library by its ordinal."""
    lief = pytest.importorskip("lief")
    lief.logging.disable()
    one = lief.MachO.parse(list(data)).at(0)
    names = [lib.name for lib in one.libraries if lib.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB]
    return {(b.symbol.name, b.address, names[b.library_ordinal - 1], b.weak_import) for b in one.bindings}


def pieces(data: bytes) -> list[bytes]:
    return [data[part.offset : part.offset + part.size] for part in slices(data, "x")]


def outside(data: bytes) -> bytes:
    """All that an edit and a signature leave alone: what lies behind the load commands and before the signature."""
    image = read(data, "x")
    assert image.signature
    return data[image.room_end : image.signature[0]].rstrip(b"\0")


def accounted(before: bytes, after: bytes) -> bool:
    """Whether imports of Security are asked of the stub, and everything else is as it was; True where there are any."""
    old, new = imports(before), imports(after)
    moved = {one for one in old if one[2] == SECURITY}
    assert new >= old - moved
    assert len(new) == len(old)
    assert {(name, at, weak) for name, at, _, weak in moved} == {(n, at, w) for n, at, _, w in new - (old - moved)}
    assert all(library.endswith(STUB) for _, _, library, _ in new - (old - moved))
    assert macho.read(after).fixups == macho.read(before).fixups
    assert outside(after) == before[read(before, "x").room_end : _signature(before)].rstrip(b"\0")
    return bool(moved)


def _signature(data: bytes) -> int:
    found = read(data, "x").signature
    return found[0] if found else len(data)


def loads(data: bytes) -> list[tuple[str, int]]:
    return [(one.name, one.command.kind) for one in read(data, "x").dylibs]


def files_of(app: Path) -> Mapping[str, bytes]:
    with zipfile.ZipFile(app) as archive:
        return {name.partition(".app/")[2]: archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
def test_every_form_is_built_proved_and_verified(keys: Path, world: World, tmp_path: Path) -> None:
    files = chained.app()
    app, out = ipa.write(tmp_path / "a.ipa", files), tmp_path / "out.ipa"
    said = build(app, out, "--pin", world.pins, *identity(keys))
    assert said["proof"]["status"] == "proved"
    done = pinfuse("verify", out, "--pin", world.pins)
    assert (done.exit_code, "FAILED" in done.stdout) == (0, False), done.stdout
    told = json.loads(pinfuse("inspect", app, "--json").stdout)
    assert any("SecTrust" in row["stack"] and row["layer"] == "L1 load command" for row in told["coverage"]), told
    moved, built = set(), files_of(out)
    for path, before in files.items():
        if path.endswith(".plist"):
            continue
        after = built[path]
        if accounted(before, after):
            moved.add(path)
        ours = [kind for name, kind in loads(after) if name.endswith(STUB)]
        assert ours == ([] if path == "Frameworks/libloose.dylib" else [LOAD_DYLIB]), path
        if path not in moved and ours:
            assert loads(after)[:-1] == loads(before), "appended, so that no ordinal moves"
    assert moved == {path for path, data in files.items() if any(name == SECURITY for name in _names(path, data))}
    assert len(moved) == 4


def _names(path: str, data: bytes) -> list[str]:
    return [] if path.endswith(".plist") else [name for name, _ in loads(data)]


@pytest.mark.slow
def test_fat_files_for_the_simulator(world: World, tmp_path: Path) -> None:
    files = chained.simulated()
    app, out = ipa.write(tmp_path / "App.zip", files, root="App.app"), tmp_path / "out.zip"
    said = build(app, out, "--pin", world.pins)
    assert (said["proof"]["status"], said["proof"]["abis"]) == ("proved", ["ios-sim-arm64", "ios-sim-x86_64"])
    assert pinfuse("verify", out, "--pin", world.pins).exit_code == 0
    for path in ("App", "Frameworks/Kit.framework/Kit"):
        for before, after in zip(pieces(files[path]), pieces(files_of(out)[path]), strict=True):
            assert accounted(before, after)


def test_one_part_of_a_fat_file(tmp_path: Path) -> None:
    files = chained.app() | {"App": fat(chained.arm64e(), chained.linked())}
    app, out = ipa.write(tmp_path / "a.ipa", files), tmp_path / "out.ipa"
    refused(app, out, 3, "arm64e, whose pointers are signed", *PINS)
    build(app, out, *PINS, "--thin", "arm64")
    assert accounted(chained.linked(), files_of(out)["App"])
    assert pinfuse("verify", out, "--no-proof").exit_code == 0


def short(*, security: bool) -> bytes:
    """Linked with no room behind its load commands, and signed by nobody."""
    data = chained.linked(security=security, headerpad="0x0", words=("-no_encryption", "-adhoc_codesign"))
    image = read(data, "x")
    assert image.room_end - image.commands_end < 72
    return data


def test_a_short_header_takes_another_path_but_no_library_more(tmp_path: Path) -> None:
    out = tmp_path / "out.ipa"
    app = ipa.write(tmp_path / "a.ipa", chained.app() | {"App": short(security=True)})
    build(app, out, *PINS)
    assert accounted(short(security=True), files_of(out)["App"])
    assert pinfuse("verify", out, "--no-proof").exit_code == 0
    app = ipa.write(tmp_path / "b.ipa", chained.app() | {"App": short(security=False)})
    refused(app, tmp_path / "no.ipa", 3, "bytes are free behind its load commands", *PINS)


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a purchased program": ("App", chained.encrypted, "a copy out of the App Store"),
    "a purchased framework": (
        "Frameworks/Kit.framework/Kit", lambda: chained.encrypted("dylib"), "a copy out of the App Store"
    ),
    "a purchased extension": ("PlugIns/Share.appex/Share", chained.encrypted, "a copy out of the App Store"),
    "signed pointers": ("App", chained.arm64e, "whose pointers are signed"),
    "an extension for the simulator": (
        "PlugIns/Share.appex/Share", lambda: chained.linked(target="arm64-simulator"), "mixes code"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    path, make, words = REFUSED[name]
    app = ipa.write(tmp_path / "a.ipa", chained.app() | {path: make()})
    refused(app, tmp_path / "out.ipa", 3, words, *PINS)


def test_words_of_header_and_commands(tmp_path: Path) -> None:
    """A whole build of a program with every sixth damaged: an error in words, or an output."""
    well = seal(Rules(()), Binding(ipa.BUNDLE_ID, (), any_signer=True), b"q" * 32, SystemRandom())
    data, refusals, turns = chained.linked(), 0, range(0, read(chained.linked(), "x").commands_end, 24)
    for at in turns:
        value = b"\xff" * 4 if at % 48 else bytes(4)
        made = data[:at] + value + data[at + 4 :]
        app = ipa.write(tmp_path / "a.ipa", ipa.plain() | {"App": made}, stored=True)
        refusals += _fused(app, well)
    assert 8 < refusals < len(turns)


def test_damage_of_the_chains_and_random_bytes_from_the_command_line(tmp_path: Path) -> None:
    """No traceback; and no output where the exit code is not 0."""
    rng, data, refusals = random.Random(52), chained.linked(), 0
    found = list(chained.fields(data))
    for turn in range(9):
        made = data
        if turn % 3 == 0:
            made = rng.choice(found).put(made, rng.getrandbits(64))
        elif turn % 3 == 1:
            made = made[: rng.randrange(len(made))]
        else:
            at = rng.randrange(read(data, "x").commands_end - 16)
            made = made[:at] + rng.randbytes(16) + made[at + 16 :]
        app, out = ipa.write(tmp_path / "a.ipa", ipa.plain() | {"App": made}), tmp_path / f"{turn}.ipa"
        done = pinfuse("build", app, *PINS, "-o", out)
        assert done.exit_code in (0, 3, 4), (turn, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
        assert out.exists() is (done.exit_code == 0)
        refusals += done.exit_code != 0
    assert 2 < refusals < 9


def test_a_signature_is_put_where_there_was_one(tmp_path: Path) -> None:
    """The linker's own signature goes, and ours ends the file."""
    data = chained.linked(words=("-adhoc_codesign",))
    app, out = ipa.write(tmp_path / "a.ipa", ipa.plain() | {"App": data}), tmp_path / "out.ipa"
    build(app, out, *PINS)
    made = files_of(out)["App"]
    image = read(made, "x")
    assert sum(one.kind == CODE_SIGNATURE for one in image.commands) == 1
    assert image.signature
    assert sum(image.signature) == len(made)
    assert image.signature[0] == _signature(data)
