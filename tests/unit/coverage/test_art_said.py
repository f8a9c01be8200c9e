"""What ART said is quoted only where it took the class without doubt."""

from __future__ import annotations

import pytest

from pinfuse.android.dex.rename import FACADES
from pinfuse.coverage import art


@pytest.mark.parametrize(
    ("word", "evidence"), [("verified", "lab, art"), ("doubted", "lab"), ("rejected", "lab"), (None, "lab")]
)
def test_a_class_was_verified_or_it_was_not(word: str | None, evidence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(art, "said_by_art", lambda: {"a.B": word} if word else {})
    assert art.with_art("lab", "a.B") == evidence


def test_the_file_speaks_of_the_facades_and_of_nothing_else() -> None:
    assert set(art.said_by_art()) == {facade.shown.replace("/", ".") for facade in FACADES}
