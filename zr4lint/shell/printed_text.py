"""Computes the output of `echo`, `printf` and similar programs, and splits it into lines or words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle

from msgspec import structs

from zr4lint.model.budgets import JOINED_LENGTH
from zr4lint.model.source import MappedText
from zr4lint.shell.arithmetic import evaluate
from zr4lint.shell.commands import Command, Dialect, Redirection, Word
from zr4lint.shell.expansion import Environment, expand, plain_word, split, unknown

_SUM = r"-?\d+(?: [-+*/%] -?\d+)*"
_ESCAPED = r"\\(?:([0-7]{1,3})|(.))"
_FORMAT = r"%%|%[sb]|\\[0-7]{1,3}|\\.|[^%\\]+|."
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "r": "\r", "a": "\a"}
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_LETTERS = {
    **dict.fromkeys(("a-z", "[:lower:]"), _ALPHABET), **dict.fromkeys(("A-Z", "[:upper:]"), _ALPHABET.upper()),
    "\\n": "\n", "\\t": "\t",
}  # fmt: skip
"""Sets of `tr` that are ranges, classes or escapes."""
_MOST_ROUNDS = 1_000
SILENT = frozenset({
    "", "cd", "test", "[", "true", ":", "false", "set", "export", "mkdir", "rm", "touch", "chmod", "chown", "cp", "mv",
    "ln", "sleep",
})  # fmt: skip
"""Programs that print nothing if they succeed."""
_CHANGE_FOLDER = frozenset({"cd", "pushd", "popd"})
_REDIRECTED = frozenset({">", ">>", ">|", "&>"})

Piece = tuple[str, int]


Read = Callable[[str], "MappedText | None"]


def unreadable(_path: str) -> MappedText | None:
    """Return None for every path: no file is readable."""
    return None


def printed(command: Command, dialect: Dialect, variables: Environment, read: Read = unreadable) -> MappedText | None:
    """Return the output of a command with the source of each character, or None if it is unknown.

    `read` returns the text of the file at a path.
    """
    if not command.words or command.redirections:
        return None
    name = (command.words[0].literal or "").rpartition("/")[2]
    words = _known(command.words[1:], variables)
    if words is None:
        return None
    if name == "tr":
        return _translated(command.stdin, [word.text.text for word in words])
    if name == "cat":
        return _files(words, read) if words else command.stdin
    pieces: list[Piece] | None = None
    if name == "echo":
        pieces = _echo(words, dialect)
    elif name == "expr":
        sum_ = " ".join(word.text.text for word in words)
        number = evaluate(sum_, variables.get) if re.fullmatch(_SUM, sum_) else None
        pieces = None if number is None else [(f"{number}\n", command.span.start)]
    elif name == "printf":
        pieces = _printf(words)
    elif name in _OF_WORDS:
        pieces = _OF_WORDS[name](words, command.span.start)
    elif name in SILENT:
        pieces = []
    return MappedText.join(pieces) if pieces is not None else None


def _translated(text: MappedText | None, words: Sequence[str]) -> MappedText | None:
    """Return the output of tr, which replaces letters, or deletes them with -d."""
    deletes = words[:1] == ["-d"]
    sets = [_LETTERS.get(word, word) for word in words[deletes:]]
    if text is None or len(words) != 2 or not all(len(one) in (1, 26) for one in sets):
        return None
    table = dict.fromkeys(sets[0], "") if deletes else dict(zip(sets[0], cycle(sets[1]), strict=False))
    changed = ((table.get(letter, letter), text.offset(at)) for at, letter in enumerate(text.text))
    return MappedText.join([(letter, offset) for letter, offset in changed if letter])


def _basename(words: Sequence[Word], start: int) -> list[Piece] | None:
    """Return the output of basename: the last part of a path without the given suffix."""
    values = [word.text.text for word in words]
    if not 1 <= len(values) <= 2 or values[0].startswith("-"):
        return None
    name = values[0].rstrip("/").rpartition("/")[2] or "/"
    suffix = values[1] if len(values) > 1 else ""
    return [((name.removesuffix(suffix) or name) + "\n", start)]


def _dirname(words: Sequence[Word], start: int) -> list[Piece] | None:
    """Return the output of dirname: a path without its last part."""
    value = words[0].text.text if len(words) == 1 else "-"
    if value.startswith("-"):
        return None
    folder, slash, _ = value.rstrip("/").rpartition("/")
    return [((folder.rstrip("/") or ("/" if slash or value.startswith("/") else ".")) + "\n", start)]


def _seq(words: Sequence[Word], start: int) -> list[Piece] | None:
    """Return the output of seq: consecutive numbers, one per line."""
    found = re.fullmatch(r"(?:(\d{1,6}) )?(\d{1,6})", " ".join(word.text.text for word in words), re.ASCII)
    if found is None:
        return None
    first, last = int(found[1] or 1), int(found[2])
    return None if last - first >= _MOST_ROUNDS else [(f"{n}\n", start) for n in range(first, last + 1)]


_OF_WORDS: Mapping[str, Callable[[Sequence[Word], int], list[Piece] | None]] = {
    "basename": _basename,
    "dirname": _dirname,
    "seq": _seq,
}
"""Programs whose output depends only on their words."""


def into_files(commands: Sequence[Command], redirections: Sequence[Redirection], depth: int) -> list[Command]:
    """Return the commands of a group with its redirections; each command appends to the previous output.

    The last command gets all redirections. A command gets none if its output goes into a pipe, a substitution or a file
    of its own. `depth` is the number of pipelines around the group.
    """
    outermost = min(len(command.scope) for command in commands)
    first = [one for one in redirections if one.operator in _REDIRECTED]
    further = [structs.replace(one, operator=">>") for one in first]
    rest = [one for one in redirections if one.operator not in _REDIRECTED]
    begun = False
    written: list[Command] = []
    for command in commands[:-1]:
        own = any(one.operator in _REDIRECTED for one in command.redirections)
        ends = len(command.scope) == outermost and all(pipe.last for pipe in command.pipes[depth:])
        given = (further if begun else first) if ends and not own else []
        begun = begun or bool(given)
        written.append(structs.replace(command, redirections=(*given, *command.redirections)))
        if command.words and command.words[0].literal in _CHANGE_FOLDER:
            further = [structs.replace(one, target=_from_anywhere(one.target)) for one in further]
    given = [*(further if begun else first), *rest]
    return [*written, structs.replace(commands[-1], redirections=(*given, *commands[-1].redirections))]


def _from_anywhere(target: Word | None) -> Word | None:
    """Return a redirection's target after `cd`; a relative target is unknown because it was opened before."""
    return target if target is None or (target.literal or "").startswith("/") else unknown(target)


def _files(words: Sequence[Word], read: Read) -> MappedText | None:
    """Return the concatenated texts of files, or None if one is unknown."""
    pieces: list[Piece] = []
    for word in words:
        text = None if word.text.text.startswith("-") else read(word.text.text)
        if text is None:
            return None
        pieces += text.pieces()
    return MappedText.join(pieces)


def output(commands: Sequence[Command], depth: int, dialect: Dialect, variables: Environment, read: Read) -> str | None:
    """Return the output of a substitution's commands, all of which run, or None if it is unknown.

    The output keeps the file patterns that echo prints, because the shell expands them the same way when it splits the
    output into words. `depth` is the number of pipelines around the substitution.
    """
    text: str | None = None
    for command in commands:
        if any(not pipe.last for pipe in command.pipes[depth:]):
            continue
        if (command.words[0].literal if command.words else "") in SILENT:
            if text and command.assignments:
                return None
            continue
        if command.words and command.words[0].literal == "echo":
            command = structs.replace(command, words=tuple(structs.replace(w, glob=False) for w in command.words))
        found = printed(command, dialect, variables, read)
        if found is None:
            return None
        text = (text or "") + found.text
    return (text or "").rstrip("\n")


def _known(words: Sequence[Word], variables: Environment) -> list[Word] | None:
    found: list[Word] = []
    for word in words:
        value = expand(word, variables)
        long = bool(word.expansions) and len(value or "") > JOINED_LENGTH  # each character is mapped to its source
        if value is None or long or (word.glob and not word.quoted):
            return None
        if not word.expansions:
            found.append(word)
        elif all(e.quoted for e in word.expansions):
            found.append(plain_word(value, word.span))
        else:
            fields_ = split(value, variables)
            if fields_ is None:
                return None
            found += (plain_word(field, word.span) for field in fields_)
    return found


def _echo(words: list[Word], dialect: Dialect) -> list[Piece] | None:
    newline, escapes = True, dialect.is_dash
    while words and re.fullmatch("-n" if dialect.is_dash else "-[neE]+", words[0].text.text):
        newline = newline and "n" not in words[0].text.text
        escapes = escapes or "e" in words[0].text.text
        words = words[1:]
    pieces: list[Piece] = []
    for index, word in enumerate(words):
        if "\\" in word.text.text and dialect is Dialect.SH:
            return None
        if index:
            pieces.append((" ", word.span.start))
        pieces += _unescaped(word.text) if escapes else word.text.pieces()
    if newline:
        pieces.append(("\n", words[-1].span.start if words else 0))
    return pieces


def _printf(words: list[Word]) -> list[Piece] | None:
    if words and words[0].text.text == "--":
        words = words[1:]
    elif words and words[0].text.text.startswith("-"):
        return None
    if not words:
        return None
    form, rest = words[0].text, words[1:]
    pieces: list[Piece] = []
    for _ in range(_MOST_ROUNDS):
        taken = 0
        for found in re.finditer(_FORMAT, form.text, re.DOTALL):
            sign = found[0]
            if sign == "%%":
                pieces.append(("%", form.offset(found.start())))
            elif sign in ("%s", "%b"):
                if taken < len(rest):
                    text = rest[taken].text
                    pieces += text.pieces() if sign == "%s" else _unescaped(text)
                taken += 1
            elif sign[0] == "%":
                return None
            else:
                pieces += _unescaped(form.slice(found.start(), found.end()))
        rest = rest[taken:]
        if not rest or not taken:
            return pieces
    return None


def _unescaped(text: MappedText) -> list[Piece]:
    if "\\" not in text.text:
        return text.pieces()
    pieces: list[Piece] = []
    at = 0
    for found in re.finditer(_ESCAPED, text.text, re.DOTALL):
        letter = chr(int(found[1], 8) & 0xFF) if found[1] else _ESCAPES.get(found[2])
        if letter is None:
            continue
        pieces += text.slice(at, found.start()).pieces()
        pieces.append((letter, text.offset(found.start())))
        at = found.end()
    return pieces + text.slice(at, len(text.text)).pieces()


def fields(text: MappedText, *, lines: bool, delimiter: str = "") -> list[Word]:
    """Return the words of a text, its lines, or the parts between delimiters."""
    pattern = r"[^\n]+" if lines else r"[^ \t\n]+"
    if delimiter:
        pattern = f"[^{re.escape(delimiter)}]+"
    found: list[Word] = []
    for match in re.finditer(pattern, text.text):
        part = text.slice(match.start(), match.end())
        found.append(Word(part, (), text.span(match.start(), match.end()), False))
    return found
