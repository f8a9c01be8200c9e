"""``python -m pinfuse.stub.build [--out DIR]``: rebuild the payload from its sources."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pinfuse.errors import PinfuseError
from pinfuse.stub.build.payload import build_payload
from pinfuse.stub.payload import PREBUILT


def main() -> int:
    """Build everything into a folder; 0, or the exit code of the error that was printed."""
    parser = argparse.ArgumentParser(description="Rebuild the payload from its sources.")
    parser.add_argument("--out", type=Path, default=PREBUILT, help="folder to write (default: the committed payload)")
    out = parser.parse_args().out
    try:
        build_payload(out)
    except PinfuseError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


sys.exit(main())
