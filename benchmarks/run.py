"""Side by side in one run: pinfuse, zipalign with apksigner, and copying with a hash as the floor.

``python benchmarks/run.py [--apk APP] [--ipa APP] [--rounds N]`` prints a Markdown table for each app. All candidates
work on the same file in turn, round by round; a ratio is the median of the ratios within each round. Nothing is
asserted by the clock; the exit code is 1 only when a candidate fails, or a build imports what its path must not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.subject import SubjectError, grown, subject  # noqa: E402
from examples.demo.run import PASSWORD, World, make_world  # noqa: E402
from tools.measure import Measured, measure  # noqa: E402

ROUNDS = 5
MEGABYTE = 1_000_000
PEER, FLOOR = "zipalign + apksigner", "cp + sha256sum"
IPA_SIZE = 60 * MEGABYTE
SLOW_IMPORTS = ("lief", "androguard")
"""Packages that nothing on the path of a build may import."""

Candidates = Mapping[str, list[str]]


class Failed(Exception):
    """A candidate did not do its work."""


def candidates(apk: Path, folder: Path, world: World) -> Candidates:
    """Name → command; each writes a file of its own into ``folder``."""
    secret = f"pass:{PASSWORD}"
    key_store = str(world.key_store)
    build = [sys.executable, "-m", "pinfuse", "build", str(apk), "--pin", str(world.pins)]
    build += ["--ks", key_store, "--ks-pass", secret, "-o", str(folder / "pinned.apk")]
    aligned, signed = (str(folder / name) for name in ("aligned.apk", "signed.apk"))
    chain = 'zipalign -f -p 4 "$1" "$2" && apksigner sign --ks "$3" --ks-pass "$4" --out "$5" "$2"'
    return {
        FLOOR: copying(apk, folder),
        PEER: ["sh", "-c", chain, "sh", str(apk), aligned, key_store, secret, signed],
        "pinfuse build --no-proof": [*build, "--no-proof"],
        "pinfuse build": build,
    }


def ipa_candidates(ipa: Path, folder: Path, world: World) -> Candidates:
    """The same for an app for iOS, signed ad hoc."""
    build = [sys.executable, "-m", "pinfuse", "build", str(ipa), "--pin", str(world.pins), "--adhoc"]
    build += ["-o", str(folder / "pinned.ipa")]
    return {FLOOR: copying(ipa, folder), "pinfuse build --no-proof": [*build, "--no-proof"], "pinfuse build": build}


def copying(app: Path, folder: Path) -> list[str]:
    """Copy and hash: what every tool has to do."""
    return ["sh", "-c", 'cp "$1" "$2" && sha256sum "$2"', "sh", str(app), str(folder / "copy")]


def environment() -> dict[str, str]:
    """This one, free of settings of pinfuse."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PINFUSE_")}


def once(name: str, command: list[str]) -> Measured:
    """One run; raises `Failed` when the command ends with anything but 0."""
    done = measure(command, env=environment())
    if done.exit_code:
        raise Failed(f"{name} ended with exit code {done.exit_code}: {done.stderr[-800:]}")
    return done


def play(commands: Candidates, rounds: int) -> dict[str, list[Measured]]:
    """A round to warm the caches, then ``rounds`` rounds, each beginning with another candidate."""
    names = list(commands)
    runs: dict[str, list[Measured]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            done = once(name, commands[name])
            if turn:
                runs[name].append(done)
    return runs


def table(runs: Mapping[str, list[Measured]], app: Path, peer: str) -> str:
    """The Markdown table: medians, the highest peak, and the ratio of wall clocks to the peer."""
    said = f"{app.stat().st_size / MEGABYTE:.0f} MB {app.suffix[1:].upper()}"
    lines = [
        f"| {os.cpu_count()} shared cores, whole process | {said} | CPU | peak | wall, to {peer} |",
        "|---|---|---|---|---|",
    ]
    for name, done in runs.items():
        ratio = median(mine.wall / other.wall for mine, other in zip(done, runs[peer], strict=True))
        lines.append(
            f"| {name} | {median(run.wall for run in done):.2f} s | {median(run.cpu for run in done):.2f} s "
            f"| {max(run.peak for run in done) / MEGABYTE:.0f} MB | {ratio:.2f} |"
        )
    return "\n".join(lines)


def slow_imports(command: list[str]) -> list[str]:
    """Which of `SLOW_IMPORTS` a build imports, in whatever process of it (``python -X importtime``)."""
    done = measure(command, env={**environment(), "PYTHONPROFILEIMPORTTIME": "1"})
    if done.exit_code or "import time:" not in done.stderr:
        raise Failed(f"no list of imports: exit code {done.exit_code}: {done.stderr[-800:]}")
    modules = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    return [name for name in SLOW_IMPORTS if name in modules]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apk", type=Path, help="measure this app instead")
    parser.add_argument("--ipa", type=Path, help="measure this app for iOS too, grown to 60 MB")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


def main() -> int:
    """Measure and print; the exit code."""
    chosen = arguments()
    absent = [name for name in ("zipalign", "apksigner") if shutil.which(name) is None]
    if absent:
        print(f"not installed: {', '.join(absent)}", file=sys.stderr)
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="pinfuse-bench-") as name:
            folder = Path(name)
            apk, world = chosen.apk or subject(), make_world(folder / "world")
            commands = candidates(apk, folder, world)
            print(table(play(commands, chosen.rounds), apk, PEER))
            slow = slow_imports(commands["pinfuse build"])
            if chosen.ipa:
                ipa = grown(chosen.ipa, IPA_SIZE, folder / "grown.ipa")
                commands = ipa_candidates(ipa, folder, world)
                print("\n" + table(play(commands, chosen.rounds), ipa, FLOOR))
                slow = [*slow, *slow_imports(commands["pinfuse build"])]
    except (Failed, SubjectError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nImported on that path: {', '.join(slow) or 'neither ' + ' nor '.join(SLOW_IMPORTS)}.")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
