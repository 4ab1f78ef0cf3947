"""Applies the shell's builtins: their changes to the shell, and their exit status."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from zr4lint.shell import dash
from zr4lint.shell.commands import Command, Dialect, Reach, Word
from zr4lint.shell.compound import bind, tested_words
from zr4lint.shell.expansion import plain_word
from zr4lint.shell.fatal_steps import ends_at_words, has_bad_name, values_by_themselves
from zr4lint.shell.status import DONE, FALSE, TRUE, Jump, Status, Value, jump, of_program, runs_nothing, succeeds
from zr4lint.shell.wrappers import DEFAULT_PATH

if TYPE_CHECKING:
    from tree_sitter import Node

    from zr4lint.shell.tree import Frame
    from zr4lint.shell.walker import Walker

_JUMPS = frozenset({"exit", "return", "break", "continue"})
_READERS = frozenset({"read", "getopts", "mapfile", "readarray"})
_SPECIAL = dash.SPECIAL - _JUMPS - {"exec"}
"""Special builtins that continue the script."""
_OF_BASH = r"\w+(?:\[[^]=]*\]\+?|\+)="
"""An assignment to an array element, or with `+=`, which dash reads as the name of a command."""
_TESTS = frozenset({"[", "expr", "test"})
_ENDS_TRAPS = frozenset({"EXIT", "0"})
_PRINTERS = frozenset({"echo", "printf"})
_LOCALS = frozenset({"declare", "local", "typeset"})
_HARMLESS = frozenset({"0", "CHLD", "CONT", "EXIT", "URG", "WINCH"})
"""Signals that don't end a shell."""
_WRITABLE = r"/tmp/[^/]*|/dev/(?:null|stdout|stderr|zero)"


def assignment(walker: Walker, node: Node, frame: Frame) -> Status:
    """Walk an assignment without a command, or a declaration such as `export`, and return its status."""
    substituted = walker.substitutions(node, frame)
    declares = node.type == "declaration_command"
    span = walker.span(node, frame)
    words = frame.text(node).split()
    if walker.in_dash and not declares and re.match(_OF_BASH, words[0]):
        return walker.refuse(span, frame, ends=False)  # dash reads it as the name of a command
    if declares and walker.in_dash:
        if words[0] in dash.MISSING:
            return walker.refuse(span, frame, ends=False)
        element = any(re.match(_OF_BASH, word) for word in words[1:])
        if element or has_bad_name(node, frame) or dash.ends_at(words) or (words[0] == "local" and frame.call is None):
            return walker.refuse(span, frame, ends=True)
    found = walker.assignments((node, *node.named_children), frame)
    if declares and words[0] in _LOCALS and frame.call is not None and words[1:2] != ["-g"]:
        for name in (*(name for name, _ in found), *words[1:]):
            if name.isidentifier():
                walker.locals.setdefault(name, walker.variables.get(name))
    if not walker.constants.isdisjoint(name for name, _ in found):
        return walker.refuse(span, frame, ends=walker.in_dash or not declares)
    if declares and words[0] == "readonly" and frame.reach is Reach.ALWAYS and not frame.scope:
        walker.constants |= {word.partition("=")[0] for word in words[1:]}
    found = tuple((name, bind(walker, word)) for name, word in found)
    values = (word for _, word in found) if declares else values_by_themselves(found)
    if (ended := ends_at_words(walker, values, span, frame)) is not None:
        return ended
    walker.emit(frame, span, assignments=found)
    if walker.private and (words[0] == "export" or (declares and "x" in words[1] and words[1][0] == "-")):
        names = {name.partition("=")[0] for name in words[1:]}
        walker.private = walker.private - names if not any("$" in name for name in names) else None
    return substituted if substituted is not None and not declares else DONE


def unset(walker: Walker, node: Node, frame: Frame) -> Status:
    """Walk `unset`: forget the variables, or the functions with -f."""
    words = frame.text(node).split()
    constant = words[1:2] != ["-f"] and not walker.constants.isdisjoint(words[1:])
    if walker.in_dash and (constant or dash.ends_at(words, pipefail=walker.dialect is Dialect.NEW_DASH)):
        return walker.refuse(walker.span(node, frame), frame, ends=True)
    for child in node.named_children:
        name = frame.text(child)
        if words[1:2] == ["-f"]:
            if frame.reach is not Reach.NEVER:
                walker.functions.pop(name, None)
        elif name.isidentifier():
            word = plain_word(DEFAULT_PATH if name == "PATH" else "", walker.span(child, frame))
            walker.emit(frame, word.span, assignments=((name, word),))
            if frame.reach is Reach.ALWAYS:
                walker.variables.unset(name)
    return DONE


def _keep_assignments(walker: Walker, name: str, made: Command, frame: Frame) -> None:
    """Keep the assignments in front of a special builtin, which every shell but bash does."""
    if name in _SPECIAL and walker.dialect is not Dialect.BASH and not made.wrappers:
        for pair in made.assignments:
            walker.emit(frame, made.span, assignments=(pair,))


def _may_return(frame: Frame) -> bool:
    """Return whether bash accepts `return` at a position: in a function, or in a script that another one sources."""
    return frame.call is not None or any(wrapper.name in (".", "source") for wrapper in frame.wrappers)


def builtin(walker: Walker, name: str, made: Command, frame: Frame) -> Status:
    """Apply a command's changes to the shell and return its status."""
    rest = made.words[1:]
    _keep_assignments(walker, name, made, frame)
    if name == "return" and walker.dialect is Dialect.BASH and not _may_return(frame):
        return FALSE
    if name in _JUMPS:
        code = walker.variables.value(rest[0]) if rest else None
        return jump(name, code if rest or name != "exit" else None, frame.reach, in_loop=frame.in_loop)
    if name in _TESTS and (tested := _tested(walker, name, rest, frame)) is not None:
        return tested
    if (walk := _WALKS.get(name)) is not None:
        return walk(walker, made, frame)
    if name in _READERS:
        for word in rest:
            walker.assign(word.literal or "", None, frame)
    elif name == "printf" and rest and rest[0].literal == "-v" and len(rest) > 1:
        walker.assign(rest[1].literal or "", None, frame)
    elif name in (".", "source", "eval"):
        ran_unknown(walker)
    elif name == "trap" and len(rest) > 1 and frame.reach is not Reach.NEVER:
        if any(word.literal in _ENDS_TRAPS for word in rest[1:]) and rest[0].literal is not None:
            walker.trap = (rest[0].text, frame)
    elif name in ("alias", "unalias"):
        _alias(walker, name, made, frame)
    elif name == "tty":
        return FALSE  # a build has no terminal
    elif name == "kill" and any(word.text.text == "$$" for word in rest) and not _only_asks(rest):
        return Status(Value.FALSE, Jump.SHELL, frame.reach is Reach.ALWAYS)
    elif name == "export" or _succeeds(name, made):
        return TRUE
    return of_program(name)


def ran_unknown(walker: Walker) -> None:
    """Record that the shell itself ran a script that could not be read completely."""
    walker.variables.open()
    walker.arguments = None
    walker.unset_fails = False


def _tested(walker: Walker, name: str, words: tuple[Word, ...], frame: Frame) -> Status | None:
    """Return the status of `test`, `[` or a comparison by `expr`, or None for any other use of expr."""
    if name == "[":
        closed = bool(words) and words[-1].literal == "]"
        return Status(tested_words(walker, words[:-1], frame)) if closed else FALSE
    compares = len(words) == 3 and words[1].literal in ("=", "!=")
    return Status(tested_words(walker, words, frame)) if name == "test" or compares else None


def _only_asks(rest: tuple[Word, ...]) -> bool:
    """Return whether `kill` only lists signals, or sends one that doesn't end a shell (number 0 among them)."""
    texts = [word.literal for word in rest]
    given = texts[1] if texts[0] in ("-s", "-n") else (texts[0] or "").removeprefix("-").removeprefix("SIG")
    return texts[0] in ("-l", "-L") or (given or "").upper() in _HARMLESS


def _alias(walker: Walker, name: str, made: Command, frame: Frame) -> None:
    """Record aliases. Bash doesn't expand them in a script, so only dash's are recorded."""
    for word in made.words[1:] if walker.in_dash and frame.reach is not Reach.NEVER else ():
        alias, given, value = (word.literal or "").partition("=")
        if name == "unalias" or not given:  # a bare name prints the alias
            walker.aliases.pop(alias if name == "unalias" else "", None)
            continue
        known = frame.reach is Reach.ALWAYS and bool(value)
        end = max(word.span.end - frame.script.offset(0), 0)
        walker.aliases[alias] = (frame.script, end, value if known else None)


def _succeeds(name: str, made: Command) -> bool:
    """Return whether a command succeeds in every image and for every user."""
    if name in _PRINTERS:
        targets = [redirection.target for redirection in made.redirections]
        return all(one is not None and re.fullmatch(_WRITABLE, one.text.text) for one in targets)
    return succeeds(name, [word.literal or "" for word in made.words])


def _wait(walker: Walker, made: Command, _frame: Frame) -> Status:
    """Walk `wait` and return its status, which is that of the last command in the background for `wait $!`."""
    return Status(walker.job_status) if [word.text.text for word in made.words[1:]] == ["$!"] else DONE


def _set(walker: Walker, made: Command, frame: Frame) -> Status:
    """Walk `set`: change options and the positional arguments, and return its status."""
    words = made.words[1:]
    if frame.reach is Reach.NEVER:
        return DONE
    previous = ""
    for index, word in enumerate(words):
        text = word.literal or ""
        if text == "--" or text[:1] not in ("-", "+"):
            if previous[1:] != "o" and (text == "--" or previous[-1:] != "o"):
                given = words[index + (text == "--") :]
                walker.arguments = walker.fields(given) if frame.reach is Reach.ALWAYS else None
                break
            if text == "nounset":
                walker.unset_fails = previous[0] == "-" and frame.reach is Reach.ALWAYS
            if text == "errexit":
                walker.exits_on_failure = previous[0] == "-" and frame.reach is Reach.ALWAYS
        elif runs_nothing(text):
            return Status(Value.TRUE, Jump.SHELL, frame.reach is Reach.ALWAYS)
        if "u" in text and text[:1] in ("-", "+") and text != "--":
            walker.unset_fails = text[0] == "-" and frame.reach is Reach.ALWAYS
        if "e" in text and text[:1] in ("-", "+"):
            walker.exits_on_failure = text[0] == "-" and frame.reach is Reach.ALWAYS
        if text == "allexport" or ("a" in text and text[:1] == "-"):
            walker.private = None
        previous = text
    return DONE


def _shift(walker: Walker, made: Command, frame: Frame) -> Status:
    """Walk `shift` and return its status. Dash exits if there are too few arguments."""
    count = (made.words[1].literal or "") if len(made.words) > 1 else "1"
    if walker.arguments is None or frame.reach is Reach.NEVER:
        return DONE
    known = frame.reach is Reach.ALWAYS and count.isascii() and count.isdecimal() and len(count) < 4
    known = known and not any(word.glob for word in walker.arguments)
    if known and int(count) > len(walker.arguments):
        return walker.refuse(made.span, frame, ends=walker.in_dash)
    walker.arguments = walker.arguments[int(count) :] if known else None
    return DONE


_WALKS: Mapping[str, Callable[[Walker, Command, Frame], Status]] = {"set": _set, "shift": _shift, "wait": _wait}
