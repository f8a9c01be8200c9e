"""A set told as data: name, id, every protection on or off, hosts and their pins. The command line prints it."""

from __future__ import annotations

from typing import Any

from pinfuse.policy.hashes import format_hash
from pinfuse.policy.identity import set_id
from pinfuse.policy.model import Fallback, FirstUseScope, FusionSet, GivenCertificate, Mode, Show
from pinfuse.policy.sealed import HostPins, Source, by_host

DAY = 86400
KIND_WORDS = ("server key", "key", "certificate")
"""What a pin of each `pinfuse.policy.rules.PinKind` is called."""

REMEMBERED_WORDS = ("server key", "authority's key", "certificate")
"""What is remembered of a host that is trusted on first use."""


def describe(fusion_set: FusionSet, now: int) -> dict[str, Any]:
    """JSON-ready data; ``now`` (Unix seconds) only counts the days left. Raises as `set_id` does."""
    checks, hosts, note = fusion_set.checks, by_host(fusion_set), fusion_set.notification
    remembers = fusion_set.first_use.scope is FirstUseScope.ALL or any(host.first_use is not None for host in hosts)
    return {
        "name": fusion_set.name,
        "id": set_id(fusion_set),
        "description": fusion_set.description,
        "icon": fusion_set.icon,
        "release": fusion_set.release,
        "protections": {
            "enforce": fusion_set.mode is Mode.ENFORCE,
            "block-unlisted-hosts": fusion_set.unlisted_hosts is Fallback.BLOCK,
            "refuse-unknown-host": fusion_set.no_host is Fallback.REFUSE,
            "checks-for-every-host": checks.apply_to_all,
            "trust-on-first-use": fusion_set.first_use.scope.value if remembers else False,
            "first-use-limit": fusion_set.first_use.limit if remembers else 0,
            "certificate-roles": checks.certificate_roles,
            "min-rsa-bits": checks.min_rsa_bits,
            "min-ec-bits": checks.min_ec_bits,
            "min-digest-bits": checks.min_digest_bits,
            "dialog": False if note.show is Show.NEVER else note.show.value,
            "dialog-languages": ", ".join(one.language for one in note.translations) or False,
            "report": fusion_set.report_url or False,
            "coverage": fusion_set.required_coverage.value,
            "webview": fusion_set.coverage.webview.value,
            "nsc-pins": fusion_set.android.nsc_pins,
            "ats-pins": fusion_set.ios.ats_pins,
        },
        "hosts": [_host(host, now) for host in hosts],
    }


def _host(host: HostPins, now: int) -> dict[str, Any]:
    return {
        "host": str(host.host),
        "pins": [_pin(source) for source in host.sources],
        "first-use": None if host.first_use is None else REMEMBERED_WORDS[host.first_use],
        "expires": host.expires,
        "days-left": None if host.expires is None else (host.expires - now) // DAY,
        "after-expiry": host.after_expiry.value if host.expires is not None else None,
    }


def _pin(source: Source) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": KIND_WORDS[source.sealed.kind], "sha256": format_hash(source.sealed.sha256)}
    if isinstance(source.trust, GivenCertificate):
        certificate = source.trust.certificate
        told |= {
            "subject": certificate.subject,
            "ca": certificate.is_ca,
            "key": f"{certificate.key_type} {certificate.key_bits}",
            "not-after": certificate.not_after,
        }
    return told
