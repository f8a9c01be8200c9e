"""Files that hold apps without being one: what helps is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinfuse.errors import UnsupportedApp
from pinfuse.opening import open_app
from tests.fixtures.apk import write


@pytest.mark.parametrize(
    ("entries", "what", "todo"),
    [
        ({"BundleConfig.pb": b"x", "base/manifest/AndroidManifest.xml": b"x"}, "app bundle", "--mode=universal"),
        ({"manifest.json": b"{}", "base.apk": b"x", "split_config.de.apk": b"x"}, "base.apk", "universal APK"),
        ({"universal.apk": b"x"}, "universal.apk", "APK"),
        ({"readme.txt": b"x"}, "neither an APK nor an IPA", "APK or IPA"),
    ],
    ids=["aab", "xapk", "apks", "zip"],
)
def test_what_is_no_app_itself(tmp_path: Path, entries: dict[str, bytes], what: str, todo: str) -> None:
    with pytest.raises(UnsupportedApp) as caught:
        open_app(write(tmp_path / "app.bin", entries))
    assert what in caught.value.what
    assert todo in caught.value.todo
