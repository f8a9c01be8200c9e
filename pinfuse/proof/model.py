"""What a proof is: cases, the stub's answers for each ABI, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pinfuse.policy.rules import Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the stub said about one chain; indices are −1 for none."""

    allowed: bool
    reason: Reason
    certificate: int
    pin: int
    first_met: bool = False
    """Nothing is remembered of the host yet; the session may go on once its pin is."""


class Kind(StrEnum):
    """What a case must end in."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and what every ABI answered; ``got`` has the ABIs as keys."""

    name: str
    kind: Kind
    shows: str
    """What it shows when it holds, in words."""
    expected: str
    got: tuple[tuple[str, str], ...]
    ok: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of running the stubs of one written file."""

    cases: tuple[CaseResult, ...]
    abis: tuple[str, ...]
    not_run: tuple[str, ...]
    """Accept cases that could not be made, and why."""
    seconds: float
    subject: str = "the written file"

    @property
    def ok(self) -> bool:
        """True when there are cases of both kinds and every one of them holds on every ABI."""
        return bool(self.abis and self.accepted and self.refused) and all(case.ok for case in self.cases)

    @property
    def accepted(self) -> int:
        """How many cases had to be accepted."""
        return sum(case.kind is Kind.ACCEPT for case in self.cases)

    @property
    def refused(self) -> int:
        """How many cases had to be refused."""
        return sum(case.kind is Kind.REFUSE for case in self.cases)

    @property
    def failures(self) -> tuple[str, ...]:
        """One line for each case that does not hold."""
        return tuple(
            f"{case.name}: expected {case.expected}, got " + ", ".join(f"{abi} {said}" for abi, said in case.got)
            for case in self.cases
            if not case.ok
        )
