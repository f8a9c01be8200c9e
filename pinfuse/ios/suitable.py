"""Which apps cannot be protected, each with the true reason; what is only to be said about an app."""

from __future__ import annotations

from collections.abc import Iterator

from pinfuse.errors import UnsupportedApp
from pinfuse.ios import names
from pinfuse.ios.bundle import AppTree, Code, Kind
from pinfuse.ios.macho.image import CPU_ARM, CPU_ARM64, PLATFORM_IOS, PLATFORM_IOS_SIMULATOR, TWO_LEVEL, Image
from pinfuse.ios.plist import text_of

OLDEST = 8 << 16
"""iOS 8.0 (16, 8 and 8 bits): older systems load no frameworks out of an app."""
ARM64, ARM64E = "arm64", "arm64e"
THIN = "--thin arm64"
SIMULATED = (ARM64, "x86_64")
PLATFORMS = {1: "macOS", 3: "tvOS", 4: "watchOS", 6: "Mac Catalyst", 11: "visionOS"}


def is_watch(code: Code) -> bool:
    """True for what runs on the watch: signed again, and nothing else."""
    return code.program.kind is Kind.WATCH


def kept_slices(code: Code, thin: str | None) -> tuple[int, ...]:
    """Numbers of the slices that stay: all, or where there are several the one that ``--thin`` names."""
    chosen = [number for number, image in enumerate(code.images) if image.architecture == thin]
    if thin is None or is_watch(code) or not chosen:
        return tuple(range(len(code.images)))
    return tuple(chosen[:1])


def is_simulated(tree: AppTree) -> bool:
    """True for an app that is built for the simulator."""
    main = next(code for code in tree.codes if code.bundle is tree.main)
    return any(_simulated(image) for image in main.images)


def least_system(tree: AppTree, thin: str | None) -> int:
    """The oldest iOS that one of its programs runs on (16, 8 and 8 bits); 0 when none says so."""
    told = [
        image.minos
        for code in tree.codes
        if code.is_program
        for image in (code.images[number] for number in kept_slices(code, thin))
        if image.minos
    ]
    return min([*told, *_in_words(text_of(tree.main.info, "MinimumOSVersion"))], default=0)


def version(number: int) -> str:
    """A version as people write it."""
    major, minor, patch = number >> 16, number >> 8 & 0xFF, number & 0xFF
    return f"{major}.{minor}" + (f".{patch}" if patch else "")


def runs(image: Image, *, simulated: bool) -> bool:
    """True for a slice that a program for which there is a stub can load."""
    return image.architecture in (SIMULATED if simulated else (ARM64,))


def refusals(tree: AppTree, thin: str | None) -> Iterator[UnsupportedApp]:
    """Every reason why this app cannot be protected, those first that no option helps."""
    name, simulated = tree.archive.name, is_simulated(tree)
    kept = [(code, code.images[number]) for code in tree.codes for number in kept_slices(code, thin)]
    phone = [(code, image) for code, image in kept if not is_watch(code)]
    if any(f"/{names.PURCHASED}" in entry for entry in tree.archive.entries if tree.main.holds(entry)):
        yield _purchased(name)
    for _, image in phone:
        if image.platform not in (0, PLATFORM_IOS, PLATFORM_IOS_SIMULATOR):
            what = f"it is built for {PLATFORMS.get(image.platform, f'platform {image.platform}')}"
            yield UnsupportedApp(what, where=image.where, todo="give an app for iOS")
        elif image.encrypted:
            yield _purchased(image.where)
        elif _simulated(image) is not simulated:
            yield UnsupportedApp("it mixes code for phones and for the simulator", where=image.where)
    others = [(code, image) for code, image in phone if code.is_program and not runs(image, simulated=simulated)]
    hopeless = [one for one in others if not any(runs(image, simulated=simulated) for image in one[0].images)]
    yield from (_other(code, image) for code, image in hopeless)
    least = least_system(tree, thin)
    if least < OLDEST:
        said = f"it runs on iOS {version(least)} already" if least else "it does not say which iOS it runs on"
        what = f"{said}, and systems before 8.0 load no framework out of an app"
        yield UnsupportedApp(what, where=name, todo="build it for iOS 8.0 or later")
    yield from (_other(code, image) for code, image in others)


def _other(code: Code, image: Image) -> UnsupportedApp:
    """A program that runs on a processor without a stub."""
    why = ", whose pointers are signed" if image.architecture == ARM64E else ", which no stub is made for"
    has_arm64 = any(one.architecture == ARM64 for one in code.images)
    todo = f"take the arm64 part alone with {THIN}" if has_arm64 else "build it for arm64"
    return UnsupportedApp(f"it has a part for {image.architecture}{why}", where=image.where, todo=todo)


def _purchased(where: str) -> UnsupportedApp:
    what, todo = "it is encrypted: a copy out of the App Store", "take the IPA that your build exports"
    return UnsupportedApp(what, where=where, todo=todo)


def _simulated(image: Image) -> bool:
    """True for the simulator; before there was a platform of its own, for any image for a processor of a Mac."""
    return image.platform == PLATFORM_IOS_SIMULATOR or image.cpu not in (CPU_ARM, CPU_ARM64)


def _in_words(text: str) -> list[int]:
    """A version in words as a number; nothing for what is none."""
    parts = text.split(".")
    if not text or len(parts) > 3 or not all(part.isdecimal() and len(part) < 4 for part in parts):
        return []
    major, minor, patch = (*map(int, parts), 0, 0)[:3]
    return [major << 16 | min(minor, 255) << 8 | min(patch, 255)]


def remarks(tree: AppTree) -> Iterator[str]:
    """True sentences about what else will be different, or stands in the way."""
    pinned = [one.path for one in tree.bundles if _ats(one.info).get("NSPinnedDomains")]
    if pinned:
        yield f"it pins certificates in the Info.plist of {', '.join(pinned)} already; these pins stay"
    if _ats(tree.main.info).get("NSAllowsArbitraryLoads") is True:
        yield "its App Transport Security is off (NSAllowsArbitraryLoads): hosts without a pin may be met in the clear"
    watches = [one.identifier for one in tree.bundles if one.kind is Kind.WATCH]
    if watches:
        yield f"what runs on the watch ({', '.join(watches)}) is signed again, and its TLS is not covered"
    if any(code.looks_for_jailbreak for code in tree.codes):
        yield "it looks for a jailbreak, and may look for changes of itself as well: try the output on a phone"
    flat = [code.entry for code in tree.codes if not is_watch(code) and any(map(_is_flat, code.images))]
    if flat:
        yield f"linked with a flat namespace: {', '.join(flat)}: that its calls of Security find the stub was not seen"


def _is_flat(image: Image) -> bool:
    """True where imports of Security name no library: dyld takes the first that has the name."""
    return not image.flags & TWO_LEVEL and any(one.name == names.SECURITY for one in image.dylibs)


def _ats(info: object) -> dict[str, object]:
    told = info.get("NSAppTransportSecurity") if isinstance(info, dict) else None
    return told if isinstance(told, dict) else {}
