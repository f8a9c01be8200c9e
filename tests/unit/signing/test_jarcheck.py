"""The JAR signature as systems before API 24 check it: apksig's fixtures, ours, and stale ones beside a good v2."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pinfuse.android.apk import ApkFile
from pinfuse.android.fuse import Parts
from pinfuse.android.output import write_apk
from pinfuse.android.signing import jar
from pinfuse.android.signing.debugkey import throwaway_signer
from pinfuse.android.signing.jarcheck import jar_problems
from pinfuse.android.signing.keys import ApkSigner
from pinfuse.android.signing.verify import verify_apk
from pinfuse.container.reader import Archive
from pinfuse.container.writer import new_entry
from tests.corpus import corpus
from tests.unit.signing.test_against_apksigner import CASES, Case, sign, signer_with

CODE, MANIFEST, SF, BLOCK = "classes.dex", "META-INF/MANIFEST.MF", "META-INF/CERT.SF", "META-INF/CERT.EC"
REFUSED = {
    "v1-only-with-lf-in-entry-name.apk": "without a name",
    "v1-only-with-rsa-1024-cert-not-der.apk": "cannot be read",
    "v1-only-with-signed-attrs-multiple-good-digests.apk": "another file",
    "v1-only-with-signed-attrs-signerInfo1-multiple-good-digests-signerInfo2-good.apk": "another file",
    "v1-only-with-signed-attrs-signerInfo1-wrong-digest-signerInfo2-good.apk": "another file",
    "v1-only-with-signed-attrs-signerInfo1-wrong-signature-signerInfo2-good.apk": "does not belong",
    "v1-only-with-signed-attrs-wrong-digest.apk": "another file",
    "v1-only-with-signed-attrs-wrong-signature.apk": "does not belong",
    "v1-sha1-sha256-manifest-and-sf-with-sha256-wrong-in-sf.apk": "another manifest",
}
"""What apksigner refuses for API 21 to 23 too, but for the certificate in BER, which our library does not read. It
refuses some of DSA besides, of kinds that only some of these levels know; and it takes MD5."""


def test_the_fixtures_of_apksig() -> None:
    """The same answers as ``apksigner verify --min-sdk-version 21 --max-sdk-version 23`` gave once, file by file."""
    seen = 0
    for path in sorted(corpus("apksig").glob("v1*.apk")):
        with Archive(path) as archive:
            problems, signers = jar_problems(archive)
        wanted = REFUSED.get(path.name, "kind that is not read" if "md5" in path.name else "")
        assert (wanted in problems[0]) if wanted else (problems == () and signers), (path.name, problems)
        seen += 1
    assert seen >= len(REFUSED)


@pytest.mark.parametrize("case", [CASES[0], CASES[3], CASES[5]], ids=lambda case: case.name)
def test_what_we_sign_holds(case: Case, tmp_path: Path) -> None:
    signer = signer_with(case.key)
    with Archive(sign(signer, tmp_path / "signed.apk", v1=True)) as archive:
        assert jar_problems(archive) == ((), {signer.certificate_sha256})


Change = Callable[[dict[str, bytes]], Mapping[str, bytes]]


def stale(change: Change, signer: ApkSigner, folder: Path, by: ApkSigner | None = None) -> Path:
    """The demo app signed with v1, then changed, then signed anew with v2 and v3 alone."""
    with zipfile.ZipFile(sign(by or signer, folder / "v1.apk", v1=True)) as source:
        entries = change({name: source.read(name) for name in source.namelist()})
    with zipfile.ZipFile(folder / "plain.apk", "w") as target:
        for name, data in entries.items():
            target.writestr(name, data)
    kept = tuple(new_entry(name, data) for name, data in entries.items() if name in (MANIFEST, SF, BLOCK))
    out = folder / "stale.apk"
    with Archive(folder / "plain.apk") as archive, out.open("w+b") as file:
        write_apk(archive, Parts({}, {}, frozenset(), False, kept, False), signer, file)
    return out


def with_entry(name: str, change: Callable[[bytes], bytes]) -> Change:
    return lambda entries: {**entries, name: change(entries.get(name, b""))}


CHANGES: dict[str, tuple[Change, str]] = {
    "an entry": (with_entry(CODE, lambda data: data[:-1] + b"?"), "classes.dex was changed"),
    "one more": (with_entry("assets/x", lambda _: b"x"), "assets/x is not signed"),
    "manifest": (with_entry(MANIFEST, lambda data: data.replace(b"-Digest: ", b"-Digest: A", 1)), "another manifest"),
    "signature file": (with_entry(SF, lambda data: data.replace(b"2, 3", b"2")), "does not belong"),
    "block": (with_entry(BLOCK, lambda data: data[:-1] + bytes([data[-1] ^ 1])), "does not belong"),
    "cut block": (with_entry(BLOCK, lambda data: data[:60]), "cut short"),
    "no block": (lambda entries: {name: data for name, data in entries.items() if name != BLOCK}, "has no signature"),
    "no manifest": (lambda entries: {name: data for name, data in entries.items() if name != MANIFEST}, "is missing"),
    "a section twice": (with_entry(MANIFEST, lambda data: data + data[data.index(b"Name: ") :]), "twice"),
    "no attributes": (with_entry(MANIFEST, lambda _: b"\n\nx\n"), "no attribute"),
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_stale_v1_beside_a_good_v2(how: str, tmp_path: Path) -> None:
    change, said = CHANGES[how]
    apk = stale(change, throwaway_signer(), tmp_path)
    with Archive(apk) as archive:
        assert verify_apk(archive).problems == ()
        problems, _ = jar_problems(archive)
    assert said in problems[0]


WHOLE = re.compile(rb"SHA-256-Digest-Manifest: .*\r\n")
"""Line of a signature file; without it the sections count one by one."""
FILES: dict[str, tuple[bytes, str]] = {
    "section by section": (b"", ""),
    "of the main section": (b"SHA-256-Digest-Manifest-Main-Attributes: {main}\r\n", ""),
    "of another main section": (b"SHA-256-Digest-Manifest-Main-Attributes: AAAA\r\n", "another manifest"),
    "another whole, right sections": (b"SHA-256-Digest-Manifest: AAAA\r\n", ""),
    "no base64": (b"SHA-256-Digest-Manifest: ?\r\n", "no base64"),
}


def resigned(folder: Path, change: Callable[[bytes, bytes], bytes]) -> tuple[str, ...]:
    """Problems of an app whose signature file was changed and then signed by the same key."""
    signer = throwaway_signer()
    with zipfile.ZipFile(sign(signer, folder / "v1.apk", v1=True)) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    text = change(entries[SF], entries[MANIFEST])
    with zipfile.ZipFile(folder / "new.apk", "w") as target:
        for name, data in {**entries, SF: text, BLOCK: jar._signed_data(signer, text)}.items():
            target.writestr(name, data)
    with Archive(folder / "new.apk") as archive:
        return jar_problems(archive)[0]


@pytest.mark.parametrize("how", FILES)
def test_a_manifest_may_count_in_parts(how: str, tmp_path: Path) -> None:
    line, said = FILES[how]

    def change(text: bytes, manifest: bytes) -> bytes:
        main = manifest[: manifest.index(b"\r\n\r\n") + 4]
        return WHOLE.sub(line.replace(b"{main}", base64.b64encode(hashlib.sha256(main).digest())), text)

    problems = resigned(tmp_path, change)
    assert said in problems[0] if said else problems == ()


def test_a_section_of_another_manifest_or_none(tmp_path: Path) -> None:
    digest = b"SHA-256-Digest: "
    wrong = resigned(tmp_path, lambda text, _: WHOLE.sub(b"", text).replace(digest, digest + b"AAAA", 1))
    assert "another manifest" in wrong[0]
    none = resigned(tmp_path, lambda text, _: text[: text.index(b"Name: ")])
    assert "does not sign" in none[0]


def test_nothing_but_words_over_damaged_files(tmp_path: Path) -> None:
    """Bytes of the three files are changed at random, or they are cut short."""
    path = corpus("apksig", "v1-only-with-rsa-pkcs1-sha256-1.2.840.113549.1.1.11-1024.apk")
    rng, refused = random.Random(4), 0
    with zipfile.ZipFile(path) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    for number in range(300):
        name = rng.choice([one for one in entries if one.startswith("META-INF/")])
        data = bytearray(entries[name])
        data[rng.randrange(len(data))] = rng.randrange(256)
        with zipfile.ZipFile(tmp_path / f"{number}.apk", "w") as target:
            kept = rng.choice((len(data), rng.randrange(len(data))))
            for one, content in {**entries, name: bytes(data[:kept])}.items():
                target.writestr(one, content)
        with Archive(tmp_path / f"{number}.apk") as archive:
            refused += bool(jar_problems(archive)[0])
    assert refused > 200


def test_long_lines_of_many_pieces_are_put_together_once(tmp_path: Path) -> None:
    name = "a" * (1 << 18)
    text = b"Manifest-Version: 1.0\n\nName: " + b"\n ".join(bytes([one]) for one in name.encode()) + b"\n\n"
    with zipfile.ZipFile(tmp_path / "a.apk", "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(MANIFEST, text)
        target.writestr(SF, text)
    with Archive(tmp_path / "a.apk") as archive:
        assert jar_problems(archive)[0] == (f"{SF} has no signature",)


def promise(apk: Path) -> tuple[bool, str]:
    app = ApkFile(Archive(apk))
    try:
        return next((one.ok, one.detail) for one in app.verify().promises if one.name == "signature")
    finally:
        app.close()


def test_verify_says_so_where_such_systems_install_the_app(tmp_path: Path) -> None:
    signer, other = throwaway_signer(), throwaway_signer("Another")
    assert promise(stale(lambda entries: entries, signer, tmp_path)) == (True, "v1, v2, v3 hold")
    ok, said = promise(stale(CHANGES["an entry"][0], signer, tmp_path))
    assert not ok
    assert "before API 24" in said and "classes.dex was changed" in said
    ok, said = promise(stale(lambda entries: entries, signer, tmp_path, by=other))
    assert not ok
    assert "another signer" in said
