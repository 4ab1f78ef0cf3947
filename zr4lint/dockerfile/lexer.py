"""Splits text into words as BuildKit's shell lexer does, which determines the heredocs."""

from __future__ import annotations

import re

from msgspec import Struct

from zr4lint.dockerfile.lines import BLANKS
from zr4lint.dockerfile.splitting import Word

_ORDINARY = f"[^{BLANKS}\"'$\\\\</}}]+"
_SPECIAL = "@*#?-$!0"


class Lexed(Struct, frozen=True):
    """The words of a text, and whether any contains a quote."""

    words: list[Word]
    quoted: bool


def lex(text: str, *, raw: bool, newer: bool) -> Lexed | None:
    """Split a text into words; return None if BuildKit refuses it.

    A `raw` word keeps its quotes and escapes. `newer` accepts what BuildKit accepts since dockerfile 1.16:
    `${name#...}`, `${name%...}` and `${name/.../...}`.
    """
    return _Lexer(text, raw, newer).run()


class Fault(Struct, frozen=True):
    """The place at which BuildKit refuses to expand a text, and the error there.

    `kind` is "'" or '"' for an unclosed quote, "}" for an unclosed substitution, and "$" for a substitution that
    BuildKit does not support. `nested` is set if the place is inside another open quote or substitution.
    """

    at: int
    kind: str
    nested: bool


def fault(text: str) -> Fault | None:
    """Return why BuildKit cannot expand a text, or None if it can.

    After ":", BuildKit supports `-`, `+` and `?`. Others are accepted only if variables are not expanded, as in `lex`.
    """
    lexer = _Lexer(text, raw=False, newer=True, strict=True)
    if lexer.run() is not None:
        return None
    return lexer.fault


class _Lexer:
    def __init__(self, text: str, raw: bool, newer: bool, *, strict: bool = False) -> None:
        self.text = text
        self.strict = strict
        self.fault: Fault | None = None
        self.opened: list[int] = []  # where the entries of `closers` were opened
        self.raw = raw
        self.newer = newer
        self.at = 0
        self.closers: list[str] = []  # of the open quotes and ${}
        self.words: list[Word] = []
        self.chars: list[str] = []
        self.start = 0
        self.quoted = False

    def run(self) -> Lexed | None:
        text = self.text
        plain = re.compile(_ORDINARY)
        while self.at < len(text):
            ordinary = plain.match(text, self.at)
            if ordinary:
                self._add(ordinary.end() - self.at)
                continue
            char = text[self.at]
            closer = self.closers[-1] if self.closers else ""
            if char == closer:
                self._close(char)
            elif char == "$":
                if not self._dollar():
                    return None
            elif char == "\\":
                self._escape(closer)
            elif closer == '"':
                self._take(1)
            elif char == '"':
                self._open(char)
                self._quote()
            elif char == "'":
                end = text.find("'", self.at + 1)
                if end < 0:
                    self._give_up(char)
                    return None
                self._quote()
                self._take(end - self.at, literal=True)
                self._quote()
            else:
                self._take(1)
        self._end_word()
        if self.closers:
            self._give_up_open()
            return None
        return Lexed(self.words, self.quoted)

    def _give_up(self, kind: str) -> bool:
        self.fault = Fault(self.at, kind, bool(self.closers))
        return False

    def _give_up_open(self) -> None:
        """Record the last thing that is open; a quote in a quoted substitution was meant to close the outer ones."""
        last = len(self.closers) - 1
        if self.closers[last] == '"' and '"' in self.closers[:last]:
            last -= 1
        kind = '"' if self.closers[last] == '"' else "}"
        self.fault = Fault(self.opened[last], kind, last > 0)

    def _open(self, closer: str) -> None:
        self.closers.append(closer)
        self.opened.append(self.at)

    def _take(self, count: int, *, literal: bool = False) -> None:
        """Add the next characters to the word; if they are not literal, a blank ends the word.

        Inside quotes everything is literal. Inside a ${} nothing is literal, not even a quote: BuildKit splits the
        expansion, and in this lexer a substitution expands to itself.
        """
        if (self.closers and self.closers[0] == '"') or (literal and not self.closers):
            self._add(count)
            return
        for _ in range(count):
            if self.text[self.at] in BLANKS:
                self._end_word()
                self.at += 1
            else:
                self._add(1)

    def _add(self, count: int) -> None:
        if not self.chars:
            self.start = self.at
        if count:
            self.chars.append(self.text[self.at : self.at + count])
            self.at += count

    def _quote(self) -> None:
        self.quoted = True
        if self.raw:
            self._add(1)
        else:
            self.at += 1

    def _end_word(self) -> None:
        if self.chars:
            self.words.append(Word("".join(self.chars), self.start, self.at))
            self.chars.clear()

    def _close(self, char: str) -> None:
        if char == '"':
            self._quote()
            self.closers.pop()
            self.opened.pop()
            return
        self._take(1)
        if char == "/":
            self.closers[-1] = "}"
        else:
            self.closers.pop()
            self.opened.pop()

    def _escape(self, closer: str) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if closer == '"' and following not in ('"', "$", "\\"):
            self._take(1)
            return
        if self.raw:
            self._take(1)
        else:
            self.at += 1
        if following:
            self._take(1, literal=True)

    def _dollar(self) -> bool:
        """Take a $, or the start of a ${}; return False if BuildKit does not support the substitution."""
        text = self.text
        if not text.startswith("{", self.at + 1):
            special = text[self.at + 1 : self.at + 2]
            self._take(2 if special and special in _SPECIAL else 1)
            return True
        name = self.at + 2
        if text[name : name + 1] in ("", "{", "}", ":"):
            return self._give_up("$" if text[name : name + 1] else "}")
        end = self._name_end(name)
        sign = text[end : end + 1]
        count = end + 1 - self.at
        if sign == "}":
            self._take(count)
            return True
        if sign == ":":
            following = text[end + 1 : end + 2]
            if (self.newer and following in ("#", "%")) or (self.strict and following not in ("", "-", "+", "?")):
                return self._give_up("$")
            count += 1
        elif sign == "/" and self.newer:
            count += text.startswith("/", end + 1)
        elif not sign or sign not in ("+-?#%" if self.newer else "+-?"):
            return self._give_up("$" if sign else "}")
        if self.at + count > len(text):
            return self._give_up("}")
        self._open("/" if sign == "/" else "}")
        self._take(count)
        return True

    def _name_end(self, at: int) -> int:
        text = self.text
        if text[at].isdecimal():
            while at < len(text) and text[at].isdecimal():
                at += 1
            return at
        if text[at] in _SPECIAL:
            return at + 1
        while at < len(text) and (text[at].isalpha() or text[at].isdecimal() or text[at] == "_"):
            at += 1
        return at
