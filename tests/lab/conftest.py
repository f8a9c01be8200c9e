"""The app of the lab, built once a session."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from examples.demo.run import APP, PASSWORD, World
from tests.conftest import build_options, pinfuse
from tests.lab.device import host_library, to_classes, trust_store
from tests.lab.visits import Lab


@pytest.fixture(scope="session")
def lab(world: World, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    apk = folder / "built.apk"
    done = pinfuse("build", APP, *build_options(world), "-o", apk)
    assert done.exit_code == 0, done.stderr
    store = pkcs12.load_pkcs12(world.key_store.read_bytes(), PASSWORD.encode())
    assert store.cert is not None
    certificate = folder / "signer.der"
    certificate.write_bytes(store.cert.certificate.public_bytes(Encoding.DER))
    roots = []
    for name, (chain, _) in (("good", world.good), ("other", world.other)):
        roots.append(folder / f"{name}-root.pem")
        roots[-1].write_bytes(x509.load_pem_x509_certificates(chain.read_bytes())[-1].public_bytes(Encoding.PEM))
    appended = folder / "appended.pem"
    pinned = x509.load_pem_x509_certificates(world.good[0].read_bytes())[0]
    appended.write_bytes(world.other[0].read_bytes() + pinned.public_bytes(Encoding.PEM))
    return Lab(
        apk,
        to_classes([(apk, ("classes.dex", "classes2.dex"))], folder / "built"),
        host_library(apk, folder / "lib"),
        certificate,
        trust_store(roots, folder / "trust.p12"),
        world.good,
        world.other,
        (appended, world.other[1]),
    )
