"""Deciding what changes in an app for iOS: Mach-O files, property lists, the framework with the stub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pinfuse.formats import Change, Draft, FuseOptions, StubImage
from pinfuse.ios import names
from pinfuse.ios.ats import SystemPins, system_pins, with_pins
from pinfuse.ios.bundle import PROFILED, AppTree, Bundle, Kind
from pinfuse.ios.coverage import coverage_of, look_at
from pinfuse.ios.framework import Framework, choose, make
from pinfuse.ios.plist import LARGEST, read_plist, write_plist
from pinfuse.ios.signer import IpaSigner
from pinfuse.ios.signing.resources import PATH as RESOURCES
from pinfuse.ios.suitable import is_simulated, kept_slices, least_system, refusals
from pinfuse.ios.surgery import Operation, plan

CAPABILITIES = "UIRequiredDeviceCapabilities"
FIRST_SIMULATOR = 13 << 16


@dataclass(frozen=True, slots=True)
class Parts:
    """What the writer needs; keys of ``files`` are paths in the app."""

    operations: Mapping[str, Operation]
    files: Mapping[str, bytes]
    framework: Framework


def fuse(tree: AppTree, options: FuseOptions, well: bytes, signer: IpaSigner | None) -> Draft:
    """Decide everything; raises `pinfuse.errors.UnsupportedApp` with the true reason."""
    for refusal in refusals(tree, options.thin):
        raise refusal
    operations = {
        code.entry: plan(tree, code, thin=options.thin, only_main=options.only_main) for code in tree.codes
    }
    wanted = options.fusion_set is not None and options.fusion_set.ios.ats_pins
    pins = system_pins(options.fusion_set) if wanted and options.fusion_set else SystemPins()
    changes: list[Change] = []
    files = dict(_plists(tree, options, pins, changes))
    stub = choose(simulated=is_simulated(tree), least=least_system(tree, options.thin), well_size=len(well))
    framework = make(stub, well, signer.signing if signer else None, only_main=options.only_main)
    homes = _homes(tree, options.only_main)
    for home in homes:
        folder = _path(tree, f"{home.path}/{names.FOLDER}")
        files |= {f"{folder}/{path}": data for path, data in framework.files.items()}
        changes.append(Change(f"{home.path}/{names.BINARY}", "added: the stub with the vault"))
        others = (path for path in framework.files if path != names.EXECUTABLE)
        changes += [Change(f"{home.path}/{names.FOLDER}/{path}", "added") for path in others]
    changes += _code_changes(tree, operations, signer)
    return Draft(
        tuple(image for home in homes for image in framework.images(home.path)),
        tuple(changes),
        lambda: coverage_of(tree, look_at(tree, operations), pins, only_main=options.only_main),
        (*pins.left_out, *_warnings(tree, options)),
        Parts(operations, files, framework),
    )


def _path(tree: AppTree, entry: str) -> str:
    return entry.removeprefix(f"{tree.main.path}/")


def _homes(tree: AppTree, only_main: bool) -> tuple[Bundle, ...]:
    """The app, and the App Clips, which are delivered alone."""
    clips = () if only_main else (one for one in tree.programs if one.kind is Kind.CLIP)
    return (tree.main, *clips)


def _plists(
    tree: AppTree, options: FuseOptions, pins: SystemPins, changes: list[Change]
) -> Iterator[tuple[str, bytes]]:
    """Path and content of every Info.plist that changes."""
    for bundle in tree.bundles:
        entry, said = f"{bundle.path}/{names.INFO}", []
        info: dict[str, Any] = dict(bundle.info)
        wanted = bundle is tree.main or (bundle.kind in PROFILED and not options.only_main)
        if pins.domains and wanted:
            info = with_pins(info, pins, f"{tree.archive.name}, {entry}")
            said.append(f"pins of {len(pins.domains)} hosts for the system")
        if _is_thinned(tree, bundle, options.thin) and _without_armv7(info):
            info[CAPABILITIES] = _without_armv7(info)
            said.append(f"{CAPABILITIES}: armv7 → arm64")
        if said:
            old = tree.archive.read(entry, LARGEST)
            assert read_plist(old, entry) == bundle.info
            changes.append(Change(entry, "; ".join(said)))
            yield _path(tree, entry), write_plist(info, old, f"{tree.archive.name}, {entry}")


def _is_thinned(tree: AppTree, bundle: Bundle, thin: str | None) -> bool:
    return any(code.bundle is bundle and len(kept_slices(code, thin)) < len(code.images) for code in tree.codes)


def _without_armv7(info: Mapping[str, Any]) -> Any:
    """The capabilities with arm64 in place of armv7; None where armv7 is not asked for."""
    told = info.get(CAPABILITIES)
    if isinstance(told, list) and "armv7" in told:
        return list(dict.fromkeys("arm64" if one == "armv7" else one for one in told))
    if isinstance(told, dict) and "armv7" in told:
        return {"arm64" if key == "armv7" else key: value for key, value in told.items()}
    return None


def _code_changes(
    tree: AppTree, operations: Mapping[str, Operation], signer: IpaSigner | None
) -> Iterator[Change]:
    for entry, operation in operations.items():
        said = [operation.said] if operation.said else []
        if signer:
            said.append("signed anew")
        if said:
            yield Change(entry, "; ".join(said))
    if signer:
        yield from (Change(f"{one.path}/{RESOURCES}", "made anew") for one in tree.bundles)
    if signer and signer.settings.profiles:
        programs = (one for one in tree.bundles if one.kind in PROFILED)
        yield from (Change(f"{one.path}/{names.PROFILE}", "the profile that was given") for one in programs)


def _warnings(tree: AppTree, options: FuseOptions) -> Iterator[str]:
    if options.fusion_set and options.fusion_set.report_url:
        yield "[report] url is not served on iOS: of a refusal only the person and the app are told"
    if is_simulated(tree) and least_system(tree, options.thin) < FIRST_SIMULATOR:
        yield "the stub for the simulator runs on iOS 13 and later"


def twin(draft: Draft, well: bytes, signer: IpaSigner) -> tuple[StubImage, ...]:
    """The stubs of a draft with another vault, signed by somebody else."""
    assert isinstance(draft.parts, Parts)
    was = draft.parts.framework
    framework = make(was.stub, well, signer.signing, only_main=was.only_main)
    homes = dict.fromkeys(stub.entry.removesuffix(f"/{names.BINARY}") for stub in draft.stubs)
    return tuple(image for home in homes for image in framework.images(home))
