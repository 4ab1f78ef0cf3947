"""Masks the secrets of files in reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.knowledge.secrets import has_secrets, masked
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.model.finding import FileReport, Finding


def without_secrets(file: FileReport) -> FileReport:
    """Return the report of a file with stars in place of its secrets; all positions stay the same."""
    others = {id(one.source): one.source for f in file.findings for one in f.related if one.source is not None}
    masks = {key: _shown(source) for key, source in others.items() if has_secrets(source.text)}
    if masks:
        file = structs.replace(file, findings=tuple(_related_masked(finding, masks) for finding in file.findings))
    if not masks and not has_secrets(file.source.text):
        return file
    return structs.replace(file, source=_shown(file.source), findings=tuple(map(_masked, file.findings)))


def _shown(source: SourceFile) -> SourceFile:
    return SourceFile(masked(source.text), source.path, bom=source.bom)


def _related_masked(finding: Finding, masks: Mapping[int, SourceFile]) -> Finding:
    """Return a finding whose related places are in masked files."""
    related = (structs.replace(one, source=masks.get(id(one.source), one.source)) for one in finding.related)
    return structs.replace(finding, related=tuple(related))


def _masked(finding: Finding) -> Finding:
    """Return a finding with masked words, without a fix that would write a secret."""
    fix = finding.fix
    return structs.replace(
        finding,
        message=masked(finding.message),
        expected=finding.expected and masked(finding.expected),
        notes=tuple(map(masked, finding.notes)),
        help=finding.help and masked(finding.help),
        justification=finding.justification and masked(finding.justification),
        fix=None if fix is not None and any(has_secrets(edit.text) for edit in fix.edits) else fix,
    )
