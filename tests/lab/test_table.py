"""The lab's table is what the lab shows today, row for row, and says nothing that it must not say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from examples.demo.run import World
from tests.lab import table
from tests.lab.device import lab_classes
from tests.lab.libraries import VARIANTS, libraries, names_a_facade
from tests.lab.place import APPENDED, CALLER, OTHER, PINNED, Place
from tools.maven import ArtifactError

NO_ALPN = ("gRPC, Netty transport", "gRPC, Netty transport, trust-all")
"""Netty finds no ALPN in a provider that it does not know by name, so HTTP/2 never begins: no session, no byte."""


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_table_is_what_the_lab_shows(variant: str, world: World, place: Place, tmp_path: Path) -> None:
    lab_classes()  # skips where there is no JDK
    said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    if f'version "{table.JDK.split()[1]}.' not in said:
        pytest.skip(f"the table is that of {table.JDK}; this is {said.splitlines()[0]}")
    try:
        found = table.rows(variant, world, place, tmp_path)
    except ArtifactError as error:
        pytest.skip(f"the libraries are not here: {error}")
    clients = {row[0] for row in found}
    assert clients
    assert sorted(found) == [row for row in table.read() if row[0] in clients]


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_stays_a_jar_names_no_class_that_gets_a_facade(variant: str) -> None:
    try:
        found = libraries(variant)
    except ArtifactError as error:
        pytest.skip(f"the libraries are not here: {error}")
    by_form = {form: [one for one in found if one.form == form] for form in ("dex", "jar")}
    naming = {one.name for one in found if any(names_a_facade(code) for _, code in one.classes())}
    assert naming
    assert not naming & {one.name for one in by_form["jar"]}
    assert not names_a_facade(b"javax/net/ssl/SSLContextSpi")


def test_the_file_is_written_as_the_tool_writes_it() -> None:
    assert table.EVIDENCE.read_text() == table.written(table.read())
    assert {row[0] for row in table.read()} >= {"OkHttp 3", "OkHttp 4", "OkHttp 5", "HttpsURLConnection"}


def test_no_request_byte_reaches_an_unpinned_server_outside_the_named_holes() -> None:
    assert table.holes(table.read()) == table.expected_holes()


def test_every_cell_is_accounted_for() -> None:
    """Pinned: served. Another: refused for the pin by a layer, or a named hole. Nothing else went wrong unseen."""
    named, conscrypt = table.expected_holes(), {one.name for one in table.SITUATIONS if one.conscrypt}
    for row in table.read():
        client, _, situation, server, outcome, layer, sent, _ = row
        if client in NO_ALPN and situation in conscrypt:
            assert (outcome, layer, sent) == ("failed", "none", "0"), row
        elif server == CALLER:
            assert (outcome, layer) == ("served", "none"), row
        elif server == PINNED:
            assert (outcome, sent) == ("served", ">0"), row
        elif (client, situation) in named:
            assert outcome == "served", row
        else:
            assert server in (OTHER, APPENDED), row
            assert (outcome, sent) == ("refused: pin", "0"), row
            assert layer in ("A1", "A2", "A1+A2"), row  # JavaMail tries the system's factory after its own
