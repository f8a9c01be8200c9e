"""Which facades an app gets, and the true reason where one is left out."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from pinfuse.android.dex.rename import SSL_CONTEXT, TRUST_MANAGER_FACTORY
from pinfuse.android.facades import FacadePlan, plan_facades
from pinfuse.android.profile import HEAD, LINE, MAGIC, PROFILE, VERSION, checksums_of, rewrite
from pinfuse.container.reader import Archive
from pinfuse.errors import UnsupportedApp
from tests.fixtures.apk import write
from tests.fixtures.dex import Class, Source, build

REAL = "Ljavax/net/ssl/SSLContext;"
CALL = (REAL, ("getInstance", REAL, ("Ljava/lang/String;",)))
USER = build(Source((Class("La/B;"),), (CALL,)))
PLAIN = build(Source((Class("La/C;"),)))
NAMES_IT = b"\x7fELF" + bytes(300_000) + b"javax/net/ssl/SSLContext\0" + bytes(100)


def plan(tmp_path: Path, entries: Mapping[str, bytes]) -> FacadePlan:
    with Archive(write(tmp_path / "app.apk", {"AndroidManifest.xml": b"x", **entries})) as archive:
        return plan_facades(archive)


def nested(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def test_a_user_gets_its_facade_and_others_do_not(tmp_path: Path) -> None:
    found = plan(tmp_path, {"classes.dex": PLAIN, "classes2.dex": USER, "lib/x86/a.so": b"\x7fELF" + bytes(100)})
    assert found.renames == {"classes2.dex": (SSL_CONTEXT,)}
    assert found.left_out == {}
    assert found.following == "classes3.dex"


LEFT_OUT = {
    "a library names it": ({"lib/x86/a.so": NAMES_IT}, "lib/x86/a.so is native code"),
    "a library under another name": ({"assets/blob.bin": NAMES_IT}, "assets/blob.bin is native code"),
    "code in assets": ({"assets/more.bin": USER}, "assets/more.bin is code that is loaded later"),
    "code in an archive": ({"assets/plugin": nested("classes.dex", USER)}, "assets/plugin is an archive with code"),
    "an archive that cannot be read": ({"assets/odd": b"PK\x03\x04" + bytes(200)}, "assets/odd is an archive"),
    "the platform's method": (
        {"classes2.dex": build(Source((), (("Landroid/net/X;", ("use", "V", (REAL,))),)))},
        "android.net.X.use",
    ),
    "a class of that name": ({"classes2.dex": build(Source((Class(REAL),)))}, "platform's name itself"),
    "a neighbour in the way": (
        {"classes2.dex": build(Source(strings=(REAL, "Ljavax/net/ssl/SSLContexs;")))},
        "out of order",
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_is_left_out_for_a_true_reason(name: str, tmp_path: Path) -> None:
    more, reason = LEFT_OUT[name]
    found = plan(tmp_path, {"classes.dex": USER, **more})
    assert found.renames == {}
    assert reason in found.left_out[SSL_CONTEXT]
    assert TRUST_MANAGER_FACTORY not in found.left_out


HARMLESS: dict[str, bytes] = {
    "assets/code.bin": PLAIN,
    "assets/plugin.jar": nested("classes.dex", PLAIN),
    "lib/x86/b.so": b"\x7fELF" + b"javax/net/ssl/X509TrustManager" + bytes(100),
    "assets/readme.txt": b"we use javax/net/ssl/SSLContext" * 4,
}


def test_what_does_not_name_it_is_harmless(tmp_path: Path) -> None:
    found = plan(tmp_path, {"classes.dex": USER, **HARMLESS})
    assert found.renames == {"classes.dex": (SSL_CONTEXT,)}


@pytest.mark.parametrize(("names", "words"), [((), "no classes.dex"), (("classes.dex", "classes3.dex"), "classes3")])
def test_code_that_android_would_not_load(names: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedApp, match=words):
        plan(tmp_path, dict.fromkeys(names, PLAIN))


def profile(*checksums: int) -> bytes:
    content = b"".join(LINE.pack(len(b"base"), 0, 0, value, 9) + b"base" for value in checksums) + bytes(40)
    packed = zlib.compress(content)
    return MAGIC + VERSION + HEAD.pack(len(checksums), len(content), len(packed)) + packed


def test_the_start_up_profile_follows_the_renamed_file(tmp_path: Path) -> None:
    with Archive(write(tmp_path / "app.apk", {"classes.dex": USER, PROFILE: profile(1, 2, 3)})) as archive:
        data = checksums_of(archive)
    assert data == profile(1, 2, 3)
    changed = rewrite(data, {2: 0xFFFFFFFF})
    assert zlib.decompress(changed[8 + HEAD.size :]) == zlib.decompress(profile(1, 0xFFFFFFFF, 3)[8 + HEAD.size :])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"pro\x00015\x00" + bytes(40),
        profile(1)[:-3],
        profile(1) + b"x",
        MAGIC + VERSION + struct.pack("<BII", 9, 5, 4),
    ],
    ids=["empty", "other version", "cut", "longer", "no stream"],
)
def test_a_profile_of_another_form_is_left_as_it_is(data: bytes, tmp_path: Path) -> None:
    with Archive(write(tmp_path / "app.apk", {"classes.dex": USER, PROFILE: data})) as archive:
        assert checksums_of(archive) is None


@pytest.mark.parametrize("what", ["many", "large"])
def test_an_archive_that_unpacks_without_end_is_not_followed(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as one that names the class, as each that cannot be looked into."""
    limit = "MOST_UNPACKED" if what == "many" else "LARGEST_NESTED"
    monkeypatch.setattr(f"pinfuse.android.scan.{limit}", 1 << 20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3 if what == "many" else 1):
            archive.writestr(f"classes{number}.dex", b"dex\n035\0" + bytes(600_000 if what == "many" else 1 << 21))
    found = plan(tmp_path, {"classes.dex": USER, "assets/plugin.zip": out.getvalue()})
    assert "assets/plugin.zip" in found.left_out[SSL_CONTEXT]
