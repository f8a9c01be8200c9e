"""One build told as data: names, hashes and verdicts; no secret, no local path (``docs/certificate.md``)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pinfuse.policy.show import describe

if TYPE_CHECKING:
    from pinfuse.formats import Coverage, SignerIdentity
    from pinfuse.pipeline import BuildResult
    from pinfuse.proof.model import Proof

FORM = "pinfuse-certificate/1"
SHORT = 12
"""Characters of a pin's base64 that are shown: enough to recognise, not to look up."""


def certificate_of(result: BuildResult, made: datetime, version: str) -> dict[str, Any]:
    """The certificate as JSON-ready data; ``made`` is the moment of the build, ``version`` that of pinfuse."""
    seen, plan, written = result.inspection, result.plan, result.written
    told = describe(result.request.fusion_set, int(made.timestamp()))
    return {
        "form": FORM,
        "pinfuse": version,
        "made": made.astimezone(UTC).isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 3),
        "app": {"id": seen.app_id, "version": seen.version, "format": seen.format, "min-system": seen.min_system},
        "input": {"name": result.request.app.name, "size": result.input_size, "sha256": result.input_sha256},
        "output": {
            "name": result.request.output.name,
            "size": written.size,
            "sha256": written.sha256,
            "schemes": list(written.schemes),
        },
        "signers": {
            "old": [_signer(one) for one in seen.signers],
            "new": _signer(plan.signer.identity) if plan.signer else None,
            "debug-key": bool(plan.signer and plan.signer.is_debug),
        },
        "vault": {
            "app-ids": [plan.binding.package, *plan.binding.further],
            "signers": [digest.hex() for digest in plan.binding.signers],
            "any-signer": plan.binding.any_signer,
        },
        "set": {key: told[key] for key in ("name", "id", "description", "icon", "release", "protections")},
        "hosts": [_host(one) for one in told["hosts"]],
        "changes": [{"entry": change.entry, "what": change.what} for change in result.draft.changes],
        "coverage": [cover_data(one) for one in result.draft.coverage],
        "proof": proof_data(result.proof),
        "warnings": list(result.warnings),
    }


def cover_data(row: Coverage) -> dict[str, Any]:
    """One row of the coverage table, as ``inspect --json`` shows it too."""
    told = ("stack", "layer", "evidence", "detail", "gap")
    more = {"where": list(row.where), "uncovered-by": row.uncovered_by}
    return {key: getattr(row, key) for key in told} | more


def _signer(signer: SignerIdentity) -> dict[str, Any]:
    prints = {"sha1": signer.sha1.lower() or None, "sha256": signer.sha256.lower() or None}
    return {"subject": signer.subject, **prints, "note": signer.note}


def _host(host: dict[str, Any]) -> dict[str, Any]:
    pins = [{"kind": pin["kind"], "sha256": pin["sha256"][: len("sha256/") + SHORT] + "…"} for pin in host["pins"]]
    return {"pins": pins} | {key: host[key] for key in ("host", "first-use", "days-left", "after-expiry")}


def proof_data(proof: Proof | None) -> dict[str, Any]:
    """The proof by execution, case by case."""
    if proof is None:
        return {"status": "unproved"}
    return {
        "status": "proved" if proof.ok else "failed",
        "subject": proof.subject,
        "abis": list(proof.abis),
        "accepted": proof.accepted,
        "refused": proof.refused,
        "seconds": round(proof.seconds, 3),
        "not-run": list(proof.not_run),
        "cases": [
            {
                "name": case.name,
                "kind": case.kind.value,
                "shows": case.shows,
                "expected": case.expected,
                "said": dict(case.got),
                "ok": case.ok,
            }
            for case in proof.cases
        ],
    }
