"""What others say of our signatures: rcodesign and lief read them, ipasign writes the same ones."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pinfuse.ios.macho.image import read
from pinfuse.ios.macho.slices import slices
from pinfuse.ios.signing import cms, directory
from pinfuse.ios.signing.blobs import HEADER, Slot, read_super_blob
from pinfuse.ios.signing.bundle import sign_bundle
from pinfuse.ios.signing.check import check_bundle
from pinfuse.ios.signing.code import Signing, What, sign_code
from pinfuse.ios.signing.view import MemoryView
from tests.fixtures import apple, macho
from tests.unit.codesign.test_bundle import CODE, of, settings
from tests.unit.codesign.test_check import failed

NONE, NOBODY = "no problems detected", "no cryptographic signature present"
"""What rcodesign says of a signature that holds, and of an ad hoc one."""


def rcodesign_says(path: Path) -> str:
    """What ``rcodesign verify`` says of a file; skips without it."""
    tool = shutil.which("rcodesign")
    if tool is None:
        pytest.skip("rcodesign is not here (cargo install apple-codesign)")
    said = subprocess.run((tool, "verify", str(path)), capture_output=True, text=True)
    return said.stdout + said.stderr


def files() -> dict[str, bytes]:
    """Code of every kind that we sign."""
    app = apple.app()
    ours = {**app, **sign_bundle(MemoryView(app), settings(apple.profile("com.example.*"))).files}
    found = {path.replace("/", "_"): ours[path] for path in sorted(CODE)}
    fat = macho.fat(apple.image(apple.DYLIB), apple.image(apple.DYLIB, is_64=False))
    signing = Signing(of(apple.identity()), apple.TEAM, apple.NOW)
    found["fat"] = sign_code(fat, "fat", What("com.example.fat"), signing)
    found["ec"] = sign_code(
        apple.image(), "ec", What("com.example.ec"), Signing(of(apple.identity(kind="ec")), apple.TEAM, apple.NOW)
    )
    old = apple.image(least=(apple.MIN_IOS, 9 << 16, 0))
    found["old"] = sign_code(old, "old", What("com.example.old", entitlements={"a": True}), signing)
    found["adhoc"] = sign_code(apple.image(), "adhoc", What("com.example.adhoc"), Signing(None, "", apple.NOW))
    return found


def test_rcodesign_finds_no_problems(tmp_path: Path) -> None:
    for name, data in files().items():
        (tmp_path / name).write_bytes(data)
        said = rcodesign_says(tmp_path / name)
        if name == "adhoc":  # signed by nobody: its one complaint
            assert said.startswith(NOBODY)
            assert said.count("\n") == 3
        else:
            assert NONE in said, (name, said)


def test_rcodesign_finds_what_we_find(tmp_path: Path) -> None:
    data = files()["App"]
    path = tmp_path / "App"
    path.write_bytes(data.replace(b"the app", b"the apq"))
    said = rcodesign_says(path)
    assert "code digest mismatch for entry 0" in said
    assert NONE not in said


def test_lief_reads_them() -> None:
    lief = pytest.importorskip("lief")
    lief.logging.disable()
    for name, data in files().items():
        for part in slices(data, name):
            piece = data[part.offset : part.offset + part.size]
            whole = lief.MachO.parse(list(piece))
            one = whole.at(0)
            assert one.has_code_signature, name
            ours = read(piece, name)
            assert ours.signature == (one.code_signature.data_offset, one.code_signature.data_size)
            linkedit = next(segment for segment in one.segments if segment.name == "__LINKEDIT")
            assert linkedit.file_offset + linkedit.file_size == len(piece)
            assert bytes(one.code_signature.content)[:4].hex() == "fade0cc0"


def signature(data: bytes) -> dict[int, bytes]:
    """The blobs of a thin file."""
    told = read(data, "x").signature
    assert told
    return read_super_blob(data[told[0] :], "x")


@pytest.fixture
def second() -> Any:
    """The second writer."""
    return pytest.importorskip("ipasign", reason="ipasign is not here (pip install ipasign)")


def keyed(folder: Path) -> Any:
    from ipasign import Key

    (folder / "id.p12").write_bytes(apple.identity().p12())
    (folder / "p.mobileprovision").write_bytes(apple.profile("com.example.*"))
    return Key(folder / "id.p12", folder / "p.mobileprovision", apple.PASSWORD)


def test_ipasign_writes_the_same(second: Any, tmp_path: Path) -> None:
    """All but the CMS certificates, which it adds Apple's to, and the first page, where the signature's size stands."""
    from ipasign.signer import FileContext, sign_file_data

    key = keyed(tmp_path)
    signer = key._signer()
    signer.signing_time = apple.NOW
    bare = apple.image(code=bytes(9000))
    signed, _ = sign_file_data(signer, bare, FileContext("com.example.app"))
    entitlements = key.profile.entitlements
    what = What("com.example.app", entitlements=entitlements)
    ours = sign_code(bare, "x", what, Signing(of(apple.identity()), apple.TEAM, apple.NOW))
    theirs, mine = map(signature, (signed, ours))
    assert theirs.keys() == mine.keys()
    for slot in (Slot.REQUIREMENTS, Slot.ENTITLEMENTS, Slot.ENTITLEMENTS_DER):
        assert theirs[slot] == mine[slot], slot
    (told, pages, limit), other = (directory.read(one[Slot.CODE_DIRECTORY], "x") for one in (mine, theirs))
    assert (told, pages[1:], limit) == (other[0], other[1][1:], other[2])
    left, right = (
        cms.verify(cms.parse(one[Slot.CMS][HEADER.size :]), one[Slot.CODE_DIRECTORY])[0] for one in (mine, theirs)
    )
    assert left.attributes.keys() == right.attributes.keys()
    assert left.value(cms.SIGNING_TIME) == right.value(cms.SIGNING_TIME)


def folder_of(files: dict[str, bytes], folder: Path) -> Path:
    app = folder / "Test.app"
    for path, data in files.items():
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_bytes(data)
    return app


def view_of(app: Path) -> MemoryView:
    found = (path for path in app.rglob("*") if path.is_file())
    return MemoryView({path.relative_to(app).as_posix(): path.read_bytes() for path in found})


def without_watch() -> dict[str, bytes]:
    """Our app without what neither of the two signs: a watch app in ``Watch/``."""
    return {path: data for path, data in apple.app().items() if not path.startswith("Watch/")}


def test_what_ipasign_signed_holds(second: Any, tmp_path: Path) -> None:
    app = folder_of(without_watch(), tmp_path)
    keyed(tmp_path).sign(app)
    assert failed(check_bundle(view_of(app))) == {}


def test_what_rcodesign_signed_holds(tmp_path: Path) -> None:
    """With SHA-1 and SHA-256 directories, for systems that we do not sign for."""
    tool = shutil.which("rcodesign")
    if tool is None:
        pytest.skip("rcodesign is not here (cargo install apple-codesign)")
    app = folder_of(without_watch(), tmp_path)
    (tmp_path / "id.p12").write_bytes(replace(apple.identity(), chain=()).old_p12())
    words = ("--p12-file", "id.p12", "--p12-password", apple.PASSWORD, "--team-name", apple.TEAM,
             "--timestamp-url", "none", "Test.app")  # fmt: skip
    subprocess.run((tool, "sign", *words), cwd=tmp_path, check=True, capture_output=True)
    checked = check_bundle(view_of(app))
    assert failed(checked) == {}
    assert checked.certificate == apple.identity().entity.certificate
