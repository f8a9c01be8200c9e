"""Which format a file has: found by its first bytes and by what is in it, never by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pinfuse.container.reader import Archive
from pinfuse.errors import UnsupportedApp
from pinfuse.formats import App


def _is_apk(archive: Archive) -> bool:
    return "AndroidManifest.xml" in archive.entries


def _is_ios(archive: Archive) -> bool:
    from pinfuse.ios.bundle import find_root

    return bool(find_root(archive))


def _open_apk(archive: Archive) -> App:
    from pinfuse.android.apk import ApkFile

    return ApkFile(archive)


def _open_ios(archive: Archive) -> App:
    from pinfuse.ios.ipa import IpaFile

    return IpaFile(archive)


ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"dex\n")
"""First bytes of an archive; a DEX in front of one (Janus) is for its reader to refuse."""
FORMATS: Mapping[Callable[[Archive], bool], Callable[[Archive], App]] = {_is_apk: _open_apk, _is_ios: _open_ios}
"""What is in an archive → how it is opened."""
BUNDLE, UNIVERSAL = "BundleConfig.pb", "bundletool build-apks --mode=universal --bundle=APP.aab --output=APP.apks"
"""An entry of every app bundle, and what makes an APK of one."""


def open_app(path: Path) -> App:
    """Open an app of any known format.

    Raises `pinfuse.errors.AppError` for a file of no known format or a damaged one, `OSError` as the system gives it.
    """
    with path.open("rb") as file:
        magic = file.read(4)
    if not magic.startswith(ARCHIVES):
        raise UnsupportedApp(
            "this is not an app that pinfuse knows: the file starts with " + (magic.hex(" ") or "nothing"),
            where=path.name,
            todo="give a finished APK or IPA",
        )
    archive = Archive(path)
    try:
        for fits, opener in FORMATS.items():
            if fits(archive):
                return opener(archive)
    except BaseException:
        archive.close()
        raise
    archive.close()
    raise _no_app(archive)


def _no_app(archive: Archive) -> UnsupportedApp:
    """Why an archive is none of the formats, and what helps where it holds an app in another form."""
    inside = [name for name in archive.entries if name.endswith(".apk") and "/" not in name]
    if BUNDLE in archive.entries:
        what = "it is an Android app bundle (AAB), of which a store makes the APKs"
        todo = f"give the universal APK: {UNIVERSAL}"
    elif inside:
        what, todo = f"it is an archive that holds {inside[0]}", "unpack it and give the universal APK"
    else:
        what = "it holds no AndroidManifest.xml and no Payload/*.app: it is neither an APK nor an IPA"
        todo = "give a finished APK or IPA"
    return UnsupportedApp(what, where=archive.name, todo=todo)
