"""Programs that only read, or that change texts in memory, with their output and status."""

from __future__ import annotations

import operator
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from zr4lint.documents.interpreter import sed_script
from zr4lint.documents.interpreter.partial_text import UNKNOWN, UnknownError, equal, known, number
from zr4lint.documents.interpreter.regular_expressions import MalformedError, affordable, compiled
from zr4lint.model.quoting import code


class Result(Struct, frozen=True):
    """The standard output of a program, its exit status, and its usage error."""

    out: str = ""
    status: int = 0
    complaint: str = ""


_LONGEST = 1_000_000
"""The most characters of a file that a script may write."""


class Files:
    """The texts of files by path; None is a file that does not exist, and other paths are unknown."""

    def __init__(self, texts: Mapping[str, str | None]) -> None:
        self._texts = {posixpath.normpath(path): text for path, text in texts.items()}

    def read(self, path: str) -> str | None:
        """Return the text of a file, or None if it does not exist; raise UnknownError for an unknown path."""
        path = posixpath.normpath(known(path))
        if path not in self._texts:
            raise UnknownError(path)
        return self._texts[path]

    def write(self, path: str, text: str | None) -> None:
        """Set the text of a file; raise UnknownError if it is too long."""
        if text is not None and len(text) > _LONGEST:
            raise UnknownError(path)
        self._texts[posixpath.normpath(known(path))] = text

    def copy(self) -> Files:
        """Return a copy of the files that can be changed separately."""
        return Files(self._texts)


Program = Callable[[Sequence[str], str | None, Files], Result]


_GREP_OPTIONS = (
    "after-context", "basic-regexp", "before-context", "binary", "binary-files", "byte-offset", "context",
    "dereference-recursive", "devices", "directories", "exclude", "exclude-dir", "exclude-from", "file",
    "files-with-matches", "files-without-match", "help", "include", "initial-tab", "label", "line-buffered",
    "line-regexp", "max-count", "no-filename", "no-ignore-case", "no-messages", "null", "null-data",
    "only-matching", "perl-regexp", "recursive", "regexp", "text", "version", "with-filename", "word-regexp",
)  # fmt: skip
"""The long options of GNU grep that the interpreter does not support."""


_GREP_FLAGS = {
    "--quiet": "q", "--silent": "q", "--count": "c", "--fixed-strings": "F", "--line-number": "n", "--ignore-case": "i",
    "--invert-match": "v", "--extended-regexp": "E", "--color": "", "--colour": "",
}  # fmt: skip


def grep(arguments: Sequence[str], stdin: str | None, files: Files) -> Result:
    """Search lines; supports -q, -c, -n, -v, -i, -E, -F, -o, -e, -x, -w and -s."""
    flags, operands, patterns = set[str](), list[str](), list[str]()
    words = list(arguments)
    while words:
        word = known(words.pop(0)) if not operands or patterns else words.pop(0)
        if word == "--":
            operands += words
            break
        if word.startswith("--"):
            name = _GREP_FLAGS.get(word.partition("=")[0])
            if name is None and word.partition("=")[0][2:] in _GREP_OPTIONS:
                raise UnknownError(word)
            if name is None:
                return Result("", 2, f"grep takes {code(word, 30)} for an option")
            flags.add(name)
        elif word.startswith("-") and len(word) > 1:
            rest = word[1:]
            while rest:
                letter, rest = rest[0], rest[1:]
                if letter == "e" and (rest or words):
                    patterns.append(rest or words.pop(0))
                    break
                if letter not in "qcnviEFoxwsHhrR" or letter in "rR":
                    raise UnknownError(word)
                flags.add(letter)
        else:
            operands.append(word)
    if not patterns:
        if not operands:
            return Result("", 2, "grep has no pattern")
        patterns.append(operands.pop(0))
    if len(operands) > 1:
        raise UnknownError("several files")
    text = files.read(operands[0]) if operands and operands[0] != "-" else stdin
    if text is None:
        if operands:
            return Result("", 2, f"{operands[0]} does not exist")
        return Result("", 2, "grep has no file to read")
    return _matched(text, [p for pattern in patterns for p in pattern.split("\n")], flags)


def _searches(patterns: Sequence[str], flags: set[str]) -> list[re.Pattern[str]]:
    found = []
    for pattern in patterns:
        source = re.sub(r"[^\w]", lambda m: "\\" + m[0], known(pattern)) if "F" in flags else pattern
        one = compiled(source, extended="E" in flags or "F" in flags, ignore_case="i" in flags)
        if "x" in flags or "w" in flags:
            around = (r"\A(?:{})\Z" if "x" in flags else r"(?<!\w)(?:{})(?!\w)").format(one.pattern)
            one = re.compile(around, one.flags)
        found.append(one)
    return found


def _matched(text: str, patterns: Sequence[str], flags: set[str]) -> Result:
    try:
        searches = _searches(patterns, flags)
    except MalformedError:
        return Result("", 2)
    for search in searches:
        affordable(search, text)
    lines = lines_of(text)
    if "q" in flags and "v" not in flags and UNKNOWN not in text:
        return Result("", 0 if any(search.search(line) for line in lines for search in searches) else 1)
    hits: list[tuple[int, str]] = []
    doubt = False
    for index, line in enumerate(lines, 1):
        found = next((hit for search in searches if (hit := search.search(line))), None)
        if UNKNOWN in line:
            sure = found is not None and UNKNOWN not in found[0]
            doubt = doubt or not sure
            if not sure:
                continue
        if (found is not None) is not ("v" in flags):
            hits.append((index, found[0] if "o" in flags and found is not None else line))
    if doubt and (not hits or "q" not in flags):
        raise UnknownError(text)
    status = 0 if hits else 1
    if "q" in flags:
        return Result("", status)
    if "c" in flags:
        return Result(f"{len(hits)}\n", status)
    return Result("".join(f"{index}:{line}\n" if "n" in flags else f"{line}\n" for index, line in hits), status)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without line ends; a final newline starts no line."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def wc(arguments: Sequence[str], stdin: str | None, files: Files) -> Result:
    """Count lines, words or bytes; supports -l, -w and -c."""
    options = [word for word in arguments if word.startswith("-")]
    paths = [word for word in arguments if not word.startswith("-")]
    if options not in (["-l"], ["-w"], ["-c"]) or len(paths) > 1:
        raise UnknownError("wc")
    text = files.read(paths[0]) if paths else stdin
    if text is None:
        return Result("", 1)
    text = known(text)
    count = {"-l": text.count("\n"), "-w": len(text.split()), "-c": len(text.encode())}[options[0]]
    return Result(f"{count} {paths[0]}\n" if paths else f"{count}\n")


def _ends(arguments: Sequence[str], stdin: str | None, files: Files, *, tail: bool) -> Result:
    count, paths = 10, list[str]()
    words = list(arguments)
    while words:
        word = known(words.pop(0))
        if word == "-n" and words:
            word = f"-{words.pop(0)}"
        elif word.startswith("-n"):
            word = f"-{word[2:]}"
        if re.fullmatch(r"-\d+", word):
            count = int(word[1:])
        elif word.startswith("-") or "+" in word:
            raise UnknownError(word)
        else:
            paths.append(word)
    text = files.read(paths[0]) if len(paths) == 1 else stdin
    if text is None or len(paths) > 1:
        return Result("", 1) if len(paths) == 1 else _unknown()
    pieces = re.findall(r"[^\n]*\n|[^\n]+", text)
    return Result("".join(pieces[-count:] if tail and count else pieces[:0] if tail else pieces[:count]))


def _unknown() -> Result:
    raise UnknownError("input")


def cat(arguments: Sequence[str], stdin: str | None, files: Files) -> Result:
    """Print files or standard input."""
    if any(word.startswith("-") and word != "-" for word in arguments):
        raise UnknownError("cat")
    if not arguments or list(arguments) == ["-"]:
        return Result(stdin) if stdin is not None else _unknown()
    texts = [files.read(path) for path in arguments]
    return Result("".join(text or "" for text in texts), 1 if None in texts else 0)


def ls(arguments: Sequence[str], _: str | None, files: Files) -> Result:
    """List one file; with -l, the text before its name is unknown."""
    paths = [word for word in arguments if not word.startswith("-")]
    if len(paths) != 1:
        raise UnknownError("ls")
    if files.read(paths[0]) is None:
        return Result("", 2)
    long = any("l" in word for word in arguments if word.startswith("-"))
    return Result(f"-{UNKNOWN} {paths[0]}\n" if long else f"{paths[0]}\n")


def cut(arguments: Sequence[str], stdin: str | None, _: Files) -> Result:
    """Print one field of each line; supports -d with -f."""
    joined = re.fullmatch(r"-d ?(.) -f ?(\d+)", " ".join(arguments), re.DOTALL)
    if joined is None or stdin is None:
        raise UnknownError("cut")
    field = int(joined[2])
    rows = [line.split(joined[1]) for line in lines_of(known(stdin))]
    found = [row[0] if len(row) == 1 else row[field - 1] if field <= len(row) else "" for row in rows]
    return Result("".join(f"{value}\n" for value in found))


_SED_OPTIONS = {
    "--quiet": "-n", "--silent": "-n", "--in-place": "-i", "--regexp-extended": "-E", "--expression": "-e",
}  # fmt: skip


def run_sed(arguments: Sequence[str], stdin: str | None, files: Files) -> Result:
    """Edit lines; supports -n, -i, -e and -E. With -i it writes the file."""
    quiet = in_place = extended = False
    scripts, paths = list[str](), list[str]()
    words = list(arguments)
    while words:
        word = known(words.pop(0))
        word = _SED_OPTIONS.get(word, word)
        if word == "-e" and words:
            scripts.append(words.pop(0))
        elif re.fullmatch(r"-[niEr]+(?:\.\w+)?", word) and (not word.startswith("-i") or word[2:3] in ("", ".")):
            quiet, in_place = quiet or "n" in word.partition(".")[0], in_place or "i" in word.partition(".")[0]
            extended = extended or "E" in word or "r" in word.partition(".")[0]
        elif word.startswith("-"):
            raise UnknownError(word)
        else:
            paths.append(word)
    if not scripts and paths:
        scripts.append(paths.pop(0))
    edits = [edit for script in scripts for edit in sed_script.read_script(script, extended=extended)]
    if in_place and not paths:
        return Result("", 4, "sed has no file to edit")
    if len(paths) > 1:
        raise UnknownError("several files")
    text = files.read(paths[0]) if paths else stdin
    if text is None:
        return Result("", 2) if paths else _unknown()
    result = sed_script.edited(text, edits, quiet=quiet)
    if in_place:
        files.write(paths[0], result)
        return Result()
    return Result(result)


def echo(arguments: Sequence[str], _: str | None, __: Files) -> Result:
    """Print words; supports -n and -e."""
    words, newline, escapes = list(arguments), "\n", False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        newline = "" if "n" in words[0] else newline
        escapes = "e" in words[0]
        words.pop(0)
    text = " ".join(words)
    if escapes:
        text = _unescaped(text)
    return Result(text + newline)


def printf(arguments: Sequence[str], _: str | None, __: Files) -> Result:
    """Print a format with %s, %d and escapes."""
    if not arguments or re.search(r"%[^sd%]", arguments[0]):
        raise UnknownError("printf")
    values = list(arguments[1:])
    pieces = re.split(r"(%[sd%])", _unescaped(arguments[0]))
    fields = sum(piece in ("%s", "%d") for piece in pieces)
    out = ""
    while True:
        for piece in pieces:
            field = piece in ("%s", "%d")
            out += (values.pop(0) if values else "") if field else "%" if piece == "%%" else piece
        if not values or not fields:
            return Result(out)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([nt\\])", lambda m: {"n": "\n", "t": "\t", "\\": "\\"}[m[1]], text)


def test(words: Sequence[str], files: Files) -> bool:
    """Evaluate `[` and `test`; raise UnknownError for and, or and parentheses."""
    if len(words) == 0:
        return False
    if words[0] == "!" and len(words) > 1:
        return not test(words[1:], files)
    if len(words) == 1:
        return words[0] != "" if UNKNOWN not in words[0] else _doubt(words[0])
    if len(words) == 2:
        return _unary(words[0], words[1], files)
    if len(words) != 3:
        raise UnknownError("test")
    one, sign, other = words
    if sign in ("=", "=="):
        return equal(one, other)
    if sign == "!=":
        return not equal(one, other)
    if sign not in _COMPARES:
        raise UnknownError(sign)
    return _COMPARES[sign](number(one), number(other))


_COMPARES: Mapping[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq,
    "-ne": operator.ne,
    "-lt": operator.lt,
    "-le": operator.le,
    "-gt": operator.gt,
    "-ge": operator.ge,
}


def _unary(sign: str, word: str, files: Files) -> bool:
    if sign in ("-n", "-z"):
        if word and not word.strip(UNKNOWN):
            raise UnknownError(word)
        return (word == "") is (sign == "-z")
    if sign in ("-f", "-e", "-r"):
        return files.read(word) is not None
    if sign == "-s":
        return bool(files.read(word))
    raise UnknownError(sign)


def _doubt(word: str) -> bool:
    if word.strip(UNKNOWN):
        return True
    raise UnknownError(word)


def _quiet(_: Sequence[str], __: str | None, ___: Files) -> Result:
    return Result()


def _false(_: Sequence[str], __: str | None, ___: Files) -> Result:
    return Result("", 1)


PROGRAMS: Mapping[str, Program] = {
    "grep": grep,
    "wc": wc,
    "head": lambda words, stdin, files: _ends(words, stdin, files, tail=False),
    "tail": lambda words, stdin, files: _ends(words, stdin, files, tail=True),
    "cat": cat,
    "ls": ls,
    "cut": cut,
    "sed": run_sed,
    "echo": echo,
    "printf": printf,
    "true": _quiet,
    ":": _quiet,
    "cd": _quiet,
    "chmod": _quiet,
    "mkdir": _quiet,
    "sleep": _quiet,
    "false": _false,
}
