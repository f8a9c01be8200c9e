"""The rows of coverage of an app for iOS, on apps of our own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pinfuse.coverage.marks import LABELS
from pinfuse.formats import Coverage, Examination, FuseOptions
from pinfuse.opening import open_app
from pinfuse.policy.load import load_set
from tests.fixtures import apple, ipa

PIN = '[[pin]]\nhost = "a.example"\ntrust = ["sha256/{}", "sha256/{}"]\n'
SET = f'[set]\nname = "x"\n{PIN}{{match}}[ios]\nats-pins = true\n'
SESSION = b"\0_OBJC_CLASS_$_NSURLSession\0sharedSession\0"
TLS = b"\0".join(LABELS)
FLUTTER = TLS + b"\0FlutterEngine\0boringssl\0"


def examined(tmp_path: Path, files: Mapping[str, bytes], **options: Any) -> Examination:
    with closing(open_app(ipa.write(tmp_path / "app.ipa", files))) as app:
        return app.examine(FuseOptions(**options))


def rows(tmp_path: Path, files: Mapping[str, bytes], **options: Any) -> dict[str, Coverage]:
    return {row.stack: row for row in examined(tmp_path, files, **options).coverage}


def holding(data: bytes, *, security: bool = True, **more: Any) -> dict[str, bytes]:
    """An app whose executable holds these bytes behind its load commands and content."""
    return ipa.plain(security=security, **more) | {"App": ipa.linked(security=security) + bytes(16) + data}


def test_trust_in_the_apps_own_code_passes_the_stub(tmp_path: Path) -> None:
    row = rows(tmp_path, ipa.plain())["SecTrust in the app's own code"]
    assert (row.layer, row.evidence, row.gap, row.where) == ("L1 load command", "emulated", False, ("App",))


def test_an_app_without_tls_has_no_row(tmp_path: Path) -> None:
    assert rows(tmp_path, ipa.plain(security=False)) == {}


def test_functions_of_security_in_code_that_does_not_load_it_are_a_gap(tmp_path: Path) -> None:
    row = rows(tmp_path, holding(b"\0_SSLHandshake\0", security=False))["Secure Transport"]
    assert (row.layer, row.gap) == ("none", True) and "App do not pass the stub" in row.detail
    assert not rows(tmp_path, holding(b"\0_SSLHandshake\0"))["Secure Transport"].gap


def test_sessions_have_methods_replaced_and_streams_do_not(tmp_path: Path) -> None:
    found = rows(tmp_path, holding(SESSION + b"\0_kCFStreamPropertySSLSettings\0"))
    session, stream = found["NSURLSession without a delegate"], found["CFStream and NSStream"]
    assert (session.layer, session.evidence, session.gap) == ("L2 methods", "emulated", False)
    assert (stream.layer, stream.gap) == ("none", True)
    assert next(iter(found.values())) == stream


def test_what_the_system_judges_alone_is_covered_by_pins_in_the_info_plist(tmp_path: Path) -> None:
    app = holding(b"\0_OBJC_CLASS_$_UIWebView\0")
    assert rows(tmp_path, app)["UIWebView"].gap
    pinned = (False, "pinned for iOS 14 and later: a.example")
    for match, more in (('match = "public-key"\n', pinned), ("", (True, ""))):
        text = SET.format("A" * 42 + "E=", "B" * 42 + "E=", match=match)
        (tmp_path / "set.toml").write_text(text)
        row = rows(tmp_path, app, fusion_set=load_set(tmp_path / "set.toml"))["UIWebView"]
        assert row.gap == more[0] and row.detail.startswith(more[1])
        assert row.layer == ("none" if more[0] else "L0 Info.plist")


def test_network_framework_without_a_verify_block_is_a_gap(tmp_path: Path) -> None:
    name, verify = "Network.framework without a verify block", b"\0_sec_protocol_options_set_verify_block\0"
    assert rows(tmp_path, holding(b"\0_nw_connection_create\0"))[name].gap
    found = rows(tmp_path, holding(b"\0_nw_connection_create\0" + verify))
    assert name not in found and found["Network.framework with a verify block"].layer == "L1 load command"


def test_a_tls_library_is_a_gap_unless_it_asks_security(tmp_path: Path) -> None:
    assert rows(tmp_path, holding(TLS + b"\0wolfSSL\0"))["wolfSSL"].gap
    flutter = rows(tmp_path, holding(FLUTTER))["Flutter with BoringSSL"]
    assert (flutter.layer, flutter.evidence, flutter.gap) == ("L1 load command", "source", False)
    assert rows(tmp_path, holding(FLUTTER, security=False))["Flutter with BoringSSL"].gap


def test_the_watch_and_what_only_main_leaves_out_are_gaps(tmp_path: Path) -> None:
    found = rows(tmp_path, ipa.rich())
    assert found["apps for the watch"].gap and "extensions and App Clips" not in found
    left = rows(tmp_path, ipa.rich(), only_main=True)["extensions and App Clips"]
    assert left.gap and left.where == (f"{ipa.BUNDLE_ID}.Clip", f"{ipa.BUNDLE_ID}.share")


def test_pins_hosts_and_frameworks(tmp_path: Path) -> None:
    settings = {"NSAllowsArbitraryLoads": True, "NSPinnedDomains": {"api.example.com": {}}}
    found = examined(tmp_path, {
        **holding(b"\0_OBJC_CLASS_$_RCTBridge\0\0_OBJC_CLASS_$_TSKPinningValidator\0\0https://api.example.com/\0",
                  NSAppTransportSecurity=settings),
        "pinned.cer": b"0",
    })  # fmt: skip
    assert found.hosts == ("api.example.com",)
    assert found.frameworks == ("React Native",)
    assert [(pin.kind, pin.where) for pin in found.pins] == [
        ("TrustKit", "App"),
        ("NSPinnedDomains", "Info.plist"),
        ("loosened transport security", "Info.plist"),
        ("certificate as a file", "pinned.cer"),
    ]


@pytest.mark.parametrize("is_64", [True, False])
def test_what_a_build_refuses_is_inspected_all_the_same(is_64: bool, tmp_path: Path) -> None:
    found = examined(tmp_path, ipa.plain() | {"App": apple.image(code=SESSION, is_64=is_64)})
    assert bool(found.refusal) is (not is_64)
    assert "NSURLSession without a delegate" in {row.stack for row in found.coverage}
