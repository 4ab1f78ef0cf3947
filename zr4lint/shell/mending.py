"""Searches for a small change after which the shell can parse a script that it rejects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from zr4lint.model.finding import Applicability, Edit, Fix, with_edits
from zr4lint.model.remark import SHELL_SYNTAX, Remark

if TYPE_CHECKING:
    from zr4lint.model.source import MappedText
    from zr4lint.shell.grammar import Refusal

_UNCLOSED = r"`(?P<opener>.+)` has no `(?P<closer>.+)`\Z"
_UNCLOSED_QUOTE = r"unclosed (?P<quote>['\"`])\Z"
_WORD_BEFORE = r"(?:&&|\|\||[|;&])?[ \t\n]*\Z"
_JOINT = r"[ \t\n]*(?:&&|;)"
_OPENS = r"\b(?P<opener>if|elif|while|until|for)\b[^;\n]*"
_LONGEST = 10_000
_MOST = 12


def remark_on(wrong: Refusal, script: MappedText, accepts: Callable[[str], bool]) -> Remark:
    """Return the remark on a script that the shell can't parse, with a fix if a small change helps."""
    change = _mended(script.text, wrong, accepts)
    fix = None
    if change is not None:
        edit = Edit.of(script.span(change.start, change.end), change.text)
        fix = Fix("Let the shell parse it", Applicability.UNSAFE, (edit,))
    note = "The shell parses a line before it runs any of it, so the RUN fails and the build stops."
    message = f"the shell can't parse this RUN: {wrong.reason}"
    span = script.span(wrong.start, max(wrong.end, wrong.start + 1))
    return Remark(SHELL_SYNTAX, span, message, (note,), fix=fix)


def _mended(text: str, wrong: Refusal, accepts: Callable[[str], bool]) -> Edit | None:
    """Return the first of a few small changes after which the shell can parse the script, or None."""
    if len(text) > _LONGEST:
        return None
    for number, change in enumerate(_changes(text, wrong)):
        if number >= _MOST:
            break
        after = with_edits(text, [change])
        if after.strip() and accepts(after):
            return change
    return None


def _changes(text: str, wrong: Refusal) -> Iterator[Edit]:
    """Yield the changes to try, the most likely first."""
    end = len(text.rstrip())
    if quote := re.match(_UNCLOSED_QUOTE, wrong.reason):
        yield Edit(end, end, quote["quote"])
        return
    if found := re.match(_UNCLOSED, wrong.reason):
        yield from _closed(text, end, found["opener"], found["closer"])
        return
    token = text[wrong.start : wrong.end]
    before = len(text[: wrong.start].rstrip())
    if token == ";;":
        yield Edit(wrong.start, wrong.end, "&&")
    yield from _continued(text, wrong.start)
    yield Edit(before, wrong.end, "")
    if not text[:before] and (behind := re.match(r"[ \t]*;", text[wrong.end :])) is not None:
        yield Edit(before, wrong.end + behind.end(), "")
    operator = re.search(_WORD_BEFORE, text[: wrong.start])
    if operator is not None:
        yield Edit(len(text[: operator.start()].rstrip()), wrong.end, "")
    joints = [joint.start() for joint in re.finditer(_JOINT, text[: wrong.start])]
    yield from (Edit(at, end, "") for at in reversed(joints[-2:]))


def _closed(text: str, end: int, opener: str, closer: str) -> Iterator[Edit]:
    """Yield ways to close the construct that is open at the end of a script."""
    if closer == "}" and opener == "{":
        if text[:end].endswith(" }"):
            yield Edit(end - 2, end - 2, ";")
        yield Edit(end, end, " }" if text[:end].endswith(";") else "; }")
    elif opener == "case":
        yield Edit(end, end, " ;; esac")
    elif closer.isalpha():
        yield Edit(end, end, f" {closer}" if text[:end].endswith(";") else f"; {closer}")
        yield Edit(end, end, f"; do :; {closer}")
    else:
        word = re.match(r"[^\s\"']*", text[text.find(opener) :])
        ends = (end,) if word is None else (end, text.find(opener) + word.end())
        yield from (Edit(at, at, closer) for at in sorted(ends, reverse=opener != "${"))


def _continued(text: str, at: int) -> Iterator[Edit]:
    """Yield changes that insert a missing `then` or `do` after a condition, as in `if x; y; fi`."""
    for found in reversed(list(re.finditer(_OPENS, text[:at]))):
        if found["opener"] in ("if", "elif") and (last := re.search(r" then\b", found[0])) is not None:
            yield Edit(found.start() + last.start(), found.start() + last.start(), ";")
        if found["opener"] == "for" and (last := re.search(r" do\b", found[0])) is not None:
            yield Edit(found.start() + last.start(), found.start() + last.start(), ";")
        word = "then" if found["opener"] in ("if", "elif") else "do"
        if found.end() < at and not re.match(rf"[;\n]\s*{word}\b", text[found.end() :]):
            yield Edit(found.end() + 1, found.end() + 1, f" {word}")
            yield Edit(found.end() + 1, found.end() + 1, f" {word} :;")
