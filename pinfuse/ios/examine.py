"""What ``inspect`` tells of an app for iOS: frameworks, stacks with their cover, hosts, pins; it decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pinfuse.coverage.apple import FRAMEWORKS, PINS
from pinfuse.coverage.frameworks import by_files
from pinfuse.coverage.hosts import collect, hosts_in
from pinfuse.errors import AppError
from pinfuse.formats import Examination, FuseOptions, OwnPin
from pinfuse.ios.ats import SystemPins, system_pins
from pinfuse.ios.bundle import AppTree
from pinfuse.ios.coverage import CodeSeen, coverage_of, look_at
from pinfuse.ios.links import is_folder, is_link
from pinfuse.ios.suitable import refusals
from pinfuse.ios.surgery import Operation, plan

READ_FOR_HOSTS = (".plist", ".js", ".json", ".jsbundle", ".html", ".xml", ".strings", ".txt", ".yml")
CERTIFICATES = (".cer", ".crt", ".der", ".pem", ".p12")
LARGEST = 64 << 20
SIGNERS = ("crl.apple.com", "ocsp.apple.com", "certs.apple.com")
"""Hosts in the certificates of code signatures."""
ATS, PINNED, TRUSTKIT = "NSAppTransportSecurity", "NSPinnedDomains", "TSKConfiguration"
LOOSE = ("NSAllowsArbitraryLoads", "NSAllowsArbitraryLoadsInWebContent", "NSAllowsLocalNetworking")


def examine(tree: AppTree, options: FuseOptions) -> Examination:
    """Look at everything; what a build would refuse is said."""
    said = [str(one) for one in refusals(tree, options.thin)]
    operations: dict[str, Operation] = {}
    for code in tree.codes:
        try:
            operations[code.entry] = plan(tree, code, thin=options.thin, only_main=options.only_main)
        except AppError as error:
            said.append(str(error))
            operations[code.entry] = Operation(code, None, (), "")
    codes = look_at(tree, operations)
    wanted = options.fusion_set if options.fusion_set and options.fusion_set.ios.ats_pins else None
    pins = system_pins(wanted) if wanted else SystemPins()
    rows = coverage_of(tree, codes, pins, only_main=options.only_main)
    classes = {name for code in codes for name in code.seen.classes}
    frameworks = [name for name, told in FRAMEWORKS if told in classes]
    frameworks += by_files(list(tree.archive.entries))
    return Examination(
        tuple(dict.fromkeys(frameworks)),
        rows,
        collect(_hosts(tree)),
        (*_pins_in_code(codes), *_pins_in_files(tree)),
        said[0] if said else "",
    )


def _hosts(tree: AppTree) -> Iterator[str]:
    codes = {code.entry for code in tree.codes}
    for entry in tree.archive.entries.values():
        if is_folder(entry) or is_link(entry) or entry.size > LARGEST or not entry.name.startswith(tree.main.path):
            continue
        if entry.name in codes or entry.name.endswith(READ_FOR_HOSTS):
            yield from (host for host in hosts_in(tree.archive.stream(entry)) if host not in SIGNERS)


def _pins_in_code(codes: tuple[CodeSeen, ...]) -> Iterator[OwnPin]:
    for name, classes, symbols in PINS:
        for code in codes:
            if not code.seen.classes.isdisjoint(classes) or not code.seen.symbols.isdisjoint(symbols):
                yield OwnPin(name, code.entry)


def _pins_in_files(tree: AppTree) -> Iterator[OwnPin]:
    for bundle in tree.bundles:
        settings = bundle.info.get(ATS)
        where = f"{bundle.path.removeprefix(tree.main.path).lstrip('/')}/Info.plist".lstrip("/")
        if isinstance(settings, dict):
            domains = settings.get(PINNED)
            if isinstance(domains, dict):
                yield OwnPin(PINNED, where, ", ".join(map(str, domains)))
            loose = [name for name in LOOSE if settings.get(name) is True]
            if loose:
                yield OwnPin("loosened transport security", where, ", ".join(loose))
        if TRUSTKIT in bundle.info:
            yield OwnPin("TrustKit's settings", where)
    found = [name for name in tree.archive.entries if name.startswith(tree.main.path) and name.endswith(CERTIFICATES)]
    yield from (OwnPin("certificate as a file", name.removeprefix(f"{tree.main.path}/")) for name in sorted(found))
