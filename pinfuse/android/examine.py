"""What ``inspect`` tells of an APK: frameworks, stacks with their cover, hosts, pins; nothing is decided here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from pinfuse.android.coverage import Seen, coverage_of
from pinfuse.android.dex.file import Dex
from pinfuse.android.dex.index import Index
from pinfuse.android.existing import pins_in_code, pins_in_config
from pinfuse.android.facades import FacadePlan, dex_names, plan_facades
from pinfuse.android.fuse import FOLDERS, check, taken
from pinfuse.android.linking import callers_among, plan_links
from pinfuse.android.manifest import ENTRY, ManifestFile
from pinfuse.android.nsc.write import NOTHING, pin_config
from pinfuse.android.remarks import remarks_of_code, remarks_of_libraries
from pinfuse.android.sights import Sights
from pinfuse.android.webview import WebViewPlan, is_strict, plan_webview
from pinfuse.container.reader import Archive
from pinfuse.coverage.frameworks import ANDROID_CLASSES, by_files
from pinfuse.coverage.hosts import collect, hosts_in
from pinfuse.errors import AppError, PinfuseError, UnsupportedApp
from pinfuse.formats import Examination, FuseOptions, OwnPin

READ_FOR_HOSTS = (".arsc", ".js", ".json", ".html", ".xml", ".properties", ".txt", ".bundle", ".plist", ".so", ".yml")
LARGEST = 64 << 20
"""Bytes of one file that is searched for hosts."""


class _Look:
    """What each DEX file tells while it is in memory."""

    def __init__(self) -> None:
        self.sights = Sights()
        self.frameworks: dict[str, None] = {}
        self.pins: list[OwnPin] = []
        self.hosts: list[str] = []
        self.remarks: dict[str, None] = {}

    def dex(self, dex: Dex) -> None:
        self.sights.look(dex)
        index = Index(dex)
        self.frameworks |= {name: None for name, prefix in ANDROID_CLASSES if index.defined(prefix.encode())}
        self.pins += pins_in_code(dex)
        self.remarks |= dict.fromkeys(remarks_of_code(dex))
        self.hosts += dict.fromkeys(hosts_in((bytes(dex.data),)))


def examine(archive: Archive, manifest: ManifestFile, options: FuseOptions) -> Examination:
    """Look at everything; raises `pinfuse.errors.DamagedApp` for a DEX file that cannot be read."""
    look = _Look()
    facts = manifest.facts
    refusal = ""
    try:
        check(archive, facts, options)
    except AppError as error:
        refusal = "; ".join(filter(None, (error.what, error.todo)))
    try:
        dex_names(archive)
        facades = plan_facades(archive, look.dex)
    except UnsupportedApp:
        facades = FacadePlan((), {}, {})
    if facades.taken:
        refusal = refusal or taken(facades)
    minimum = max(facts.min_sdk, options.min_sdk or 0)
    strict = is_strict(options.fusion_set)
    webview = plan_webview(archive, facades.files) if strict else WebViewPlan()
    links = plan_links(archive, tuple(FOLDERS), callers_among(facades.libraries))
    seen = Seen(archive, replace(facts, min_sdk=minimum), facades, look.sights, strict, links)
    pins = (*look.pins, *pins_in_config(archive, manifest))
    layer = NOTHING
    try:
        layer = NOTHING if refusal else pin_config(archive, manifest, options.fusion_set, int(time.time()))
    except PinfuseError as error:
        refusal = error.what
    rows = (*coverage_of(seen), *layer.rows, *webview.gaps)
    names = [*look.frameworks, *by_files(list(archive.entries))]
    look.hosts += _hosts(archive)
    remarks = (*look.remarks, *remarks_of_libraries(archive))
    return Examination(
        tuple(dict.fromkeys(names)), rows, collect(look.hosts), tuple(dict.fromkeys(pins)), refusal, remarks
    )


def _hosts(archive: Archive) -> Iterator[str]:
    for entry in archive.entries.values():
        if entry.name != ENTRY and entry.name.endswith(READ_FOR_HOSTS) and entry.size <= LARGEST:
            yield from hosts_in(archive.stream(entry))
