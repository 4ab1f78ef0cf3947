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
    summary, why = _sentence(rule.summary), well_formed(rule.why.strip())
    examples = [(head, well_formed(code.rstrip())) for head, code in (("Bad", rule.bad), ("Good", rule.good)) if code]
    source = well_formed(f"Source: {rule.source}")
    security = {} if rule.security is None else {"security-severity": f"{rule.security:.1f}"}
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": _sentence(why) if why else summary},
        "help": {
            "text": _paragraphs(summary, why, source, *(f"{head}:\n{code}" for head, code in examples)),
            "markdown": _paragraphs(
                f"**{summary}**", why, source, *(f"{head}:\n\n{_fenced(code)}" for head, code in examples)
            ),
        },
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


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


def _fenced(code: str) -> str:
    """A block of Dockerfile; its fence is longer than any row of backticks within."""
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}dockerfile\n{code}\n{fence}"
