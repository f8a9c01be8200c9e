"""Which ways to open a TLS session the layers cover, and how that is known (``docs/coverage.md``)."""

from __future__ import annotations

from pinfuse.android import names
from pinfuse.android.dex.rename import FACADES
from pinfuse.android.facades import FacadePlan
from pinfuse.android.manifest import Manifest
from pinfuse.formats import Coverage

FIRST_WITH_FACTORY = 28
"""API level from which Android asks an AppComponentFactory for the application."""


def coverage_of(manifest: Manifest, facades: FacadePlan, *, native: bool) -> tuple[Coverage, ...]:
    """One row for each kind of stack; evidence is ``lab`` (a JVM) at best: nothing here has run on a phone."""
    return (
        *(_facade(facade.real.replace("/", "."), facades, index) for index, facade in enumerate(FACADES)),
        Coverage(
            "HttpsURLConnection, WebView, Cronet, .NET and all that takes the system's default",
            "A2 provider",
            "lab",
            "HttpsURLConnection was tried on a JVM; WebView, Cronet and .NET are read from source only. "
            + _entry(manifest),
        ),
        Coverage("client certificates that servers inside the app check (checkClientTrusted)", "none", "none"),
        Coverage(
            "TLS inside native code (own BoringSSL, mbedTLS, Flutter)",
            "none",
            "none",
            "the app's native libraries were not looked into" if native else "the app has no native libraries",
            gap=native,
        ),
    )


def _facade(name: str, plan: FacadePlan, index: int) -> Coverage:
    facade = FACADES[index]
    stack = f"{name} in the app's own code"
    if facade in plan.left_out:
        missing = "sessions with an explicitly named provider and a trust manager of the app's own are not covered"
        detail = f"left out: {plan.left_out[facade]}; {missing}"
        return Coverage(stack, "A2 provider", "lab", detail, gap=True)
    files = [file for file, facades in plan.renames.items() if facade in facades]
    detail = f"renamed in {', '.join(files)}" if files else "no DEX file names it"
    return Coverage(stack, "A1 facade", "lab", detail)


def _entry(manifest: Manifest) -> str:
    said = []
    if manifest.min_sdk < FIRST_WITH_FACTORY:
        said.append("on API 21 to 27 it starts with the first ContentProvider, after attachBaseContext")
    missing = len(manifest.processes) + 1 - len(names.PROVIDERS)
    if missing > 0 and manifest.min_sdk < FIRST_WITH_FACTORY:
        said.append(f"{missing} processes have no provider there and are covered by A1 alone")
    return "; ".join(said)
