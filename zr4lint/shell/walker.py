"""The shared state of a walk over a script: position, values and results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model import budgets
from zr4lint.model.remark import Remark, too_large
from zr4lint.model.source import MappedText, Span
from zr4lint.shell.binding import spliced
from zr4lint.shell.commands import Command, Dialect, Heredoc, Reach, Redirection, Word
from zr4lint.shell.dash import BASH_SETS
from zr4lint.shell.expansion import (
    OUTPUT,
    SUBSTITUTION,
    Environment,
    Variables,
    expand,
    expand_all,
    plain_word,
    word_of,
    written_out,
)
from zr4lint.shell.found_files import EMPTY
from zr4lint.shell.printed_text import output, printed
from zr4lint.shell.status import DONE, FALSE, Jump, Status, Value
from zr4lint.shell.tree import Frame, read_assignment

if TYPE_CHECKING:
    from tree_sitter import Node

    from zr4lint.model.deadline import Deadline
    from zr4lint.shell.found_files import Files, Found

_NAMES = frozenset({"for_statement", "c_style_for_statement"})


class TooManyError(Exception):
    """A script exceeds a budget, which is the argument."""


class Walker(ABC):
    """The state of a walk.

    - `functions` are bodies by name, each with the frame of its definition. `locals` are the previous values of
      variables that the current function made local.
    - `aliases` are dash's aliases: the script and the offset from which each is known, and its value, None if unknown.
    - `arguments` are the words of `$1` and on, or None if they are unknown. `zeroth` is the word of `$0`.
    - `patterns` are those of the enclosing loops over files, by their variables.
    - `located` are the programs whose path a substitution prints, and `folders` the substitutions that print the
      folder.
    - `tells_status` tells that the script uses `$?`.
    - `private` are the variables that this shell has set without exporting them, or None if it exports all.
    - `job_status` is the status of the last command in the background.
    - `failed` is the last command that certainly failed, and `refused` the last one that the shell refused, for the
      reason `why` or an unknown one, "".
    """

    def __init__(self, dialect: Dialect, variables: Environment, files: Files | None, deadline: Deadline) -> None:
        self.dialect = dialect
        self.files = files
        self.variables = Variables(variables)
        self.deadline = deadline
        self.commands: list[Command] = []
        self.remarks: list[Remark] = []
        self.functions: dict[str, tuple[Node, Frame]] = {}
        self.locals: dict[str, str | None] = {}
        self.aliases: dict[str, tuple[MappedText, int, str | None]] = {}
        self.arguments: tuple[Word, ...] | None = None
        self.zeroth: Word | None = None
        self.exits_on_failure = False
        self.unset_fails = False
        self.tells_status = False
        self.private: frozenset[str] | None = frozenset()
        self.job_status = Value.DONE
        self.failed: Span | None = None
        self.failed_in = dialect
        self.refused: Span | None = None
        self.why = ""
        self.constants: set[str] = set()
        self.trap: tuple[MappedText, Frame] | None = None
        self.scopes = 0
        self.pipelines = 0
        self.patterns: dict[str, Word] = {}
        self._repeated = 0
        self._copied = 0
        self._outputs: dict[tuple[int, str], tuple[str, bool]] = {}
        self._substituted: list[tuple[int, int]] = []
        self.located: dict[tuple[int, str], str] = {}
        self.folders: set[tuple[int, str]] = set()

    @abstractmethod
    def visit(self, node: Node, frame: Frame) -> Status:
        """Walk one node."""

    @abstractmethod
    def sequence(self, nodes: Sequence[Node], frame: Frame) -> Status:
        """Walk the commands of a list and return its status."""

    @abstractmethod
    def script(self, script: MappedText, heredocs: Iterable[Heredoc], frame: Frame) -> Status:
        """Walk a script, the outermost or a nested one."""

    @property
    def in_dash(self) -> bool:
        """Return whether dash reads the current script."""
        return self.dialect.is_dash

    def word(self, nodes: Sequence[Node], frame: Frame) -> Word:
        """Return the word that neighbouring nodes form."""
        word = word_of(nodes, frame.script, ansi=not self.in_dash)
        if self.patterns and word.expansions:
            word = spliced(word, self.patterns)
        known = self._outputs or self.folders
        return self._with_outputs(word, frame) if known and word.expansions else word

    def _with_outputs(self, word: Word, frame: Frame, *, splits: bool = True) -> Word:
        """Return a word with known outputs in place of its command substitutions.

        An output with a pattern stays unknown in a word that is not split, since the matching files are unknown.
        """
        expansions = list(word.expansions)
        for index, expansion in enumerate(expansions):
            key = (id(frame.script), expansion.operand)
            text, pattern = self._outputs.get(key, (None, False)) if expansion.name is None else (None, False)
            known = not pattern or (splits and not expansion.quoted)
            if key in self.folders and expansion.operator == SUBSTITUTION:
                expansions[index] = structs.replace(expansion, name="PWD", operator="", operand="")
            elif text is not None and known and expansion.operator == SUBSTITUTION:
                expansions[index] = structs.replace(expansion, name="", operator=OUTPUT, operand=text)
        return structs.replace(word, expansions=tuple(expansions))

    def span(self, node: Node, frame: Frame) -> Span:
        """Return the span of a node in the file."""
        return frame.script.span(node.start_byte, node.end_byte)

    def set_by_bash(self) -> None:
        """Mark as unknown the variables that bash itself sets."""
        for name in BASH_SETS:
            if name not in self.variables:
                self.variables.set(name, None)

    # Results

    def record(self, command: Command, frame: Frame) -> None:
        """Add a command. Raise `TooManyError` if there are too many."""
        self._repeated += frame.repeated
        if len(self.commands) >= budgets.COMMANDS_OF_A_SCRIPT:
            raise TooManyError(f"{budgets.COMMANDS_OF_A_SCRIPT:,} commands")
        if frame.guard or frame.tested or self.private:
            private = self.private or frozenset()
            command = structs.replace(command, guard=frame.guard, tested=frame.tested, private=private)
        self.commands.append(command)

    def refuse(self, span: Span, frame: Frame, *, ends: bool, why: str = "") -> Status:
        """Return the status of a command that the shell refuses; `ends` tells that the shell exits."""
        if frame.reach is Reach.ALWAYS:
            self.failed = self.refused = span
            self.why = why
            self.failed_in = self.dialect
        if not ends:
            return FALSE
        return Status(Value.FALSE, Jump.SHELL) if frame.reach is Reach.ALWAYS else DONE

    def emit(self, frame: Frame, span: Span, *, assignments: tuple[tuple[str, Word], ...]) -> None:
        """Record assignments as a command of their own, and make them."""
        self.record(Command((), assignments, (), span, frame.operator, frame.reach, frame.scope, None), frame)
        for name, word in assignments:
            self.assign(name, self.value(word, span), frame)

    def exhausted(self, thing: str, span: Span, length: int = 0) -> bool:
        """Return whether the budget of repeated commands is used up, and remark on it.

        Each call counts as a command, with one more for each 1,000 characters of a script.
        """
        self._repeated += 1 + length // 1_000
        if self._repeated < budgets.REPEATED_COMMANDS:
            return False
        self.too_large(thing, f"{budgets.REPEATED_COMMANDS} repeated commands", span)
        return True

    def may_copy(self, words: int, span: Span) -> bool:
        """Return whether `words` more words may be copied from the arguments, and remark on it if not."""
        self._copied += words
        if self._copied <= budgets.COPIED_WORDS:
            return True
        self.too_large("`$@`", f"{budgets.COPIED_WORDS} words", span)
        return False

    def too_large(self, thing: str, limit: str, span: Span) -> None:
        """Add the remark that `thing` is not followed because of `limit`."""
        self.remarks.append(too_large(span, thing, limit))

    def piped(self, frame: Frame) -> MappedText | None:
        """Return the output of the previous command in a pipeline, or None if it is unknown."""
        if frame.operator != "|" or not self.commands:
            return None
        before = self.commands[-1]
        if before.reach is not frame.reach:
            return None
        return printed(before, self.dialect, self.variables, lambda path: self.text_of(path, frame))

    # Files

    def look(self, path: str, frame: Frame) -> Found | None:
        """Return the state of a path, or None if it is unknown."""
        if path == "/dev/null":
            return EMPTY
        return self.files.look(path, self.commands, frame.scope) if self.files is not None else None

    def exists(self, path: str, frame: Frame) -> bool:
        """Return whether something certainly exists at a path."""
        found = self.look(path, frame)
        return found is not None and found.kind.name != "NOTHING"

    def text_of(self, path: str, frame: Frame) -> MappedText | None:
        """Return the text of a file, or None if it is unknown."""
        found = self.look(path, frame)
        return found.text if found is not None else None

    def fed(self, redirections: Sequence[Redirection], heredoc: MappedText | None, frame: Frame) -> MappedText | None:
        """Return the standard input that redirections or a heredoc give, or None if it is unknown."""
        for redirection in reversed(redirections):
            target = redirection.target
            if target is None or not redirection.operator.startswith("<"):
                continue
            if redirection.operator == "<<<":
                text = written_out(target, self.variables)
                return None if text is None else MappedText.join([*text.pieces(), ("\n", redirection.span.end)])
            value = self.variables.value(target)
            return None if value is None or redirection.operator != "<" else self.text_of(value, frame)
        return heredoc

    # Variables

    def state(self) -> tuple[object, ...]:
        """Return the values that a loop's condition may depend on: arguments, and variables that this shell has set."""
        return self.arguments, self.variables.own()

    def value(self, word: Word, span: Span) -> str | None:
        """Return a word's value, or None if it is unknown; remark on a value that is too long."""
        limit = f"{budgets.JOINED_LENGTH} characters"
        return expand(word, self.variables, over=lambda: self.too_large("a value", limit, span))

    def fields(self, words: Sequence[Word]) -> tuple[Word, ...] | None:
        """Return the words that become arguments, with unquoted values split, or None if they are unknown."""
        if all(e.quoted or word.quoted for word in words for e in word.expansions):
            return tuple(words)
        found: list[Word] = []
        for word in words:
            if not word.expansions or word.quoted or all(e.quoted for e in word.expansions):
                found.append(word)
                continue
            arguments = expand_all([word], self.variables)
            if any(argument.value is None or argument.glob for argument in arguments):
                return None
            found += (plain_word(argument.value or "", argument.span) for argument in arguments)
        return tuple(found)

    def assign(self, name: str, value: str | None, frame: Frame) -> None:
        """Set a variable; its value becomes unknown if the assignment may not be reached."""
        if frame.reach is not Reach.NEVER:
            if self.private is not None and name not in self.variables and self.variables.get(name) == "":
                self.private |= {name}
            self.variables.set(name, value if frame.reach is Reach.ALWAYS else None)

    def assignments(self, nodes: Iterable[Node], frame: Frame) -> tuple[tuple[str, Word], ...]:
        """Return the assignments among nodes."""
        found = tuple(filter(None, (read_assignment(node, frame.script) for node in nodes)))
        if self._outputs or self.folders:
            found = tuple((name, self._with_outputs(word, frame, splits=False)) for name, word in found)
        return found

    def forget(self, node: Node, frame: Frame) -> None:
        """Mark as unknown the variables that a loop's body may have set in an earlier round."""
        nodes = [node]
        while nodes:
            inner = nodes.pop()
            if inner.type == "variable_assignment" or inner.type in _NAMES:
                name = inner.child_by_field_name("name") or inner.child_by_field_name("variable")
                if name is not None:
                    self.variables.set(frame.text(name), None)
            elif inner.type == "command" and frame.text(inner).startswith(("read ", "getopts ", "printf -v")):
                for child in inner.named_children[1:]:
                    self.variables.set(frame.text(child), None)
            nodes += inner.named_children

    def _take_output(self, node: Node, before: int, frame: Frame) -> None:
        """Record the output of a command substitution if it is known."""
        key = id(frame.script), str(node.start_byte)
        self._outputs.pop(key, None)
        self.located.pop(key, None)
        inner: list[tuple[int, int]] = []
        while self._substituted and self._substituted[-1][0] >= before:
            inner.append(self._substituted.pop())
        self._substituted.append((before, len(self.commands)))
        own = [
            command
            for at, command in enumerate(self.commands[before:], start=before)
            if not any(start <= at < end for start, end in inner)
        ]
        commands = [command for command in own if command.reach is not Reach.NEVER]
        known = commands and all(command.reach is frame.reach for command in commands)
        if node.type != "command_substitution" or not known:
            return
        words = [word.literal for word in commands[0].words]
        if (
            len(commands) == 1
            and len(words) > 1
            and words[:2] in (["command", "-v"], ["which", words[-1]])
            and words[-1]
        ):
            self.located[key] = words[-1]
        if len(commands) == 1 and words == ["pwd"]:
            self.folders.add(key)
        depth = len(frame.pipes)
        text = output(commands, depth, self.dialect, self.variables, lambda path: self.text_of(path, frame))
        if text is not None and len(text) <= budgets.VALUE_LENGTH:
            pattern = any(word.glob and not word.quoted for command in commands for word in command.words)
            self._outputs[key] = text, pattern

    # Scopes

    @contextmanager
    def subshell(self, frame: Frame) -> Iterator[Frame]:
        """Enter a subshell, whose changes are undone when it ends; yield the frame inside it."""
        self.scopes += 1
        saved = self.variables, self.exits_on_failure, self.dialect, self.arguments, self.zeroth, self.trap
        self.variables, self.trap = Variables(self.variables), None
        try:
            in_loop = frame.in_loop and self.dialect is not Dialect.BASH  # bash forgets the loops around a subshell
            yield structs.replace(frame, scope=(*frame.scope, self.scopes), depth=frame.depth + 1, in_loop=in_loop)
        finally:
            self.variables, self.exits_on_failure, self.dialect, self.arguments, self.zeroth, self.trap = saved

    def substitutions(self, node: Node, frame: Frame) -> Status | None:
        """Walk the command substitutions in a node; return the status of the last one, or None."""
        status: Status | None = None
        if node.type == "command" and node.named_child_count > budgets.WORDS_OF_A_COMMAND:
            raise TooManyError(f"{budgets.WORDS_OF_A_COMMAND:,} words of a command")
        nodes = [node]
        while nodes:
            inner = nodes.pop()
            if inner.type in ("command_substitution", "process_substitution"):
                with self.subshell(frame) as here:
                    before = len(self.commands)
                    status = self.sequence(inner.children, here.under(Reach.ALWAYS, ";")).within(Jump.SHELL)
                    self._take_output(inner, before, here)
            elif inner.type not in ("raw_string", "word", "heredoc_body"):
                nodes += reversed(inner.named_children)
        return status
