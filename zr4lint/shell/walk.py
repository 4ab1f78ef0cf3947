"""Walks the tree of a script as a shell runs it.

A command after "&&" is assumed to run, since the build continues only if commands succeed. A command after "||", in a
branch or in a loop over unknown words may run, and one after `false &&` or `exit 0` never runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model import budgets
from zr4lint.shell import builtins, compound, dash, simple, tree
from zr4lint.shell.commands import Command, Dialect, Heredoc, Pipe, Reach, Redirection
from zr4lint.shell.grammar import Refusal, refusal
from zr4lint.shell.lexis import TooDeepError
from zr4lint.shell.printed_text import into_files
from zr4lint.shell.status import CONDITION, DONE, Jump, Status, Value
from zr4lint.shell.tree import Frame, apart, is_tested, last_wait, over_budget, parse_tree, read_redirect, readable
from zr4lint.shell.walker import Walker

if TYPE_CHECKING:
    from tree_sitter import Node

    from zr4lint.model.source import MappedText

_PASSIVE = frozenset({"comment", "heredoc_body", "heredoc_start", "heredoc_end", "heredoc_content", "\n", ";", ";;"})
_READERS: Mapping[str, Callable[[Walker, Node, Frame], Status]] = {
    "command": simple.command,
    "test_command": compound.test,
    "if_statement": compound.branches,
    "while_statement": compound.while_,
    "for_statement": compound.for_each,
    "case_statement": compound.cases,
}
"""The readers of node types that take more than one line."""
_FAILS = frozenset({"command", "negated_command", "test_command"})
_CLOSING = frozenset({
    "list", "redirected_statement", "subshell", "compound_statement", "if_statement", "else_clause", "negated_command",
})  # fmt: skip
"""Nodes whose status is that of their last command."""
_LONG = 4_000  # a rejected script up to this length is walked beyond its error


class ScriptWalker(Walker):
    """Walks a script; `commands` and `remarks` are the results."""

    def script(self, script: MappedText, heredocs: Iterable[Heredoc], frame: Frame) -> Status:
        text = script.text
        if (over := over_budget(text)) is not None:
            self.too_large("a script", over, script.span(0, 1))
            return DONE
        try:
            wrong = _refusal(text, self.dialect)
        except TooDeepError:
            self.too_large("a script", f"{budgets.NESTING} levels of arithmetic", script.span(0, 1))
            return DONE
        if wrong is not None:
            if frame.depth:
                around = frame.wrappers[-1].name if frame.wrappers else ""
                return self.refuse(script.span(0, len(text)), frame, ends=self.in_dash and around in ("eval", "."))
            from zr4lint.shell.mending import remark_on  # few scripts are rejected

            self.remarks.append(remark_on(wrong, script, lambda text: _refusal(text, self.dialect) is None))
            if self.in_dash and _refusal(text, Dialect.BASH) is None:
                # The author meant bash. The commands are those that bash would run, and dash runs none of them.
                frame = structs.replace(frame, reach=Reach.NEVER)
            text = text if len(text) <= _LONG else text[: wrong.start]
        self.tells_status = self.tells_status or "$?" in text
        bodies = {}
        for heredoc in heredocs:
            if heredoc.end > len(text):
                continue
            # A redirection of the same length keeps all offsets and the heredoc's place in the tree.
            placeholder = "<" + "h" * (heredoc.end - heredoc.start - 1)
            text = text[: heredoc.start] + placeholder + text[heredoc.end :]
            bodies[heredoc.start] = heredoc.body
        root = parse_tree(readable(text), self.deadline)
        if root is None:
            self.too_large("a script", f"{budgets.PARSE_SECONDS:g} seconds", script.span(0, 1))
            return DONE
        here = structs.replace(frame, script=script, heredocs=bodies, operator="")
        return self.sequence(root.children, here)

    # Lists of commands

    def sequence(self, nodes: Sequence[Node], frame: Frame) -> Status:
        status = DONE
        first = True
        waits = last_wait(nodes, frame) if any(node.type == "&" for node in nodes) else -1
        commands = sum(node.is_named and node.type not in _PASSIVE for node in nodes)
        for index, node in enumerate(nodes):
            if not node.is_named or node.type in _PASSIVE:
                continue
            commands -= 1
            background = index + 1 < len(nodes) and nodes[index + 1].type == "&"
            reach = Reach.ALWAYS
            if background and index > waits:
                # A background command ends with the shell unless something waits for it.
                goes_on = commands and not tree.is_instant(nodes[index + 1 :], frame)
                reach = Reach.MAYBE if goes_on or (frame.scope and not frame.closing) else Reach.NEVER
            here = frame.under(reach, frame.operator if first else ";")
            here = here.ending(frame.closing and not commands and not background)
            result, first = self.visit(node, here), False
            if background:
                self.job_status = result.value if here.reach is Reach.ALWAYS else Value.CONDITION
                result = DONE
            elif self._stops(result, frame):
                result = structs.replace(result, jump=Jump.SHELL, sure=frame.reach is Reach.ALWAYS)
            if result.ended:
                self._skip(nodes[index + 1 :], frame)
                return structs.replace(result, jump=max(result.jump, status.jump))
            if result.may_end:
                frame = frame.under(Reach.MAYBE)
            jump = max(status.jump, result.jump)
            status = structs.replace(result, jump=jump, sure=jump is Jump.NONE)
        return status

    def _skip(self, nodes: Sequence[Node], frame: Frame) -> None:
        """Walk commands that never run."""
        for node in nodes:
            if node.is_named and node.type not in _PASSIVE:
                self.visit(node, frame.under(Reach.NEVER, ";"))

    def _stops(self, result: Status, frame: Frame) -> bool:
        """Return whether `set -e` makes the shell exit here."""
        failed = result.value is Value.FALSE and not result.tested and not result.jump
        return failed and self.exits_on_failure and not frame.tested and frame.reach is Reach.ALWAYS

    def and_or(self, node: Node, frame: Frame) -> Status:
        """Walk a chain of && and || and return its status.

        The tree nests to the left, once for each operator. It attaches a redirection to the whole list before it,
        although it belongs to the list's last command.
        """
        chain: list[tuple[str, Node, list[Node]]] = []
        follows = node.next_named_sibling is not None
        pending: list[Node] = []
        while True:
            if node.type == "redirected_statement" and not pending:
                body, redirects = apart(node)
                if body is None or body.type != "list":
                    break
                node, pending = body, redirects
            named = node.named_children
            if node.type != "list" or len(named) < 2:
                break
            operator = next((c.type for c in node.children if c.type in ("&&", "||")), "&&")
            chain.append((operator, named[-1], pending))
            node, pending = named[0], []
        ahead = len(chain) - next(
            (at for at, step in enumerate(chain) if is_tested(step[0], step[1], frame)), len(chain)
        )
        inside = frame.ending(frame.closing and all(operator == "&&" for operator, _, _ in chain))
        left = structs.replace(inside, tested=True, caught=frame.caught or ahead > 0) if chain else frame
        status = self.redirected(node, pending, left, follows=True) if pending else self.visit(node, left)
        ends = frame.closing and not frame.tested and self.trap is None
        guard: tuple[int, ...] | None = None
        for index, (operator, right, redirects) in enumerate(reversed(chain), start=1):
            last = index == len(chain)
            caught = frame.caught or index < ahead
            here = frame if last else structs.replace(inside, tested=True, caught=caught)
            reach = status.behind(operator)
            if ends and reach is Reach.MAYBE and operator == "&&" and index >= ahead and not status.may_end:
                reach = Reach.ALWAYS  # the script fails if this does not run
            inner = here.under(reach, operator)
            if guard is not None and operator == "&&" and reach is Reach.MAYBE:
                inner = structs.replace(inner, guard=guard)
            if redirects:
                result = self.redirected(right, redirects, inner, follows=follows or not last)
            else:
                result = self.visit(right, inner)
            guard = inner.guard if result.value is Value.DONE and not result.jump else None
            status = status.joined(result, operator, reach)
        return status

    def visit(self, node: Node, frame: Frame) -> Status:
        self.deadline.check()
        if frame.depth > budgets.DEPTH:
            self.too_large("a command", f"{budgets.DEPTH} levels of nesting", self.span(node, frame))
            return DONE
        frame = frame.ending(frame.closing and node.type in _CLOSING)
        read = self.in_dash and frame.reach is not Reach.NEVER
        if read and (wrong := dash.bad_substitution(node, frame.script.text)) is not None:
            self._skip([node], frame)
            self.failed, self.failed_in = self.span(wrong, frame), self.dialect
            return Status(Value.FALSE, Jump.SHELL, frame.reach is Reach.ALWAYS)
        reader = _READERS.get(node.type)
        before, self.failed = (self.failed, self.failed_in), None
        inverted = tree.is_inverted(node, frame)
        here = structs.replace(frame, tested=True, caught=True, closing=False) if inverted else frame
        at = len(self.commands)
        status = self.plain(node, here) if reader is None else reader(self, node, here)
        if inverted:
            status = self._turned(status, frame, at, single=len(self.commands) - at == 1)
        if status.value is not Value.FALSE or frame.reach is not Reach.ALWAYS:
            self.failed = None
        elif node.type in _FAILS and self.failed is None:  # otherwise a command inside it has failed
            self.failed, self.failed_in = self.span(node, frame), self.dialect
        if self.failed is None:
            self.failed, self.failed_in = before
        if self.tells_status and frame.reach is Reach.ALWAYS:
            self.variables.set("?", "0" if status.value in (Value.DONE, Value.TRUE) and not status.may_end else None)
        return status

    def plain(self, node: Node, frame: Frame) -> Status:  # noqa: PLR0911 - one per node type
        """Walk a node of a type that takes one line, and return its status."""
        match node.type:
            case "list":
                return self.and_or(node, frame)
            case "redirected_statement":
                return self.redirection(node, frame)
            case "pipeline":
                return self.pipeline(node.named_children, frame)
            case "subshell":
                with self.subshell(frame) as here:
                    return self.sequence(node.children, here).within(Jump.SHELL)
            case "compound_statement" if node.children and node.children[0].type == "((":
                return compound.arithmetic(self, node, frame)
            case "compound_statement" | "do_group" | "else_clause" | "program":
                return self.sequence(node.children, frame)
            case "negated_command":
                return self.negated(node, frame)
            case "case_item" | "c_style_for_statement":
                self.forget(node, frame)
                self.sequence(node.named_children, structs.replace(frame.under(Reach.MAYBE), in_loop=True))
                return DONE
            case "function_definition":
                self.define(node, frame)
                return DONE
            case "variable_assignment" | "variable_assignments" | "declaration_command":
                return builtins.assignment(self, node, frame)
            case "unset_command":
                return builtins.unset(self, node, frame)
            case "ERROR":
                self.sequence(node.children, frame.under(Reach.MAYBE))
                return CONDITION
            case _:
                return DONE

    def negated(self, node: Node, frame: Frame) -> Status:
        """Walk a command after `!` and return its status."""
        before = len(self.commands)
        inner = structs.replace(frame, tested=True, caught=True, closing=False)
        status = self.sequence(node.named_children, inner)
        single = [child.type for child in node.named_children] == ["command"]
        return self._turned(status, frame, before, single=single)

    def _turned(self, status: Status, frame: Frame, before: int, *, single: bool) -> Status:
        """Return the status after `!` of the commands from index `before`."""
        if single and frame.closing and not frame.caught and status.value is Value.DONE and not status.jump:
            # The build only continues if this command failed.
            self.commands[before:] = [structs.replace(one, reach=Reach.NEVER) for one in self.commands[before:]]
        return status.negated

    def define(self, node: Node, frame: Frame) -> None:
        """Record a function."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None and frame.reach is not Reach.NEVER:
            self.functions[frame.text(name)] = (body, frame)

    def redirection(self, node: Node, frame: Frame) -> Status:
        """Walk a statement with redirections. Those after a list belong to its last command."""
        body, redirects = apart(node)
        if body is not None and body.type == "list":
            return self.and_or(node, frame)
        return self.redirected(body, redirects, frame, follows=node.next_named_sibling is not None)

    def pipeline(self, nodes: Sequence[Node], frame: Frame) -> Status:
        status = DONE
        negated = bool(nodes) and nodes[0].type == "negated_command"
        self.pipelines += 1
        number = self.pipelines
        for index, node in enumerate(nodes):
            with self.subshell(frame) as inner:
                here = inner.piped(Pipe(number, index, index == len(nodes) - 1, frame.caught or negated))
                if negated and not index:
                    node = node.named_children[0] if node.named_children else node
                here = here.under(Reach.ALWAYS, "|" if index else frame.operator)
                if index and node.type in tree.GROUPS:
                    here = structs.replace(here, stdin=self.piped(here))
                status = self.visit(node, here)
        status = status.within(Jump.SHELL)
        return status.negated if negated else status

    def redirected(self, body: Node | None, redirects: Sequence[Node], frame: Frame, *, follows: bool) -> Status:
        """Walk a command with redirections; `follows` tells that another command comes after it."""
        before = len(self.commands)
        words: list[Node] = []
        redirections: list[Redirection] = []
        stdin: MappedText | None = None
        rest: list[tuple[str, Node]] = []
        for redirect in redirects:
            found = read_redirect(redirect, frame.script, frame.heredocs)
            redirections += found.redirections
            words += found.arguments
            stdin = found.heredoc or stdin
            rest += found.following
        if self.in_dash and any(r.operator in dash.AMPERSANDS for r in redirections):
            frame = frame.under(Reach.MAYBE if follows else Reach.NEVER)
        piped = next((i for i, (operator, _) in enumerate(rest) if operator != "|"), len(rest))
        self.pipelines += piped > 0
        number = self.pipelines
        caught = frame.caught or any(operator == "||" for operator, _ in rest)
        here = frame.piped(Pipe(number, 0, False, caught)) if piped else frame
        if len(rest) > piped:
            here = structs.replace(here, tested=True)
        if body is not None and body.type == "command":
            status = simple.command(self, body, here, words, redirections, stdin)
        elif body is None and redirections and not words:
            # `> file` alone truncates the file.
            span = frame.script.span(redirects[0].start_byte, redirects[-1].end_byte)
            found_redirections = tuple(redirections)
            self.record(Command((), (), found_redirections, span, here.operator, here.reach, here.scope, stdin), here)
            status = DONE
        else:
            reading = structs.replace(here, stdin=self.fed(redirections, stdin, here)) if redirects else here
            status = self.visit(body, reading) if body is not None else DONE
            if len(self.commands) > before and redirections:
                last = self.commands[-1]
                extra = tuple(self.word([w], frame) for w in words)
                self.commands[before:] = into_files(self.commands[before:], redirections, len(here.pipes))
                self.commands[-1] = structs.replace(self.commands[-1], words=last.words + extra)
        for index, (operator, right) in enumerate(rest, start=1):
            if operator == "|":
                with self.subshell(frame) as inner:
                    here = inner.piped(Pipe(number, index, index == piped, caught)) if index <= piped else inner
                    status = self.visit(right, here.under(Reach.ALWAYS, "|")).within(Jump.SHELL)
            else:
                reach = status.behind(operator)
                status = status.joined(self.visit(right, frame.under(reach, operator)), operator, reach)
        return status


def _refusal(text: str, dialect: Dialect) -> Refusal | None:
    """Return why the shell can't parse a script, or None. For an unknown sh, both dash and bash must reject it."""
    if dialect is Dialect.SH:
        return refusal(text, bash=True) and refusal(text, bash=False)
    return refusal(text, bash=dialect is Dialect.BASH)
