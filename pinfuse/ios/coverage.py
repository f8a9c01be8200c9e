"""Which TLS stacks are in an app for iOS, the layers that cover them, and how that is known (``docs/coverage.md``)."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pinfuse.coverage.apple import NETWORK, STACKS, VERIFY, AppleSeen, AppleStack, Reach, look_at_image
from pinfuse.coverage.marks import ENOUGH_LABELS
from pinfuse.coverage.native import Make, look_at_library, make_of
from pinfuse.formats import Coverage
from pinfuse.ios.ats import SystemPins
from pinfuse.ios.bundle import AppTree, Code, Kind
from pinfuse.ios.surgery import Operation, is_left, loads_security, loads_stub

L0, L1, L2, NO_LAYER = "L0 Info.plist", "L1 load command", "L2 methods", "none"
EVIDENCE = {L0: "source", L1: "emulated", L2: "emulated", NO_LAYER: "none"}
"""How it is known that a layer holds; nothing here has run on a phone."""
ON_L1 = "flutter"
"""The product whose own TLS asks Security's functions, also with trust roots that the app brings: Dart's
runtime/bin/security_context_macos.cc, TrustEvaluateHandler, read at dart-lang/sdk 034fce1e and in two later versions:
SecTrustEvaluate, later SecTrustEvaluateWithError and SecTrustGetTrustResult. The stub stands before all three."""
CALLBACK = "a badCertificateCallback of the app's Dart code, which is asked after a refusal and may allow it"


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """One Mach-O file of the app: what it names, what speaks TLS in it, and whether calls of Security pass the stub."""

    entry: str
    """Its path in the app."""
    seen: AppleSeen
    make: Make | None
    passes_stub: bool


def look_at(tree: AppTree, operations: Mapping[str, Operation]) -> tuple[CodeSeen, ...]:
    """Look into every Mach-O file of the app, those for the watch and the stub itself left out."""
    return tuple(_look(tree, code, operations[code.entry]) for code in tree.codes if not is_left(tree, code))


def _look(tree: AppTree, code: Code, operation: Operation) -> CodeSeen:
    pieces = functools.partial(tree.archive.stream, tree.archive.entries[code.entry])
    seen = look_at_image(pieces())
    make = make_of(look_at_library(pieces)) if seen.labels >= ENOUGH_LABELS else None
    through = bool(operation.edits) and any(map(loads_security, code.images))
    through = through or any(loads_stub(tree, code, image) for image in code.images)
    return CodeSeen(code.entry.removeprefix(f"{tree.main.path}/"), seen, make, through)


def coverage_of(
    tree: AppTree, codes: tuple[CodeSeen, ...], pins: SystemPins, *, only_main: bool = False
) -> tuple[Coverage, ...]:
    """The rows, gaps first. ``pins``: those that the output's Info.plist holds."""
    rows = (
        *(row for stack in STACKS if (row := _stack(stack, codes, pins))),
        *_network(codes),
        *_native(codes),
        *_left_out(tree, only_main),
    )
    return tuple(sorted(rows, key=lambda row: not row.gap))


def _stack(stack: AppleStack, codes: tuple[CodeSeen, ...], pins: SystemPins) -> Coverage | None:
    found = [code for code in codes if code.seen.has(stack)]
    if not found:
        return None
    where, detail = tuple(code.entry for code in found), stack.detail
    match stack.reach:
        case Reach.METHODS:
            layer, gap = L2, False
        case Reach.FUNCTIONS:
            past = [code.entry for code in found if not code.passes_stub]
            layer, gap = (NO_LAYER if len(past) == len(found) else L1), bool(past)
            detail = f"calls in {', '.join(past)} do not pass the stub" if past else detail
        case Reach.SYSTEM:
            layer, gap = (L0 if pins.domains else NO_LAYER), not pins.domains or bool(pins.left_out)
            detail = _system(pins)
        case _:
            layer, gap = NO_LAYER, stack.reach is Reach.NONE
    threat = stack.uncovered_by or ("iOS before 14" if layer == L0 else "")
    evidence = "source" if stack.read and layer != NO_LAYER else EVIDENCE[layer]
    return Coverage(stack.name, layer, evidence, detail, gap, where, "always" if gap else threat)


def _system(pins: SystemPins) -> str:
    if not pins.domains:
        return "the system judges alone; [ios] ats-pins = true in the set pins in the Info.plist"
    said = f"pinned for iOS 14 and later: {', '.join(pins.domains)}"
    return "; ".join((said, *pins.left_out))


def _network(codes: tuple[CodeSeen, ...]) -> Iterator[Coverage]:
    """Connections of Network.framework that nobody gives a verify block."""
    users = [code for code in codes if not code.seen.symbols.isdisjoint(NETWORK)]
    found = tuple(code.entry for code in users if VERIFY not in code.seen.symbols)
    if found:
        detail = "the system judges alone, and there is no delegate to ask"
        yield Coverage("Network.framework without a verify block", NO_LAYER, "none", detail, True, found, "always")


def _native(codes: tuple[CodeSeen, ...]) -> Iterator[Coverage]:
    """TLS libraries inside Mach-O files."""
    makes: dict[tuple[str, bool], tuple[Make, list[CodeSeen]]] = {}
    for code in codes:
        if code.make:
            asks = bool(code.make.product and code.make.product.key == ON_L1) and code.passes_stub
            makes.setdefault((code.make.name, asks), (code.make, []))[1].append(code)
    for (name, asks), (make, found) in makes.items():
        where = tuple(code.entry for code in found)
        if asks:
            detail = f"{make.evidence}; it asks Security's functions, which are the stub's there"
            yield Coverage(name, L1, "source", detail, False, where, CALLBACK)
        else:
            yield Coverage(name, NO_LAYER, "none", make.evidence, True, where, "always")


def _left_out(tree: AppTree, only_main: bool) -> Iterator[Coverage]:
    """Programs that run without the stub."""
    watch = tuple(one.identifier for one in tree.bundles if one.kind is Kind.WATCH)
    if watch:
        yield Coverage("apps for the watch", NO_LAYER, "none", "they are only signed again", True, watch, "always")
    left = tuple(one.identifier for one in tree.programs[1:])
    if only_main and left:
        detail = "--only-main leaves them out"
        yield Coverage("extensions and App Clips", NO_LAYER, "none", detail, True, left, "always")
