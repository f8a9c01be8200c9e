# SPDX-License-Identifier: MIT
"""``python -m pinfuse.prover``: a request a line on stdin, an answer a line on stdout, until stdin ends."""

from __future__ import annotations

import json
import sys

from pinfuse.prover.protocol import LONGEST_REQUEST, Session


def main() -> int:
    """Answer until there is nothing left to answer."""
    session = Session()
    while line := sys.stdin.buffer.readline(LONGEST_REQUEST):
        sys.stdout.buffer.write(json.dumps(session.answer(line)).encode() + b"\n")
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
