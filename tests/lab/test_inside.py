"""Classes of the shim by themselves: what a whole session on the JVM does not come to."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.device import JVM, lab_classes, run
from tests.lab.visits import Lab
from tests.pki import Entity, authority, issue, server

SOURCE = Path(__file__).parent / "inside" / "zqk" / "Inside.java"
HOST = "api.example.com"
Ask = Callable[..., str]


@pytest.fixture(scope="module")
def ask(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Put a question to the classes out of the built app."""
    folder = tmp_path_factory.mktemp("inside")
    path = os.pathsep.join(map(str, (lab.classes, lab_classes())))
    run("javac", "-nowarn", "-cp", path, "-d", folder, SOURCE)

    def asked(*words: str) -> str:
        command = ["java", *JVM, "-cp", f"{folder}{os.pathsep}{path}", "zqk.Inside", *words]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return asked


def test_trust_managers_in_an_array_of_the_apps_own_class_are_wrapped(ask: Ask) -> None:
    """``init(null, new Mine[] {…}, null)``: nothing but ``Mine`` may be put into that array."""
    assert ask("array") == "Own T"


def chain(*entities: Entity) -> list[str]:
    return [base64.b64encode(one.der).decode() for one in entities]


def test_who_is_no_authority_issues_nothing(ask: Ask) -> None:
    """Everybody gets a certificate of a public authority, and can sign with its key: that leads to no pin."""
    root = authority("Pinned CA")
    owner = server("evil.example.net", issuer=root)
    assert ask("path", *chain(server(HOST, issuer=owner), owner, root)) == "1"


@pytest.mark.parametrize("old", [False, True])
def test_a_path_through_authorities_is_followed(ask: Ask, old: bool) -> None:
    """``old``: a root without basicConstraints, which is its own issuer."""
    root = issue("Root of our own") if old else authority("Root")
    between = authority("Intermediate", issuer=root)
    assert ask("path", *chain(server(HOST, issuer=between), between, root)) == "3"


@pytest.mark.parametrize(
    ("peer", "sni", "named"),
    [
        ("192.0.2.7", HOST, HOST),
        ("2001:db8::7", HOST, HOST),
        ("192.0.2.7", "-", "null"),
        ("www.example.com", HOST, "null"),
    ],
)
def test_a_session_with_an_address_has_the_name_that_it_asks_for(ask: Ask, peer: str, sni: str, named: str) -> None:
    """Apps that look names up themselves connect to an address, and say the name in the SNI."""
    assert ask("named", peer, sni) == named


def test_the_app_has_the_name_that_the_system_gave_it(ask: Ask) -> None:
    """The vault opens for that name alone: another, out of the app's own code, would refuse every session."""
    assert ask("name", "org.example.real") == "org.example.real"
