"""Reads the words that xargs or `$(cat ...)` passes to a command from a file of the build context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import Ran
from zr4lint.facts.origins import context_path
from zr4lint.model.budgets import LISTED
from zr4lint.programs.image_paths import absolute
from zr4lint.shell import Argument, Command

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Script
    from zr4lint.facts.context_files import ContextFiles
    from zr4lint.model.source import MappedText, Span
    from zr4lint.shell.commands import Word

_WORD = r"[^\s'\"\\]+"
_GREP = r"""e?grep\s+-(?:v|vE|Ev)\s+(?P<q>['"])(?P<pattern>[^'"]+)(?P=q)\s+"""
_PRINTS = rf"\$\(\s*(?:cat\s+|<\s*|{_GREP})(?P<file>[\w./@%+-]+)\s*\)"
_COMMENT_PATTERNS = ("^#", r"^\s*#", "^ *#", "#", r"^\(#\|$\)", "^[[:space:]]*#", r"^\s*$|^#", "^#|^$", "^(#|$)")


def words_for_xargs(script: Script, files: ContextFiles, command: Command) -> list[Argument]:
    """Return the words of the file that xargs reads through `<` or from `cat` before the pipe, or [] if unknown."""
    found = _redirected(script, command) or _piped(script, command)
    return [] if found is None else _words_of(script, files, *found)


def words_printed(script: Script, files: ContextFiles, command: Command, word: Word) -> list[Argument]:
    """Return the words that `$(cat FILE)`, `$(< FILE)` or `$(grep -v COMMENTS FILE)` prints, or [] if unknown."""
    printed = re.fullmatch(_PRINTS, word.text.text)
    if printed is None or word.quoted or (printed["pattern"] or "#") not in _COMMENT_PATTERNS:
        return []
    path = absolute(printed["file"], script.scope(command.scope).folder)
    return [] if path is None else _words_of(script, files, path, word.span, printed["pattern"] is not None)


def _words_of(script: Script, files: ContextFiles, path: str, anchor: Span, without_comments: bool) -> list[Argument]:
    """Return the words of a file at a path in the image, or [] if they are unknown."""
    source = context_path(script.reading, files, script.instruction, path)
    if source is None or files.kind(source) != "file":
        return []
    text = files.read(source, anchor)
    if text is None or re.search(r"['\"\\]", text.text) or ("#" in text.text and not without_comments):
        return []
    return [*_words(text)][:LISTED]


def _redirected(script: Script, command: Command) -> tuple[str, Span, bool] | None:
    for redirection in command.redirections:
        target = redirection.target
        if redirection.operator == "<" and target is not None and target.literal is not None:
            path = absolute(target.literal, script.scope(command.scope).folder)
            return (path, target.span, False) if path is not None else None
    return None


def _piped(script: Script, command: Command) -> tuple[str, Span, bool] | None:
    """Return the file that the command before the pipe prints: `cat FILE`, or grep that removes comments."""
    last = next((fact for fact in reversed(script.reading.facts) if isinstance(fact, Ran)), None)
    if command.operator != "|" or last is None or last.at.instruction is not script.instruction:
        return None
    words = [argument.value or "" for argument in last.arguments[1:]]
    by_grep = last.program in ("grep", "egrep") and words[:1] in (["-v"], ["-vE"], ["-Ev"])
    if by_grep and words[1:2] and words[1] in _COMMENT_PATTERNS:
        words, given = words[2:], last.arguments[3:]
    elif last.program == "cat":
        given = last.arguments[1:]
    else:
        return None
    if len(words) != 1 or words[0].startswith("-") or last.redirections:
        return None
    path = absolute(words[0], last.folder) if words[0] else None
    return (path, given[0].span, by_grep) if path is not None else None


def _words(text: MappedText) -> Iterator[Argument]:
    at = 0
    for line in text.text.splitlines(keepends=True):
        if "#" not in line:
            for found in re.finditer(_WORD, line):
                yield Argument(found[0], text.span(at + found.start(), at + found.end()))
        at += len(line)
