"""The facades, the shim and the stub's natives *run* on ART 11: an app that trusts everybody is held to its pins.

The app is built by pinfuse. The stub is the host build with the well out of that app, as in the JVM lab, loaded by ART
for the app's class loader. There is no TLS: a provider of the test's puts the question to the trust manager that a
handshake would put.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from examples.demo.run import PASSWORD, World
from tests.art import machine
from tests.art.bootpath import Classes, boot_class_path, compiled, core, dex_files, to_dex
from tests.conftest import build_options, pinfuse
from tests.fixtures.apk import demo_manifest, write
from tests.lab.device import PACKAGE, host_library
from tools.maven import ArtifactError

HERE = Path(__file__).resolve().parent
STAND_INS = HERE.parent / "lab" / "java" / "android"


def built(world: World, folder: Path, classes: Classes) -> Path:
    """The app, after a build with the pins of the world."""
    with zipfile.ZipFile(to_dex(classes)) as archive:
        dex = archive.read("classes.dex")
    app, out = (
        write(folder / "flow.apk", {"AndroidManifest.xml": demo_manifest(), "classes.dex": dex}),
        folder / "built.apk",
    )
    done = pinfuse("build", app, *build_options(world), "-o", out)
    assert done.exit_code == 0, done.stderr
    return out


def certificates(chain: Path) -> str:
    """A chain as ``Flows`` reads it."""
    found = x509.load_pem_x509_certificates(chain.read_bytes())
    names = [(one.subject.public_bytes(), one.issuer.public_bytes(), one.public_bytes(Encoding.DER)) for one in found]
    return ",".join("/".join(part.hex() for part in parts) for parts in names)


def flow(world: World, folder: Path, *, with_stub: bool) -> list[tuple[str, str]]:
    """What the app met: the words of ``Flows``."""
    if why := machine.absent():
        pytest.skip(why)
    try:
        own, rest = core()
    except ArtifactError as error:
        pytest.skip(f"the boot class path is not here: {error}")
    against = {**rest, **own}
    apk = built(world, folder, compiled((HERE / "flow" / "app").rglob("*.java"), against))
    stand = compiled([*STAND_INS.rglob("*.java"), *(HERE / "flow" / "stand").rglob("*.java")])
    boot = compiled((HERE / "flow" / "boot").rglob("*.java"), {**against, **stand})
    machine.build(folder)
    if with_stub:
        shutil.copyfile(host_library(apk, folder / "lib") / "libzqk.so", folder / "libzqk.so")
    dex = dex_files(apk, folder / "dex")
    signer = pkcs12.load_pkcs12(world.key_store.read_bytes(), PASSWORD.encode()).cert
    assert signer is not None
    visits = (f"localhost:{certificates(world.good[0])}", f"localhost:{certificates(world.other[0])}")
    unlisted = f"elsewhere.example:{certificates(world.other[0])}"
    parts = (",".join(map(str, dex)), PACKAGE, str(apk), signer.certificate.public_bytes(Encoding.DER).hex())
    said = machine.start(
        folder, boot_class_path(dex, {**stand, **boot}), ";".join((*parts, *visits, unlisted)), "Flows"
    )
    rows = [line.split("\t") for line in said if line.startswith("FLOW\t")]
    assert rows and rows[-1][1] == "end", "\n".join(said)[-3000:]
    return [(what, text) for _, what, text in rows]


MEETS = ("meets", "javax.net.ssl.SSLContexs javax.net.ssl.TrustManagerFactorx ZQK")
REFUSED = "localhost java.security.cert.CertificateException: Connection to localhost refused: "


def test_an_app_that_trusts_everybody_is_held_to_its_pins(world: World, tmp_path: Path) -> None:
    assert flow(world, tmp_path, with_stub=True) == [
        MEETS,
        ("allowed", "localhost"),
        ("refused", f"{REFUSED}pin"),
        ("allowed", "elsewhere.example"),
        ("end", ""),
    ]


def test_without_the_stub_every_session_is_refused(world: World, tmp_path: Path) -> None:
    said = flow(world, tmp_path, with_stub=False)
    assert [what for what, _ in said] == ["meets", "refused", "refused", "refused", "end"]
    assert all(text.endswith("refused: vault") for what, text in said if what == "refused")
