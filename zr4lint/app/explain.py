"""Explains rules and packs, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from zr4lint.app.assignment import load_packs
from zr4lint.app.errors import UsageError
from zr4lint.app.prose import filled, titled
from zr4lint.model.finding import Applicability, Rule
from zr4lint.model.pages import page_of
from zr4lint.model.quoting import code as quoted
from zr4lint.model.quoting import plain
from zr4lint.packs.document_rules import DOCUMENT_RULES
from zr4lint.packs.loading import pack_names
from zr4lint.packs.model import Pack, Specification
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.packs.problems import did_you_mean
from zr4lint.packs.rulebook import NOT_BUILT
from zr4lint.project import ConfigError, Finder
from zr4lint.project.pack_files import PackFiles

FIXES = {
    None: "This rule has no fix.",
    Applicability.DISPLAY: "The fix is only shown; make the change by hand.",
    Applicability.UNSAFE: "The fix needs judgement (unsafe): `zr4lint --fix --unsafe-fixes` applies it.",
    Applicability.SAFE: "The fix is safe: `zr4lint --fix` applies it.",
}


class Explanation(Struct, frozen=True):
    """A rule, its pack (None for the linter's own rules), and the place of its requirement."""

    rule: Rule
    pack: Pack | None
    section: str

    @property
    def amendment(self) -> str:
        """Return the amendment that --amended accepts, with its reason, or "" if there is none."""
        found = next((a for a in self._specification.amendments if a.requirement == self.rule.code), None)
        if found is None:
            return ""
        instead = "this is not required" if found.parameters is None else "a version that builds is accepted instead"
        return f"With --amended, {instead}. {found.reason} ({found.source})"

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Return the rules of other packs that warn of what the rule requires."""
        conflicts = self._specification.conflicts
        return tuple(code for c in conflicts if c.requirement == self.rule.code for code in c.rules)

    @property
    def about_documents(self) -> bool:
        """Return whether the rule checks documents, for `zr4lint prd check`, rather than Dockerfiles."""
        return self.rule in DOCUMENT_RULES

    @property
    def configuration(self) -> tuple[tuple[str, str], ...]:
        """Return the ways to disable the rule: the purpose and the text of each."""
        if self.about_documents:
            return ()
        code, name = self.rule.code, self.rule.name
        ways = [
            ("for one run", f"zr4lint --ignore {code}"),
            ("in pyproject.toml, below [tool.zr4lint]", f'ignore = ["{name}"]'),
            ("to change the severity, in the same file", f'severity = {{ "{name}" = "{self._other}" }}'),
        ]
        if self.pack is not None:
            ways.append(("for the next instruction, in the Dockerfile", f"# zr4lint: ignore[{code}] the reason"))
        return tuple(ways)

    @property
    def _specification(self) -> Specification:
        """Return the specification of the pack, or an empty one."""
        found = self.pack.specification if self.pack is not None else None
        return found or Specification("")

    @property
    def _other(self) -> str:
        return "info" if self.rule.severity.label == "warning" else "warning"


def known_packs(only: str | None) -> tuple[Pack, ...]:
    """Return the shipped packs and those of a configuration: `only`, or that of the current folder."""
    files = PackFiles()
    shipped = load_packs((), files)
    try:
        found = Finder(shipped, only=only, files=files).configuration("-")
    except ConfigError as error:
        raise UsageError(str(error)) from None
    entries = found.values.get("packs", ()) if found is not None else ()
    return load_packs([*pack_names(), *(name for entry in entries for name in entry.words)], files)


def explanations(packs: Sequence[Pack] | None = None) -> list[Explanation]:
    """Return all rules: those of `packs`, by default the shipped ones, then the linter's own and those on documents."""
    packs = load_packs(()) if packs is None else packs
    found = [Explanation(rule.rule, pack, _section(rule.rule, pack)) for pack in packs for rule in pack.rules]
    return [*found, *(Explanation(rule, None, "") for rule in (*OWN_RULES, *DOCUMENT_RULES))]


def _section(rule: Rule, pack: Pack) -> str:
    """Return the section of the specification, with the line range of its layer."""
    section = next((section for section in pack.sections if section.number == rule.section), None)
    if section is None:
        return ""
    if rule.layer is None or section.lines is None:
        return f"section {section.number}, {section.title}"
    first, last = section.lines
    return f"section {section.number}, {section.title}: layer {section.layer}, lines {first} to {last}"


def explain(code: str, packs: Sequence[Pack] | None = None) -> str:
    """Return a rule in full, by code, name or alias; if several packs use the name, return all their rules."""
    return "\n\n\n".join(map(explained, named_rules(code, packs)))


def explained(rule: Explanation) -> str:
    """Return a rule in full."""
    return "\n\n".join(_parts(rule))


def named_rules(code: str, packs: Sequence[Pack] | None = None) -> list[Explanation]:
    """Return the rules with a code, name or alias; raises UsageError if there is none."""
    every = explanations(packs)
    upper = code.upper()
    found = [e for e in every if code == e.rule.name or any(_is(upper, c) for c in (e.rule.code, *e.rule.aliases))]
    if not found and code.lower() in NOT_BUILT:
        raise UsageError(NOT_BUILT[code.lower()])
    if not found:
        raise UsageError(f"no rule has the code or the name {quoted(code)}{_meant(code, every)}")
    return found


def _meant(word: str, every: Sequence[Explanation]) -> str:
    """Return a hint with the codes that begin with a word, or the most similar code or name."""
    codes = [e.rule.code for e in every if word and e.rule.code.startswith(word.upper())]
    if codes:
        more = f" and {len(codes) - _MOST_CODES} more" if len(codes) > _MOST_CODES else ""
        return f"; codes that start with {word.upper()}: {', '.join(codes[:_MOST_CODES])}{more}"
    near = did_you_mean(word, [name for e in every for name in (e.rule.code, e.rule.name)])
    return near or "; zr4lint rules lists them"


def _is(word: str, code: str) -> bool:
    """Return whether an upper-case word is a code; an alias such as "SC*" stands for all codes with its prefix."""
    return word == code.upper() or (code.endswith("*") and word.startswith(code[:-1].upper()) and word[-1:].isdecimal())


def _parts(found: Explanation) -> Iterator[str]:
    rule = found.rule
    yield f"{rule.code} {rule.name}"
    yield filled(f"{rule.severity.label}; source: {rule.source}") + (f"\n{found.section}" if found.section else "")
    yield from _document(rule)
    if rule.aliases:
        yield filled(f"Aliases: {', '.join(rule.aliases)}")
    yield filled(rule.summary)
    yield filled(f"Why: {rule.why}")
    for title, text in (("Bad:", rule.bad), ("Good:", rule.good)):
        if text:
            yield titled(title, text)
    yield FIXES[rule.applicability]
    if not rule.default:
        yield f"Off by default; `zr4lint --extend-select {rule.code}` runs it."
    if found.conflicts:
        yield f"In conflict with: {', '.join(found.conflicts)}"
    if found.amendment:
        yield filled(found.amendment)
    if page := page_of(rule.code):
        yield page
    if not found.configuration:
        return
    ways = (f"    {what}:\n        {written}" for what, written in found.configuration)
    yield "\n".join(("How to disable:", *ways))


def _document(rule: Rule) -> Iterator[str]:
    """Yield the line of the document that a rule comes from, with its words."""
    origin = rule.origin
    if origin is None:
        return
    from zr4lint.filesystem.documents import line_of
    from zr4lint.knowledge.secrets import masked

    if origin.stale:
        yield f"{origin.place}: the document has changed since. Compile or derive the pack again."
        return
    words = line_of(origin.path, origin.line) if origin.path is not None else None
    yield f"{origin.place}:\n\n    {plain(masked(words), 100)}" if words else f"{origin.place}: the line is not found"


def rule_rows(packs: Sequence[Pack]) -> list[tuple[str, ...]]:
    """Return a row for each rule: code, name, level, whether it is on by default, its fix and its summary."""
    return [
        (rule.code, rule.name, rule.severity.label, "on" if rule.default else "off", _fix(rule) or "-", rule.summary)
        for rule in (found.rule for found in explanations(packs))
    ]


def _fix(rule: Rule) -> str:
    """Return the applicability of a rule's fixes, or "" if it has none."""
    return "" if rule.applicability is None else rule.applicability.label


def rule_objects(packs: Sequence[Pack]) -> list[dict[str, Any]]:
    """Return the rules as JSON objects; the linter's own have no kind of check."""
    return [rule_object(found) for found in explanations(packs)]


def rule_object(found: Explanation) -> dict[str, Any]:
    """Return a rule as a JSON object."""
    rule = found.rule
    kinds = {one.rule.code: one.check for one in found.pack.rules} if found.pack is not None else {}
    return {
        "code": rule.code,
        "name": rule.name,
        "level": rule.severity.label,
        "default": rule.default,
        "aliases": list(rule.aliases),
        "kind": kinds.get(rule.code),
        "fix": _fix(rule) or "none",
        "summary": rule.summary,
        "why": rule.why,
        "bad": rule.bad,
        "good": rule.good,
        "source": rule.source,
        "references": list(rule.references),
        "pack": found.pack.name if found.pack is not None else None,
        "url": page_of(rule.code),
    }


_MOST_PATTERNS = 2
"""The most patterns of a pack in a list of packs."""

_MOST_CODES = 3
"""The most codes in a hint."""


def pack_rows(packs: Sequence[Pack]) -> list[tuple[str, str]]:
    """Return a row for each pack: its name, and its title, rules and files."""
    return [(pack.name, _described(pack)) for pack in packs]


def pack_objects(packs: Sequence[Pack]) -> list[dict[str, Any]]:
    """Return the packs as JSON objects."""
    return [
        {"name": pack.name, "title": pack.title, "rules": len(pack.rules), "files": list(pack.files)} for pack in packs
    ]


def _described(pack: Pack) -> str:
    count = "1 rule" if len(pack.rules) == 1 else f"{len(pack.rules)} rules"
    more = len(pack.files) - _MOST_PATTERNS
    patterns = [*pack.files[:_MOST_PATTERNS], *([f"{more} more patterns"] if more > 0 else [])]
    return f"{pack.title} ({count}; {', '.join(patterns)})"
