"""What a set wants outside of the vault, checked again in the written app: pins for the system in the Info.plist."""

from __future__ import annotations

from collections.abc import Iterator

from pinfuse.formats import Promise
from pinfuse.ios import names
from pinfuse.ios.ats import DOMAINS, SECURITY, SystemPins, system_pins
from pinfuse.ios.bundle import AppTree, Bundle
from pinfuse.policy.model import FusionSet
from pinfuse.policy.rules import Rules
from pinfuse.policy.settings import ATS, asked_of

PROMISE = "pins for the system"
SHOWN = 5


def promises_asked(tree: AppTree, rules: Rules, fusion_set: FusionSet | None) -> Iterator[Promise]:
    """One promise where the sealed settings say that pins in the Info.plist were wanted: those of ``fusion_set`` in
    the app's own Info.plist, or some at all where it is not given."""
    if ATS not in asked_of(rules.settings):
        return
    there = _pinned(tree.main)
    if fusion_set is None:
        said = f"{len(there)} hosts are pinned in the Info.plist; which ones there should be, --set tells"
        yield Promise(PROMISE, bool(there), said if there else "the Info.plist has no pins; with --set it is known why")
    else:
        yield _compared(there, system_pins(fusion_set), f"{tree.main.path}/{names.INFO}")


def _compared(there: dict[str, object], wanted: SystemPins, where: str) -> Promise:
    lost = [name for name, told in wanted.domains.items() if there.get(name) != told]
    if lost:
        return Promise(PROMISE, False, f"{where} does not pin as the set says: {', '.join(lost[:SHOWN])}")
    said = f"{len(wanted.domains)} hosts are pinned in the Info.plist"
    return Promise(PROMISE, True, "; ".join((said, *wanted.left_out[:SHOWN])))


def _pinned(bundle: Bundle) -> dict[str, object]:
    security = bundle.info.get(SECURITY)
    domains = security.get(DOMAINS) if isinstance(security, dict) else None
    return dict(domains) if isinstance(domains, dict) else {}
