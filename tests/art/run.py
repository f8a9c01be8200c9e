"""``python -m tests.art.run APP.apk [BUILT.apk] …``: what ART's own class linker and verifier say of apps' DEX files.

For each app it prints how many classes were verified, verified with doubt (a name in them is not here), rejected, or
not linked; from the second app on also what is rejected only in it or only in the first. Exit 1 when one has more.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.art import machine
from tests.art.bootpath import boot_class_path, dex_files


def main() -> int:
    """Boot ART for the apps and compare; the exit code."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    if why := machine.absent():
        sys.exit(why)
    with tempfile.TemporaryDirectory(prefix="pinfuse-art-") as name:
        folder = Path(name)
        machine.build(folder)
        apps = {str(number): dex_files(Path(app), folder / str(number)) for number, app in enumerate(sys.argv[1:])}
        boot = boot_class_path(path for paths in apps.values() for path in paths)
        said = machine.ask(folder, boot, apps)
    rejected = []
    for app, outcomes in zip(sys.argv[1:], said.values(), strict=True):
        counts = Counter(one.verdict for one in outcomes.values())
        print(f"{Path(app).name}: {len(outcomes)} classes, {', '.join(f'{n} {kind}' for kind, n in counts.items())}")
        rejected.append({name for name, one in outcomes.items() if one.verdict == machine.REJECTED})
        for one in sorted(rejected[0] ^ rejected[-1]):
            print(f"  rejected {'before' if one in rejected[0] else 'now'} only: {one}")
    return int(any(later - rejected[0] for later in rejected))


if __name__ == "__main__":
    sys.exit(main())
