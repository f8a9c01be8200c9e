"""CodeResources rebuilt byte for byte from real signed bundles."""

from __future__ import annotations

import plistlib
import stat
import zipfile
from collections.abc import Iterator

import pytest

from pinfuse.ios.signing.checkfiles import check_files
from pinfuse.ios.signing.resources import FOLDER, PATH, Resource, code_resources
from tests.corpus import corpus


def bundles() -> Iterator[tuple[str, bytes, list[Resource], str]]:
    """Every bundle of the corpus with a CodeResources file: name, that file, what it holds, its executable."""
    for path in sorted(corpus("ios").iterdir()):
        with zipfile.ZipFile(path) as archive:
            entries = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            for name in [name for name in entries if name.endswith(f"/{PATH}")]:
                root = name.removesuffix(PATH)
                if f"{root}Info.plist" not in entries:
                    continue
                held = []
                for entry, info in entries.items():
                    if not entry.startswith(root):
                        continue
                    data, inside = archive.read(entry), entry.removeprefix(root)
                    link = stat.S_ISLNK(info.external_attr >> 16)
                    held.append(Resource(inside, target=data.decode()) if link else Resource.of(inside, data))
                told = plistlib.loads(archive.read(f"{root}Info.plist"))
                yield f"{path.name}:{root}", archive.read(name), held, told.get("CFBundleExecutable", "")


def test_real_ones_are_rebuilt_byte_for_byte() -> None:
    ours = plistlib.loads(code_resources([], ""))
    same, other_rules, edited = 0, 0, []
    for name, there, held, executable in bundles():
        made, told = code_resources(held, executable), plistlib.loads(there)
        if {key: told.get(key) for key in ("rules", "rules2")} != {key: ours[key] for key in ("rules", "rules2")}:
            other_rules += 1
        elif made == there:
            same += 1
        else:
            edited.append((name, _differences(plistlib.loads(made), told)))
    print(f"{same} rebuilt, {other_rules} with other rules, edited after signing: {edited}")
    assert same >= 10
    assert not edited


def _differences(made: dict[str, dict[str, object]], there: dict[str, dict[str, object]]) -> list[str]:
    return [
        f"{part}/{path}"
        for part in ("files", "files2")
        for path in sorted(made[part].keys() | there[part].keys())
        if made[part].get(path) != there[part].get(path)
    ]


@pytest.mark.parametrize(
    ("path", "in_files", "in_files_2", "optional"),
    [
        ("a.png", True, True, False),
        ("Info.plist", True, False, False),
        ("PkgInfo", True, False, False),
        ("en.lproj/a.strings", True, True, True),
        ("Base.lproj/a.nib", True, True, False),
        ("en.lproj/locversion.plist", False, False, False),
        ("x/.DS_Store", True, False, False),
        ("Frameworks/A.framework/A", True, True, False),
        ("Frameworks/A.framework/Info.plist", True, True, False),
        ("App", False, False, False),
        (f"{FOLDER}/CodeResources", False, False, False),
    ],
)
def test_the_heaviest_rule_decides(path: str, in_files: bool, in_files_2: bool, optional: bool) -> None:
    told = plistlib.loads(code_resources([Resource.of(path, b"x")], "App"))
    assert (path in told["files"], path in told["files2"]) == (in_files, in_files_2)
    if in_files_2:
        assert told["files2"][path].get("optional", False) is optional


def test_a_symbolic_link_is_told_by_its_target() -> None:
    told = plistlib.loads(code_resources([Resource("A", target="Versions/A")], "App"))
    assert (told["files"], told["files2"]) == ({}, {"A": {"symlink": "Versions/A"}})


def test_an_app_with_many_files() -> None:
    """Those in a folder of translations have the longest entries."""
    held = [Resource.of(f"de.lproj/{number}.txt", b"x") for number in range(20_000)]
    assert [*check_files(code_resources(held, "App"), held, "App", "x")] == []
