"""``make demo``: fuse pins into the demo app, verify the result, and ask it about two TLS servers.

Only the command line of pinfuse is used, as anybody would. Everything that is made stays in ``out/demo``. Exit 0
when every step ended as it must, 1 otherwise.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from examples.demo.pki import Identity, authority, pem, server, signer  # noqa: E402
from examples.demo.servers import tls_server  # noqa: E402

APP = HERE / "demo.apk"
OUT = ROOT / "out" / "demo"
HOST = "localhost"
PASSWORD = "demo"
STEP_SECONDS = 120


class Unexpected(Exception):
    """A step ended in another way than it must."""


@dataclass(frozen=True, slots=True)
class World:
    """What the demo needs besides the app: two servers for one host, pins for the first, a key to sign with."""

    good: tuple[Path, Path]
    other: tuple[Path, Path]
    pins: Path
    key_store: Path


def make_world(out: Path) -> World:
    """Two authorities that both vouch for the host, the folder of pins, and a PKCS#12 key store."""
    good, other = server(HOST, authority("Demo CA")), server(HOST, authority("Another CA"))
    backup = server(HOST, authority("Demo CA of next year"))
    pins = out / "certs"
    pins.mkdir(parents=True)
    (pins / "server.pem").write_bytes(pem(good.certificate))
    (pins / "backup.pem").write_bytes(pem(backup.certificate))
    key_store = out / "release.p12"
    key_store.write_bytes(pack(signer("Demo release key")))
    return World(good.write(out / "servers", "good"), other.write(out / "servers", "other"), pins, key_store)


def pack(identity: Identity) -> bytes:
    """The signing key as PKCS#12, with the demo's password."""
    encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(b"release", identity.key, identity.certificate, None, encryption)


def pinfuse(*arguments: str | Path, expect: int) -> str:
    """Run pinfuse, show what it says on stderr, and give its stdout; raises `Unexpected` at another exit code."""
    words = [str(word) for word in arguments]
    print(f"\n$ pinfuse {shlex.join(relative(word) for word in words)}", flush=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PINFUSE_")}
    done = subprocess.run(
        [sys.executable, "-m", "pinfuse", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
        timeout=STEP_SECONDS,
    )
    if done.returncode != expect:
        raise Unexpected(f"pinfuse ended with exit code {done.returncode} instead of {expect}\n{done.stdout}")
    return done.stdout


def relative(word: str) -> str:
    """A path as seen from the folder of the project."""
    return word.replace(f"{ROOT}{os.sep}", "")


def show(text: str) -> None:
    """Indented, so that it stands apart from the story."""
    for line in text.splitlines():
        print(f"    {relative(line)}")


def probe(app: Path, identity: tuple[Path, Path], *, expect: int, verdict: str, reason: str) -> None:
    """Serve with these certificates and ask the app about that server; raises `Unexpected`."""
    with tls_server(*identity) as port:
        said = json.loads(pinfuse("probe", app, f"{HOST}:{port}", "--json", expect=expect))
    show(f"{said['verdict']}, reason {said['reason']}\nchecked by: " + "\n            ".join(said["checked_by"]))
    if (said["verdict"], said["reason"]) != (verdict, reason):
        raise Unexpected(f"the app says {said['verdict']} ({said['reason']}) instead of {verdict} ({reason})")


def tell() -> None:
    """The whole story; raises `Unexpected` at the first step that ends in another way than it must."""
    shutil.rmtree(OUT, ignore_errors=True)
    world = make_world(OUT)
    built = OUT / "demo-pinned.apk"

    print(f"1. The server's certificate for {HOST}, and one for a backup key, are fused into the finished app.")
    signing = ("--ks", world.key_store, "--ks-pass", f"pass:{PASSWORD}")
    show(pinfuse("build", APP, "--pin", world.pins, *signing, "-o", built, expect=0))

    print("\n2. Every promise is checked again in the file, and the stub in it is executed for each ABI.")
    show(pinfuse("verify", built, "--pin", world.pins, expect=0))

    print("\n3. A server with the pinned key: the app must talk to it.")
    probe(built, world.good, expect=0, verdict="allowed", reason="ok")

    print("\n4. The same host with a certificate that another authority vouches for: the app must refuse it.")
    probe(built, world.other, expect=1, verdict="refused", reason="pin")


def main() -> int:
    """Tell the story; the exit code."""
    started = time.monotonic()
    try:
        tell()
    except Unexpected as error:
        print(f"\nNot as it must be: {error}", file=sys.stderr)
        return 1
    print(f"\nAll as it must be, in {time.monotonic() - started:.1f} s. The app: {relative(str(OUT))}/demo-pinned.apk")
    return 0


if __name__ == "__main__":
    sys.exit(main())
