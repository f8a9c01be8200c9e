"""Which TLS stacks are in an app, the layers that cover them, and how that is known (``docs/coverage.md``).

Build and ``inspect`` show the same rows: there is one place that makes them, and it is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pinfuse.android import names
from pinfuse.android.dex.rename import FACADES, Facade
from pinfuse.android.facades import FacadePlan
from pinfuse.android.linking import A4, WAYS_PAST, LinkPlan
from pinfuse.android.manifest import Manifest
from pinfuse.android.scan import Library
from pinfuse.android.sights import Sights
from pinfuse.container.reader import Archive
from pinfuse.coverage.art import with_art
from pinfuse.coverage.java import (
    IN_FRONT,
    LAB_VERSIONS,
    LATE,
    NO_ENTRY,
    OWN_PROVIDER,
    STACKS,
    JavaStack,
    Reach,
)
from pinfuse.coverage.lab import level
from pinfuse.coverage.native import Make, make_of
from pinfuse.errors import DamagedApp
from pinfuse.formats import Coverage

A1, A2, NO_LAYER = "A1 facade", "A2 provider", "none"
FIRST_WITH_FACTORY = 28
"""API level from which Android asks an AppComponentFactory for the application."""
LARGEST_PROPERTIES = 1 << 16
LONGEST_VERSION = 32


@dataclass(frozen=True, slots=True)
class Seen:
    """All that rows are made of; the minimum of ``manifest`` is that of the output."""

    archive: Archive
    manifest: Manifest
    facades: FacadePlan
    sights: Sights
    strict_webview: bool = False
    """True where the build turns ``SslErrorHandler.proceed`` into ``cancel``."""
    links: LinkPlan = field(default_factory=LinkPlan)


def coverage_of(seen: Seen) -> tuple[Coverage, ...]:
    """The rows, gaps first. Evidence is ``lab`` (a JVM) at best for sessions: nothing here has run on a phone."""
    rows = (
        *(row for facade in FACADES if (row := _facade(seen, facade))),
        *(_java(seen, stack) for stack in STACKS if stack.name in seen.sights.stacks and _is(seen, stack)),
        *_holes(seen),
        *_native(seen),
    )
    return tuple(sorted(rows, key=lambda row: not row.gap))


def _is(seen: Seen, stack: JavaStack) -> bool:
    """Whether the row is this one's: a system class that the app brings along itself is no longer the system's."""
    return stack.name != SYSTEM_APACHE or BUNDLED_APACHE not in seen.sights.stacks


SYSTEM_APACHE, BUNDLED_APACHE = "Apache HttpClient of the system", "Apache HttpClient 4"


def _facade(seen: Seen, facade: Facade) -> Coverage | None:
    plan = seen.facades
    stack = f"{facade.real.replace('/', '.')} in the app's own code"
    if facade in plan.left_out:
        missing = "sessions with an explicitly named provider and a trust manager of the app's own are not covered"
        return Coverage(stack, A2, "lab", f"left out: {plan.left_out[facade]}; {missing}", gap=True)
    files = tuple(file for file, facades in plan.renames.items() if facade in facades)
    if not files:
        return None
    known = with_art("lab", facade.shown.replace("/", "."))
    return Coverage(stack, A1, known, "renamed in place", where=files, uncovered_by=LATE)


def _java(seen: Seen, stack: JavaStack) -> Coverage:
    version = seen.sights.versions.get(stack.name, "") or _version(seen.archive, stack)
    layer, threat, gap = NO_LAYER, stack.uncovered_by, False
    if threat == OWN_PROVIDER and seen.facades.left_out:
        gap, threat = True, "always"
    elif stack.reach is Reach.APP:
        layer = A2 if seen.facades.left_out else A1
        threat = threat or (OWN_PROVIDER if seen.facades.left_out else LATE)
    elif stack.reach is Reach.SYSTEM:
        layer = A2
        threat = _entry(seen.manifest) if threat == NO_ENTRY else threat
    where = tuple(seen.sights.stacks[stack.name])
    known = "none" if gap else level(stack.evidence, _clients(stack, version))
    detail = "a provider by name, which A1 alone reaches, and that is left out" if gap else stack.detail
    return Coverage(f"{stack.name} {version}".rstrip(), layer, known, detail, gap, where, threat)


def _clients(stack: JavaStack, version: str) -> tuple[str, ...]:
    """The clients of the lab that stand for this stack in this version."""
    majors = (version.split(".")[0],) if version else LAB_VERSIONS
    return tuple(dict.fromkeys(name.format(major) for name in stack.lab for major in majors))


def _version(archive: Archive, stack: JavaStack) -> str:
    """The version out of a properties file that came along with the library."""
    if stack.version is None or stack.version[0] not in archive.entries:
        return ""
    try:
        lines = archive.read(stack.version[0], LARGEST_PROPERTIES).decode("latin-1").splitlines()
    except DamagedApp:
        return ""
    found = [line.split("=", 1)[1].strip() for line in lines if line.split("=", 1)[0].strip() == stack.version[1]]
    return found[0][:LONGEST_VERSION] if found else ""


def _entry(manifest: Manifest) -> str:
    said = [IN_FRONT]
    if manifest.min_sdk < FIRST_WITH_FACTORY:
        said.append("on API 21 to 27, what runs before the first ContentProvider (attachBaseContext)")
    missing = len(manifest.processes) + 1 - len(names.PROVIDERS)
    if missing > 0 and manifest.min_sdk < FIRST_WITH_FACTORY:
        said.append(f"{missing} processes that have no provider there")
    return "; ".join(said)


def _holes(seen: Seen) -> Iterator[Coverage]:
    """Code that goes past the layers."""
    sights = seen.sights
    if seen.manifest.needs_splits:
        detail = "files of their own, which a build does not see: A2 alone reaches their code, nothing their libraries"
        yield Coverage("code in the splits of the app", NO_LAYER, "none", detail, True, (), "always")
    if seen.manifest.backup_agent and seen.manifest.min_sdk < FIRST_WITH_FACTORY:
        # android-all 7: ActivityThread.handleBindApplication, handleCreateBackupAgent; ActivityManagerService
        detail = "a restore or full backup starts no ContentProvider there: until a facade is touched, nothing checks"
        agent = (seen.manifest.backup_agent,)
        yield Coverage("TLS in the backup agent on API 21 to 27", NO_LAYER, "none", detail, True, agent, "always")
    if sights.proceeds:
        layer = "cancel in its place" if seen.strict_webview else NO_LAYER
        detail = "proceed() turns a refusal in a WebView into success"
        if not seen.strict_webview:
            detail += '; [coverage] webview = "strict" makes it cancel()'
        yield Coverage(
            "SslErrorHandler.proceed in a WebView",
            layer,
            "lab" if seen.strict_webview else "none",
            detail,
            not seen.strict_webview,
            tuple(sights.proceeds),
            "reflection" if seen.strict_webview else "always",
        )
    for name, classes in sights.own_tls.items():
        detail = "TLS and trust of its own, without SSLContext"
        yield Coverage(name, NO_LAYER, "none", detail, True, tuple(classes), "always")
    for name, classes in sights.unchecked.items():
        detail = "trust managers of the app's own, which no layer is asked beside"
        yield Coverage(name, NO_LAYER, "none", detail, True, tuple(classes), "always")
    if sights.servers:
        detail = "clients' certificates (checkClientTrusted) pass through"
        yield Coverage("TLS servers inside the app", NO_LAYER, "none", detail, False, tuple(sights.servers))


def _native(seen: Seen) -> Iterator[Coverage]:
    """TLS in libraries: one row for each make, and one for each library that takes OpenSSL's entries from another."""
    makes: dict[str, tuple[Make, list[Library]]] = {}
    for library in seen.facades.libraries:
        make = make_of(library.seen)
        if make:
            makes.setdefault(make.name, (make, []))[1].append(library)
        elif library.taken and library.entry not in {*seen.links.callers, *seen.links.left_out}:
            detail = f"it takes {', '.join(library.taken)} from another library"
            yield Coverage(
                "OpenSSL called by a library", NO_LAYER, "none", detail, True, (library.entry,), "always"
            )
        if "dotnet" in library.seen.marks:
            # dotnet/runtime 001d6ed2, pal_sslstream.c: GetSSLContextInstance, SSLStreamCreate
            detail = "it asks Java for an SSLContext and an SSLEngine through JNI"
            yield Coverage(".NET's own SslStream", A2, "source", detail, False, (library.entry,), OWN_PROVIDER)
    yield from seen.links.coverage({one.entry for _, libraries in makes.values() for one in libraries})
    for make, libraries in makes.values():
        where = tuple(library.entry for library in libraries)
        if _is_judged_in_java(seen, make):
            assert make.product
            layer = A2 if seen.facades.left_out else A1
            detail = f"{make.evidence}; classes under {make.product.java.strip('L').replace('/', '.')}* decide for it"
            yield Coverage(make.name, layer, "source", detail, False, where, OWN_PROVIDER)
            continue
        given = {name for library in libraries for name in library.given}
        if given and seen.links.callers and not make.product:
            detail = f"{make.evidence}; the libraries that call it need the stub first"
            evidence = {"OpenSSL": "bionic", "BoringSSL": "lab"}.get(make.name.split()[0], "source")
            yield Coverage(make.name, A4, evidence, detail, False, where, WAYS_PAST)
            continue
        gives = "; other libraries may take its sessions" if given else ""
        yield Coverage(make.name, NO_LAYER, "none", f"{make.evidence}{gives}", True, where, "always")


def _is_judged_in_java(seen: Seen, make: Make) -> bool:
    """Whether classes of the app decide in place of the library, and a layer is asked by them."""
    if make.product is None or not make.product.java or make.product.java not in seen.sights.java_parts:
        return False
    return make.product.key != "conscrypt" or not seen.facades.left_out
