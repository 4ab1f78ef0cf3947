"""Checks for comments that suppress findings."""

from __future__ import annotations

from zr4lint.checks.edits import DISPLAY, UNSAFE, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile.peer_comments import PeerComment, Scope, peer_comments
from zr4lint.model.quoting import code

_OURS = {Scope.INSTRUCTION: "ignore", Scope.STAGE: "ignore-stage", Scope.FILE: "ignore-file"}


@check("suppression", stages="all")
def suppression(subject: Subject, *, foreign: bool) -> Outcomes:
    """Comments that suppress findings are those of zr4lint. With `foreign`, comments to hadolint are reported."""
    for comment in peer_comments(subject.dockerfile) if foreign else ():
        if comment.tool == "hadolint" and comment.skipped:
            yield _reported(comment)


def _reported(comment: PeerComment) -> Unmet:
    codes = ", ".join(comment.skipped)
    written = f"# zr4lint: {_OURS[comment.scope]}[{','.join(comment.skipped)}] {comment.reason or ''}".rstrip()
    # Without a reason, the new comment would itself be reported.
    applicability = UNSAFE if comment.reason else DISPLAY
    return Unmet(
        f"this comment hides {code(codes)} from hadolint and zr4lint",
        comment.span,
        help=f"Write {code(written, 80)}",
        fix=replace(comment.span, written, "Write it for zr4lint", applicability),
    )
