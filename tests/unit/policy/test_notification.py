"""``[notification]`` and ``[report]``: what may stand there, what is sealed of it, and what lint says."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinfuse.errors import PinError, UsageError
from pinfuse.policy import compile_set, describe, lint, set_id
from pinfuse.policy.model import Show, Translation
from pinfuse.policy.schema import schema
from pinfuse.vault import Binding, SystemRandom, seal
from tests.unit.policy.test_set_file import NOW, load, minimal

FULL = """
[notification]
title = "Blocked"
message = "{app} did not connect to {host} ({reason}).\\nCall us."
button = "Close"
link = "https://example.com/help?a=b"
show = "always"
[notification.pt-BR]
title = "Bloqueado"
[notification.de]
title = "Gesperrt"
message = "{host} ist nicht echt"
button = "Schließen"
[report]
url = "https://example.com:8443/pins"
"""


def settings(folder: Path, more: str) -> dict[str, str]:
    return dict(compile_set(load(folder, minimal(more)), NOW).rules.settings)


def test_every_text_is_read_and_sealed(tmp_path: Path) -> None:
    made = load(tmp_path, minimal(FULL))
    german = Translation("de", "Gesperrt", "{host} ist nicht echt", "Schließen")
    assert made.notification.translations == (german, Translation("pt-BR", "Bloqueado"))
    assert made.notification.show is Show.ALWAYS
    assert settings(tmp_path, FULL) == {
        "title": "Blocked",
        "message": "{app} did not connect to {host} ({reason}).\nCall us.",
        "button": "Close",
        "link": "https://example.com/help?a=b",
        "show": "always",
        "title.de": "Gesperrt",
        "message.de": "{host} ist nicht echt",
        "button.de": "Schließen",
        "title.pt-BR": "Bloqueado",
        "report": "https://example.com:8443/pins",
    }


def test_a_set_that_says_nothing_seals_nothing(tmp_path: Path) -> None:
    assert settings(tmp_path, '[notification]\nshow = "first"\n') == settings(tmp_path, "") == {}


def test_that_unlisted_hosts_would_be_blocked_is_sealed_for_report_mode_only(tmp_path: Path) -> None:
    block = '[pinning]\nunlisted-hosts = "block"\n'
    assert settings(tmp_path, block) == {}
    assert settings(tmp_path, block + 'mode = "report"') == {"unlisted": "block"}


def test_that_hosts_are_remembered_is_sealed(tmp_path: Path) -> None:
    listed = '[[pin]]\nhost = "a.example"\ntrust = "first-use"\n'
    everyone = '[pinning]\nfirst-use-scope = "all"\n'
    assert settings(tmp_path, listed) == settings(tmp_path, everyone) == {"remembers": "yes"}


WRONG = {
    "empty": ('title = ""', "empty"),
    "blank": ('title = "  "', "empty"),
    "two lines": ('title = "a\\nb"', "control character"),
    "a zero byte": ('message = "a\\u0000b"', "control character"),
    "an escape": ('button = "\\u001b[0m"', "control character"),
    "a C1 control": ('button = "x\\u0085y"', "control character"),
    "unknown placeholder": ('message = "{name}"', "{name} is no placeholder"),
    "a brace alone": ('message = "a } b {host}"', "a brace stands alone"),
    "braces in braces": ('message = "{{host}}"', "a brace stands alone"),
    "http": ('link = "http://example.com"', "https"),
    "script": ('link = "javascript:alert(1)"', "https"),
    "no host": ('link = "https:///x"', "no host"),
    "a space": ('link = "https://example.com/a b"', "https"),
    "a port that is none": ('link = "https://example.com:99999/"', "no host"),
    "a password": ('link = "https://a:b@example.com/"', "user name"),
    "a pattern": ('link = "https://*.example.com/"', "no single host"),
    "a backslash": ('link = "https://example.com\\\\x"', "no host"),
    "other letters": ('link = "https://exämple.com"', "https"),
    "too long": (f'title = "{"x" * 1001}"', "1000"),
    "no text": ("title = 3", "one line of text"),
    "a choice": ('show = "often"', "choose first or always or never"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_may_not_stand_there_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    text, said = WRONG[name]
    with pytest.raises((UsageError, PinError)) as met:
        settings(tmp_path, f"[notification]\n{text}\n")
    assert said in f"{met.value.what}; {met.value.todo}"
    assert met.value.where.startswith("set.toml:7 [notification]")
    assert met.value.todo


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[notification.german]\ntitle = "x"', "no language"),
        ('[notification.DE]\ntitle = "x"', "no language"),
        ('[notification.de]\nlink = "https://example.com"', "no key 'link' in a language"),
        ('[notification.de]\nmessage = "{x}"', "no placeholder"),
        ('[notification.de]\ntitle = 3', "one line of text"),
        ('[notification.de.at]\ntitle = "x"', "no key 'at' in a language"),
    ],
)
def test_a_language_is_held_to_the_same(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as met:
        settings(tmp_path, text)
    assert said in met.value.what
    assert "[notification." in met.value.where


@pytest.mark.parametrize("url", ["http://example.com", "https://", "ftp://x", ""])
def test_a_report_goes_to_https_only(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as met:
        settings(tmp_path, f'[report]\nurl = "{url}"\n')
    assert met.value.where == "set.toml:7 [report] url"


def test_texts_that_are_too_much_for_a_vault_are_refused(tmp_path: Path) -> None:
    languages = "".join(f'[notification.{a}{b}]\nmessage = "{"x" * 900}"\n' for a in "ab" for b in "abcdefgh")
    rules = compile_set(load(tmp_path, minimal(languages)), NOW).rules
    with pytest.raises(PinError, match="8192"):
        seal(rules, Binding("a", (b"s" * 32,)), b"q" * 32, SystemRandom())


def test_lint_says_which_texts_a_language_lacks(tmp_path: Path) -> None:
    found = [one for one in lint(load(tmp_path, minimal(FULL)), NOW) if one.code == "half-translated"]
    assert [(one.where, one.text) for one in found] == [("[notification.pt-BR]", "pt-BR has no message and no button")]


def test_the_id_and_the_description_follow_every_text(tmp_path: Path) -> None:
    one = load(tmp_path, minimal(FULL))
    for old, new in (("Gesperrt", "Zu"), ("8443", "8444"), ("[notification.de]", "[notification.da]")):
        assert set_id(one) != set_id(load(tmp_path, minimal(FULL.replace(old, new))))
    told = describe(one, NOW)["protections"]
    assert (told["dialog"], told["dialog-languages"]) == ("always", "de, pt-BR")
    assert told["report"] == "https://example.com:8443/pins"
    silent = describe(load(tmp_path, minimal('[notification]\nshow = "never"')), NOW)["protections"]
    assert (silent["dialog"], silent["report"]) == (False, False)


def test_the_schema_knows_languages(tmp_path: Path) -> None:
    ((pattern, table),) = schema()["properties"]["notification"]["patternProperties"].items()
    assert "[a-z]{2,3}" in pattern
    assert set(table["properties"]) == {"title", "message", "button"}
