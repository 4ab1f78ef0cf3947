"""Walks simple commands: their words, the functions and scripts they run, and their changes to the shell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model import budgets
from zr4lint.model.quoting import code
from zr4lint.shell import dash
from zr4lint.shell.builtins import builtin, ran_unknown
from zr4lint.shell.commands import Command, Dialect, Reach, Redirection, Word, Wrapper
from zr4lint.shell.compound import bind, words
from zr4lint.shell.expansion import plain_word, unknown
from zr4lint.shell.fatal_steps import assign_defaults, refused, refused_words
from zr4lint.shell.feeding import READ_BY_PATH, found_by_find
from zr4lint.shell.found_files import Kind
from zr4lint.shell.status import DONE, FALSE, Jump, Status
from zr4lint.shell.tree import Frame, read_redirect
from zr4lint.shell.wrappers import READS_SCRIPTS, program, unwrap

if TYPE_CHECKING:
    from tree_sitter import Node

    from zr4lint.model.source import MappedText
    from zr4lint.shell.inputs import Handed
    from zr4lint.shell.walker import Walker

_NO_WORDS = frozenset("'\"\\$`;&|<>(){}*?[~#")
"""Characters that make an alias more than plain words."""
_NO_FILE = r"=?\d[\w.*]*\Z"
_COPIES = frozenset({"cat", "tee", "tr"})
"""Programs that copy their standard input to their output or a file."""
_SEARCHES = frozenset({"grep", "egrep", "fgrep"})
_TEXTS = frozenset({"awk", "gawk", "mawk", "perl"})
_READS_ALL = frozenset({"cat", "sort", "head", "tail", "wc"})
"""Programs that fail if one of their operands, which are files, is missing."""
_SOURCES = frozenset({".", "source"})
_CALL = 10
_RUN_BY = 5
"""The cost of a command that find or xargs runs. Each level copies the words of the levels inside it."""


def command(
    walker: Walker,
    node: Node,
    frame: Frame,
    arguments: Sequence[Node] = (),
    redirections: Sequence[Redirection] = (),
    stdin: MappedText | None = None,
) -> Status:
    """Walk a simple command and return its status.

    `arguments`, `redirections` and `stdin` are those that the grammar attaches to the enclosing statement.
    """
    script = frame.script
    substituted = walker.substitutions(node, frame)
    assignments = walker.assignments(node.named_children, frame)
    assignments = tuple((name, bind(walker, word)) for name, word in assignments)
    found_words: list[Word] = []
    found = list(redirections)
    for child in node.children:
        if child.type in ("==", "=~"):  # the grammar doesn't treat these as words
            found_words.append(plain_word(frame.text(child), walker.span(child, frame)))
        if child.type == "variable_assignment" or not child.is_named:
            continue
        if child.type.endswith("_redirect"):
            redirect = read_redirect(child, script, frame.heredocs)
            found += redirect.redirections
            found_words += (walker.word([w], frame) for w in redirect.arguments)
            stdin = redirect.heredoc or stdin
        elif child.type == "command_name":
            found_words += words(walker, child.children[0], frame) if len(child.children) == 1 else ()
            if len(child.children) != 1:
                found_words.append(walker.word(child.children, frame))
        else:
            found_words += words(walker, child, frame)
    found_words += (walker.word([w], frame) for w in arguments)
    if walker.aliases and found_words:
        found_words[:1] = _unaliased(walker, found_words[0], node, frame)
    span = script.span(node.start_byte, max([node.end_byte, *(a.end_byte for a in arguments)]))
    if frame.call is not None and any(word in frame.call.words for word in found_words):
        span = frame.call.span
        found += frame.call.redirections
    made = Command(
        tuple(found_words),
        assignments,
        tuple(found),
        span,
        frame.operator,
        frame.reach,
        frame.scope,
        stdin,
        wrappers=frame.wrappers,
        pipes=frame.pipes,
        exits=walker.exits_on_failure,
    )
    if not found_words:
        for name, word in assignments:
            walker.assign(name, walker.value(word, word.span), frame)
        walker.record(made, frame)
        return substituted if substituted is not None and assignments else DONE
    return run(walker, made, frame)


def _unaliased(walker: Walker, word: Word, node: Node, frame: Frame) -> list[Word]:
    """Return the words that dash substitutes for an alias, which takes effect on the line after its definition."""
    script, end, value = walker.aliases.get(word.text.text, (None, 0, ""))
    if script is not frame.script or word.quoted or "\n" not in script.text[end : node.start_byte]:
        return [word]
    known = value is not None and _NO_WORDS.isdisjoint(value)
    return [plain_word(one, word.span) for one in value.split()] if known and value else [unknown(word)]


def run(walker: Walker, made: Command, frame: Frame) -> Status:
    """Walk the function or script that a command runs, or record the command; return its status."""
    if walker.located and made.words:
        made = structs.replace(made, words=(_program_word(walker, made.words[0], frame), *made.words[1:]))
    written = made.words
    first = written[0].literal if written else ""
    made, wrapper = unwrap(made)
    targets = (redirection.target for redirection in made.redirections if redirection.target is not None)
    assign_defaults(walker, (*made.words, *(word for _, word in made.assignments), *targets), frame)
    name = _name(walker, made)
    if name in walker.functions and wrapper not in ("command", "env", "sudo"):
        return _call(walker, name, made, frame)
    checked = walker.in_dash and not dash.PARTICULAR.isdisjoint((first, name))
    if why := refused_words(walker, made):
        return refused(walker, made, frame, why, ends=True)
    literals = [word.literal or "" for word in (written if first == "exec" else made.words)] if checked else []
    absent = _reads_absent(walker, name, made, frame)
    ended = dash.ends_at(literals, pipefail=walker.dialect is Dialect.NEW_DASH)
    if ended or (absent and walker.in_dash and (name in dash.SPECIAL or first == "exec")):
        why = f"{code(absent, 40)} does not exist" if absent else ""
        return walker.refuse(made.span, frame, ends=wrapper != "command", why=why)
    if _lacks_input(made):  # the rule on unquoted specifiers reports it
        walker.record(structs.replace(made, reach=Reach.NEVER), frame)
        return FALSE
    missing = walker.in_dash and not dash.MISSING.isdisjoint((first, name))
    if missing or absent or dash.fails(literals):
        why = f"dash has no command `{first}`" if missing else f"{code(absent, 40)} does not exist" if absent else ""
        return refused(walker, made, frame, why, ends=False)
    if wrapper == "setsid" and any(word.literal in ("-f", "--fork") for word in written):
        made = structs.replace(made, reach=Reach.NEVER)  # it runs in the background and ends with the RUN
    inner = _by_xargs(walker, made, frame) if made.words and program(made.words[0]) == "xargs" else None
    if inner is not None and frame.depth < budgets.DEPTH:
        statuses = [run(walker, one, frame.under(Reach.ALWAYS, depth=_RUN_BY)) for one in inner]
        return statuses[-1] if statuses else DONE
    reads = frame.operator == "|" and made.stdin is None
    if reads and (name in _COPIES or any(word.literal == "/dev/stdin" for word in made.words)):
        made = structs.replace(made, stdin=walker.piped(frame))
    nested = _script_of(walker, name, made, frame)
    if nested is not None and frame.depth < budgets.DEPTH:
        before = len(walker.commands)
        status = _nested(walker, nested, made, frame)
        if nested.script.is_at_one_place:
            walker.commands[before:] = [structs.replace(one, span=made.span) for one in walker.commands[before:]]
    elif "/" in name and _not_executable(walker, name, frame):
        walker.record(structs.replace(made, reach=Reach.NEVER), frame)
        return FALSE
    else:
        status = _recorded(walker, name, made, frame)
    if wrapper == "exec" and made.words:
        return structs.replace(status, jump=Jump.SHELL, sure=frame.reach is Reach.ALWAYS)
    return status


def _reads_absent(walker: Walker, name: str, made: Command, frame: Frame) -> str:
    """Return the path of a file that a command reads and that is certainly missing, or ""."""
    if walker.functions:  # a call's redirections are not among those of its commands
        return ""
    targets = [r.target for r in made.redirections if r.operator == "<" and r.target is not None]
    if name in _SOURCES:
        targets += made.words[1:2]
    elif name in _READS_ALL:
        options = [(word.literal or "-").startswith("-") for word in made.words]
        valued = name == "sort"  # `-o FILE` is an output
        targets += (
            word for i, word in enumerate(made.words) if i and not options[i] and not (valued and options[i - 1])
        )
    for target in targets:
        path = None if target.glob else walker.variables.value(target)
        found = walker.look(path, frame) if path is not None and "/" in path else None
        if path is not None and found is not None and found.kind is Kind.NOTHING and found.proven:
            return path
    return ""


def _program_word(walker: Walker, word: Word, frame: Frame) -> Word:
    """Return a command's first word, with `"$(command -v NAME)"` replaced by the program's name."""
    whole = word.expansions[0] if len(word.expansions) == 1 else None
    if whole is None or whole.end - whole.start != len(word.text.text):
        return word
    name = walker.located.get((id(frame.script), whole.operand))
    return word if name is None else plain_word(name, word.span)


def _recorded(walker: Walker, name: str, made: Command, frame: Frame) -> Status:
    """Record a command and follow those that find, python, awk or perl run; return its status."""
    found = None
    if name in _SEARCHES:
        from zr4lint.shell.searching import searched  # few scripts use grep

        found = Status(searched(walker, made, frame))
    called = program(made.words[0]) if made.words else ""
    of_find = found_by_find(made, lambda path: walker.exists(path, frame)) if called == "find" else []
    walker.record(made, frame)
    if frame.depth >= budgets.DEPTH:
        pass  # commands nested deeper are not followed
    elif called == "find":
        for inner in of_find:
            if program(inner.words[0]) not in READ_BY_PATH:
                run(walker, inner, frame.under(inner.reach, depth=_RUN_BY))
    elif called.startswith("python") and (made.stdin or any(word.literal == "-c" for word in made.words)):
        from zr4lint.shell.python_code import run_by_python  # few scripts have python -c

        for inner in run_by_python(made, [walker.variables.value(word) for word in made.words]):
            run(walker, inner, frame)
    elif called in _TEXTS:
        from zr4lint.shell.text_code import run_by_text  # few scripts need it

        for inner in run_by_text(made, [walker.variables.value(word) for word in made.words]):
            run(walker, inner, frame)
    return found or builtin(walker, name, made, frame)


def _name(walker: Walker, made: Command) -> str:
    """Return the name of the command that runs, or "" if it is unknown."""
    return (walker.variables.value(made.words[0]) or "") if made.words else ""


def _lacks_input(made: Command) -> bool:
    """Return whether a command reads a file that was meant as a version: `printf 'a\\n' b<5`.

    pip and uv have a rule of their own.
    """
    if not made.redirections:
        return False
    texts = {word.text.text.rpartition("/")[2] for word in made.words}
    if any(text.startswith(("pip", "uv")) for text in texts):
        return False
    ends = {word.span.end for word in made.words}
    return any(
        r.operator == "<" and r.target is not None and r.span.start in ends and re.match(_NO_FILE, r.target.text.text)
        for r in made.redirections
    )


def _call(walker: Walker, name: str, made: Command, frame: Frame) -> Status:
    """Walk a function's body with the arguments of a call, and return its status."""
    if frame.depth >= budgets.DEPTH or walker.exhausted("a function's call", made.span):
        return DONE
    saved, around = walker.arguments, walker.locals
    walker.arguments, walker.locals = walker.fields(made.words[1:]), {}
    for pair in made.assignments:
        walker.emit(frame, made.span, assignments=(pair,))
    body, place = walker.functions[name]
    here = structs.replace(frame, script=place.script, heredocs=place.heredocs, depth=frame.depth + _CALL)
    inner = structs.replace(here, call=made, repeated=True, in_loop=False)
    status = walker.visit(body, inner).within(Jump.CALL)
    for kept, value in walker.locals.items():
        word = plain_word(value or "", made.span)
        walker.emit(frame, made.span, assignments=((kept, unknown(word) if value is None else word),))
    walker.arguments, walker.locals = saved, around
    return status


# Scripts in scripts


def _by_xargs(walker: Walker, made: Command, frame: Frame) -> list[Command] | None:
    """Return the commands that xargs runs, or None if it runs none."""
    from zr4lint.shell.inputs import by_xargs  # few scripts need it

    return by_xargs(walker, made, frame)


def _script_of(walker: Walker, name: str, made: Command, frame: Frame) -> Handed | None:
    """Return the script that a command passes to a shell, or None if there is none or it is unknown."""
    if not made.words or ("/" not in name and name not in READS_SCRIPTS):
        return None
    from zr4lint.shell.inputs import script_of  # few scripts need it

    return script_of(walker, name, made, frame)


def _not_executable(walker: Walker, path: str, frame: Frame) -> bool:
    from zr4lint.shell.inputs import not_executable  # few scripts need it

    return not_executable(walker, path, frame)


def _nested(walker: Walker, handed: Handed, made: Command, frame: Frame) -> Status:
    """Walk the script that a shell runs, in place (`source`, `eval`) or in a shell of its own; return its status."""
    script = handed.script
    if handed.file and walker.exhausted("a script", made.span, len(script.text)):
        return DONE
    wrapper = Wrapper(program(made.words[0]), made.words[0].span)
    inner = structs.replace(
        frame, depth=frame.depth + _CALL, wrappers=(*made.wrappers, wrapper), repeated=frame.repeated or handed.file
    )
    if handed.in_place:
        known = handed.file or all(walker.variables.value(word) is not None for word in made.words)
        status = walker.script(script, (), inner).within(Jump.CALL if handed.file else Jump.NONE)
        if not known:
            ran_unknown(walker)
        _redirect_last(walker, inner.scope, made.redirections)
        return status
    with walker.subshell(inner) as here:
        private, walker.private = walker.private, None
        for pair in made.assignments:
            walker.emit(here, made.span, assignments=(pair,))
        for name in _not_exported(made, script, private or frozenset()):
            walker.emit(here, made.span, assignments=((name, plain_word("", made.span)),))
            walker.variables.unset(name)
        walker.private = None if "a" in handed.options else frozenset()
        outer = walker.dialect
        walker.dialect = inner_dialect(handed.shell, outer)
        if walker.dialect is Dialect.BASH is not outer:
            walker.set_by_bash()
        walker.exits_on_failure = "e" in handed.options
        here = structs.replace(here, tested=False, in_loop=False)  # the inner shell's -e ignores conditions around it
        functions, walker.functions = walker.functions, {}
        walker.arguments, walker.zeroth = handed.arguments, handed.zeroth
        before = len(walker.commands)
        status = walker.script(script, (), here)
        walker.functions, walker.private = functions, private
        if handed.literal_stars:
            walker.commands[before:] = [_without_patterns(one) for one in walker.commands[before:]]
        _redirect_last(walker, here.scope, made.redirections)
    return status.within(Jump.SHELL)


def _not_exported(made: Command, script: MappedText, private: frozenset[str]) -> list[str]:
    """Return the `private` variables that a script in a word of a command does not see.

    Variables that the outer shell expands in the word are left out. If the script is not in a word, it is unknown which
    shell expands its variables, and none are returned.
    """
    at = script.offset(0) if private and script.text else -1
    in_word = any(word.span.start <= at < word.span.end for word in made.words)
    if not in_word or any(wrapper.name == "xargs" for wrapper in made.wrappers):
        return []
    expanded = {expansion.name for word in made.words for expansion in word.expansions}
    return sorted(private.difference(expanded, (name for name, _ in made.assignments)))


def _without_patterns(command: Command) -> Command:
    """Return a command of a shell that doesn't expand wildcards."""
    return structs.replace(command, words=tuple(structs.replace(word, glob=False) for word in command.words))


def inner_dialect(name: str, outer: Dialect) -> Dialect:
    """Return the dialect of a shell that is called by name from a script."""
    if name == "dash":
        return Dialect.DASH
    if name in ("sh", "ash"):
        return outer if outer is not Dialect.BASH else Dialect.SH
    return Dialect.BASH


def _redirect_last(walker: Walker, scope: tuple[int, ...], redirections: tuple[Redirection, ...]) -> None:
    """Add the redirections of `sh -c '...'` to the script's last command.

    With unbalanced quotes, they may have been meant for that command.
    """
    if redirections and walker.commands and walker.commands[-1].scope[: len(scope)] == scope:
        last = walker.commands[-1]
        walker.commands[-1] = structs.replace(last, redirections=last.redirections + redirections)
