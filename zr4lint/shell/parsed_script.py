"""Parses a script into commands: tree-sitter-bash finds the structure, and `ScriptWalker` walks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.model import budgets
from zr4lint.model.deadline import NO_DEADLINE, Deadline
from zr4lint.model.remark import Remark
from zr4lint.model.source import Span
from zr4lint.shell.commands import Command, Dialect, Heredoc, Reach, Word
from zr4lint.shell.lexis import TooDeepError
from zr4lint.shell.status import DONE, Jump, Value
from zr4lint.shell.tree import Frame
from zr4lint.shell.walk import ScriptWalker
from zr4lint.shell.walker import TooManyError

if TYPE_CHECKING:
    from zr4lint.model.source import MappedText
    from zr4lint.shell.expansion import Environment
    from zr4lint.shell.found_files import Files


class ParsedScript(Struct, frozen=True):
    """The commands of a script, and the remarks on it.

    `failing` is the command that certainly fails and whose status the script ends with, or None. `refused` tells that
    the shell, which is `failing_in`, rejects its words, and `why` is the reason or "".
    """

    commands: tuple[Command, ...]
    remarks: tuple[Remark, ...] = ()
    failing: Span | None = None
    refused: bool = False
    failing_in: Dialect | None = None
    why: str = ""


def parse_script(  # noqa: PLR0913 - one per setting of the shell
    script: MappedText,
    heredocs: Sequence[Heredoc] = (),
    *,
    dialect: Dialect = Dialect.BASH,
    variables: Environment | None = None,
    arguments: tuple[Word, ...] | None = None,
    files: Files | None = None,
    options: frozenset[str] = frozenset(),
    fails_the_run: bool = False,
    deadline: Deadline = NO_DEADLINE,
) -> ParsedScript:
    """Return all commands of a script in order, including those of subshells, `sh -c '...'` and called functions.

    `variables` give the results of tests, with None for unknown values. `files` are the files before the script runs.
    `arguments` are `$1` and on, or None if they are unknown. `options` has "a" and "e" if the shell has -a and -e.
    `fails_the_run` tells that the RUN has the script's status: a command after a final `&&` then runs in every
    successful build.
    """
    walk = ScriptWalker(dialect, {} if variables is None else variables, files, deadline)
    walk.exits_on_failure, walk.arguments = "e" in options, arguments
    walk.private = None if "a" in options else walk.private
    if not dialect.is_dash:
        walk.set_by_bash()
    status = DONE
    try:
        status = walk.script(script, heredocs, Frame(script, {}, Reach.ALWAYS, (), "", 0, closing=fails_the_run))
        if walk.trap is not None:
            text, frame = walk.trap
            status = walk.script(text, (), frame)  # the trap can change the shell's status
            status = status if status.jump is Jump.SHELL and frame.reach is Reach.ALWAYS else DONE
    except (RecursionError, TooDeepError):  # no budget counts this kind of nesting
        walk.too_large("a script", f"{budgets.DEPTH} commands around a command", script.span(0, 1))
    except TooManyError as error:
        walk.too_large("a script", str(error), script.span(0, 1))
    failing = walk.failed if status.value is Value.FALSE and status.sure and not walk.remarks else None
    by_words = failing is not None and failing == walk.refused
    return ParsedScript(
        tuple(walk.commands), tuple(walk.remarks), failing, by_words, walk.failed_in, walk.why if by_words else ""
    )
