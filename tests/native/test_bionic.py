"""The shipped stub under Android 9's own linker and C library, before a real OpenSSL built for Android.

Neither is in this repository. ``PINFUSE_BIONIC`` names a folder with ``arm/system`` and ``x86/system`` (``bin/linker``,
``bin/linker64``, ``lib``, ``lib64``; termux-docker, branch dnsmasq, has them), ``PINFUSE_LIBNODE`` one with
``<abi>/libnode.so`` (npm: nodejs-mobile-react-native) and the ``libc++_shared.so`` that it needs (any React Native).
"""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from examples.demo.run import APP
from examples.demo.run import World as Demo
from pinfuse.android.elf.image import read
from pinfuse.android.elf.needed import needed_first
from pinfuse.policy.rules import PinKind, Reason, Rules
from pinfuse.stub.payload import load_payload, with_well
from pinfuse.vault import Binding, SystemRandom, seal
from tests.conftest import build_options, pinfuse
from tests.lab.servers import counting_server
from tests.native.compile import TRIPLES, run, tool
from tests.native.phone import OURS, PACKAGE, C, Phone, Said
from tests.native.test_sessions import served
from tests.native.world import HOST, World, rules

QEMU = {"arm64-v8a": "aarch64", "armeabi-v7a": "arm", "x86_64": "x86_64"}
LINKER = {"arm64-v8a": "linker64", "armeabi-v7a": "linker", "x86_64": "linker64"}
LIBC = (
    "printf puts atoi strcmp exit perror getenv strlen memcpy socket connect fcntl close poll fflush __libc_init"
).split()
PACKED = ("-Wl,--pack-dyn-relocs=android", "-Wl,-z,now", "-Wl,-z,relro", "-DTABLE")


def given(name: str) -> Path:
    """A folder out of the environment; skips the calling test without it."""
    value = os.environ.get(name)
    if not value or not Path(value).is_dir():
        pytest.skip(f"{name} names no folder: Android's own linker and libraries are not here")
    return Path(value)


class Bionic:
    """An app of one ABI with these pins, under qemu."""

    def __init__(self, abi: str, folder: Path, pinned: Rules, *, edited: bool, flags: tuple[str, ...] = ()) -> None:
        self.abi, self.folder = abi, folder
        self.root = given("PINFUSE_BIONIC") / ("x86" if abi.startswith("x86") else "arm")
        folder.mkdir(parents=True)
        self._stubs()
        self.library("emutls")
        for library in (given("PINFUSE_LIBNODE") / abi).iterdir():
            image = read(library.read_bytes(), library.name)
            lacks = image.symbols(frozenset({b"__emutls_get_address"}))[0]
            (folder / library.name).write_bytes(needed_first(image, "libemutls.so") if lacks else image.data)
        stub = load_payload().stub(abi, 16384)
        well = seal(pinned, Binding(PACKAGE, (), any_signer=True), b"n" * 32, SystemRandom())
        (folder / OURS).write_bytes(with_well(stub.path.read_bytes(), stub.well_offset, well))
        self.library("client", folder / "libnode.so", *flags)
        self.library("launcher")
        self.library("machine", folder / OURS)
        if edited:
            path = folder / "libclient.so"
            path.write_bytes(needed_first(read(path.read_bytes(), "client"), OURS))
        start = ("-pie", f"-Wl,--dynamic-linker=/system/bin/{LINKER[abi]}", "-Wl,-e,_start")
        run(*self._compiler(), *start, C / "main.c", *self.system, "-o", folder / "main")

    def _compiler(self) -> tuple[object, ...]:
        arm = ("-mthumb", "-mfloat-abi=softfp", "-march=armv7-a") if self.abi == "armeabi-v7a" else ()
        words = ("-nostdlib", "-ffreestanding", "-fno-builtin", "-fPIC", "-w", "-O1", "-fuse-ld=lld-14")
        return (tool("clang-14"), f"--target={TRIPLES[self.abi]}", *arm, *words, "-Wl,--no-as-needed")

    def _stubs(self) -> None:
        self.system = []
        for name, functions in (("c", LIBC), ("dl", ["dlopen", "dlsym", "dlerror"])):
            folder = self.folder / "system"
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.c").write_text("".join(f"void {one}(void) {{}}\n" for one in functions))
            self.system.append(folder / f"lib{name}.so")
            run(*self._compiler(), "-shared", f"-Wl,-soname,lib{name}.so", folder / f"{name}.c", "-o", self.system[-1])

    def library(self, name: str, *more: object) -> None:
        """One of the clients for this ABI."""
        out = self.folder / f"lib{name}.so"
        run(*self._compiler(), "-shared", f"-Wl,-soname,{out.name}", C / f"{name}.c", *more, *self.system, "-o", out)

    def run(self, libraries: tuple[str, ...], *words: object, **settings: str) -> Said:
        """Load libraries in their order and run the last one."""
        paths = [self.folder / f"lib{name}.so" for name in libraries]
        shown = [f"{name}={value}" for name, value in (settings | {"LD_LIBRARY_PATH": str(self.folder)}).items()]
        command = [tool(f"qemu-{QEMU[self.abi]}"), "-L", self.root, "-E", ",".join(shown), self.folder / "main"]
        return Phone.start([str(word) for word in (*command, *paths, "--", *words)], {})


@pytest.mark.parametrize("abi", QEMU)
def test_the_shipped_stub_judges_a_real_openssl_on_bionic(abi: str, around: World, tmp_path: Path) -> None:
    for kind, pinned in ((PinKind.LEAF_KEY, around.leaf), (PinKind.ANY_KEY, around.root)):
        app = Bionic(abi, tmp_path / kind.name, rules(kind, pinned), edited=True)
        for way in ("connect", "state", "ex", "nonblocking", "resume"):
            for name, expected in (("good", True), ("other", False), ("appended", False)):
                said = app.run(("machine", "client"), way, around.port(name), HOST, around.trust)
                assert served(said, around.settle(name)) is expected, (way, name, said.text)
        said = app.run(("machine", "client"), "connect", around.port("good"), HOST, around.trust, VAULT_CLOSED="1")
        assert not served(said, around.settle("good"))
        words = ("connect", around.port("other"), HOST, around.trust)
        told = (line for _ in range(3) for line in app.run(("machine", "client"), *words).text.splitlines())
        row = f"told {Reason.PIN.value} certificate -1 refused 1 missed 0 host {HOST} digests "
        assert any(line.startswith(row) for line in told), "no run of three lived until it was told"
        shutil.rmtree(app.folder)


def test_a_built_app_on_bionic(world: Demo, around: World, tmp_path: Path) -> None:
    """Its libraries as they lie in the output of ``build``, the vault its own."""
    abi, source, out = "arm64-v8a", tmp_path / "app.apk", tmp_path / "out.apk"
    app = Bionic(abi, tmp_path / "app", rules(PinKind.LEAF_KEY, around.leaf), edited=False)
    shipped = ("libclient.so", "libnode.so", "libc++_shared.so", "libemutls.so")
    with zipfile.ZipFile(APP) as demo, zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name in demo.namelist():
            if not name.startswith(("META-INF/", "lib/")):
                target.writestr(name, demo.read(name))
        for name in shipped:
            target.write(app.folder / name, f"lib/{abi}/{name}")
    done = pinfuse("build", source, *build_options(world), "--allow-any-signer", "-o", out)
    assert done.exit_code == 0, done.stderr
    with zipfile.ZipFile(out) as made:
        for name in (*shipped, OURS):
            (app.folder / name).write_bytes(made.read(f"lib/{abi}/{name}"))
    for files, expected in ((world.good, True), (world.other, False)):
        with counting_server(*files) as server:
            words = ("connect", server.port, HOST, "-")
            said = app.run(("machine", "client"), *words, PACKAGE="org.example.pinfuse.demo")
            assert (said.code == 0) is expected and (server.request_bytes > 0) is expected, said.text


@pytest.mark.parametrize("flags", [(), PACKED], ids=["plain", "packed"])
@pytest.mark.parametrize("abi", QEMU)
def test_the_scan_finds_what_is_loaded_later_on_bionic(
    abi: str, flags: tuple[str, ...], around: World, tmp_path: Path
) -> None:
    app = Bionic(abi, tmp_path / "app", rules(PinKind.LEAF_KEY, around.leaf), edited=False, flags=flags)
    client = app.folder / "libclient.so"
    image = read(client.read_bytes(), client.name)
    assert (image.value(0x6000_000F) or image.value(0x6000_0011) or 0) > 0 or not flags, "DT_ANDROID_REL or RELA"
    said = app.run(("client",), "connect", around.port("other"), HOST, around.trust)
    assert served(said, around.settle("other")), "nobody stands before it"
    for name, expected in (("good", True), ("other", False)):
        words = ("connect", around.port(name), HOST, around.trust)
        said = app.run(("launcher", "machine", "launcher"), client, *words)
        assert served(said, around.settle(name)) is expected, said.text
