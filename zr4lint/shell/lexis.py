"""Splits a script into tokens as dash and bash do."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from zr4lint.model.budgets import NESTING

_PLAIN = r"[^\s\\'\"$`<>|&;()]+"
_BLANKS = " \t"
_OPERATORS = (
    "&&", "||", ";;&", ";;", ";&", "|&", "&>>", "&>", "<<<", "<<-", "<<", ">>", ">|", "<>", "<&", ">&", "|", "&", ";",
    "(", ")", "<", ">",
)  # fmt: skip
_BASH_ONLY = frozenset({";;&", ";&", "|&", "&>>", "&>", "<<<"})
_ARRAY = r"[A-Za-z_]\w*(?:\[[^]\[]*\])?\+?=\Z"
_ASSIGNS = r"[A-Za-z_]\w*(?:\[[^]]*\])?\+?="
_PARAMETER = r"(?:#?(?:\w+|[@*#?$!-])(?:\}|:?[-+=?]|##?|%%?|\Z))"
"""The characters that dash accepts after `${`; it rejects others when it expands them."""
_SHOWN = 20


class Refused(Exception):  # noqa: N818 - an error of the script, not of zr4lint
    """A shell can't parse the script; `at_end` tells that a construct was still open at the script's end."""

    def __init__(self, start: int, end: int, reason: str, *, at_end: bool = False) -> None:
        super().__init__(reason)
        self.start = start
        self.end = end
        self.reason = reason
        self.at_end = at_end


class UnsureError(Exception):
    """The recogniser doesn't fully understand the script."""


class TooDeepError(Exception):
    """The script is nested too deeply for the parser as well."""


class Lexer(ABC):
    """Reads one token at a time: "" at the end, "word", a line end, or an operator."""

    def __init__(self, text: str, bash: bool) -> None:
        self.text = text
        self.bash = bash
        self.at = 0
        self.depth = 0
        self.token = ""
        self.start = self.end = 0
        self.last = (0, 0)
        self.extglob = bash and "extglob" in text
        self._plain = re.compile(_PLAIN)
        self._heredocs: list[tuple[str, bool]] = []
        self._ends: dict[int, int] = {}
        self._operators = tuple(o for o in _OPERATORS if bash or o not in _BASH_ONLY)

    @abstractmethod
    def nested(self, opener: int, at: int) -> int:
        """Read the commands of a substitution from `at` to its ")" and return the offset after it."""

    def shown(self, start: int, end: int) -> str:
        """Return a range of the script, shortened for a message."""
        words = self.text[start:end]
        return words if len(words) <= _SHOWN else words[: _SHOWN - 3] + "..."

    def shown_token(self) -> str:
        """Return the current token in the form for a message."""
        return "line end" if self.token == "\n" else f"`{self.shown(self.start, self.end)}`"

    def assigns(self, start: int, end: int) -> bool:
        """Return whether a word is an assignment."""
        found = re.compile(_ASSIGNS).match(self.text, start, end)
        return found is not None

    def advance(self, *, assignable: bool = True) -> None:
        """Read the next token; if `assignable`, bash reads `NAME=(` as an array."""
        text = self.text
        self.last = (self.start, self.end)
        while True:
            while self.at < len(text) and text[self.at] in _BLANKS:
                self.at += 1
            if text.startswith("\\\n", self.at):
                self.at += 2
            elif text.startswith("#", self.at):
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            else:
                break
        self.start = self.at
        if self.at >= len(text):
            self.token = ""
        elif text[self.at] == "\n":
            self.token = "\n"
            self.at += 1
            self._bodies()
        elif text[self.at] in "|&;()<>" and not (self.bash and text[self.at : self.at + 2] in ("<(", ">(")):
            self.token = next(o for o in self._operators if text.startswith(o, self.at))
            self.at += len(self.token)
        else:
            self._word(assignable)
        self.end = self.at

    def _word(self, assignable: bool) -> None:
        start = self.at
        end = self._word_end(start, assignable)
        digits = self.text[start:end]
        if digits.isdecimal() and (self.bash or end - start == 1) and self.text[end : end + 1] in ("<", ">"):
            self.at = end  # the file descriptor's number belongs to the redirection
            self.token = next(o for o in self._operators if self.text.startswith(o, end))
            self.at += len(self.token)
            return
        self.at = end
        self.token = "word"

    def _word_end(self, at: int, assignable: bool) -> int:
        text = self.text
        start = at
        while at < len(text):
            if plain := self._plain.match(text, at):
                at = plain.end()
                continue
            char = text[at]
            if char in " \t\n;|&)":
                break
            if char in "<>":
                if not (self.bash and text.startswith("(", at + 1)):
                    break
                at = self.nested(at, at + 2)
            elif char == "(":
                if self.extglob and at > start and text[at - 1] in "?*+@!":
                    raise UnsureError
                if not (self.bash and assignable and re.compile(_ARRAY).match(text[start:at])):
                    break
                at = self._array_end(at)
            else:
                at = self._piece(at)
        return at

    def _array_end(self, at: int) -> int:
        """Read the elements of an array and return the offset after its ")"."""
        opener = at
        saved = self.token, self.start, self.end, self.last
        self.at = at + 1
        while True:
            self.advance(assignable=False)
            if self.token == ")":
                break
            if self.token == "":
                raise Refused(opener, opener + 1, "`(` has no `)`", at_end=True)
            if self.token not in ("word", "\n"):
                raise Refused(self.start, self.end, f"unexpected {self.shown_token()}")
        end = self.at
        self.token, self.start, self.end, self.last = saved
        return end

    def _piece(self, at: int) -> int:
        """Read the quoted, escaped or expanded piece at `at`, or one other character; return the offset after it."""
        text = self.text
        char = text[at]
        if char == "\\":
            return min(at + 2, len(text))
        if char == "'":
            return self._closed(at, text.find("'", at + 1), "'")
        if char == '"':
            return self._double(at)
        if char == "`":
            return self._backticks(at)
        if char == "$":
            return self._dollar(at, quoted=False)
        return at + 1

    def _closed(self, at: int, end: int, quote: str) -> int:
        if end < 0:
            raise Refused(at, at + 1, f"unclosed {quote}", at_end=True)
        return end + 1

    def _double(self, at: int) -> int:
        text = self.text
        opener = at
        at += 1
        while at < len(text):
            char = text[at]
            if char == '"':
                return at + 1
            if char == "\\":
                at += 2
            elif char == "`":
                at = self._backticks(at)
            elif char == "$":
                at = self._dollar(at, quoted=True)
            else:
                at += 1
        return self._closed(opener, -1, '"')

    def _backticks(self, at: int) -> int:
        text = self.text
        end = at + 1
        while end < len(text) and text[end] != "`":
            end += 2 if text[end] == "\\" else 1
        return self._closed(at, end if end < len(text) else -1, "backtick")

    def _dollar(self, at: int, *, quoted: bool) -> int:
        text = self.text
        if text.startswith("((", at + 1):
            return self._arithmetic(at)
        following = text[at + 1 : at + 2]
        if following == "(":
            return self.nested(at, at + 2)
        if following == "{":
            return self._parameter(at, quoted)
        if following == "[" and self.bash:
            end = text.find("]", at)
            if end < 0:
                raise Refused(at, at + 2, "`$[` has no `]`", at_end=True)
            if "[" in text[at + 2 : end]:
                raise UnsureError
            return end + 1
        if following == "'" and self.bash and not quoted:
            end = at + 2
            while end < len(text) and text[end] != "'":
                end += 2 if text[end] == "\\" else 1
            return self._closed(at + 1, end if end < len(text) else -1, "'")
        return at + 1

    def _arithmetic(self, at: int) -> int:
        if at not in self._ends:  # the text around it may be read twice
            self._ends[at] = self._read_arithmetic(at)
        return self._ends[at]

    def _read_arithmetic(self, at: int) -> int:
        end = self.arithmetic_end(at + 3)
        if end is not None:
            return end
        if self.bash:
            try:
                return self.nested(at, at + 2)  # a subshell in a substitution
            except Refused:
                raise UnsureError from None
        raise Refused(at, at + 3, "`$((` has no `))`", at_end=True)

    def arithmetic_end(self, at: int) -> int | None:
        """Return the offset after the `))` of an arithmetic expression, or None if it isn't one."""
        text = self.text
        level = 0
        while at < len(text):
            char = text[at]
            if char in "'\"`$\\":
                if char in "`$" and text[at + 1 : at + 2] in ("(", "{"):
                    if self.depth >= NESTING:
                        raise TooDeepError
                    self.depth += 1
                    at = self._dollar(at, quoted=True)
                    self.depth -= 1
                    continue
                if char in "'\"`\\":
                    raise UnsureError
            elif char == "(":
                level += 1
            elif char == ")":
                if level == 0:
                    return at + 2 if text.startswith("))", at) else None
                level -= 1
            at += 1
        return None

    def _parameter(self, at: int, quoted: bool) -> int:
        """Read `${...}` and return the offset after it."""
        text = self.text
        opener = at
        at += 2
        if text.find("}", at) < 0:
            raise Refused(opener, opener + 2, "`${` has no `}`", at_end=True)
        if self.depth >= NESTING or not (self.bash or re.compile(_PARAMETER).match(text, at)):
            raise UnsureError
        self.depth += 1
        while at < len(text):
            char = text[at]
            if char == "}":
                self.depth -= 1
                return at + 1
            if char == "'" and quoted:
                raise UnsureError  # a quote or a literal, depending on operator and shell
            if char == '"' and quoted:
                raise UnsureError
            at = self._piece(at) if char != "$" else self._dollar(at, quoted=quoted)
        raise Refused(opener, opener + 2, "`${` has no `}`", at_end=True)

    def test_end(self, at: int) -> int | None:
        """Return the offset after the `]]` that ends a test, or None if there is none."""
        text = self.text
        while at < len(text):
            if text.startswith("]]", at) and text[at - 1] in " \t\n" and text[at + 2 : at + 3] in _AFTER_TEST:
                return at + 2
            at = self._piece(at)
        return None

    # Heredocs

    def heredoc(self, delimiter: str, *, chomp: bool) -> None:
        """Record a heredoc, whose body begins on the next line."""
        if "$" in delimiter or "`" in delimiter:
            raise UnsureError
        self._heredocs.append((re.sub(r"['\"\\]", "", delimiter), chomp))

    def _bodies(self) -> None:
        """Step over the heredoc bodies of the line that ended; a body without a terminator extends to the end."""
        text = self.text
        for delimiter, chomp in self._heredocs:
            while self.at < len(text):
                end = text.find("\n", self.at)
                end = len(text) if end < 0 else end
                line = text[self.at : end]
                self.at = min(end + 1, len(text))
                if (line.lstrip("\t") if chomp else line) == delimiter:
                    break
        self._heredocs.clear()


_AFTER_TEST = frozenset(["", *" \t\n;|&)<>"])
