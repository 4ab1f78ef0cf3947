"""Unwraps commands that run other commands: `sudo`, `env`, `sh -c '...'`, `bash <<EOF`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import structs

from zr4lint.model.budgets import DEPTH
from zr4lint.model.source import MappedText
from zr4lint.shell.commands import Command, Word, Wrapper

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_WRAPPERS = {
    "sudo": "ugpChrRTUD",
    "env": "uC",
    "exec": "a",
    "command": "",
    "builtin": "",
    "time": "fo",
    "nice": "n",
    "nohup": "",
    "prlimit": "",
    "ionice": "cnp",
    "stdbuf": "ioe",
    "timeout": "ks",
    "gosu": "",
    "busybox": "",
    "chroot": "",
    "chrt": "",
    "doas": "uC",
    "eatmydata": "",
    "fakeroot": "",
    "flock": "wE",
    "runuser": "ugG",
    "setarch": "",
    "setpriv": "",
    "setsid": "",
    "su-exec": "",
    "taskset": "",
    "unshare": "",
    "xvfb-run": "ens",
}
"""Wrappers, each with the letters of its short options that take a value."""

_OPERANDS = {"timeout": 1, "taskset": 1, "chrt": 1, "setarch": 1, "gosu": 1, "chroot": 1, "flock": 1, "su-exec": 1}
CONDAS = frozenset({"conda", "mamba", "micromamba"})
_VALUED_BY_CONDA = ("-n", "--name", "-p", "--prefix", "--cwd", "-r", "--root-prefix", "-e", "--env")
_OF_STRINGS = frozenset({"su", "runuser", "script", "flock"})
"""Programs that pass the string after -c to a shell."""
READS_SCRIPTS = SHELLS | _OF_STRINGS | {"eval", ".", "source"}
"""Commands that may read a script."""
_EXTENDED_PATTERN = r"[?*+@!]\("
_C = r"-[a-z]*c\Z"
_ANSWERS = frozenset({"--help", "--version"})
"""Options with which a wrapper runs nothing."""
_WITH_VALUE = frozenset({"-E", "-G", "-g", "-s", "-u", "-w", "--group", "--shell", "--user"})
"""Options of these programs that take a value."""
DEFAULT_PATH = "/bin:/usr/bin"
"""The folders that are searched for programs if PATH is unset."""
UNKNOWN_ENVIRONMENT = f"?:{DEFAULT_PATH}"
"""PATH in a conda environment of unknown name."""
_UNQUOTED = frozenset("'\"\\$#")
"""Characters with a special meaning in the string of `env -S`."""
_ASSIGNMENT = r"[A-Za-z_]\w*="


def program(word: Word) -> str:
    """Return the name of the program that a word calls, without its folder, or "" if it is unknown."""
    return (word.literal or "").rpartition("/")[2]


def unwrap(command: Command) -> tuple[Command, str]:
    """Return the command inside `sudo`, `env`, `exec` and similar, and the name of the innermost wrapper."""
    wrapper = ""
    while command.words and len(command.wrappers) < DEPTH:
        name = program(command.words[0])
        inner = None
        if name in CONDAS:
            inner = _of_conda(command, name)
        elif name in _WRAPPERS and nested_script(command) is None:
            inner = _inner(command, name)
        if inner is None:
            break
        command, wrapper = inner, name
    return command, wrapper


def _of_conda(command: Command, name: str) -> Command | None:
    """Return the command that `conda run` runs, with the PATH of the environment that it names."""
    words = command.words
    if len(words) < 2 or words[1].literal != "run":
        return None
    assignments = list(command.assignments)
    at = 2
    while at < len(words) and words[at].text.text.startswith("-"):
        option, equals, _ = words[at].text.text.partition("=")
        value = tail(words[at], len(option) + len(equals))
        if option in _VALUED_BY_CONDA and not equals:
            at += 1
            value = words[at] if at < len(words) else value
        if value.literal not in ("", "base") and option in ("-n", "--name", "-p", "--prefix"):
            root = "/opt/conda/envs/" if option in ("-n", "--name") else ""
            assignments.append(("PATH", _between(root, value, f"/bin:{DEFAULT_PATH}")))
        at += 1
    if at >= len(words):
        return None
    wrappers = (*command.wrappers, Wrapper(name, words[0].span))
    return structs.replace(command, words=words[at:], assignments=tuple(assignments), wrappers=wrappers)


def _between(before: str, word: Word, after: str) -> Word:
    """Return a word with text before and after it."""
    pieces = [(before, word.span.start), *word.text.pieces(), (after, word.span.start)]
    size = len(before)
    moved = tuple(structs.replace(e, start=e.start + size, end=e.end + size) for e in word.expansions)
    return structs.replace(word, text=MappedText.join(pieces), expansions=moved)


def _inner(command: Command, name: str) -> Command | None:
    """Return the command that a wrapper runs, with the variables and the folder it sets; None if it runs none."""
    words = command.words
    assignments = list(command.assignments)
    folder = command.folder
    operands = _OPERANDS.get(name, 0)
    at = 1
    while at < len(words):
        text = words[at].literal or ""
        if text == "--":
            at += 1
            break
        if text.startswith("-") and len(text) > 1:
            if text in _ANSWERS or (name == "command" and text in ("-v", "-V")):
                return None
            takes_value = not text.startswith("--") and text[-1] in _WRAPPERS[name]
            if name == "env" and text == "-C" and at + 1 < len(words):
                folder = words[at + 1]
            elif (dropped := _dropped(name, words, at)) is not None:
                value = DEFAULT_PATH if dropped == "PATH" else ""
                assignments.append((dropped, structs.replace(words[at], text=_put(value, words[at]), expansions=())))
            elif name == "env" and text.startswith("--chdir="):
                folder = tail(words[at], len("--chdir="))
            elif name == "env" and (split := _split_string(words, at)) is not None:
                words, at = split, 0
                continue
            at += 2 if takes_value else 1
        elif name in ("env", "sudo") and (found := re.match(_ASSIGNMENT, words[at].text.text)):
            assignments.append(_assignment(words[at], found.end()))
            at += 1
        elif operands:
            operands -= 1
            at += 1
        else:
            break
    if at >= len(words) or (name == "stdbuf" and at == 1):
        return None
    wrappers = (*command.wrappers, Wrapper(name, words[0].span))
    return structs.replace(command, words=words[at:], assignments=tuple(assignments), folder=folder, wrappers=wrappers)


def _dropped(name: str, words: Sequence[Word], at: int) -> str | None:
    """Return the variable that an option of env, or `command -p`, removes, or None for another option."""
    text = words[at].literal or ""
    if name == "command" and text == "-p":
        return "PATH"
    if name != "env":
        return None
    if text.startswith("--unset="):
        return text.removeprefix("--unset=")
    if text == "-u":
        return words[at + 1].literal if at + 1 < len(words) else None
    return "PATH" if text in ("-i", "-", "--ignore-environment") else None


def _put(value: str, word: Word) -> MappedText:
    return MappedText(value, (0,), (word.span.start,))


def _split_string(words: tuple[Word, ...], at: int) -> tuple[Word, ...] | None:
    """Return the words of a call of env after `-S STRING`, with the string split, or None for another option."""
    text = words[at].literal or ""
    if text in ("-S", "--split-string"):
        string, rest = words[at + 1 : at + 2], words[at + 2 :]
    elif text.startswith(("-S", "--split-string=")):
        string, rest = (tail(words[at], 2 if text[1] == "S" else len("--split-string=")),), words[at + 1 :]
    else:
        return None
    if not string or string[0].literal is None or not _UNQUOTED.isdisjoint(string[0].literal):
        return None
    from zr4lint.shell.printed_text import fields  # few calls of env have the option

    return (*fields(string[0].text, lines=False), *rest)


def _assignment(word: Word, start: int) -> tuple[str, Word]:
    return word.text.text[: start - 1], tail(word, start)


def tail(word: Word, start: int) -> Word:
    """Return a word without its first `start` characters."""
    moved = tuple(
        structs.replace(e, start=e.start - start, end=e.end - start) for e in word.expansions if e.start >= start
    )
    return structs.replace(word, text=word.text.slice(start, len(word.text.text)), expansions=moved)


def nested_script(command: Command) -> MappedText | None:
    """Return the script that a command passes to a shell by -c, on standard input or to `eval`, or None."""
    if not command.words:
        return None
    name = program(command.words[0])
    if name == "eval":
        return _joined(command.words[1:])
    if name in _OF_STRINGS:
        return _behind_c(command.words)
    if name not in SHELLS:
        return None
    at = 1
    while at < len(command.words):
        text = command.words[at].literal or ""
        if text[:1] not in ("-", "+") or len(text) < 2:
            return None
        if not text.startswith("--") and "n" in text:
            return None  # the shell reads the script and runs nothing
        if not text.startswith("--") and "c" in text:
            given = command.words[at + 1].text if at + 1 < len(command.words) else None
            extended = any(word.literal == "extglob" for word in command.words[1:at])
            return None if extended and given is not None and has_extended_pattern(given.text) else given
        at += 2 if text in ("--rcfile", "--init-file") or text[-1] in "oO" else 1
    return command.stdin


def has_extended_pattern(script: str) -> bool:
    """Return whether a script may have a pattern of bash's extglob, such as `!(a|b)`, which is not supported."""
    return re.search(_EXTENDED_PATTERN, script) is not None


def _behind_c(words: Sequence[Word]) -> MappedText | None:
    """Return the string after -c or --command, or None.

    A -c after a user or a file belongs to another program.
    """
    operands = -1  # the first word is the program
    for before, word, following in zip(words, words[1:], words[2:], strict=False):
        text = word.literal or ""
        operands += text[:1] != "-" and before.literal not in _WITH_VALUE
        if text == "--" or operands > 0:
            return None
        if text == "--command" or (re.match(_C, text) is not None):
            return following.text
    return None


def script_file(command: Command) -> int | None:
    """Return the index of the word that names a shell's script file, or None."""
    if program(command.words[0]) not in SHELLS:
        return None
    at = 1
    while at < len(command.words):
        text = command.words[at].literal or ""
        if text[:1] not in ("-", "+") or len(text) < 2:
            return at
        if not text.startswith("--") and not {"c", "n", "s"}.isdisjoint(text):
            return None
        at += 2 if text in ("--rcfile", "--init-file") or text[-1] in "oO" else 1
    return None


_NAMES: Mapping[str, str] = {"a": "allexport", "e": "errexit"}
"""The names for `-o` of the options that `options_of` reads."""


def shebang_exits_on_failure(line: str) -> bool:
    """Return whether the first line of a script makes its shell exit at the first command that fails."""
    return re.search(r"\A#!.* -[a-zA-Z]*e", line) is not None


def exits_on_failure(options: Sequence[str | None]) -> bool:
    """Return whether the options of a shell make it exit at the first command that fails."""
    return "e" in options_of(options)


def options_of(options: Sequence[str | None]) -> frozenset[str]:
    """Return which of the options -a (export all variables) and -e (exit at failures) a shell is started with."""
    given: set[str] = set()
    words = iter(options)
    for text in words:
        if text is None or text[:1] not in ("-", "+") or len(text) < 2:
            break
        if text.startswith("--"):
            if text in ("--rcfile", "--init-file"):
                next(words, None)
            continue
        named = next(words, None) if not {"o", "O"}.isdisjoint(text) else None
        for letter, name in _NAMES.items():
            if letter in text or named == name:
                (given.add if text[0] == "-" else given.discard)(letter)
    return frozenset(given)


def reads_input(command: Command) -> bool:
    """Return whether a command is a shell that reads its script from standard input other than a heredoc."""
    if program(command.words[0]) not in SHELLS or command.stdin is not None:
        return False
    options = [word.literal or "" for word in command.words[1:]]
    return all(o[:1] == "-" and not {"c", "n"} & set(o) and not o.startswith("--") for o in options)


def _joined(words: tuple[Word, ...]) -> MappedText | None:
    """Return the script that `eval` reads: its words joined by blanks."""
    pieces: list[tuple[str, int]] = []
    for word in words:
        if pieces:
            pieces.append((" ", word.span.start))
        pieces += word.text.pieces()
    return MappedText.join(pieces) if pieces else None
