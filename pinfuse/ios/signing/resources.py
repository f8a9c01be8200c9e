"""CodeResources: what a bundle holds besides its executable, as SHA-1 and SHA-256 of each file (Apple: TN2206).

The rules are those that Xcode writes for iOS; in them a nested bundle is files like all others.
"""

from __future__ import annotations

import hashlib
import plistlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FOLDER = "_CodeSignature"
PATH = f"{FOLDER}/CodeResources"
OMIT, OPTIONAL = "omit", "optional"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which files a pattern speaks of; the heaviest that matches decides."""

    pattern: str
    weight: float = 1.0
    kind: str = ""

    def as_plist(self) -> Any:
        """As it stands in the file: ``true`` where there is nothing to say."""
        if self.weight == 1.0 and not self.kind:
            return True
        return ({self.kind: True} if self.kind else {}) | {"weight": self.weight}


COMMON = (
    Rule("^.*"),
    Rule(r"^.*\.lproj/", 1000.0, OPTIONAL),
    Rule(r"^.*\.lproj/locversion.plist$", 1100.0, OMIT),
    Rule(r"^Base\.lproj/", 1010.0),
)
RULES = (*COMMON, Rule("^version.plist$"))
"""For ``files``, which hold SHA-1 and serve systems before iOS 11."""
RULES_2 = (
    *COMMON,
    Rule(r".*\.dSYM($|/)", 11.0),
    Rule(r"^(.*/)?\.DS_Store$", 2000.0, OMIT),
    Rule(r"^Info\.plist$", 20.0, OMIT),
    Rule(r"^PkgInfo$", 20.0, OMIT),
    Rule(r"^embedded\.provisionprofile$", 20.0),
    Rule(r"^version\.plist$", 20.0),
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One file of a bundle by its path in it; a symbolic link has a ``target`` and no digests."""

    path: str
    sha1: bytes = b""
    sha256: bytes = b""
    target: str = ""

    @classmethod
    def of(cls, path: str, data: bytes) -> Resource:
        """Of a file's content."""
        return cls(path, hashlib.sha1(data, usedforsecurity=False).digest(), hashlib.sha256(data).digest())


def code_resources(resources: Iterable[Resource], executable: str) -> bytes:
    """The property list for a bundle; its ``executable`` and its own signature are left out."""
    files: dict[str, Any] = {}
    files_2: dict[str, Any] = {}
    for one in resources:
        if one.path == executable or one.path.startswith(f"{FOLDER}/"):
            continue
        kind, kind_2 = _kind(RULES, one.path), _kind(RULES_2, one.path)
        optional = {OPTIONAL: True}
        if kind != OMIT and not one.target:
            files[one.path] = {"hash": one.sha1} | optional if kind == OPTIONAL else one.sha1
        if kind_2 != OMIT:
            told = {"symlink": one.target} if one.target else {"hash2": one.sha256}
            files_2[one.path] = told | optional if kind_2 == OPTIONAL else told
    return _dump(
        {"files": files, "files2": files_2, "rules": _rules(RULES), "rules2": _rules(RULES_2)}
    )


def is_omitted(path: str) -> bool:
    """True for a file that no CodeResources lists by SHA-256."""
    return _kind(RULES_2, path) == OMIT


def _kind(rules: Iterable[Rule], path: str) -> str:
    return max((rule for rule in rules if re.search(rule.pattern, path)), key=lambda rule: rule.weight).kind


def _rules(rules: Iterable[Rule]) -> Mapping[str, Any]:
    return {rule.pattern: rule.as_plist() for rule in rules}


def _dump(data: Mapping[str, Any]) -> bytes:
    """As Apple's own tools write it: whole numbers have no fraction."""
    return re.sub(rb"<real>(\d+)\.0</real>", rb"<real>\1</real>", plistlib.dumps(dict(data)))
