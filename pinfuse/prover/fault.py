# SPDX-License-Identifier: MIT
"""The one error of this process."""

from __future__ import annotations


class Fault(Exception):
    """A library, its behaviour, or a request that cannot be run; the text is one sentence without a final stop."""
