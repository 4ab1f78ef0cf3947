"""Runs a diagnosis for the command line: loads signatures, lints the file, and fixes its proven findings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.app.assignment import load_packs
from zr4lint.app.errors import UsageError
from zr4lint.app.run import Request, run
from zr4lint.diagnose.catalogue import SignatureError, load
from zr4lint.diagnose.proving_rules import Linted, lint_file
from zr4lint.filesystem.paths import plain
from zr4lint.project import ConfigError, Finder
from zr4lint.project.settings import from_options

if TYPE_CHECKING:
    from zr4lint.diagnose.diagnosis import Diagnosis
    from zr4lint.diagnose.signatures import Catalogue


class Wanted(Struct, frozen=True):
    """The request for a diagnosis: the file that was built, if given, and its settings."""

    dockerfile: str | None = None
    context: str | None = None
    packs: tuple[str, ...] = ()
    config: str | None = None
    no_config: bool = False

    @property
    def request(self) -> Request:
        """The request to the linter."""
        return Request(
            paths=(self.dockerfile,) if self.dockerfile is not None else (),
            given=from_options({"packs": self.packs, "context": self.context}),
            config=self.config,
            isolated=self.no_config,
        )


def catalogue_for(wanted: Wanted) -> Catalogue:
    """Return zr4lint's signatures and those of the configuration; raise UsageError for invalid ones."""
    packs = load_packs(())
    try:
        finder = Finder(packs, only=wanted.config, off=wanted.no_config)
        found = load(finder.settings(wanted.dockerfile or "-").signatures)
    except (SignatureError, ConfigError) as error:
        raise UsageError(str(error)) from None
    rules = [rule.rule for pack in packs for rule in pack.rules]
    own = tuple({rule.code.rstrip("0123456789") for rule in rules})
    former = {rule.code: tuple(name for name in rule.aliases if name.startswith(own)) for rule in rules}
    return structs.replace(found, rules=frozenset(former), former=former)


def offered(diagnosis: Diagnosis) -> str | None:
    """Return a Dockerfile below the current folder that the log names, for --file, without opening it."""
    for one in diagnosis.failures:
        name = one.failure.excerpt.file if one.failure.excerpt is not None else ""
        if name and not os.path.isabs(name) and ".." not in name.split("/") and os.path.isfile(name):
            return name
    return None


def lint(wanted: Wanted, catalogue: Catalogue) -> Linted:
    """Lint the built file, and also run every rule that a signature names."""
    signatures = [one.signature for one in catalogue.signatures.values()]
    codes = sorted({code for one in signatures for code in one.rules})
    return lint_file(wanted.request, codes)


def fix(wanted: Wanted, diagnosis: Diagnosis, *, unsafe: bool) -> str:
    """Fix the proven findings, and return the result in words; the fixer keeps only proven fixes."""
    linted = diagnosis.linted
    if linted is None:
        return ""
    findings = linted.report.findings
    codes = {findings[i].code for one in diagnosis.failures for proof in one.proofs for i in proof.findings}
    if not codes:
        return "nothing to fix: no rule finds the cause in the file\n"
    request = linted.request
    result = run(
        structs.replace(
            request, given=request.given.replaced(select=tuple(sorted(codes))), fix=True, unsafe_fixes=unsafe
        )
    )
    said = "".join(f"{note}\n" for note in (*result.errors, *result.notes))
    return f"{said}{plain(wanted.dockerfile or '')}: fixed {result.report.fixed} of {len(codes)}\n"
