"""TLS inside real native libraries, as their makers publish them: the marks tell what each one is."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

import pytest

from pinfuse.coverage.native import look_at_library, make_of
from tests.registry import Packed
from tools.maven import Artifact, ArtifactError

WEBRTC = Artifact(
    "io.getstream:stream-webrtc-android:1.3.8:aar", "0ba9454db994ec37a9a86880246635d812876e4afc70561c1509db93508b5903"
)
SPEECH = Artifact(
    "com.microsoft.cognitiveservices.speech:client-sdk:1.40.0:aar",
    "82aa7063947fd69ee8b8824774c2bc1f7f925ac2333d645a24e4956ddbeeb910",
)
PIECE = 1 << 20
PACKED = {
    "Flutter (Dart 3.7.2) with BoringSSL": Packed(
        "pypi:flet-desktop==0.28.3",
        "flet_desktop/app/flet-linux-arm64.tar.gz!flet/lib/libflutter_linux_gtk.so",
        "939312f52d141131b4f652b0a66a37ba3e814906b73746eea05be844b430fc2e",
    ),
    "s2n-tls": Packed(
        "pypi:awscrt==0.38.1",
        "_awscrt.abi3.so",
        "c04c836ceddafda7e07cd425adcd65e37d0fd9a17bf474481563ff48e66de493",
    ),
    "WebRTC with BoringSSL and rustls 0.23.45": Packed(
        "pypi:livekit==1.2.1",
        "livekit/rtc/resources/liblivekit_ffi.so",
        "1851e0a2b740be6041e5a8bf66f419f78f0a424348b4d44d52bf2ece231ab740",
    ),
}
NO_TLS = Packed(
    "pypi:flet-desktop==0.28.3",
    "flet_desktop/app/flet-linux-arm64.tar.gz!flet/lib/librive_common_plugin.so",
    "ecbea45b58a86a98ec884b8ae6a962b9e67604c6cbfdf5c43269cbabd7a92722",
)


def told(data: bytes) -> str | None:
    def pieces() -> Iterator[bytes]:
        return (data[at : at + PIECE] for at in range(0, len(data), PIECE))

    made = make_of(look_at_library(pieces))
    return made.name if made else None


@pytest.mark.parametrize("name", PACKED)
def test_a_library_of_pypi_is_told(name: str) -> None:
    assert told(PACKED[name].fetch().read_bytes()) == name


def test_a_library_beside_them_speaks_no_tls() -> None:
    assert told(NO_TLS.fetch().read_bytes()) is None


def fetched(artifact: Artifact) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(artifact.fetch())
    except ArtifactError as error:
        pytest.skip(f"the library is not here: {error}")


@pytest.mark.parametrize("abi", ["arm64-v8a", "armeabi-v7a", "x86", "x86_64"])
def test_webrtc_for_android_is_told(abi: str) -> None:
    with fetched(WEBRTC) as archive:
        assert told(archive.read(f"jni/{abi}/libjingle_peerconnection_so.so")) == "WebRTC with BoringSSL"


def test_one_library_of_eight_speaks_tls() -> None:
    with fetched(SPEECH) as archive:
        names = [name for name in archive.namelist() if name.startswith("jni/arm64-v8a/") and name.endswith(".so")]
        speak = {name.rsplit("/", 1)[-1]: make for name in names if (make := told(archive.read(name)))}
    assert len(names) == 8
    assert speak == {"libMicrosoft.CognitiveServices.Speech.core.so": "OpenSSL 3.0.13"}
