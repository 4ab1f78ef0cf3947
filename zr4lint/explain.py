"""What a rule says of itself, as text."""

from __future__ import annotations

import textwrap

from zr4lint.finding import Rule
from zr4lint.run import UsageError, load_packs


def _rules() -> list[Rule]:
    return [rule.rule for pack in load_packs(()) for rule in pack.rules]


def explain(code: str) -> str:
    """One rule in full, by code or name."""
    rules = _rules()
    found = next((rule for rule in rules if code.upper() == rule.code or code == rule.name), None)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(code, [n for r in rules for n in (r.code, r.name)], n=1, cutoff=0.4)
        raise UsageError(f"no rule has the code or the name {code!r}" + (f"; did you mean {near[0]}?" if near else ""))
    fix = f"a fix is offered ({found.applicability.label})" if found.applicability else "no fix is offered"
    parts = [
        f"{found.code} {found.name}",
        f"{found.severity.label}, {found.source}, {fix}",
        textwrap.fill(found.summary, 80),
        textwrap.fill(found.why, 80),
    ]
    for title, example in (("Not so:", found.bad), ("But so:", found.good)):
        if example:
            parts.append(f"{title}\n\n{textwrap.indent(example.strip(), '    ')}")
    return "\n\n".join(parts)


def list_rules() -> str:
    """One line a rule."""
    rules = _rules()
    width = max(len(rule.name) for rule in rules)
    return "\n".join(f"{r.code}  {r.name:{width}}  {r.severity.label:7}  {r.summary}" for r in rules)


def list_packs() -> str:
    """One line a pack."""
    packs = load_packs(())
    width = max(len(pack.name) for pack in packs)
    return "\n".join(f"{p.name:{width}}  {p.title} ({len(p.rules)} rules; {', '.join(p.files)})" for p in packs)
