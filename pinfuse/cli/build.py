"""``pinfuse build``: the main job."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinfuse.cli.options import APP_PATH, FILE_PATH, JSON_OPTION, PIN_OPTIONS, SIGNING_OPTIONS, load_fusion_set, option
from pinfuse.cli.output import print_json, print_notices, print_warnings
from pinfuse.formats import FuseOptions, SigningRequest

if TYPE_CHECKING:
    from pinfuse.pipeline import BuildResult
    from pinfuse.proof.process import ProverProcess

EPOCH, LAST_MOMENT = "SOURCE_DATE_EPOCH", 253402300799
"""The environment variable of reproducible-builds.org, and the last second of the year 9999."""
UNPROVED = "UNPROVED: --no-proof was given, so the stub in this output was never run"
TIMED = "the signatures hold the time, so --seed alone does not give the same bytes again: set SOURCE_DATE_EPOCH too"


@click.command("build", short_help="Fuse pins into an app, sign it, prove it.")
@click.argument("app", type=APP_PATH)
@PIN_OPTIONS
@option("--output", "-o", type=FILE_PATH, help="The built app; APP-pinned beside APP by default.")
@option("--min-sdk", type=click.IntRange(21, 36), help="Android: raise the app's minSdkVersion to this API level.")
@option("--thin", type=click.Choice(["arm64"]), help="iOS: keep only this part of files for several processors.")
@option("--only-main", is_flag=True, help="iOS: leave extensions and App Clips as they are.")
@option("--seed", help="Make the output reproducible: same input, pins, key and seed give the same bytes.")
@option("--no-proof", is_flag=True, help="Skip the proof by execution; the output is then called UNPROVED.")
@option(
    "--report",
    "reports",
    type=FILE_PATH,
    multiple=True,
    help="Write the certificate of the build here: FILE.json or FILE.html. Repeatable.",
)
@SIGNING_OPTIONS
@JSON_OPTION
def command(
    app: Path,
    pins: tuple[str, ...],
    set_file: Path | None,
    output: Path | None,
    min_sdk: int | None,
    thin: str | None,
    only_main: bool,
    seed: str | None,
    no_proof: bool,
    reports: tuple[Path, ...],
    as_json: bool,
    **signing: Any,
) -> None:
    """Fuse the given pins into APP, sign it, prove the written file, and only then give it its name.

    The input is never changed, and on any error there is no output.

    \b
    pinfuse build app.apk --pin certs/ --ks release.p12 --ks-pass env:KS_PASS
    pinfuse build app.apk --pin api.example.com=sha256/AAAA…= -o app-pinned.apk
    pinfuse build app.ipa --pin certs/ --identity id.p12 --identity-pass env:PASS --profile app.mobileprovision
    """
    prover = None if no_proof else click.get_current_context().with_resource(start_prover())
    from pinfuse.pipeline import BuildRequest, build

    target = output or app.with_name(f"{app.stem}-pinned{app.suffix}")
    for path in reports:
        check_report(path, app, target)
    for path in (target, *reports):
        check_spared(path, (*pins, set_file, *signing.values()))
    moment = signing_time()
    timed = seed is not None and moment is None and signing["identity"] is not None
    fusion_set, notices = load_fusion_set(pins, set_file)
    print_notices(notices)
    result = build(
        BuildRequest(
            app=app,
            output=target,
            fusion_set=fusion_set,
            signing=SigningRequest(**signing, moment=moment),
            options=FuseOptions(min_sdk=min_sdk, thin=thin, only_main=only_main),
            seed=seed,
        ),
        prover,
        certify=lambda result: write_reports(result, reports),
    )
    warnings = (*([UNPROVED] if no_proof else ()), *result.warnings, *([TIMED] if timed else ()))
    print_warnings(warnings)
    if as_json:
        print_json({"ok": True, "path": str(target), **certificate_for(result), "warnings": list(warnings)})
    else:
        print_result(result)


def start_prover() -> ProverProcess:
    """Start the process that will run the stubs, before anything else: it takes a moment to load its emulator."""
    from pinfuse.proof.process import ProverProcess

    return ProverProcess()


def signing_time() -> int | None:
    """``SOURCE_DATE_EPOCH`` (Unix seconds), as reproducible builds have it; None where it is not set."""
    from pinfuse.errors import UsageError

    text = os.environ.get(EPOCH)
    if text is None:
        return None
    if not text.isdecimal() or int(text) > LAST_MOMENT:
        raise UsageError(f"{text[:40]!r} is no time", where=EPOCH, todo="give Unix seconds")
    return int(text)


def check_report(path: Path, *others: Path) -> None:
    """Refuse, before any work, a report that could not be written as its name asks, or over one of the apps."""
    from pinfuse.errors import UsageError
    from pinfuse.evidence.files import renderer_for

    renderer_for(path)
    if path.resolve() in {other.resolve() for other in others}:
        raise UsageError("the report would overwrite an app", where="--report", todo="choose another name")


def check_spared(path: Path, given: Iterable[Any]) -> None:
    """Refuse to write over a file that an option names: keys and certificates that may have no copy.

    ``given`` are options as they came: paths, ``NAME=FILE``, ``file:PATH``, lists of these, and what names no file.
    """
    from pinfuse.errors import UsageError

    for value in given:
        if isinstance(value, tuple):
            check_spared(path, value)
        elif isinstance(value, (str, Path)) and path.exists():
            names = (str(value), str(value).partition("=")[2], str(value).partition(":")[2])
            if any(name and Path(name).exists() and path.samefile(name) for name in names):
                what = "it would be overwritten, and is an input"
                raise UsageError(what, where=str(path), todo="choose another name")


def certificate_for(result: BuildResult) -> dict[str, Any]:
    """The certificate of this build, as of now."""
    from datetime import UTC, datetime

    from pinfuse import __version__
    from pinfuse.evidence.certificate import certificate_of

    return certificate_of(result, datetime.now(UTC), __version__)


def write_reports(result: BuildResult, reports: tuple[Path, ...]) -> None:
    """Write the certificate of the build to every file that was asked for."""
    if not reports:
        return
    from pinfuse.evidence.files import write

    certificate = certificate_for(result)
    for path in reports:
        write(certificate, path)


def print_result(result: BuildResult) -> None:
    """The summary that a person reads, on stdout."""
    from pinfuse.cli.summary import rows

    for label, text in rows(result):
        from pinfuse.cli.output import print_row

        print_row(label, text)
