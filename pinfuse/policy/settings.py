"""What of a set the person and the app see, as the pairs that the vault holds (``docs/vault-format.md``)."""

from __future__ import annotations

from collections.abc import Iterator

from pinfuse.policy.keys import TRANSLATED
from pinfuse.policy.model import Fallback, FirstUse, FirstUseScope, FusionSet, Mode, Show, WebView
from pinfuse.policy.rules import Settings

ASKED, NSC, WEBVIEW, ATS = "asked", "nsc", "webview", "ats"
"""What the set wants outside of the vault, so that ``verify`` knows it without the set."""


def asked_of(settings: Settings) -> frozenset[str]:
    """`NSC`, `WEBVIEW` and `ATS`, as far as the sealed settings say that the set wanted them."""
    return frozenset(dict(settings).get(ASKED, "").split())


def settings_of(fusion_set: FusionSet) -> Settings:
    """Key and value; an absent key is the built-in text, so a set that says nothing gives none."""
    return tuple(_pairs(fusion_set))


def _pairs(fusion_set: FusionSet) -> Iterator[tuple[str, str]]:
    note = fusion_set.notification
    for key in (*TRANSLATED, "link"):
        if value := getattr(note, key):
            yield key, value
    if note.show is not Show.FIRST:
        yield "show", note.show.value
    for one in note.translations:
        for key in TRANSLATED:
            if value := getattr(one, key):
                yield f"{key}.{one.language}", value
    if fusion_set.report_url:
        yield "report", fusion_set.report_url
    if fusion_set.mode is Mode.REPORT and fusion_set.unlisted_hosts is Fallback.BLOCK:
        yield "unlisted", Fallback.BLOCK.value
    listed = any(isinstance(trust, FirstUse) for pin in fusion_set.pins for trust in pin.trust)
    if listed or fusion_set.first_use.scope is FirstUseScope.ALL:
        yield "remembers", "yes"
    asked = {
        ATS: fusion_set.ios.ats_pins,
        NSC: fusion_set.android.nsc_pins,
        WEBVIEW: fusion_set.coverage.webview is WebView.STRICT,
    }
    if any(asked.values()):
        yield ASKED, " ".join(sorted(key for key, wanted in asked.items() if wanted))
