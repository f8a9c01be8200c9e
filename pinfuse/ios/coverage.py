"""Which ways to open a TLS session the layers cover on iOS, and how that is known (``docs/ios.md``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pinfuse.formats import Coverage
from pinfuse.ios.bundle import AppTree, Kind
from pinfuse.ios.surgery import Operation, loads_security

STUB = "L1 load command"


def coverage_of(tree: AppTree, operations: Mapping[str, Operation], pinned: int, only_main: bool) -> Iterator[Coverage]:
    """One row for each kind of stack; nothing here has run on a phone. ``pinned``: hosts in the Info.plist."""
    through = [
        code.entry.removeprefix(f"{tree.main.path}/")
        for code in tree.codes
        if operations[code.entry].edits and any(map(loads_security, code.images))
    ]
    where = f"in {', '.join(through)}" if through else "no file of the app loads Security"
    yield Coverage("SecTrust, SSLHandshake and verify blocks in the app's own code", STUB, "emulated", where)
    yield _sessions(pinned)
    yield Coverage(
        "TLS inside of native code with roots of its own (gRPC C++, OpenSSL, Go)",
        "none",
        "none",
        "it was not looked for",
        gap=True,
    )
    watch = [one.identifier for one in tree.bundles if one.kind is Kind.WATCH]
    if watch:
        yield Coverage("apps for the watch", "none", "none", f"only signed again: {', '.join(watch)}", gap=True)
    left = [one.identifier for one in tree.programs[1:]]
    if only_main and left:
        said = f"--only-main leaves out {', '.join(left)}"
        yield Coverage("extensions and App Clips", "none", "none", said, gap=True)


def _sessions(pinned: int) -> Coverage:
    stack = "NSURLSession, NSURLConnection and WKWebView"
    if pinned:
        detail = f"{pinned} hosts are pinned in the Info.plist, which iOS 14 and later check"
        return Coverage(stack, "L0 Info.plist", "source", detail)
    detail = 'the system evaluates trust itself: [ios] ats-pins = true in the set pins in the Info.plist'
    return Coverage(stack, "none", "none", detail, gap=True)
