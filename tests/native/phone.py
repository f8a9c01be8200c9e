"""A process of an app on this machine: the stub's own C, the app's native libraries edited as a build edits them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pinfuse.android.elf.image import read
from pinfuse.android.elf.needed import needed_first
from pinfuse.policy.rules import Rules
from pinfuse.stub.build.native import ANDROID, CORE, SOURCES, well_source
from pinfuse.vault import Binding, SystemRandom, seal
from tests.hoststub import compiler
from tests.native.compile import run

PACKAGE = "org.example.native"
OURS = "libzqk.so"
C = Path(__file__).parent / "c"
FLAGS = ("-O1", "-g", "-std=gnu11", "-fPIC", "-fno-builtin", "-fvisibility=hidden")
CLIENT = ("-O1", "-fPIC", "-std=gnu11", "-w", "-Wl,-rpath,$ORIGIN", "-Wl,--no-as-needed")
SECONDS = 60


@functools.cache
def objects(well_size: int) -> tuple[Path, ...]:
    """The stub compiled for this machine, without its well."""
    folder = Path(tempfile.mkdtemp(prefix="pinfuse-native-"))
    sources = [SOURCES / "core" / f"{name}.c" for name in CORE if name != "runtime"]
    sources += [SOURCES / "android" / f"{name}.c" for name in ANDROID]
    made = []
    for source in sources:
        made.append(folder / f"{source.parent.name}-{source.stem}.o")
        run(compiler(), *FLAGS, f"-DZQ_WELL_SIZE={well_size}", "-c", source, "-o", made[-1])
    return tuple(made)


@functools.cache
def programs() -> Path:
    """A folder with the clients, not edited yet, and the program that loads them."""
    folder = Path(tempfile.mkdtemp(prefix="pinfuse-native-"))
    (folder / "nothing.c").write_text("")
    run(compiler(), "-shared", f"-Wl,-soname,{OURS}", folder / "nothing.c", "-o", folder / OURS)
    for name, *links in (
        ("client", "-l:libssl.so.3", "-l:libcrypto.so.3"),
        ("bio", "-l:libssl.so.3", "-l:libcrypto.so.3"),
        ("lookup", C / "reach.c"),
        ("launcher",),
        ("machine", "-Wl,--unresolved-symbols=ignore-all", f"-L{folder}", f"-l:{OURS}"),
    ):
        out = folder / f"lib{name}.so"
        run(compiler(), *CLIENT, "-shared", f"-Wl,-soname,{out.name}", C / f"{name}.c", *links, "-o", out)
    run(compiler(), "-O1", "-w", C / "main.c", "-o", folder / "main")
    return folder


@dataclass(frozen=True)
class Said:
    """What a client said of its steps, and how it ended."""

    code: int
    text: str

    def __getitem__(self, step: str) -> list[int]:
        """The numbers behind a word, one for each time it was said."""
        lines = (line.split() for line in self.text.splitlines())
        return [int(words[1]) for words in lines if words and words[0] == step]


class Phone:
    """An app with these pins; its libraries need ours first where ``edited``."""

    def __init__(self, folder: Path, rules: Rules, *, edited: bool = True) -> None:
        self.folder = folder
        shutil.copytree(programs(), folder)
        well = seal(rules, Binding(PACKAGE, (), any_signer=True), b"n" * 32, SystemRandom())
        (folder / "well.c").write_text(well_source(well))
        run(compiler(), "-shared", f"-Wl,-soname,{OURS}", *FLAGS, *objects(len(well)), folder / "well.c",
            "-o", folder / OURS)  # fmt: skip
        if edited:
            self.edit("client")
            self.edit("bio")

    def edit(self, name: str) -> None:
        """What the build does to a library of the app."""
        path = self.folder / f"lib{name}.so"
        path.write_bytes(needed_first(read(path.read_bytes(), name), OURS))

    def run(self, libraries: Sequence[str], *words: object, environment: dict[str, str] | None = None) -> Said:
        """Load libraries in their order and run the last one."""
        paths = [self.folder / f"lib{name}.so" for name in libraries]
        command = [self.folder / "main", *paths, "--", *words]
        return self.start([str(word) for word in command], environment or {})

    @staticmethod
    def start(command: Sequence[str], environment: dict[str, str]) -> Said:
        """Run any program; a crash is told by a negative code."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=kept | environment)
        return Said(done.returncode, done.stdout + done.stderr)

    def client(self, *words: object, **environment: str) -> Said:
        """The client with the vault open."""
        return self.run(("machine", "client"), *words, environment=environment)
