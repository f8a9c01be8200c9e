"""What the look for TLS inside native libraries costs, beside SHA-256 of the same bytes, in turn, in one run.

``python benchmarks/look.py FILE… [--rounds N]`` prints a Markdown table; without a file, real libraries of PyPI are
fetched. Nothing is asserted by the clock.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pinfuse.coverage.native import look_at_library, make_of  # noqa: E402
from tests.integration.test_real_libraries import NO_TLS, PACKED  # noqa: E402

ROUNDS, PIECE = 5, 1 << 20


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(PIECE):
            yield data


def digest(path: Path) -> None:
    whole = hashlib.sha256()
    for data in pieces(path):
        whole.update(data)


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def row(path: Path, rounds: int) -> str:
    look = functools.partial(look_at_library, functools.partial(pieces, path))
    times = [(seconds(functools.partial(digest, path)), seconds(look)) for _ in range(rounds)]
    made = make_of(look())
    looked, ratio = median(two for _, two in times), median(two / one for one, two in times)
    size = path.stat().st_size / 1e6
    return f"| {path.name} | {size:.1f} MB | {made.name if made else 'no TLS'} | {looked:.2f} s | {ratio:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    print("| library | size | it is told as | CPU | to SHA-256 |\n|---|---|---|---|---|")
    for path in chosen.files or [one.fetch() for one in (*PACKED.values(), NO_TLS)]:
        print(row(path, chosen.rounds))


if __name__ == "__main__":
    main()
