# SPDX-License-Identifier: MIT
"""The emulator of the proof: a process of its own that runs the native stub out of a built app.

Started as ``python -m pinfuse.prover``; it imports nothing else of pinfuse, only the standard library and unicorn,
and speaks JSON lines (``docs/architecture.md``, "Proof"). This folder is MIT-licensed: see ``LICENSE``.
"""
