"""What a set wants outside of the vault, checked again in the written file: pins for the system, a strict WebView."""

from __future__ import annotations

import time
from collections.abc import Iterator

from pinfuse.android.facades import dex_names
from pinfuse.android.manifest import ManifestFile
from pinfuse.android.nsc.merge import Held, held
from pinfuse.android.nsc.pins import Wishes, sealed_wishes, wishes
from pinfuse.android.nsc.write import FILE, LARGEST_CONFIG, config_paths
from pinfuse.android.resources.axml import Document
from pinfuse.android.resources.chunks import Place
from pinfuse.android.webview import plan_webview
from pinfuse.container.reader import Archive
from pinfuse.errors import PinfuseError
from pinfuse.formats import Promise
from pinfuse.policy.model import FusionSet
from pinfuse.policy.rules import Rules
from pinfuse.policy.settings import NSC, WEBVIEW, asked_of

NSC_PROMISE, WEBVIEW_PROMISE = "network security config", "webview"
SHOWN = 5


def promises_asked(
    archive: Archive, manifest: ManifestFile, rules: Rules, fusion_set: FusionSet | None
) -> Iterator[Promise]:
    """A promise for each thing that the sealed settings say was wanted. ``fusion_set`` knows the keys of all pins;
    where it is not given, those behind a pinned certificate are not compared."""
    asked = asked_of(rules.settings)
    if NSC in asked:
        now = int(time.time())
        wanted = wishes(fusion_set, now) if fusion_set else sealed_wishes(rules, now)
        yield _config(archive, manifest, wanted)
    if WEBVIEW in asked:
        yield _webview(archive)


def _config(archive: Archive, manifest: ManifestFile, wanted: Wishes) -> Promise:
    if not wanted.domains:
        return Promise(NSC_PROMISE, True, "no host of the set can be pinned there")
    paths = config_paths(archive, manifest)
    if not paths:
        return Promise(NSC_PROMISE, False, "the manifest names none, and the set wants pins in it")
    found: list[tuple[str, Held]] = []
    for path in paths:
        try:
            found.append((path, held(Document(archive.read(path, LARGEST_CONFIG), Place(path)), wanted)))
        except PinfuseError as error:
            return Promise(NSC_PROMISE, False, f"{path}: {error.what}")
    missing = [f"{name} has no pins in {path}" for path, one in found for name in one.missing]
    missing += [f"{name} has other pins in {path}" for path, one in found if path == FILE for name in one.other]
    if missing:
        return Promise(NSC_PROMISE, False, "; ".join(missing[:SHOWN]))
    pinned = {name for _, one in found for name in one.right}
    kept = sorted({name for _, one in found for name in one.other})
    more = f"; other pins, as the app had them: {', '.join(kept)}" if kept else ""
    return Promise(NSC_PROMISE, True, f"{len(pinned)} domains are pinned in {', '.join(paths)}{more}")


def _webview(archive: Archive) -> Promise:
    plan = plan_webview(archive, tuple(dex_names(archive)[:-1]))
    if plan.changes:
        calls = "; ".join(f"{one.entry}: {one.what}" for one in plan.changes)
        return Promise(WEBVIEW_PROMISE, False, f"SslErrorHandler.proceed is called: {calls}")
    left = "; ".join(gap.detail for gap in plan.gaps[:SHOWN])
    return Promise(WEBVIEW_PROMISE, True, "no code calls SslErrorHandler.proceed" + (f", save {left}" if left else ""))
