"""Applies comments for other linters, which suppress the rules with the same codes as aliases."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.packs.own_rules import SYNTAX

if TYPE_CHECKING:
    from zr4lint.dockerfile.peer_comments import PeerComment, Scope
    from zr4lint.model.finding import Finding
    from zr4lint.model.source import Span

_ALL = "all"


def suppressed_by_peers(
    findings: Sequence[Finding], comments: Sequence[PeerComment], anchor: Callable[[Span], Span]
) -> Iterator[Finding]:
    """Yield the findings, suppressed if a comment for another linter names one of their codes.

    hadolint reports some findings at another place than zr4lint, so a comment at a related place counts, too. In
    hadolint, no comment suppresses a syntax error (DL1000), so none does here. `anchor` returns the place of a span in
    the file that has the comments.
    """
    index = _Index(comments, anchor)
    for finding in findings:
        comment = None if finding.suppressed or finding.code == SYNTAX.code else index.covering(finding)
        if comment is None:
            yield finding
        else:
            yield structs.replace(finding, suppressed=True, justification=comment.reason)


class _Index:
    """The comments that skip a code, by the code in lower case; those of one scope are in the order of their areas."""

    def __init__(self, comments: Sequence[PeerComment], anchor: Callable[[Span], Span]) -> None:
        self._anchor = anchor
        self._skipping: dict[str, dict[Scope, list[PeerComment]]] = {}
        for comment in comments:
            for word in comment.skipped:
                self._skipping.setdefault(word.lower(), {}).setdefault(comment.scope, []).append(comment)

    def covering(self, finding: Finding) -> PeerComment | None:
        words = [code.lower() for code in (finding.code, *finding.aliases)]
        if any(word.isalpha() for word in words):  # the names of BuildKit's checks have no digits
            words.append(_ALL)
        starts = [self._anchor(span).start for span in (finding.span, *(related.span for related in finding.related))]
        for word in words:
            for comments in self._skipping.get(word, {}).values():
                for start in starts:
                    at = bisect_right(comments, start, key=lambda comment: comment.area.start) - 1
                    if at >= 0 and start < comments[at].area.end:
                        return comments[at]
        return None
