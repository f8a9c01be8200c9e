"""``[coverage] webview = "strict"``: which DEX files call ``SslErrorHandler.proceed``, and what stays out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pinfuse.android.dex.cancel import HANDLER, Cancelled, cancel
from pinfuse.android.dex.file import Dex
from pinfuse.android.facades import LARGEST_DEX
from pinfuse.android.scan import scan
from pinfuse.container.reader import Archive
from pinfuse.formats import Change, Coverage
from pinfuse.policy.model import FusionSet, WebView

STACK = "WebView that goes on after a refusal (SslErrorHandler.proceed)"
SHOWN = 8


@dataclass(frozen=True, slots=True)
class WebViewPlan:
    """DEX files whose calls become ``cancel``; gaps are rows of the coverage."""

    files: frozenset[str] = frozenset()
    changes: tuple[Change, ...] = ()
    gaps: tuple[Coverage, ...] = ()
    warnings: tuple[str, ...] = ()


def is_strict(fusion_set: FusionSet | None) -> bool:
    """Whether the set wants it."""
    return fusion_set is not None and fusion_set.coverage.webview is WebView.STRICT


def plan_webview(archive: Archive, names: tuple[str, ...]) -> WebViewPlan:
    """Try the change on every DEX file; raises `pinfuse.errors.DamagedApp` for one that cannot be read."""
    files, changes, gaps, warnings = [], [], list[Coverage](), []
    for name in names:
        dex = Dex(bytearray(archive.read(name, LARGEST_DEX)), name)
        if HANDLER not in dex.data:
            continue
        if dex.is_container:
            gaps.append(_gap(name, "a container whose files share their strings is not changed"))
            continue
        done = cancel(dex)
        if done.handles:
            gaps.append(_gap(name, f"{done.handles} method handles of proceed() stay what they are"))
        if done.calls:
            files.append(name)
            changes.append(Change(name, f"proceed() of a WebView becomes {_became(done)}: {_classes(done)}"))
        if done.dropped:
            warnings.append(f"webview: {name} cannot name cancel(): its pages wait instead of ending with an error")
    gaps += _elsewhere(archive, names)
    return WebViewPlan(frozenset(files), tuple(changes), tuple(gaps), tuple(warnings))


def _became(done: Cancelled) -> str:
    return "nothing" if done.dropped else "cancel()"


def _classes(done: Cancelled) -> str:
    names = dict.fromkeys(call.caller.decode("utf-8", "replace").strip("L;").replace("/", ".") for call in done.calls)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(list(names)[:SHOWN]) + more


def _elsewhere(archive: Archive, names: tuple[str, ...]) -> Iterator[Coverage]:
    for hit in scan(archive, frozenset(names), [HANDLER.decode().strip("L;")]).hits:
        yield _gap(hit.entry, f"{hit.what}, and may call proceed()")


def _gap(entry: str, why: str) -> Coverage:
    return Coverage(STACK, "none", "none", f"{entry}: {why}", gap=True)
