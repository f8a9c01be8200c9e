"""One build told to people, as rows; programs get its certificate (`pinfuse.evidence.certificate`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pinfuse.cli.output import fingerprint, size_of

if TYPE_CHECKING:
    from pinfuse.formats import Coverage, SignerIdentity
    from pinfuse.pipeline import BuildResult
    from pinfuse.policy.rules import HostRule
    from pinfuse.proof.model import Proof
    from pinfuse.vault import Binding

HOST_PREFIX = ("", "*.", "**.")
"""How the pattern of each `pinfuse.policy.rules.HostMatch` is written."""

SHOWN_HOSTS, SHOWN_PLACES = 20, 4


def rows(result: BuildResult) -> Iterator[tuple[str, str]]:
    """Label and text of each row of the printed summary."""
    seen, written = result.inspection, result.written
    yield "built", f"{result.request.output}  {size_of(written.size)}  in {result.seconds:.2f} s"
    yield "sha256", written.sha256
    yield "app", f"{seen.app_id} {seen.version} ({seen.format}, {seen.min_system} and later)"
    yield "old signer", "\n".join(map(signer_text, seen.signers)) or "none: the input was not signed"
    new = result.plan.signer
    yield "new signer", signer_text(new.identity) if new else "none: the output is not signed"
    yield "schemes", ", ".join(written.schemes) or "none"
    yield "vault", _vault(result)
    hosts = result.plan.compiled.rules.hosts
    yield "hosts", "\n".join(_host(rule) for rule in hosts[:SHOWN_HOSTS]) + _more(len(hosts) - SHOWN_HOSTS)
    yield "changed", "\n".join(f"{change.entry}: {change.what}" for change in result.draft.changes)
    yield "coverage", "\n".join(map(coverage_line, result.draft.coverage)) or "no TLS stack was found"
    yield "proof", _proof(result.proof)


def coverage_line(row: Coverage) -> str:
    """One row of the coverage table, as ``build`` and ``inspect`` print it."""
    return "; ".join((f"{row.stack}: {coverage_layer(row)} (evidence: {row.evidence})", *coverage_details(row)))


def coverage_layer(row: Coverage) -> str:
    """The layer; what is a gap says so."""
    return "NOT COVERED" if row.gap and row.layer == "none" else f"{row.layer}{', with a gap' if row.gap else ''}"


def coverage_details(row: Coverage) -> Iterator[str]:
    """How, where, and what would take the cover away."""
    if row.detail:
        yield row.detail
    if row.where:
        more = len(row.where) - SHOWN_PLACES
        yield f"in {', '.join(row.where[:SHOWN_PLACES])}" + (f" and {more} more" if more > 0 else "")
    if row.uncovered_by and not row.gap:
        yield f"uncovered by: {row.uncovered_by}"


def signer_text(signer: SignerIdentity) -> str:
    """A signer with the fingerprints that stores and consoles ask for."""
    schemes = f"  ({', '.join(signer.schemes)})" if signer.schemes else ""
    prints = f"\nSHA-1   {fingerprint(signer.sha1)}\nSHA-256 {fingerprint(signer.sha256)}" if signer.sha256 else ""
    return f"{signer.subject}{schemes}{prints}" + (f"\n{signer.note}" if signer.note else "")


def _vault(result: BuildResult) -> str:
    binding = result.plan.binding
    if binding.any_signer:
        return f"opens under ANY signer of {_ids(binding)}"
    signers = "\n".join(fingerprint(digest.hex()) for digest in binding.signers)
    return f"opens for {_ids(binding)}, and only when signed by\n{signers}"


def _ids(binding: Binding) -> str:
    return ", ".join((binding.package, *binding.further))


def _pattern(rule: HostRule) -> str:
    return HOST_PREFIX[rule.match] + rule.name


def _host(rule: HostRule) -> str:
    if rule.first_use is not None:
        return f"{_pattern(rule)}: trusted on first use"
    return f"{_pattern(rule)}: {len(rule.pins)} pin" + ("s" if len(rule.pins) != 1 else "")


def _more(count: int) -> str:
    return f"\n… and {count} more" if count > 0 else ""


def _proof(proof: Proof | None) -> str:
    if proof is None:
        return "UNPROVED (--no-proof)"
    text = (
        f"the stub in {proof.subject} was run for {', '.join(proof.abis)}: "
        f"{proof.accepted} accept and {proof.refused} refuse cases hold ({proof.seconds:.2f} s)"
    )
    return text + "".join(f"\n{line}" for line in proof.not_run)
