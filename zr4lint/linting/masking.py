"""Reports without the secrets of the files."""

from __future__ import annotations

from msgspec import structs

from zr4lint.knowledge.secrets import has_secrets, masked
from zr4lint.model.finding import FileReport, Finding
from zr4lint.model.source import SourceFile


def without_secrets(file: FileReport) -> FileReport:
    """The report of a file with stars in the place of its secrets, which leaves all places as they are."""
    source = file.source
    if not has_secrets(source.text):
        return file
    shown = SourceFile(masked(source.text), source.path, bom=source.bom)
    return structs.replace(file, source=shown, findings=tuple(map(_masked, file.findings)))


def _masked(finding: Finding) -> Finding:
    """A finding whose words hold no secret; a fix that would write one is left out."""
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
