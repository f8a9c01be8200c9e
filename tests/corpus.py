"""Where the corpus of real apps is, if it is here at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def corpus_dir() -> Path | None:
    """The corpus folder: ``PINFUSE_CORPUS``, else ``../shared/corpus`` beside the repository; None if absent."""
    named = os.environ.get("PINFUSE_CORPUS")
    folder = Path(named) if named else Path(__file__).resolve().parents[1].parent / "shared" / "corpus"
    return folder if (folder / "MANIFEST.tsv").is_file() else None


def corpus(*parts: str) -> Path:
    """A path inside the corpus; skips the calling test when there is no corpus."""
    folder = corpus_dir()
    if folder is None:
        pytest.skip("the corpus of real apps is not here (set PINFUSE_CORPUS)")
    return folder.joinpath(*parts)
