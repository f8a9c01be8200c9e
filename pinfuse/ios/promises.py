"""The static promises of a protected app for iOS besides its signatures; nothing is run here."""

from __future__ import annotations

from collections.abc import Iterator

from pinfuse.errors import PinfuseError
from pinfuse.formats import Promise, StubImage
from pinfuse.ios import names
from pinfuse.ios.ats import DOMAINS, KEY, LISTS, SECURITY
from pinfuse.ios.bundle import LARGEST_CODE, AppTree, Bundle, Kind
from pinfuse.ios.framework import ONLY_MAIN, images_of, info_plist, recognise
from pinfuse.ios.macho.image import Image, read
from pinfuse.ios.plist import LARGEST as LARGEST_INFO
from pinfuse.ios.plist import read_plist
from pinfuse.ios.suitable import is_simulated, least_system, runs, version
from pinfuse.ios.surgery import is_left, loads_security, loads_stub
from pinfuse.ios.unsigned import same_code


def stubs_in(tree: AppTree) -> tuple[StubImage, ...]:
    """Every stub of the app, as it stands there: its own first, then those of App Clips."""
    found: list[StubImage] = []
    for home in _homes(tree):
        entry = f"{home.path}/{names.BINARY}"
        data = tree.archive.read(entry, LARGEST_CODE)
        stub = recognise(data, entry)
        found += images_of(data, stub, entry) if stub else ()
    return tuple(found)


def promises_of(tree: AppTree, stubs: tuple[StubImage, ...]) -> Iterator[Promise]:
    """Framework, load commands and property lists."""
    only_main = says_only_main(tree)
    yield _framework(tree, stubs, only_main)
    yield _commands(tree, only_main)
    yield _plists(tree)


def _homes(tree: AppTree) -> tuple[Bundle, ...]:
    """Whose ``Frameworks`` holds a stub."""
    homes = dict.fromkeys(one.path for one in map(tree.home, tree.programs))
    programs = {one.path: one for one in tree.programs}
    return tuple(programs[path] for path in homes if f"{path}/{names.BINARY}" in tree.archive.entries)


def says_only_main(tree: AppTree) -> bool:
    """True where the framework tells that ``--only-main`` left extensions and App Clips as they were."""
    info = f"{tree.main.path}/{names.FOLDER}/{names.INFO}"
    try:
        return read_plist(tree.archive.read(info, LARGEST_INFO), info).get(ONLY_MAIN) is True
    except PinfuseError:
        return False


def _framework(tree: AppTree, stubs: tuple[StubImage, ...], only_main: bool) -> Promise:
    there = {one.path for one in _homes(tree)}
    needed = [one for one in tree.programs if one is tree.main or (one.kind is Kind.CLIP and not only_main)]
    missing = [f"{one.path}/{names.BINARY}" for one in needed if one.path not in there]
    if missing:
        return Promise("framework", False, f"{', '.join(missing)} is missing")
    changed = []
    for home in _homes(tree):
        entry = f"{home.path}/{names.BINARY}"
        data = tree.archive.read(entry, LARGEST_CODE)
        try:
            stub = recognise(data, entry)
            if stub is None or not same_code(data, stub, entry):
                changed.append(entry)
                continue
            info = f"{home.path}/{names.FOLDER}/{names.INFO}"
            if tree.archive.read(info, LARGEST_INFO) != info_plist(stub, only_main=only_main):
                changed.append(info)
        except PinfuseError as error:
            changed.append(str(error))
    if changed:
        return Promise("framework", False, "changed: " + ", ".join(changed))
    abis = ", ".join(sorted({stub.abi for stub in stubs}))
    return Promise("framework", True, f"unchanged outside of its vault, for {abis}")


def _commands(tree: AppTree, only_main: bool) -> Promise:
    """Who evaluates trust loads the stub, and so does every program; both strongly."""
    wrong, through = [], 0
    bare = {one.path for one in tree.programs[1:]} if only_main else set()
    simulated = is_simulated(tree)
    for code in tree.codes:
        if is_left(tree, code) or code.program.path in bare:
            continue
        for image in code.images:
            if not runs(image, simulated=simulated) and not code.is_program:
                continue
            loads = loads_stub(tree, code, image)
            through += bool(loads)
            if not runs(image, simulated=simulated):
                wrong.append(f"{code.entry} has a part for {image.architecture}, for which there is no stub")
            elif loads_security(image):
                wrong.append(f"{code.entry} loads Security past the stub")
            elif code.is_program and not loads:
                wrong.append(f"{code.entry} does not load the stub")
            elif any(one.may_be_missing for one in loads):
                wrong.append(f"{code.entry} would start without the stub")
    if wrong:
        return Promise("load commands", False, "; ".join(wrong[:5]))
    left = f"; left out, as --only-main says: {', '.join(sorted(bare))}" if bare else ""
    return Promise("load commands", True, f"{through} Mach-O images load the stub, none loads Security past it{left}")


def _plists(tree: AppTree) -> Promise:
    """The framework runs wherever the app does; pins for the system are such as it takes."""
    minos = min((image.minos for image in _stub_images(tree)), default=0)
    least = least_system(tree, None)
    if minos > least and not is_simulated(tree):
        said = f"the stub needs iOS {version(minos)}, and the app runs on {version(least)}"
        return Promise("property lists", False, said)
    pinned: set[str] = set()
    for bundle in tree.bundles:
        told = bundle.info.get(SECURITY)
        domains = told.get(DOMAINS, {}) if isinstance(told, dict) else {}
        for name, one in domains.items() if isinstance(domains, dict) else ():
            pinned.add(str(name))
            lists = [one.get(key) for key in LISTS if key in one] if isinstance(one, dict) else []
            if not lists or not all(_is_list_of_keys(keys) for keys in lists):
                where = f"{bundle.path}/{names.INFO}"
                return Promise("property lists", False, f"{where}: the system would block {name}: no pins it can read")
    hosts = f"; {len(pinned)} hosts are pinned for the system" if pinned else ""
    return Promise("property lists", True, f"the stub runs on iOS {version(minos)} and later, as the app does{hosts}")


def _is_list_of_keys(keys: object) -> bool:
    return isinstance(keys, list) and bool(keys) and all(isinstance(one, dict) and KEY in one for one in keys)


def _stub_images(tree: AppTree) -> Iterator[Image]:
    for stub in stubs_in(tree):
        yield read(stub.data, stub.entry)
