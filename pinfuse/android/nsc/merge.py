"""Pins into a network security config: everything else in it means for every host what it meant before.

A domain may stand in it once (twice breaks all TLS of the app), a more specific one takes everything over, and what is
nested inherits. So a domain that is there gets its pins where it is, beside others in a nested config of its own; a new
one is nested into the config that covered it so far.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

from pinfuse.android.nsc.pins import Decider, DomainPins, Wishes
from pinfuse.android.resources.axml import Document, Node
from pinfuse.android.resources.tree import Branch, Tree
from pinfuse.errors import UnsupportedApp

ROOT, BASE, CONFIG, DOMAIN = "network-security-config", "base-config", "domain-config", "domain"
PIN_SET, ANCHORS, DEBUG = "pin-set", "trust-anchors", "debug-overrides"
DIGEST = "SHA-256"
SHOWN, LONGEST_SHOWN = 6, 256
"""Names or pins in a sentence, and characters of each."""
OFF = "set [android] nsc-pins = false"


@dataclass(eq=False)
class _Config:
    """A ``<domain-config>`` of the app."""

    branch: Branch
    parent: _Config | None
    pins: Branch | None
    domains: list[_Domain] = field(default_factory=list)
    nested: list[_Config] = field(default_factory=list)

    @property
    def effective(self) -> Branch | None:
        """Its pins, or those it inherits."""
        return self.pins or (self.parent.effective if self.parent else None)


@dataclass(eq=False)
class _Domain:
    name: str
    subdomains: bool
    branch: Branch
    config: _Config
    pins: DomainPins | None = None
    """What it is to get."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The new file, what has to be said about it, and hosts whose pins have no place in it."""

    data: bytes
    pinned: int
    said: tuple[str, ...]
    conflicts: tuple[str, ...]


def merge(document: Document, wishes: Wishes) -> Merged:
    """Write the wishes into a config; raises `UnsupportedApp` for one that the system would not read itself."""
    work = _Merge(Tree(document))
    pinned = work.place(wishes)
    return Merged(work.tree.pack(), pinned, tuple(dict.fromkeys(work.said)), tuple(work.conflicts))


@dataclass(frozen=True, slots=True)
class Held:
    """Names of a written config that have the pins they should, none, or others (those of the app, which stay)."""

    right: tuple[str, ...]
    missing: tuple[str, ...]
    other: tuple[str, ...]


def held(document: Document, wishes: Wishes) -> Held:
    """Look for the wishes in a config as `merge` left it; names that had no place in it are in none of the three."""
    return _Merge(Tree(document)).held(wishes)


class _Merge:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.said: list[str] = []
        self.conflicts: list[str] = []
        self.domains: dict[str, _Domain] = {}
        self._pins: dict[Branch, list[str]] = {}
        if tree.name(tree.root) != ROOT:
            raise self._bad(f"its root is <{tree.name(tree.root)}>")
        self.configs = [self._read(one, None) for one in tree.inside(tree.root, CONFIG)]
        self._covers = Decider(self.domains.values())
        self._trust(tree.root, "")

    def _bad(self, what: str) -> UnsupportedApp:
        return UnsupportedApp(f"{what}: pins cannot be added", where=self.tree.document.place.name, todo=OFF)

    def _read(self, branch: Branch, parent: _Config | None) -> _Config:
        pins = self.tree.inside(branch, PIN_SET)
        if len(pins) > 1:
            raise self._bad("a config in it has two sets of pins")
        config = _Config(branch, parent, pins[0] if pins else None)
        for one in self.tree.inside(branch, DOMAIN):
            name = self.tree.text(one)
            if not name:
                raise self._bad("a domain in it has no name")
            name = name.lower()
            if name in self.domains:
                raise self._bad(f"it has {name[:LONGEST_SHOWN]} twice, and the system refuses it whole")
            self.domains[name] = _Domain(name, self.tree.flag(one, "includeSubdomains"), one, config)
            config.domains.append(self.domains[name])
        if not config.domains:
            raise self._bad("a config in it has no domain")
        config.nested = [self._read(one, config) for one in self.tree.inside(branch, CONFIG)]
        return config

    def _trust(self, branch: Branch, names: str) -> None:
        """Say where it trusts more than the system's authorities."""
        for one in branch.branches:
            kind = self.tree.name(one)
            if kind == CONFIG:
                domains = [self.tree.text(domain) or "?" for domain in self.tree.inside(one, DOMAIN)[:SHOWN]]
                self._trust(one, _shown(domains))
            elif kind == DEBUG:
                self.said.append("the app's network security config has debug-overrides: where it is debuggable, "
                                 "authorities of theirs go before the pins in it")  # fmt: skip
            elif kind == BASE:
                self._trust(one, "every host")
            elif kind == ANCHORS:
                for source in self.tree.inside(one, "certificates"):
                    if self.tree.value(source, "src") == "user":
                        what = f"the app's network security config trusts user CAs for {names}"
                        over = "; pins in it do not hold for them" if self.tree.flag(source, "overridePins") else ""
                        self.said.append(what + over)

    def place(self, wishes: Wishes) -> int:
        """Decide for every domain, then change the tree; how many domains have pins of ours now."""
        wishes = self._placeable(wishes)
        wanted = Decider(wishes.domains)
        for domain in self.domains.values():
            domain.pins = self._for(domain, wanted.of(domain.name))
        new = [(wish, cover) for wish in wishes.domains for cover in self._new(wish)]
        for config in self.configs:
            self._write(config)
        for wish, cover in new:
            domain_branch = self.tree.make(DOMAIN, {"includeSubdomains": wish.subdomains}, wish.name)
            made = self.tree.make(CONFIG, {}, [domain_branch, self._pin_set(wish)])
            (cover.branch if cover else self.tree.root).children.append(made)
        return len(new) + sum(one.pins is not None for one in self.domains.values())

    def held(self, wishes: Wishes) -> Held:
        """Which names have their pins."""
        wishes = self._placeable(wishes)
        wanted, there = Decider(wishes.domains), self.domains
        found: dict[str, list[str]] = {"right": [], "missing": [], "other": []}
        for name in dict.fromkeys((*(one.name for one in wishes.domains), *there)):
            wish, domain = wanted.of(name), self._covers.of(name)
            if wish is not None and not (domain and name in there and domain.subdomains and not wish.subdomains):
                found[self._how(domain, wish)].append(name)
        return Held(*(tuple(found[key]) for key in ("right", "missing", "other")))

    def _how(self, domain: _Domain | None, wish: DomainPins) -> str:
        pins = domain.config.effective if domain else None
        keys = set(self._keys(pins)) if pins else set()
        if pins is None or not keys:
            return "missing"
        if not wish.keys:
            return "right"
        same = keys == {base64.b64encode(key).decode() for key in wish.keys}
        until = wish.until.isoformat() if wish.until else None
        return "right" if same and self.tree.value(pins, "expiration") == until else "other"

    def _keys(self, pins: Branch) -> list[str]:
        """The pins of a set, which many domains may have."""
        if pins not in self._pins:
            self._pins[pins] = [self.tree.text(one) or "?" for one in self.tree.inside(pins, "pin")]
        return self._pins[pins]

    def _placeable(self, wishes: Wishes) -> Wishes:
        """Without those for hosts below a domain that the app has alone, and without all that are wider than such a
        one: for these hosts they would hold in its stead."""
        alone = {one.name for one in self.domains.values() if not one.subdomains}
        lost = {one: None for one in wishes.domains if one.subdomains and one.name in alone}
        names = {one.name for one in lost}
        above = {name[at + 1 :] for name in names for at, char in enumerate(name) if char == "."}
        wider = {
            one: None
            for one in wishes.domains
            if one not in lost and (one.name in names or (one.subdomains and one.name in above))
        }
        self.conflicts += [f"the app's config has {one.name} alone: hosts below it cannot be pinned" for one in lost]
        self.conflicts += [f"{one.name} is wider than what cannot be pinned: it is left out" for one in wider]
        return Wishes(tuple(one for one in wishes.domains if one not in lost and one not in wider))

    def _for(self, domain: _Domain, wish: DomainPins | None) -> DomainPins | None:
        """The pins for a domain that is there."""
        if wish is None or self._kept(domain.config, domain.name):
            return None
        if domain.subdomains and not wish.subdomains:
            self.conflicts.append(f"the app's config has {domain.name} with its subdomains: it cannot be pinned alone")
            return None
        return wish

    def _new(self, wish: DomainPins) -> Iterator[_Config | None]:
        """The config to nest a new domain into, None for the root; nothing where it has its place or gets none."""
        if wish.name in self.domains:
            return
        cover = self._covers.of(wish.name)
        if cover is None:
            yield None
        elif not self._kept(cover.config, wish.name):
            yield cover.config

    def _kept(self, config: _Config, name: str) -> bool:
        """True where the app has pins of its own for the name, which stay."""
        own = self._keys(config.effective) if config.effective else []
        if not own or not config.effective:
            return False
        until = self.tree.value(config.effective, "expiration")
        end = f" until {until[:LONGEST_SHOWN]}" if until else ""
        what = f"the app's own pins for {_shown([name])} in its network security config are kept, and none added"
        self.said.append(f"{what}: {_shown(own)}{end}")
        return True

    def _write(self, config: _Config) -> None:
        groups: dict[DomainPins, list[_Domain]] = {}
        for one in config.domains:
            if one.pins:
                groups.setdefault(one.pins, []).append(one)
        direct = None
        if sum(map(len, groups.values())) == len(config.domains):
            direct = next(iter(groups))  # a config must keep a domain
        gone, made = set[Branch | Node](), list[Branch]()
        for wish, domains in groups.items():
            if wish is direct:
                continue
            moved: list[Branch] = [one.branch for one in domains]
            gone.update(moved)
            made.append(self.tree.make(CONFIG, {}, [*moved, self._pin_set(wish)]))
        config.branch.children = [one for one in config.branch.children if one not in gone]
        config.branch.children += made
        if direct:
            if config.pins:
                config.branch.children.remove(config.pins)
            config.branch.children.append(self._pin_set(direct))
        for inner in config.nested:
            self._write(inner)
            if direct and not self.tree.inside(inner.branch, PIN_SET):
                inner.branch.children.append(self.tree.make(PIN_SET, {}))  # or it would inherit

    def _pin_set(self, wish: DomainPins) -> Branch:
        end = {"expiration": wish.until.isoformat()} if wish.until else {}
        pins = [self.tree.make("pin", {"digest": DIGEST}, base64.b64encode(key).decode()) for key in wish.keys]
        return self.tree.make(PIN_SET, end, pins)


def _shown(texts: list[str]) -> str:
    return ", ".join(text[:LONGEST_SHOWN] for text in texts[:SHOWN])
