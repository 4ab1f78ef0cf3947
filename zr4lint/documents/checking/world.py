"""PD6 and PD9: find names in the target text that do not exist, and demands that no rule can check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.document import Document, Role, Words
from zr4lint.linting.pipeline import Linter, lint
from zr4lint.model.finding import Finding, Severity
from zr4lint.model.quoting import code
from zr4lint.model.source import MappedText, SourceFile
from zr4lint.packs import document_rules as rules
from zr4lint.packs.rulebook import load

if TYPE_CHECKING:
    from zr4lint.documents.target import Target

_BUILD = re.compile(
    r"(?<![\w.-])docker[ \t]+(?:buildx[ \t]+)?build(?![\w-])((?:\\\n|\$\([^()\n]*\)|,(?!\s)|[^\n`|;&#(),])*+)"
)
"""Matches a call of `docker build` with its words, up to the end of the command; a comma ends it in prose."""
_OPTION = re.compile(r"\$\([^()\n]*\)|(?<=\s)--([a-z][a-z-]*)(?=[\s=]|\Z)")
_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
_SPAN = re.compile(r"(?<!`)(`++)(.*?)(?<!`)\1(?!`)", re.DOTALL)
_BUILD_OPTIONS = (
    "add-host", "allow", "annotation", "attest", "build-arg", "build-context", "builder", "cache-from", "cache-to",
    "call", "cgroup-parent", "check", "compress", "config", "context", "cpu-period", "cpu-quota", "cpu-shares",
    "cpuset-cpus", "cpuset-mems", "debug", "disable-content-trust", "file", "force-rm", "help", "host", "iidfile",
    "isolation", "label", "load", "log-level", "memory", "memory-swap", "metadata-file", "network", "no-cache",
    "no-cache-filter", "output", "platform", "policy", "print", "progress", "provenance", "pull", "push", "quiet",
    "rm", "root", "sbom", "secret", "security-opt", "server-config", "shm-size", "squash", "ssh", "stream", "tag",
    "target", "tls", "tlscacert", "tlscert", "tlskey", "tlsverify", "ulimit",
)  # fmt: skip
"""The long options of `docker build` and `docker buildx build`, from Docker's reference of its command line."""
NEEDS_IMAGE = "this needs a built image"
_NEEDS_IMAGE = re.compile(r"\b(?:build time|image size|size impact|start-?up time|memory)\b", re.IGNORECASE)
_OF_THE_WORLD = ("unknown-ppa", "unknown-index-host", "transformers-cache-deprecated")
"""The rules of pack ml at warning that report things that do not exist; rules at error need no list."""
_EXCLUDES = re.compile(r"\b(?:excludes?|excluding|without)\b", re.IGNORECASE)
_TASK = re.compile(r"\s*[-*] \[[ xX]\] ")


def check_world(target: Target) -> Iterator[Finding]:
    """Yield the errors of pack ml in the target text, at their places in the document, and unknown options."""
    if target.whole.text.strip():
        report = lint(SourceFile(target.whole.text), [load("ml")])
        for finding in report.findings:
            if finding.severity is not Severity.ERROR and finding.name not in _OF_THE_WORLD:
                continue
            span = target.whole.span(finding.span.start, finding.span.end)
            notes = (*finding.notes, f"Found by rule {finding.code} {finding.name} of pack ml.")
            yield found(
                target, rules.CANNOT_BUILD, span, finding.message, notes=notes, help=finding.help,
                severity=finding.severity,
            )  # fmt: skip
    if target.blocks or target.checks:
        yield from _options(target)


def _options(target: Target) -> Iterator[Finding]:
    """Yield a finding for each unknown option of `docker build` in code blocks and code spans."""
    for text in _code(target.document):
        for said in _BUILD.finditer(_COMMENT.sub(lambda m: " " * len(m[0]), text.text)):
            for option in _OPTION.finditer(said[1]):
                if option[1] is None or option[1] in _BUILD_OPTIONS:
                    continue
                span = text.span(said.start(1) + option.start(), said.start(1) + option.end())
                help_ = "Use `docker build --check`" if option[1] == "dry-run" else None
                message = f"docker build has no option {code(option[0], 40)}"
                yield found(target, rules.NO_SUCH_OPTION, span, message, help=help_)


def _code(document: Document) -> Iterator[MappedText]:
    """Yield the code blocks of a document, then the code spans of its paragraphs, headings and cells."""
    yield from (fence.body for fence in document.fences)
    yield from document.indented
    words = [(one.text, one.span.start) for one in document.paragraphs]
    words += [(heading.title, heading.span.start) for heading in document.headings]
    for table in document.tables:
        words += [(cell.text, cell.span.start) for row in (table.header, *table.rows) for cell in row]
    for text, start in words:
        for span in _SPAN.finditer(text):
            yield MappedText.join([(span[2].replace("\n", " "), start + span.start(2))])


def errors_of(text: str) -> set[str]:
    """Return the errors of pack ml in a text, not merged by cause, since merging takes several lints."""
    findings = Linter([load("ml")], merges=False).lint(SourceFile(text)).report.findings
    return {f.message for f in findings if f.severity is Severity.ERROR and f.code.startswith("ML")}


def check_uncompiled(target: Target) -> Iterator[Finding]:
    """Yield a finding for each demand that does not compile to a rule, with the reason."""
    told: set[int] = set()
    for one in target.stated:
        if not one.demands:
            told.add(target.document.source.line_of(one.statement.span.start))
            yield found(target, rules.NOT_COMPILED, one.statement.span, one.reason)
    for words in target.document.prose:
        reason = _reason(words)
        if reason is not None and target.document.source.line_of(words.span.start) not in told:
            start = len(words.text) - len(words.text.lstrip())
            yield found(target, rules.NOT_COMPILED, words.at(start, len(words.text.rstrip())), reason)
    yield from _claims(target)
    yield from _unmarked(target)


def _unmarked(target: Target) -> Iterator[Finding]:
    """Yield a finding for each Dockerfile that nothing marks as the target, if no block is marked."""
    if target.blocks:
        return
    for fence in target.document.fences:
        if fence.is_dockerfile and fence.mark is None and fence.role is not Role.BEFORE:
            place = fence.body.span(0, len(fence.body.text.rstrip("\n")))
            if re.search(r"^FROM ", fence.body.text, re.MULTILINE):
                reason = "nothing marks this block as the target"
                yield found(target, rules.NOT_COMPILED, place, reason, help="Mark it with `{zr4: target}`")


def _claims(target: Target) -> Iterator[Finding]:
    """Yield a finding for each comment of the target text that claims that something is left out."""
    for block in target.blocks:
        start = 0
        for line in block.body.text.splitlines(keepends=True):
            if line.startswith("#") and _EXCLUDES.search(line):
                span = block.body.span(start, start + len(line.rstrip()))
                yield found(target, rules.NOT_COMPILED, span, "no instruction does what this comment says")
            start += len(line)


def _reason(words: Words) -> str | None:
    if "|" not in words.text and _NEEDS_IMAGE.search(words.text) and re.search(r"\d", words.text):
        return NEEDS_IMAGE
    if _TASK.match(words.text) and "`" not in words.text:
        return "a machine can't check this"
    return None
