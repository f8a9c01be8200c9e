"""The id of a set: a hash of what it says, whatever its files are called and in whatever order it says it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from pinfuse.policy.model import FusionSet
from pinfuse.policy.sealed import HostPins, by_host

FORM = 3
"""Version of the canonical form; another form would give every set another id."""


def set_id(fusion_set: FusionSet) -> str:
    """SHA-256 (lower-case hex) over the canonical content: pins as hashes, hosts and pins sorted.

    Raises as `pinfuse.policy.sealed.by_host` for a set that contradicts itself.
    """
    text = json.dumps(canonical(fusion_set), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def canonical(fusion_set: FusionSet) -> dict[str, Any]:
    """The content as JSON-ready data; no file name, no place, no order that means nothing."""
    return {
        "form": FORM,
        "set": {
            "name": fusion_set.name,
            "description": fusion_set.description,
            "icon": fusion_set.icon,
            "release": fusion_set.release,
        },
        "pinning": {
            "mode": fusion_set.mode.value,
            "unlisted-hosts": fusion_set.unlisted_hosts.value,
            "no-host": fusion_set.no_host.value,
            "first-use": asdict(fusion_set.first_use),
        },
        "pins": sorted((_host(host) for host in by_host(fusion_set)), key=lambda entry: entry["host"]),
        "checks": asdict(fusion_set.checks),
        "notification": asdict(fusion_set.notification),
        "android": asdict(fusion_set.android),
        "report": {"url": fusion_set.report_url},
        "ios": asdict(fusion_set.ios),
        "coverage": {"require": fusion_set.required_coverage.value, "webview": fusion_set.coverage.webview.value},
    }


def _host(host: HostPins) -> dict[str, Any]:
    return {
        "host": str(host.host),
        "pins": sorted([source.sealed.kind.name, source.sealed.sha256.hex()] for source in host.sources),
        "first-use": host.first_use.name if host.first_use is not None else None,
        "expires": host.expires,
        "after-expiry": host.after_expiry.value if host.expires is not None else None,
    }
