"""Pins and fusion sets: from files and options to the `Rules` that are sealed.

The names below are the room's front; they are imported when first used, so that ``import pinfuse.policy`` stays
cheap (no certificate library is loaded before a certificate is read).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinfuse.policy.compile import compile_set
    from pinfuse.policy.findings import check_set, lint
    from pinfuse.policy.identity import set_id
    from pinfuse.policy.load import load_set
    from pinfuse.policy.show import describe
    from pinfuse.policy.sources import set_from_pins

FRONT = {
    "load_set": "load",
    "set_from_pins": "sources",
    "compile_set": "compile",
    "lint": "findings",
    "check_set": "findings",
    "set_id": "identity",
    "describe": "show",
}
"""Name → the module of this room that holds it."""

__all__ = ["check_set", "compile_set", "describe", "lint", "load_set", "set_from_pins", "set_id"]


def __getattr__(name: str) -> Any:
    """Import the front lazily (PEP 562)."""
    if name not in FRONT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{FRONT[name]}"), name)
