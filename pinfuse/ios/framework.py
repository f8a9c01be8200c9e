"""``PFuse.framework``: the stub as it lies in an app, signed before anything else, so that these very bytes are run."""

from __future__ import annotations

import plistlib
from collections.abc import Mapping
from dataclasses import dataclass

from pinfuse.formats import StubImage
from pinfuse.ios import names
from pinfuse.ios.macho.image import read
from pinfuse.ios.macho.slices import slices
from pinfuse.ios.signing.code import ALIGNMENT, Signing, What, sign_code
from pinfuse.ios.signing.resources import PATH, Resource, code_resources
from pinfuse.ios.suitable import version
from pinfuse.stub.payload import IosStub, load_payload

FIRST_OF_13 = 13 << 16
ONLY_MAIN = "PFOnlyMain"
"""The key that tells of ``--only-main``: without it a program that does not load the stub is a broken promise."""
SIMULATOR, DEVICE_13, DEVICE_8 = "simulator", "device-13.0", "device-8.0"


@dataclass(frozen=True, slots=True)
class Framework:
    """Path in the framework → content."""

    stub: IosStub
    files: Mapping[str, bytes]
    only_main: bool = False
    """True where extensions and App Clips are left as they are."""

    def images(self, home: str) -> tuple[StubImage, ...]:
        """The stub of each slice, in the framework of the app or App Clip at ``home``."""
        data = self.files[names.EXECUTABLE]
        return images_of(data, self.stub, f"{home}/{names.BINARY}")


def choose(*, simulated: bool, least: int, well_size: int) -> IosStub:
    """The stub for an app that runs on this iOS (16, 8 and 8 bits) and later."""
    variant = SIMULATOR if simulated else DEVICE_13 if least >= FIRST_OF_13 else DEVICE_8
    return load_payload().ios[variant][well_size]


def recognise(data: bytes, entry: str) -> IosStub | None:
    """The stub that a file was made from, by where its code ends; None for one of another pinfuse.

    Raises `pinfuse.errors.DamagedApp` for no Mach-O file.
    """
    images = [read(data[one.offset : one.offset + one.size], entry) for one in slices(data, entry)]
    ends = [_padded(image.signature[0] if image.signature else len(image.data)) for image in images]
    for sizes in load_payload().ios.values():
        for stub in sizes.values():
            if version(images[0].minos) == stub.minos and [_padded(one.size) for one in stub.slices] == ends:
                return stub
    return None


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def make(stub: IosStub, well: bytes, signing: Signing | None, *, only_main: bool = False) -> Framework:
    """The framework with this vault; unsigned without ``signing``."""
    info = info_plist(stub, only_main=only_main)
    files = {names.INFO: info, names.PRIVACY: privacy()}
    binary = stub.with_well(well)
    if signing:
        resources = code_resources((Resource.of(path, data) for path, data in files.items()), names.EXECUTABLE)
        files[PATH] = resources
        binary = sign_code(binary, names.BINARY, What(names.IDENTIFIER, info, resources), signing)
    return Framework(stub, {names.EXECUTABLE: binary, **files}, only_main)


def images_of(data: bytes, stub: IosStub, entry: str) -> tuple[StubImage, ...]:
    """The slices of a stub as it stands in a file; raises `pinfuse.errors.DamagedApp` for no Mach-O file."""
    parts = slices(data, entry)
    return tuple(
        StubImage(
            one.abi, entry, data[part.offset : part.offset + part.size], one.well_offset - one.offset, stub.well_size
        )
        for one, part in zip(stub.slices, parts, strict=False)
    )


def info_plist(stub: IosStub, *, only_main: bool = False) -> bytes:
    """Its Info.plist: it runs on the same systems as the binary, and says whether other programs are left out."""
    platform = "iPhoneSimulator" if stub.variant == SIMULATOR else "iPhoneOS"
    return plistlib.dumps(
        {
            "CFBundleDevelopmentRegion": "en",
            "CFBundleExecutable": names.EXECUTABLE,
            "CFBundleIdentifier": names.IDENTIFIER,
            "CFBundleInfoDictionaryVersion": "6.0",
            "CFBundleName": names.EXECUTABLE,
            "CFBundlePackageType": "FMWK",
            "CFBundleShortVersionString": "1.0",
            "CFBundleSupportedPlatforms": [platform],
            "CFBundleVersion": "1",
            "MinimumOSVersion": stub.minos,
        }
        | ({ONLY_MAIN: True} if only_main else {}),
        fmt=plistlib.FMT_BINARY,
    )


def privacy() -> bytes:
    """Its privacy manifest: it collects nothing."""
    lists = ("NSPrivacyTrackingDomains", "NSPrivacyCollectedDataTypes", "NSPrivacyAccessedAPITypes")
    return plistlib.dumps({"NSPrivacyTracking": False} | {key: [] for key in lists})
