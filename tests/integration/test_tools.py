"""The tools that other tests lean on, and the demo app's build."""

from __future__ import annotations

import hashlib
import socket
import ssl
import sys
from pathlib import Path

import pytest

from examples.demo import build_app
from examples.demo.run import HOST, World
from examples.demo.servers import tls_server
from tools import maven, setup
from tools.measure import measure

BALLAST = 150_000_000


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_the_peak_is_that_of_the_largest_process_and_not_ours() -> None:
    ours = bytearray(2 * BALLAST)
    small = measure(python("pass"))
    inner = f"subprocess.run([sys.executable, '-c', 'bytearray({BALLAST})'])"
    large = measure(python(f"import subprocess, sys; {inner}"))
    assert small.peak < BALLAST < large.peak < len(ours)


def test_exit_code_and_streams_are_told() -> None:
    done = measure(python("import sys; print('data'); print('words', file=sys.stderr); sys.exit(7)"))
    assert (done.exit_code, done.stdout, done.stderr) == (7, "data\n", "words\n")


def test_a_command_that_hangs_is_killed() -> None:
    done = measure(python("import time; time.sleep(60)"), timeout=1)
    assert done.exit_code == -9
    assert done.wall < 30


def test_a_jar_with_other_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maven, "REPOSITORY", tmp_path)
    jar = maven.Artifact("org.example:thing:1.0", hashlib.sha256(b"jar").hexdigest())
    jar.path.parent.mkdir(parents=True)
    jar.path.write_bytes(b"jar")
    assert jar.fetch() == tmp_path / "org/example/thing/1.0/thing-1.0.jar"
    jar.path.write_bytes(b"another jar")
    with pytest.raises(maven.ArtifactError, match="SHA-256"):
        jar.fetch()


def test_missing_packages_are_named_when_they_cannot_be_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "PACKAGES", {"there": lambda: True, "absent-tool": lambda: False})
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert setup.main() == 1
    said = capsys.readouterr().err
    assert "apt-get install -y --no-install-recommends absent-tool\n" in said
    assert "there" not in said.split("--no-install-recommends")[1]


def test_the_two_servers_are_told_apart_by_a_client_that_knows_one_authority(world: World) -> None:
    context = ssl.create_default_context(cafile=str(world.good[0]))

    def ask(port: int) -> bytes:
        with context.wrap_socket(socket.create_connection((HOST, port)), server_hostname=HOST) as session:
            session.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return session.recv(100)

    with tls_server(*world.good) as port:
        assert ask(port).startswith(b"HTTP/1.0 200")
    with tls_server(*world.other) as port, pytest.raises(ssl.SSLCertVerificationError):
        ask(port)


@pytest.mark.slow
def test_the_demo_app_is_what_its_source_builds(tmp_path: Path) -> None:
    try:
        build_app.require_jdk()
    except build_app.BuildError as error:
        pytest.skip(str(error))
    rebuilt = tmp_path / "elsewhere" / "demo.apk"
    rebuilt.parent.mkdir()
    build_app.build(rebuilt)
    assert rebuilt.read_bytes() == build_app.PREBUILT.read_bytes()
