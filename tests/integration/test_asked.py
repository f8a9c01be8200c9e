"""What a set wants outside of the vault is a promise too: taken out of a built app and signed again, ``verify`` ends
with 1, with the set and without it.
"""

from __future__ import annotations

import json
import plistlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from examples.demo.run import World
from pinfuse.android.nsc.merge import ROOT
from pinfuse.android.nsc.write import FILE
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.tree import Tree, new_document
from pinfuse.ios.ats import DOMAINS, SECURITY
from tests.conftest import pinfuse, signing_options
from tests.fixtures import ipa
from tests.fixtures.apk import demo_manifest, write
from tests.integration import test_nsc, test_webview
from tests.integration.test_ios_fooled import ROOT as APP_ROOT
from tests.integration.test_ios_fooled import signed_again
from tests.integration.test_nsc import Tool, tool
from tests.integration.test_promises import resigned, rewritten
from tests.unit.policy.test_set_file import HASH

__all__ = ["tool"]
CONFIG, WEBVIEW, SYSTEM = "network security config", "webview", "pins for the system"
END = b"-----END CERTIFICATE-----\n"
OTHERS = """<network-security-config>
  <domain-config><domain includeSubdomains="false">api.example.com</domain>
    <pin-set><pin digest="SHA-256">AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</pin></pin-set></domain-config>
</network-security-config>"""


def promises(app: Path, *more: object) -> tuple[int, dict[str, tuple[bool, str]]]:
    """Exit code, and the promises by their names."""
    done = pinfuse("verify", app, "--no-proof", "--json", *more)
    assert "Traceback" not in done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return done.exit_code, {one["name"]: (one["ok"], one["detail"]) for one in said["promises"]}


def fails(app: Path, name: str, *more: object) -> str:
    """The words of the one promise that is broken, besides the alignment, which these tests do not keep."""
    code, said = promises(app, *more)
    assert (code, {key for key, (ok, _) in said.items() if not ok} - {"alignment"}) == (1, {name}), said
    return said[name][1]


def read(apk: Path, name: str) -> bytes:
    with zipfile.ZipFile(apk) as archive:
        return archive.read(name)


def test_pins_of_the_config_are_a_promise(tool: Tool, world: World, tmp_path: Path) -> None:
    app = tool.app(tmp_path)
    built = test_nsc.fuse(app, world)
    chosen = ("--set", tmp_path / "set.toml")
    for more in ((), chosen):
        code, said = promises(built.output, *more)
        assert (code, said[CONFIG]) == (0, (True, f"2 domains are pinned in {FILE}")), said
    for more, shown in (((), False), (chosen, True)):
        assert ("A3 network security config" in pinfuse("inspect", app, *more).stdout) is shown
    empty = Tree(new_document(ROOT, Place(FILE))).pack()
    bare = resigned(rewritten(built.output, tmp_path / "bare.apk", {FILE: empty}), world.key_store)
    for more in ((), chosen):
        assert f"api.example.com has no pins in {FILE}" in fails(bare, CONFIG, *more)
    (tmp_path / "other").mkdir()
    unnamed = test_nsc.fuse(tool.app(tmp_path / "other"), world, wanted="false").output
    code, said = promises(unnamed)
    assert code == 0
    assert CONFIG not in said
    manifest = {"AndroidManifest.xml": read(unnamed, "AndroidManifest.xml")}
    lost = resigned(rewritten(built.output, tmp_path / "lost.apk", manifest), world.key_store)
    assert "the manifest names none" in fails(lost, CONFIG)


def test_other_pins_in_our_own_file_are_a_broken_promise(tool: Tool, world: World, tmp_path: Path) -> None:
    built = test_nsc.fuse(tool.app(tmp_path), world)
    (tmp_path / "other").mkdir()
    text = (tmp_path / "set.toml").read_text().replace(f'"{HASH}", ', "")
    (tmp_path / "other" / "set.toml").write_text(text)
    app, out = tool.app(tmp_path / "other"), tmp_path / "other.apk"
    words = ("--set", tmp_path / "other" / "set.toml", "--no-proof", *signing_options(world))
    assert pinfuse("build", app, *words, "-o", out).exit_code == 0
    mixed = resigned(rewritten(built.output, tmp_path / "mixed.apk", {FILE: read(out, FILE)}), world.key_store)
    assert "api.example.com has other pins" in fails(mixed, CONFIG)


def test_the_apps_own_pins_are_told_and_break_nothing(tool: Tool, world: World, tmp_path: Path) -> None:
    app = tool.app(tmp_path, 'android:networkSecurityConfig="@xml/nsc"', {"xml/nsc.xml": OTHERS})
    built = test_nsc.fuse(app, world)
    code, said = promises(built.output, "--set", tmp_path / "set.toml")
    assert code == 0, said
    assert said[CONFIG][1].endswith("; other pins, as the app had them: api.example.com")
    without = resigned(rewritten(built.output, tmp_path / "x.apk", {"res/xml/nsc.xml": read(app, "res/xml/nsc.xml")}),
                       world.key_store)  # fmt: skip
    assert "example.org has no pins in res/xml/nsc.xml" in fails(without, CONFIG)


def test_a_strict_webview_is_a_promise(world: World, tmp_path: Path) -> None:
    code = test_webview.code((test_webview.OWNER, test_webview.CANCEL))
    app = write(tmp_path / "app.apk", {"AndroidManifest.xml": demo_manifest(), "classes.dex": code})
    for webview, wanted in (("report", {}), ("strict", {WEBVIEW: (True, "no code calls SslErrorHandler.proceed")})):
        done, output = test_webview.fuse(app, world, webview)
        assert done.exit_code == 0, done.stderr
        exit_code, said = promises(output)
        assert (exit_code, {key: told for key, told in said.items() if key == WEBVIEW}) == (0, wanted)
    back = resigned(rewritten(output, tmp_path / "back.apk", {"classes.dex": code}), world.key_store)
    for more in ((), ("--set", tmp_path / "set.toml")):
        assert "org.example.Page" in fails(back, WEBVIEW, *more)


def ios_set(folder: Path, world: World, trust: str, more: str = "") -> Path:
    (folder / "leaf.pem").write_bytes(world.good[0].read_bytes().split(END)[0] + END)
    text = f'[set]\nname = "x"\n[ios]\nats-pins = true\n[[pin]]\nhost = "localhost"\ntrust = ["{trust}"]\n{more}'
    (folder / "set.toml").write_text(text)
    return folder / "set.toml"


@pytest.mark.parametrize(
    ("trust", "more", "sure"),
    [
        ("leaf.pem", "", True),
        (HASH, 'match = "public-key"\n', False),
    ],
    ids=["certificate", "hash"],
)
def test_pins_for_ios_are_a_promise(trust: str, more: str, sure: bool, world: World, tmp_path: Path) -> None:
    """A hash does not say in the vault whether it was pinned for the system: there only ``--set`` tells."""
    app, out, chosen = ipa.write(tmp_path / "a.ipa", ipa.plain()), tmp_path / "out.ipa", tmp_path / "set.toml"
    ios_set(tmp_path, world, trust, more)
    done = pinfuse("build", app, "--set", chosen, "--no-proof", "-o", out)
    assert done.exit_code == 0, done.stderr
    for words in ((), ("--set", chosen)):
        code, said = promises(out, *words)
        assert (code, said[SYSTEM][0]) == (0, True), said
        assert said[SYSTEM][1].startswith("1 hosts are pinned")
    with zipfile.ZipFile(out) as archive:
        files = {one.removeprefix(APP_ROOT): archive.read(one) for one in archive.namelist() if not one.endswith("/")}
    told = plistlib.loads(files["Info.plist"])
    del told[SECURITY][DOMAINS]["localhost"]
    bare = signed_again(tmp_path, files | {"Info.plist": plistlib.dumps(told)})
    assert "does not pin as the set says: localhost" in fails(bare, SYSTEM, "--set", chosen)
    if sure:
        assert "does not pin localhost" in fails(bare, SYSTEM)
    else:
        assert promises(bare)[1][SYSTEM][1].startswith("0 hosts are pinned")


def test_pins_of_an_extension_are_a_promise_too(world: World, tmp_path: Path) -> None:
    app, chosen = ipa.write(tmp_path / "a.ipa", ipa.rich()), tmp_path / "set.toml"
    ios_set(tmp_path, world, "leaf.pem", "")
    for only_main in (False, True):
        out = tmp_path / f"{only_main}.ipa"
        words = ["--only-main"] if only_main else []
        done = pinfuse("build", app, "--set", chosen, "--no-proof", *words, "-o", out)
        assert done.exit_code == 0, done.stderr
        assert promises(out)[1][SYSTEM][0] is True
        assert promises(out, "--set", chosen)[1][SYSTEM][0] is True
    with zipfile.ZipFile(tmp_path / "False.ipa") as archive:
        files = {one.removeprefix(APP_ROOT): archive.read(one) for one in archive.namelist() if not one.endswith("/")}
    share = "PlugIns/Share.appex/Info.plist"
    told = plistlib.loads(files[share])
    del told[SECURITY][DOMAINS]
    bare = signed_again(tmp_path, files | {share: plistlib.dumps(told)})
    for words in ([], ["--set", str(chosen)]):
        assert f"{share} does not pin" in fails(bare, SYSTEM, *words)


def test_a_host_that_ios_cannot_pin_breaks_nothing(world: World, tmp_path: Path) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.plain()), tmp_path / "out.ipa"
    chosen = ios_set(tmp_path, world, HASH)
    assert pinfuse("build", app, "--set", chosen, "--no-proof", "-o", out).exit_code == 0
    for words in ((), ("--set", chosen)):
        code, said = promises(out, *words)
        assert (code, said[SYSTEM][0]) == (0, True), said
