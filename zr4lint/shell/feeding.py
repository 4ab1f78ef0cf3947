"""Finds the commands that `xargs` and `find -exec` run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.source import MappedText
from zr4lint.shell.commands import Command, Expansion, Reach, Redirection, Word, Wrapper
from zr4lint.shell.expansion import unknown
from zr4lint.shell.printed_text import fields
from zr4lint.shell.wrappers import tail

if TYPE_CHECKING:
    from zr4lint.shell.listed_files import Listed

_VALUED = frozenset("adEIiLlnPs")
_LONG_VALUED = frozenset({"--arg-file", "--delimiter", "--max-args", "--max-lines", "--max-procs", "--replace"})
_MOST = 200
_ROOTS = frozenset({".", "/", "/bin", "/etc", "/home", "/opt", "/root", "/tmp", "/usr", "/var"})
READ_BY_PATH = frozenset({"chmod", "gzip", "mv", "rm", "rmdir", "sed", "shred", "truncate", "unlink"})
"""Programs for which the reader of find makes calls with known paths."""


def xargs(command: Command, fed: MappedText | None, listed: Listed | None = None) -> list[Command] | None:
    """Return the commands that `xargs` runs on the text `fed` or on the files `listed`, or None without a command.

    Unknown arguments are represented by one unknown word at the end.
    """
    options, own = _options(command.words[1:])
    if not own:
        return None
    wrapper = Wrapper("xargs", command.words[0].span)
    command = structs.replace(command, wrappers=(*command.wrappers, wrapper))
    replaced = options.get("I") or options.get("replace")
    quiet = "r" in options or "no-run-if-empty" in options
    delimiter = _delimiter(options)
    if fed is None and listed is not None:
        reach = command.reach if listed.sure else min(command.reach, Reach.MAYBE)
        command = structs.replace(command, reach=reach)
        if not replaced:
            return [structs.replace(command, words=(*own, *listed.patterns))]
        return [structs.replace(command, words=tuple(_put(own, replaced, word))) for word in listed.patterns]
    if fed is None or delimiter is None or (not delimiter and any(c in fed.text for c in "'\"\\")):
        words = [*(_put(own, replaced, None) if replaced else (*own, unknown(own[-1])))]
        if (path := argument_file(command)) is not None:
            read = Redirection("<", path, path.span)
            command = structs.replace(command, redirections=(*command.redirections, read))
        return [structs.replace(command, words=tuple(words), reach=min(command.reach, _fed_reach(quiet)))]
    rows: list[list[Word]]
    each = options.get("n") or options.get("L") or options.get("max-args")
    found = fields(fed, lines=bool(replaced), delimiter=delimiter)
    if replaced:
        return [structs.replace(command, words=tuple(_put(own, replaced, word))) for word in found[:_MOST]]
    size = int(each) if each and each.isdecimal() and len(each) < 6 and int(each) else max(len(found), 1)
    rows = [found[at : at + size] for at in range(0, len(found), size)] or ([] if quiet else [[]])
    return [structs.replace(command, words=(*own, *row)) for row in rows[:_MOST]]


def argument_file(command: Command) -> Word | None:
    """Return the word that names the file that xargs reads instead of standard input, or None."""
    words = command.words
    for index, word in enumerate(words[1:], start=1):
        text = word.literal or ""
        if text in ("-a", "--arg-file") and index + 1 < len(words):
            return words[index + 1]
        if text.startswith("--arg-file="):
            return tail(word, len("--arg-file="))
        if not text.startswith("-"):
            break
    return None


def _delimiter(options: Mapping[str, str]) -> str | None:
    """Return the character between the words, "" for blanks and line ends, or None if it is not supported."""
    if "0" in options or "null" in options:
        return "\0"
    given = options.get("d") or options.get("delimiter")
    if given is None:
        return "" if "d" not in options else None
    return {"\\n": "\n", "\\0": "\0", "\\t": "\t"}.get(given, given if len(given) == 1 else None)


def _fed_reach(quiet: bool) -> Reach:
    return Reach.MAYBE if quiet else Reach.ALWAYS


def _options(words: Sequence[Word]) -> tuple[dict[str, str], tuple[Word, ...]]:
    """Return the options of xargs with their values, and the command after them."""
    options: dict[str, str] = {}
    at = 0
    while at < len(words):
        text = words[at].literal or ""
        if text == "--":
            at += 1
            break
        if not text.startswith("-") or len(text) < 2:
            break
        if text.startswith("--"):
            name, equals, value = text[2:].partition("=")
            options[name] = value
            at += 1
            if not equals and text in _LONG_VALUED and at < len(words):
                options[name] = words[at].literal or ""
                at += 1
            continue
        at += 1
        for index, letter in enumerate(text[1:], start=1):
            options[letter] = ""
            if letter in _VALUED:
                options[letter] = text[index + 1 :]
                if not options[letter] and letter in "adEILnPs" and at < len(words):
                    options[letter] = words[at].literal or ""
                    at += 1
                break
    return options, tuple(words[at:])


def _put(words: Iterable[Word], sign: str, value: Word | None) -> Iterable[Word]:
    """Yield words with `sign` replaced by a word, or made unknown if `value` is None."""
    for word in words:
        if sign not in word.text.text:
            yield word
        elif value is not None and word.text.text == sign:
            yield value
        elif value is not None and not value.expansions and not _within(word, sign):
            pieces: list[tuple[str, int]] = []
            at = 0
            while (found := word.text.text.find(sign, at)) >= 0:
                pieces += [*word.text.slice(at, found).pieces(), *value.text.pieces()]
                at = found + len(sign)
            text = MappedText.join([*pieces, *word.text.slice(at, len(word.text.text)).pieces()])
            more = len(value.text.text) - len(sign)
            shifts = (more * word.text.text.count(sign, 0, expansion.start) for expansion in word.expansions)
            moved = (
                structs.replace(expansion, start=expansion.start + shift, end=expansion.end + shift)
                for expansion, shift in zip(word.expansions, shifts, strict=True)
            )
            yield structs.replace(word, text=text, glob=value.glob, expansions=tuple(moved))
        else:
            yield structs.replace(word, expansions=(Expansion(0, len(word.text.text), None, "", "", True),))


def _within(word: Word, sign: str) -> bool:
    """Return whether `sign` is inside an expansion of a word."""
    return any(sign in word.text.text[expansion.start : expansion.end] for expansion in word.expansions)


def _finds_something(words: Sequence[Word], exists: Callable[[str], bool]) -> bool:
    """Return whether find certainly finds a path: its start, or the file that -name gives below the start."""
    values = [word.literal or "" for word in words[1:]]
    start = next((i for i, value in enumerate(values) if value.startswith("-")), len(values))
    tests = values[start:]
    names: list[str] = []
    while tests[:1] in (["-maxdepth"], ["-name"], ["-xdev"]):
        names += tests[1:2] if tests[0] == "-name" else ()
        tests = tests[1 if tests[0] == "-xdev" else 2 :]
    roots = values[:start]
    if names:
        roots = [f"{root.rstrip('/')}/{names[0]}" for root in roots]
        if len(names) > 1 or any(c in names[0] for c in "*?["):
            return False
    return (
        bool(start) and all(root in _ROOTS or exists(root) for root in roots) and tests[:1] in (["-exec"], ["-execdir"])
    )


def found_by_find(command: Command, exists: Callable[[str], bool]) -> list[Command]:
    """Return the commands that `find -exec` runs if it finds anything; the path is an unknown word.

    `exists` tells whether a path certainly exists.
    """
    found: list[Command] = []
    words = command.words
    sure = _finds_something(words, exists)
    name = next((following for word, following in pairwise(words) if word.literal == "-name"), None)
    starts = [i for i, word in enumerate(words) if word.literal in ("-exec", "-execdir", "-ok")]
    end = 0
    for start in starts:
        if start < end:
            continue  # it belongs to the previous command
        end = next((i for i in range(start, len(words)) if words[i].literal in (";", "+")), len(words))
        inner = tuple(_put(words[start + 1 : end], "{}", None))
        if inner and words[start + 1].literal == "{}" and name is not None and not name.glob:
            inner = (name, *inner[1:])
        if inner:
            wrapper = Wrapper("find", words[0].span)
            found.append(
                structs.replace(
                    command,
                    words=inner,
                    redirections=(),
                    reach=command.reach if sure else min(command.reach, Reach.MAYBE),
                    wrappers=(*command.wrappers, wrapper),
                )
            )
    return found
