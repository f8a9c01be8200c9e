"""``python tests/fuzz/run.py [SECONDS]``: every fuzz target of the C core under ASan and UBSan, one after the other."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from examples.demo.run import APP  # noqa: E402
from pinfuse.android.output import write_stand_in  # noqa: E402
from pinfuse.android.signing.debugkey import throwaway_signer  # noqa: E402
from pinfuse.container.reader import Archive  # noqa: E402
from pinfuse.stub.build.native import CORE, SOURCES  # noqa: E402
from tests.chains import world  # noqa: E402
from tests.corpus import corpus_dir  # noqa: E402

COMPILER = "clang-14"
SANITIZE = "-fsanitize=fuzzer,address,undefined"
FLAGS = ("-O1", "-g", "-std=c11", SANITIZE, "-fno-sanitize-recover=all")
TARGETS = ("der", "host", "vault", "memory", "apk", "team")
INCLUDED = {"memory": ("memory",)}
"""Sources that a target includes itself, to reach what is static in them."""
LARGEST = {"memory": 40_000}
"""Bytes of an input where 8,192 are not enough: a memory with all of its hosts."""
MORE_SOURCES = {"apk": (SOURCES / "android" / "apk.c",), "team": (SOURCES / "ios" / "team.c",)}
BLOCK_MAGIC = b"APK Sig Block 42"
HOSTS = ("api.example.com", "*.example.com", "192.0.2.7", "[2001:db8::7]", "::ffff:1.2.3.4", "a..b", "xn--a.example.")


@dataclass(frozen=True)
class Result:
    """How one target ended."""

    target: str
    executions: int
    per_second: int
    failure: str


def build(target: str, folder: Path) -> Path:
    """The target as a program."""
    sources = [SOURCES / "core" / f"{name}.c" for name in CORE if name not in ("runtime", *INCLUDED.get(target, ()))]
    sources += MORE_SOURCES.get(target, ())
    out = folder / target
    subprocess.run([COMPILER, *FLAGS, HERE / f"{target}.c", *sources, "-o", out], check=True)
    return out


def seeds(target: str) -> Iterable[bytes]:
    """What a target starts from: our own chains, and the certificates of the corpus where it is."""
    if target == "host":
        return [bytes([len(one) // 2]) + one.encode() for one in HOSTS]
    if target == "vault":
        rule = b"\0\3a.b\0\1\1" + bytes(32)
        head = bytes([4, 0x3D, 8, 0, 1, 0, 1, 0]) + bytes(67) + b"\1\0\0\0\0\x51"
        return [head + rule, head + rule + b"\0\x0ftitle\0Blocked!\0"]
    if target == "memory":
        return [b"\1\0\0\1" + bytes([1]) + bytes(65), b"\1\0\0\0", b"\1\0\2\0" + bytes(66 * 4)]
    if target == "apk":
        archive = signed_archive()
        foot = archive.index(BLOCK_MAGIC) - 8
        return [archive, archive[:foot] + b"\x78" + bytes(6) + b"\x80" + archive[foot + 8 :]]
    if target == "team":
        return [signature(b"ABCDE12345"), signature(b"")]
    found = [b"\0" + der for der in world().chain] + [b"\2" + b"".join(world().chain)]
    folder = corpus_dir()
    for path in sorted((folder / "certs").rglob("*.der")) if folder else ():
        if path.stat().st_size < 8000:
            found.append(b"\0" + path.read_bytes())
    return found


def signed_archive() -> bytes:
    """An archive without entries, signed with v2 and v3."""
    with tempfile.NamedTemporaryFile() as file, Archive(APP) as source:
        write_stand_in(source, throwaway_signer(), file)  # type: ignore[arg-type]
        return Path(file.name).read_bytes()


def signature(team: bytes) -> bytes:
    """A code signature of one CodeDirectory that names a team, or none."""
    directory = struct.pack(">IIIIIIIIIBBBBIIII", 0xFADE0C02, 0, 0x20400, 0, 88, 52, 0, 0, 0, 32, 2, 0, 12, 0, 0, 0, 0)
    directory = directory[:48] + struct.pack(">I", 60 if team else 0) + b"id\0".ljust(8, b"\0") + team + b"\0"
    directory = directory[:4] + struct.pack(">I", len(directory)) + directory[8:]
    return struct.pack(">IIIII", 0xFADE0CC0, 20 + len(directory), 1, 0, 20) + directory


def fuzz(target: str, seconds: int) -> Result:
    """Run one target for so many seconds."""
    with tempfile.TemporaryDirectory(prefix="pinfuse-fuzz-") as name:
        folder = Path(name)
        start = folder / "seeds"
        start.mkdir()
        for number, data in enumerate(seeds(target)):
            (start / str(number)).write_bytes(data)
        words = [str(build(target, folder)), f"-max_total_time={seconds}", "-print_final_stats=1"]
        words += [f"-max_len={LARGEST.get(target, 8192)}", "-timeout=10"]
        words += ["-rss_limit_mb=1024", f"-artifact_prefix={folder}/", str(start)]
        done = subprocess.run(words, capture_output=True, text=True)
        stats = {key: int(value) for key, value in re.findall(r"stat::(\w+):\s+(\d+)", done.stderr)}
        failure = done.stderr[-3000:] if done.returncode else ""
        return Result(
            target, stats.get("number_of_executed_units", 0), stats.get("average_exec_per_sec", 0), failure
        )


def main() -> int:
    """Fuzz them all; 1 when one of them found something."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    if shutil.which(COMPILER) is None:
        print(f"{COMPILER} is not installed", file=sys.stderr)
        return 1
    failed = False
    for target in TARGETS:
        result = fuzz(target, seconds)
        end = "FOUND ONE" if result.failure else "nothing found"
        print(f"{target}: {result.executions} runs in {seconds} s, {result.per_second}/s, {end}", flush=True)
        print(result.failure, end="")
        failed |= bool(result.failure)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
