"""Signing blocks that nobody's tool writes: nothing that looks at an app ends in a traceback over them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from examples.demo.run import APP
from pinfuse.android.apk import ApkFile
from pinfuse.android.signing.block import V2, V3, V31, pack_block, read_block
from pinfuse.android.signing.debugkey import throwaway_signer
from pinfuse.android.signing.schemes import prefixed, sequence
from pinfuse.android.signing.verify import PROOF_OF_ROTATION, identities, verify_apk
from pinfuse.container.reader import Archive


def with_block(tmp_path: Path, pairs: list[tuple[int, bytes]]) -> Path:
    """The demo app with this block in place of its own."""
    with Archive(APP) as archive:
        block = read_block(archive)
        start = block.offset if block else archive.end.directory_offset
        head = archive.pread(0, start)
        directory = archive.pread(archive.end.directory_offset, archive.end.directory_size)
        end = bytearray(archive.pread(archive.end.offset, archive.size - archive.end.offset))
    made = pack_block(pairs)
    end[16:20] = (start + len(made)).to_bytes(4, "little")
    out = tmp_path / "app.apk"
    out.write_bytes(head + made + directory + bytes(end))
    return out


NO_CERTIFICATE = sequence([prefixed(sequence([]) + sequence([]))])


@pytest.mark.parametrize("id_", [V2, V3])
@pytest.mark.parametrize("value", [NO_CERTIFICATE, b"", sequence([]), sequence([b""])], ids=["none", "empty", "0", "b"])
def test_a_signer_without_a_certificate(tmp_path: Path, id_: int, value: bytes) -> None:
    with Archive(with_block(tmp_path, [(id_, value)])) as archive:
        assert identities(archive) == () or all(one.schemes == ("v1",) for one in identities(archive))
        assert not verify_apk(archive).schemes


def rotated() -> bytes:
    """A v3 value whose signer proves that another key came before it (apksig, ``V3SigningCertificateLineage``)."""
    old, new = throwaway_signer("The first key"), throwaway_signer("The key after it")
    algorithm = struct.pack("<I", new.algorithm.id)
    levels = []
    for signer, before in ((old, None), (new, old)):
        data = prefixed(signer.certificates[0]) + algorithm
        proof = before.sign(data) if before else b""
        levels.append(prefixed(data) + struct.pack("<I", 0x17) + algorithm + prefixed(proof))
    lineage = struct.pack("<II", PROOF_OF_ROTATION, 1) + b"".join(map(prefixed, levels))
    sdk = struct.pack("<II", 28, 0x7FFFFFFF)
    signed = sequence([algorithm + prefixed(bytes(32))]) + sequence(new.certificates) + sdk + sequence([lineage])
    signature = sequence([algorithm + prefixed(new.sign(signed))])
    return sequence([prefixed(signed) + sdk + signature + prefixed(new.public_key_der)])


@pytest.mark.parametrize("id_", [V3, V31])
def test_a_rotation_of_keys_that_the_output_cannot_prove_is_said(tmp_path: Path, id_: int) -> None:
    app = ApkFile(Archive(with_block(tmp_path, [(id_, rotated())])))
    assert any("older key" in one for one in app.inspect().obstacles)
    app.close()


def test_one_key_alone_is_no_rotation() -> None:
    app = ApkFile(Archive(APP))
    assert not any("older key" in one for one in app.inspect().obstacles)
    app.close()
