"""Interprets the line edits of sed: substitutions, deletions, prints and additions, with addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from zr4lint.documents.interpreter.partial_text import UnknownError, known
from zr4lint.documents.interpreter.regular_expressions import affordable, compiled


class Address(Struct, frozen=True):
    """An address: a line number with -1 for `$`, or a pattern."""

    line: int | None = None
    pattern: re.Pattern[str] | None = None


class Edit(Struct, frozen=True):
    """A command of a script: its letter, its addresses, and its text, or its pattern, replacement and flags."""

    command: str
    addresses: tuple[Address, ...] = ()
    negated: bool = False
    text: str = ""
    pattern: re.Pattern[str] | None = None
    flags: str = ""


def read_script(script: str, *, extended: bool) -> list[Edit]:
    """Return the commands of a script; raise UnknownError for unsupported ones."""
    reader = _Reader(known(script), extended)
    return [*reader.edits()]


class _Reader:
    def __init__(self, script: str, extended: bool) -> None:
        self.script = script
        self.extended = extended
        self.at = 0

    def edits(self) -> Iterator[Edit]:
        while True:
            self.skip(" \t\n;")
            if self.at >= len(self.script):
                return
            yield self.edit()

    def skip(self, characters: str) -> None:
        while self.at < len(self.script) and self.script[self.at] in characters:
            self.at += 1

    def edit(self) -> Edit:
        addresses = [*self.addresses()]
        self.skip(" \t")
        negated = self.script.startswith("!", self.at)
        self.at += negated
        command = self.script[self.at : self.at + 1]
        self.at += 1
        if command in ("p", "d") and command:
            return Edit(command, tuple(addresses), negated)
        if command in ("a", "i", "c") and command:
            return Edit(command, tuple(addresses), negated, text=self.added())
        if command == "s":
            delimiter = self.script[self.at : self.at + 1]
            self.at += 1
            pattern, replacement = self.until(delimiter), self.until(delimiter, keep=True)
            flags = re.match(r"[gpI\d]*", self.script[self.at :])
            found = flags[0] if flags is not None else ""
            self.at += len(found)
            if any(c.isdigit() for c in found):
                raise UnknownError(self.script)
            compiled_pattern = compiled(pattern, extended=self.extended, ignore_case="I" in found)
            return Edit("s", tuple(addresses), negated, replacement, compiled_pattern, found)
        raise UnknownError(self.script)

    def addresses(self) -> Iterator[Address]:
        while True:
            found = re.compile(r"\d+|\$").match(self.script, self.at)
            if found is not None:
                self.at = found.end()
                yield Address(-1 if found[0] == "$" else int(found[0]))
            elif self.script.startswith("/", self.at):
                self.at += 1
                yield Address(pattern=compiled(self.until("/"), extended=self.extended))
            else:
                return
            if not self.script.startswith(",", self.at):
                return
            self.at += 1

    def until(self, delimiter: str, *, keep: bool = False) -> str:
        """Read the text up to a delimiter; a delimiter after a backslash does not end it."""
        found: list[str] = []
        while self.at < len(self.script):
            char = self.script[self.at]
            if char == delimiter:
                self.at += 1
                return "".join(found)
            if char == "\\" and self.at + 1 < len(self.script):
                following = self.script[self.at + 1]
                found.append(following if following == delimiter and not keep else f"\\{following}")
                self.at += 2
                continue
            if char == "[" and not keep and delimiter in self.script[self.at : self.script.find("]", self.at) + 1]:
                raise UnknownError(self.script)
            found.append(char)
            self.at += 1
        raise UnknownError(self.script)

    def added(self) -> str:
        """Read the text of a, i or c: the rest of the script, without a backslash before it."""
        rest = self.script[self.at :]
        self.at = len(self.script)
        rest = rest.lstrip(" \t")
        if rest.startswith("\\"):
            rest = rest[1:]
            rest = rest[1:] if rest.startswith("\n") else rest
        return re.sub(r"\\(.)", r"\1", rest, flags=re.DOTALL)


def edited(text: str, edits: Sequence[Edit], *, quiet: bool = False) -> str:
    """Return a text after the edits of its lines; with `quiet`, only what sed prints."""
    for edit in edits:
        for pattern in (edit.pattern, *(address.pattern for address in edit.addresses)):
            if pattern is not None:
                affordable(pattern, text)
    lines = known(text).split("\n")
    ended = lines[-1] == ""
    lines = lines[:-1] if ended else lines
    out: list[str] = []
    active = [False] * len(edits)
    for number, line in enumerate(lines, 1):
        before: list[str] = []
        after: list[str] = []
        deleted = False
        for index, edit in enumerate(edits):
            if not _applies(edit, index, active, number, line, number == len(lines)):
                continue
            if edit.command == "d":
                deleted = True
                break
            line = _one(edit, line, before, after)
            if edit.command == "c":
                deleted = True
                break
        out += before
        out += [] if deleted or quiet else [line]
        out += after
    return "\n".join(out) + ("\n" if out and (ended or quiet) else "")


def _one(edit: Edit, line: str, before: list[str], after: list[str]) -> str:
    """Return a line after one command, which may add lines to `before` and `after`."""
    if edit.command == "p":
        before.append(line)
    elif edit.command == "i":
        before.append(edit.text)
    elif edit.command in ("a", "c"):
        after.append(edit.text)
    elif edit.pattern is not None:
        changed, count = edit.pattern.subn(lambda m: _replaced(m, edit.text), line, count=0 if "g" in edit.flags else 1)
        if count and "p" in edit.flags:
            before.append(changed)
        return changed
    return line


def _replaced(match: re.Match[str], template: str) -> str:
    def piece(found: re.Match[str]) -> str:
        words = found[0]
        if words == "&":
            return match[0]
        if words[1].isdigit():
            if int(words[1]) > (match.re.groups or 0):
                raise UnknownError(template)
            return match[int(words[1])] or ""
        if words[1] in "nt":
            return {"n": "\n", "t": "\t"}[words[1]]
        if words[1].isalpha():
            raise UnknownError(template)
        return words[1]

    return re.sub(r"&|\\.", piece, template, flags=re.DOTALL)


def _applies(edit: Edit, index: int, active: list[bool], number: int, line: str, last: bool) -> bool:
    def fits(address: Address) -> bool:
        if address.pattern is not None:
            return address.pattern.search(line) is not None
        return last if address.line == -1 else address.line == number

    if not edit.addresses:
        return not edit.negated
    if len(edit.addresses) == 1:
        return fits(edit.addresses[0]) is not edit.negated
    first, end = edit.addresses[:2]
    if active[index]:
        active[index] = not (fits(end) or (end.line is not None and 0 < end.line <= number))
        return not edit.negated
    if fits(first):
        active[index] = end.pattern is not None or end.line == -1 or (end.line or 0) > number
        return not edit.negated
    return edit.negated
