"""Rules in SARIF: what a viewer shows beside a result."""

from __future__ import annotations

from zr4lint.finding import Rule, Severity
from zr4lint.report.safe import well_formed
from zr4lint.report.sarif_places import Object

HOME = "https://pypi.org/project/zr4lint/"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
PROBLEM_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def descriptor(rule: Rule) -> Object:
    """The reporting descriptor of a rule."""
    layer = [] if rule.layer is None else [f"layer-{rule.layer}"]
    security = {} if rule.security is None else {"security-severity": f"{rule.security:.1f}"}
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": _sentence(rule.summary)},
        "fullDescription": {"text": _sentence(rule.why or rule.summary)},
        "help": {"text": well_formed(_text(rule)), "markdown": well_formed(_markdown(rule))},
        "helpUri": f"{HOME}#{rule.code.lower()}",
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["dockerfile", *layer, *(["security"] if security else [])],
            "precision": "very-high",
            "problem.severity": PROBLEM_SEVERITIES[rule.severity],
            **security,
        },
    }


def _sentence(text: str) -> str:
    return well_formed(f"{text.strip().removesuffix('.')}.")


def _text(rule: Rule) -> str:
    parts = [_sentence(rule.summary), rule.why.strip(), f"Source: {rule.source}"]
    parts += [f"{head}:\n{code.rstrip()}" for head, code in (("Bad", rule.bad), ("Good", rule.good)) if code]
    return "\n\n".join(filter(None, parts))


def _markdown(rule: Rule) -> str:
    parts = [f"**{_sentence(rule.summary)}**", rule.why.strip(), f"Source: {rule.source}"]
    parts += [f"{head}:\n\n{_fenced(code.rstrip())}" for head, code in (("Bad", rule.bad), ("Good", rule.good)) if code]
    return "\n\n".join(filter(None, parts))


def _fenced(code: str) -> str:
    """A block of Dockerfile; its fence is longer than any row of backticks within."""
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}dockerfile\n{code}\n{fence}"
