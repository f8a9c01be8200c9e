# SPDX-License-Identifier: MIT
"""``python -m pinfuse.prover``: a request a line on stdin, an answer a line on stdout, until stdin ends."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from pathlib import Path

from pinfuse.prover.protocol import LONGEST_REQUEST, Session

MOST_SECONDS = 60
"""For one request; a stub that never ends takes the process with it, and no answer is no proof."""


def main() -> int:
    """Answer until there is nothing left to answer."""
    session = Session()
    with Path(os.devnull).open("w") as nowhere:
        while line := sys.stdin.buffer.readline(LONGEST_REQUEST):
            faulthandler.dump_traceback_later(MOST_SECONDS, exit=True, file=nowhere)
            answer = session.answer(line)
            faulthandler.cancel_dump_traceback_later()
            sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
            sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
