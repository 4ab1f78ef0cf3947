"""Decides in linear time whether dash and bash can parse a script; tree-sitter recovers from every error.

`refusal` returns an error only if the shell is certain to stop. It ignores scripts that it doesn't fully understand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from zr4lint.model.budgets import NESTING
from zr4lint.shell.dash import SPECIAL
from zr4lint.shell.lexis import Lexer, Refused, UnsureError

_CLOSING = frozenset({"}", "do", "done", "elif", "else", "esac", "fi", "then"})
_DASH_RESERVED = _CLOSING | {"!", "{", "case", "for", "if", "in", "until", "while"}
_BASH_RESERVED = _DASH_RESERVED | {"[[", "function", "select", "time", "coproc"}
_ENDS_ITEM = frozenset({";;", ";&", ";;&"})
_REDIRECTS = frozenset({"<", ">", ">>", ">|", "<>", "<&", ">&", "<<", "<<-", "<<<", "&>", "&>>"})
_DECLARES = frozenset({"declare", "typeset", "local", "export", "readonly", "alias", "eval", "let"})
_NAME_OF_FILE = r"[/.A-Za-z_][\w./-]*\Z"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*\Z"


class Refusal(Struct, frozen=True):
    """The reason why a shell can't parse a script, and the range of the script to report."""

    start: int
    end: int
    reason: str


@lru_cache(maxsize=64)
def refusal(text: str, *, bash: bool) -> Refusal | None:
    """Return the syntax error at which dash or bash stops, or None if there is none or the script can't be judged."""
    reader = _Reader(text, bash)
    try:
        reader.program()
    except Refused as refused:
        return Refusal(refused.start, refused.end, refused.reason)
    except (UnsureError, RecursionError):  # some open constructs use more stack than NESTING assumes
        return None
    return None


class _Reader(Lexer):
    """Reads lists of commands with one token of lookahead."""

    def __init__(self, text: str, bash: bool) -> None:
        super().__init__(text, bash)
        self.reserved_words = _BASH_RESERVED if bash else _DASH_RESERVED

    def program(self) -> None:
        """Read a whole script."""
        self.advance()
        self.commands()
        if self.token:
            raise self.unexpected()

    def nested(self, opener: int, at: int) -> int:
        """Read the commands of a substitution from `at` to its ")" and return the offset after it."""
        if self.depth >= NESTING:
            raise UnsureError
        saved = self.token, self.start, self.end
        self.depth += 1
        self.at = at
        try:
            self.advance()
            self.commands()
            if self.token == "":
                raise self.unclosed(opener, self.text[opener:at], ")")
            if self.token != ")":
                raise self.unexpected()
        except Refused as refused:
            if self.bash and not refused.at_end:
                raise UnsureError from None  # bash before 5.2 reports this only when it runs the substitution
            raise
        end = self.end
        self.depth -= 1
        self.token, self.start, self.end = saved
        return end

    # Tokens

    @property
    def reserved(self) -> str:
        """Return the reserved word at the current token, or ""."""
        if self.token != "word":
            return ""
        word = self.text[self.start : self.end].replace("\\\n", "")
        return word if word in self.reserved_words else ""

    def newlines(self) -> None:
        while self.token == "\n":
            self.advance()

    def expect(self, wanted: str, opener: tuple[int, int]) -> None:
        """Step over the reserved word or operator that closes or continues the construct opened at `opener`."""
        if self.token != wanted and self.reserved != wanted:
            if self.token == "":
                raise self.unclosed(*opener, wanted)
            raise self.unexpected()
        self.advance()

    def unclosed(self, at: int, opener: str | int, wanted: str) -> Refused:
        end = opener if isinstance(opener, int) else at + len(opener)
        return Refused(at, end, f"`{self.text[at:end]}` has no `{wanted}`", at_end=True)

    def unexpected(self) -> Refused:
        if self.token == "":
            start, end = self.last
            return Refused(start, end, f"nothing follows `{self.shown(start, end)}`", at_end=True)
        return Refused(self.start, self.end, f"unexpected {self.shown_token()}")

    # Lists

    def commands(self) -> int:
        """Read commands up to a token that doesn't start one, and return their number."""
        count = 0
        self.newlines()
        while self.token not in ("", ")") and self.token not in _ENDS_ITEM and self.reserved not in _CLOSING:
            self.and_or()
            count += 1
            if self.token in (";", "&"):
                self.advance()
            elif self.token != "\n":
                break
            self.newlines()
        return count

    def body(self) -> None:
        """Read the commands of a compound command; at least one is required."""
        if not self.commands():
            raise self.unexpected()

    def and_or(self) -> None:
        self.pipeline()
        while self.token in ("&&", "||"):
            self.advance()
            self.newlines()
            self.pipeline()

    def pipeline(self) -> None:
        negated = False
        while self.reserved in ("!", "time") and (self.bash or not negated):
            negated = True
            self.advance()
            if self.bash and self.token in ("", "\n", ";", "&", "&&", "||", ")"):
                return
        self.command()
        while self.token == "|" or (self.bash and self.token == "|&"):
            self.advance()
            self.newlines()
            if self.reserved == "!":
                raise self.unexpected()
            if self.reserved == "time":
                self.advance()
            self.command()

    # Commands

    def command(self) -> None:
        compound = _COMPOUND.get(self.token if self.token == "(" else self.reserved)
        if compound is not None:
            compound(self)
            self.redirections()
            if self.token == "(" or (self.token == "word" and not self.reserved):
                raise self.unexpected()
        elif self.reserved:
            raise self.unexpected()
        elif self.token == "word" or self.token in _REDIRECTS:
            self.simple()
        else:
            raise self.unexpected()

    def redirections(self) -> None:
        while self.token in _REDIRECTS:
            self.redirection()

    def redirection(self, assignable: bool = False) -> None:
        operator = self.token
        self.advance(assignable=False)
        if self.token != "word":
            raise self.unexpected()
        if operator in ("<&", ">&") and not self.bash and re.match(_NAME_OF_FILE, self.text[self.start : self.end]):
            raise Refused(self.start, self.end, f"bad fd number {self.shown(self.start, self.end)}")
        if operator in ("<<", "<<-"):
            self.heredoc(self.text[self.start : self.end], chomp=operator == "<<-")
        self.advance(assignable=assignable)

    def simple(self) -> None:
        first = (self.start, self.end)
        words = 0
        prefix, declares = True, False
        while True:
            if self.token == "word":
                word = self.text[self.start : self.end]
                if prefix and not self.assigns(self.start, self.end):
                    prefix, declares = False, self.bash and word in _DECLARES
                words += 1
                self.advance(assignable=prefix or declares)
            elif self.token in _REDIRECTS:
                words += 2
                self.redirection(prefix or declares)
            elif self.token == "(" and words == 1 and not prefix:
                self.function(first)
                return
            elif self.token == "(":
                raise self.unexpected()
            else:
                return

    def function(self, name: tuple[int, int]) -> None:
        """Read a function from the "(" after its name."""
        opener = (self.start, self.end)
        word = self.text[name[0] : name[1]]
        self.advance()
        if self.token != ")":
            raise Refused(*opener, "unexpected `(`")
        self.advance()
        if not self.bash and (not re.match(_NAME, word) or word in SPECIAL):
            raise Refused(*name, f"bad function name {self.shown(*name)}")
        self.function_body()

    def function_body(self) -> None:
        self.newlines()
        if self.bash and _COMPOUND.get(self.token if self.token == "(" else self.reserved) is None:
            raise self.unexpected()
        self.command()

    # Compound commands

    def subshell(self) -> None:
        opener = (self.start, self.end)
        if self.bash and self.text.startswith("(", self.end):
            end = self.arithmetic_end(self.end + 1)
            if end is not None:
                self.at = end
                self.advance()
                return
        self.advance()
        self.body_to(")", opener)

    def body_to(self, wanted: str, opener: tuple[int, int]) -> None:
        if self.depth >= NESTING:
            raise UnsureError
        self.depth += 1
        if not self.commands() and self.token:
            raise self.unexpected()
        self.expect(wanted, opener)
        self.depth -= 1

    def group(self) -> None:
        opener = (self.start, self.end)
        self.advance()
        self.body_to("}", opener)

    def if_(self) -> None:
        opener = (self.start, self.end)
        self.advance()
        self.body_to("then", opener)
        while True:
            if self.depth >= NESTING:
                raise UnsureError
            self.depth += 1
            if not self.commands():
                raise self.unexpected() if self.token else self.unclosed(*opener, "fi")
            self.depth -= 1
            if self.reserved != "elif":
                break
            self.advance()
            self.body_to("then", opener)
        if self.reserved == "else":
            self.advance()
            self.body_to("fi", opener)
        else:
            self.expect("fi", opener)

    def loop(self) -> None:
        opener = (self.start, self.end)
        self.advance()
        self.body_to("do", opener)
        self.body_to("done", opener)

    def for_(self) -> None:
        opener = (self.start, self.end)
        self.advance(assignable=False)
        if self.bash and self.token == "(" and self.text.startswith("(", self.end):
            end = self.arithmetic_end(self.end + 1)
            if end is None:
                raise UnsureError
            self.at = end
            self.advance()
        else:
            if self.token != "word":
                raise self.unexpected() if self.token else self.unclosed(*opener, "do")
            if not self.bash and not re.match(_NAME, self.text[self.start : self.end]):
                raise Refused(self.start, self.end, f"bad loop variable {self.shown(self.start, self.end)}")
            self.advance()
            self.newlines()
            if self.reserved == "in":
                self.advance(assignable=False)
                while self.token == "word":
                    self.advance(assignable=False)
                if self.token not in (";", "\n"):
                    raise self.unexpected() if self.token else self.unclosed(*opener, "do")
                self.advance()
                self.newlines()
        if self.token == ";":
            self.advance()
        self.newlines()
        if self.bash and self.reserved == "{":
            self.group()
            return
        self.expect("do", opener)
        self.body_to("done", opener)

    def case(self) -> None:
        opener = (self.start, self.end)
        self.advance(assignable=False)
        if self.token != "word":
            raise self.unexpected() if self.token else self.unclosed(*opener, "esac")
        self.advance()
        self.newlines()
        if self.text[self.start : self.end] == "in" and self.token == "word":
            self.advance(assignable=False)
        else:
            raise self.unexpected() if self.token else self.unclosed(*opener, "in")
        self.newlines()
        if self.depth >= NESTING:
            raise UnsureError
        self.depth += 1
        while self.reserved != "esac":
            if self.token == "":
                raise self.unclosed(*opener, "esac")
            self.item(opener)
        self.depth -= 1
        self.advance()

    def item(self, opener: tuple[int, int]) -> None:
        """Read one branch of a `case`."""
        if self.token == "(":
            self.advance(assignable=False)
        while True:
            if self.token != "word":
                raise self.unexpected() if self.token else self.unclosed(*opener, "esac")
            self.advance(assignable=False)
            if self.token != "|":
                break
            self.advance(assignable=False)
        if self.token != ")":
            raise self.unexpected() if self.token else self.unclosed(*opener, "esac")
        self.advance()
        self.commands()
        if self.token == ";;" or (self.bash and self.token in _ENDS_ITEM):
            self.advance(assignable=False)
            self.newlines()
        elif self.reserved != "esac":
            raise self.unexpected() if self.token else self.unclosed(*opener, "esac")

    def test(self) -> None:
        """Step over `[[ ... ]]`, which has operators of its own."""
        opener = (self.start, self.end)
        end = self.test_end(self.end)
        if end is None:
            raise self.unclosed(*opener, "]]")
        self.at = end
        self.advance()

    def function_keyword(self) -> None:
        opener = (self.start, self.end)
        self.advance(assignable=False)
        if self.token != "word":
            raise self.unexpected()
        self.advance()
        if self.token == "(":
            self.advance()
            self.expect(")", opener)
        self.function_body()

    def coprocess(self) -> None:
        raise UnsureError


_COMPOUND: dict[str, Callable[[_Reader], None]] = {
    "(": _Reader.subshell,
    "{": _Reader.group,
    "if": _Reader.if_,
    "while": _Reader.loop,
    "until": _Reader.loop,
    "for": _Reader.for_,
    "select": _Reader.for_,
    "case": _Reader.case,
    "[[": _Reader.test,
    "function": _Reader.function_keyword,
    "coproc": _Reader.coprocess,
}
