"""What a set wants outside of the vault, checked again in the written app: pins for the system in the Info.plist."""

from __future__ import annotations

from collections.abc import Iterator

from pinfuse.formats import Promise
from pinfuse.ios import names
from pinfuse.ios.ats import DOMAINS, SECURITY, SystemPins, system_pins
from pinfuse.ios.bundle import PROFILED, AppTree, Bundle
from pinfuse.policy.model import FusionSet
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.policy.settings import ATS, asked_of
from pinfuse.x509.names import is_address

PROMISE = "pins for the system"
SHOWN = 5


def promises_asked(
    tree: AppTree, rules: Rules, fusion_set: FusionSet | None, *, only_main: bool
) -> Iterator[Promise]:
    """One promise where the sealed settings say that pins in the Info.plist were wanted: those of ``fusion_set``, in
    the app and in every program of it; where it is not given, pins for the hosts that surely have a place there."""
    if ATS not in asked_of(rules.settings):
        return
    programs = [one for one in tree.bundles if one is tree.main or (one.kind in PROFILED and not only_main)]
    made = [_promise(_pinned(one), rules, fusion_set, f"{one.path}/{names.INFO}") for one in programs]
    yield next((one for one in made if not one.ok), made[0])


def _promise(there: dict[str, object], rules: Rules, fusion_set: FusionSet | None, where: str) -> Promise:
    if fusion_set is not None:
        return _compared(there, system_pins(fusion_set), where)
    lost = [rule.name for rule in rules.hosts if _is_sure(rule, rules) and rule.name not in there]
    said = f"{len(there)} hosts are pinned in the Info.plist; which ones there should be, --set tells"
    return Promise(PROMISE, not lost, f"{where} does not pin {', '.join(lost[:SHOWN])}" if lost else said)


def _is_sure(rule: HostRule, rules: Rules) -> bool:
    """Whether `system_pins` writes the host, as far as it can be told from what is sealed."""
    ends = rule.expires is not None and not rule.block_when_expired
    keys = bool(rule.pins) and all(pin.kind is PinKind.LEAF_KEY for pin in rule.pins)
    return rules.enforce and keys and not ends and rule.match is not HostMatch.ONE_LABEL and not is_address(rule.name)


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
