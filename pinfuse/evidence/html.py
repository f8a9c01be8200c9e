"""The certificate as one HTML file: no script, no picture, no font, nothing that is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem;border-bottom:1px solid #d0d7de}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0}
th{font-weight:600}td.k{white-space:nowrap;color:#57606a;width:1%}code{font:13px ui-monospace,monospace;
overflow-wrap:anywhere}.ok{color:#1a7f37}.no{color:#cf222e;font-weight:600}.seal{padding:.2rem .6rem;border:2px solid;
border-radius:.4rem;font-weight:700}summary{cursor:pointer}@media(prefers-color-scheme:dark){body{background:#0d1117;
color:#e6edf3}h2{border-color:#30363d}td.k{color:#8b949e}.ok{color:#3fb950}.no{color:#f85149}}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page's own content security policy: not even a mistake here could fetch something."""
SHOWN_PLACES = 8
COVERAGE = ("TLS opened by", "covered by", "evidence", "")
SEALS = {"proved": ("PROVED", "ok"), "failed": ("FAILED ITS PROOF", "no"), "unproved": ("UNPROVED", "no")}


def render(certificate: dict[str, Any]) -> str:
    """The whole page; every text of the certificate is escaped."""
    app, output, proof = certificate["app"], certificate["output"], certificate["proof"]
    word, kind = SEALS[proof["status"]]
    title = f"{app['id']} {app['version']}"
    parts = [
        f"<h1>{_text(title)} <span class='seal {kind}'>{word}</span></h1>",
        f"<p>Certificate of a build by pinfuse {_text(certificate['pinfuse'])}, {_text(certificate['made'])}</p>",
        _section("Files", _pairs([
            ("input", _file(certificate["input"])),
            ("output", _file(output)),
            ("signed with", _text(", ".join(output["schemes"]) or "nothing")),
        ])),
        _section("Signers", _pairs(_signers(certificate))),
        _section("Set", _pairs(_set(certificate["set"]))),
        _section("Hosts", _table(("host", "pins", "days left"), map(_host, certificate["hosts"]))),
        _section("Coverage", _table(COVERAGE, map(_cover, certificate["coverage"]))),
        _section("What changed", _table(("entry", "what"), (
            (_code(one["entry"]), _text(one["what"])) for one in certificate["changes"]))),
        _section("Proof by execution", _proof(proof)),
        _section("Warnings", "".join(f"<p>{_text(one)}</p>" for one in certificate["warnings"]) or "<p>none</p>"),
    ]  # fmt: skip
    head = (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        "<meta name='viewport' content='width=device-width'>"
        f"<link rel='icon' href='data:,'><title>{_text(title)}: {word}</title><style>{STYLE}</style></head><body>"
    )
    return head + "\n".join(parts) + "</body></html>\n"


def _text(value: object) -> str:
    return escape(str(value), quote=True)


def _code(value: object) -> str:
    return f"<code>{_text(value)}</code>"


def _section(title: str, body: str) -> str:
    return f"<h2>{_text(title)}</h2>{body}"


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td class='k'>{_text(label)}</td><td>{value}</td></tr>" for label, value in rows)
    return f"<table>{cells}</table>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{_text(one)}</th>" for one in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _file(file: dict[str, Any]) -> str:
    return f"{_text(file['name'])}, {file['size']:,} bytes<br>SHA-256 {_code(file['sha256'])}"


def _signers(certificate: dict[str, Any]) -> Iterable[tuple[str, str]]:
    signers, vault = certificate["signers"], certificate["vault"]
    for one in signers["old"]:
        yield "old", _signer(one)
    if not signers["old"]:
        yield "old", "none: the input was not signed"
    new = signers["new"]
    mark = "<br><span class='no'>never for a release</span>" if signers["debug-key"] else ""
    yield "new", _signer(new) + mark if new else "none: the output is not signed"
    opens = "<br>".join(map(_code, vault["signers"]))
    yield "the vault opens in", "<br>".join(map(_code, vault["app-ids"]))
    yield "the vault opens for", "<span class='no'>ANY signer of the app</span>" if vault["any-signer"] else opens


def _signer(signer: dict[str, Any]) -> str:
    known = (("SHA-1", signer["sha1"]), ("SHA-256", signer["sha256"]))
    lines = [_text(signer["subject"]), *(f"{name} {_code(value)}" for name, value in known if value)]
    return "<br>".join([*lines, _text(signer["note"])] if signer["note"] else lines)


def _set(told: dict[str, Any]) -> Iterable[tuple[str, str]]:
    yield "name", _text(told["name"] or "(from --pin)")
    yield "id", _code(told["id"])
    for key in ("description", "icon"):
        if told[key]:
            yield key, _text(told[key])
    yield "release", _switch(told["release"])
    for name, value in told["protections"].items():
        yield name, _switch(value)


def _switch(value: object) -> str:
    if isinstance(value, bool):
        return "<span class='ok'>on</span>" if value else "off"
    return "off" if value == 0 else _text(value)


def _host(host: dict[str, Any]) -> Sequence[str]:
    pins = "<br>".join(f"{_text(pin['kind'])} {_code(pin['sha256'])}" for pin in host["pins"])
    if host["first-use"]:
        pins = f"trusted on first use: its {_text(host['first-use'])}"
    left = "no end" if host["days-left"] is None else f"{host['days-left']}, then {host['after-expiry']}"
    return _text(host["host"]), pins, _text(left)


def _cover(row: dict[str, Any]) -> Sequence[str]:
    kind = "no" if row["gap"] else ""
    layer = f"<span class='{kind}'>{_text(row['layer'])}</span>"
    said = [row["detail"]] if row["detail"] else []
    said += [f"found in {', '.join(row['where'][:SHOWN_PLACES])}"] if row["where"] else []
    said += [f"uncovered by {row['uncovered-by']}"] if row["uncovered-by"] and not row["gap"] else []
    return _text(row["stack"]), layer, _text(row["evidence"]), _text("; ".join(said))


def _proof(proof: dict[str, Any]) -> str:
    if proof["status"] == "unproved":
        return "<p class='no'>The stub in this output was never run (--no-proof).</p>"
    words = (
        f"<p>The stub in {_text(proof['subject'])} was executed for {_text(', '.join(proof['abis']))}: "
        f"{proof['accepted']} cases that must be accepted, {proof['refused']} that must be refused.</p>"
    )
    skipped = "".join(f"<p>{_text(one)}</p>" for one in proof["not-run"])
    rows = ((_text(case["name"]), _text(case["shows"]), _said(case)) for case in proof["cases"])
    return f"{words}{skipped}<details><summary>every case</summary>{_table(('case', 'shows', 'said'), rows)}</details>"


def _said(case: dict[str, Any]) -> str:
    answers = set(case["said"].values())
    text = answers.pop() if len(answers) == 1 else ", ".join(f"{abi} {one}" for abi, one in case["said"].items())
    return f"<span class='{'ok' if case['ok'] else 'no'}'>{_text(text)}</span>"
