"""Interprets the statements of shell scripts, on files in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.documents.interpreter.partial_text import UNKNOWN, UnknownError, equal, known, number
from zr4lint.documents.interpreter.programs import PROGRAMS, Files, Result, test
from zr4lint.documents.interpreter.word_values import Expansion
from zr4lint.model.source import Span
from zr4lint.shell.tree import over_budget, parse_tree

if TYPE_CHECKING:
    from tree_sitter import Node

_MOST_STEPS = 2_000
"""The most commands and blocks that a script may run."""
_MOST_TEXT = 1_000_000
"""The most characters that the commands of a script may print."""
_MOST_CALLS = 20
"""The most nested calls of a script's functions."""


@lru_cache(maxsize=64)
def _tree(script: str) -> Node | None:
    """Return the root of a script's tree, or None if it exceeds its budgets; a document runs it on many texts."""
    return None if over_budget(script) is not None else parse_tree(script)


class Ended(Exception):  # noqa: N818
    """The script ran `exit` with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Returned(Exception):  # noqa: N818
    """A function ran `return` with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Printed(Struct, frozen=True):
    """The output of a command, and the place of the command in the script."""

    text: str
    span: Span


class Shell(Expansion):
    """One run of a script, with its variables, its files and its output.

    `conditions` are the places of the tests and commands that decided a branch, and whether they succeeded.
    `complaints` are usage errors of programs by the place of the call.
    """

    def __init__(self, script: str, files: Mapping[str, str | None]) -> None:
        super().__init__(script)
        self.root = _tree(script)
        self.files = Files(files)
        self.printed: list[Printed] = []
        self.conditions: list[tuple[Span, bool]] = []
        self.complaints: dict[Span, str] = {}
        self._errexit = False
        self._functions: dict[str, Node] = {}
        self._called = 0
        self._steps = 0
        self._written = 0

    def statements(self) -> Sequence[Node]:
        """Return the statements of the script."""
        return [node for node in (self.root.named_children if self.root else ()) if node.type != "comment"]

    def run(self) -> int:
        """Run the whole script as bash does, and return its status; raise UnknownError if its effect is unknown."""
        if self.root is None:
            raise UnknownError("too large a script")
        status = 0
        try:
            for node in self.statements():
                status = self.statement(node)
        except Ended as ended:
            return ended.status
        return status

    def statement(self, node: Node) -> int:
        """Run one statement of the script, and return its status; its output is appended to `printed`."""
        out: list[Printed] = []
        self.conditions.clear()
        status = 0
        try:
            status = self._run(node, None, out)
        except RecursionError:
            raise UnknownError("nesting") from None
        finally:
            self.printed += out
        if status and self._errexit and self._fatal(node):
            raise Ended(status)
        return status

    def _fatal(self, node: Node) -> bool:
        """Return whether `set -e` ends the script when this statement fails."""
        return node.type in ("command", "pipeline", "redirected_statement", "test_command", "subshell")

    def span(self, node: Node) -> Span:
        """Return the place of a node in the script."""
        return Span(node.start_byte, node.end_byte)

    def _run(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        self._steps += 1
        if self._steps > _MOST_STEPS or node.has_error:
            raise UnknownError(self.text(node))
        handler = getattr(self, f"_{node.type}", None)
        if handler is None:
            raise UnknownError(node.type)
        status: int = handler(node, stdin, out)
        return status

    def _block(self, nodes: Sequence[Node], stdin: str | None, out: list[Printed]) -> int:
        status = 0
        for node in nodes:
            if node.is_named and node.type != "comment":
                status = self._run(node, stdin, out)
        return status

    def _compound_statement(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        return self._block(node.named_children, stdin, out)

    def _subshell(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        before = dict(self.variables)
        try:
            return self._block(node.named_children, stdin, out)
        except Ended as ended:
            return ended.status
        finally:
            self.variables = before

    def _list(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        left, operator, right = node.children[0], node.children[1].type, node.children[2]
        status = self._run(left, stdin, out)
        self.conditions.append((self.span(left), status == 0))
        if (status == 0) is (operator == "&&"):
            return self._run(right, stdin, out)
        return status

    def _negated_command(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        return 0 if self._run(node.named_children[0], stdin, out) else 1

    def _if_statement(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        condition: list[Node] = []
        body: list[Node] = []
        inside = condition
        for child in node.children:
            if child.type == "if":
                continue
            if child.type == "then":
                inside = body
            elif child.type in ("elif_clause", "else_clause", "fi"):
                break
            elif child.is_named:
                inside.append(child)
        if self._holds(condition, stdin, out):
            return self._block(body, stdin, out)
        for clause in node.named_children:
            if clause.type == "elif_clause":
                then = next(i for i, c in enumerate(clause.children) if c.type == "then")
                if self._holds([c for c in clause.children[1:then] if c.is_named], stdin, out):
                    return self._block(clause.children[then + 1 :], stdin, out)
            elif clause.type == "else_clause":
                return self._block(clause.named_children, stdin, out)
        return 0

    def _holds(self, condition: Sequence[Node], stdin: str | None, out: list[Printed]) -> bool:
        held = self._block(condition, stdin, out) == 0
        if condition:
            self.conditions.append((Span(condition[0].start_byte, condition[-1].end_byte), held))
        return held

    def _for_statement(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        name = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        if name is None or body is None:
            raise UnknownError("for")
        status = 0
        for value in self.fitting([v for word in node.children_by_field_name("value") for v in self.words(word)]):
            self.variables[self.text(name)] = value
            status = self._block(body.named_children, stdin, out)
        return status

    def _pipeline(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        status, given = 0, stdin
        parts = node.named_children
        for index, part in enumerate(parts):
            printed: list[Printed] = []
            status = self._run(part, given, printed)
            if index == len(parts) - 1:
                out += printed
            given = "".join(line.text for line in printed)
        return status

    def _variable_assignment(self, node: Node, *_: object) -> int:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or name.type != "variable_name":
            raise UnknownError(self.text(node))
        adds = any(child.type == "+=" for child in node.children)
        key = self.text(name)
        new: str | list[str] = ""
        status = 0
        if value is not None and value.type == "array":
            new = [v for child in value.named_children for v in self.words(child)]
            old = self.variables.get(key, [])
            new = self.fitting([*(old if isinstance(old, list) else [old]), *new] if adds else new)
        elif value is not None:
            new, status = self.substituted(value)
            if adds:
                new = f"{self.variables.get(key, '')}{new}"
            self.fitting([new])
        self.variables[key] = new
        return status

    def substituted(self, value: Node) -> tuple[str, int]:
        """Return a value, and the status of the command that it is substituted for."""
        if value.type == "command_substitution":
            out: list[Printed] = []
            try:
                before = dict(self.variables)
                status = self._block(value.named_children, None, out)
                self.variables = before
            except UnknownError:
                return UNKNOWN, 0
            except Ended as ended:
                status = ended.status
            return "".join(line.text for line in out).rstrip("\n"), status
        return "".join(self.words(value, split=False)), 0

    def _redirected_statement(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        body = node.child_by_field_name("body")
        target: tuple[str, str] | None = None
        for redirect in node.named_children:
            if redirect.type == "heredoc_redirect":
                stdin = self._heredoc(redirect)
                target = next((self._target(c) for c in redirect.named_children if c.type == "file_redirect"), target)
            elif redirect.type == "file_redirect":
                if self.text(redirect).startswith("2"):
                    continue
                found = self._target(redirect)
                if found[0] == "<":
                    given = self.files.read(found[1])
                    if given is None:
                        return 1
                    stdin = given
                elif found[0] in (">", ">>", "&>"):
                    target = found
                else:
                    raise UnknownError(self.text(redirect))
        printed: list[Printed] = []
        status = self._run(body, stdin, printed) if body is not None else 0
        if target is None:
            out += printed
        elif target[1] != "/dev/null":
            text = "".join(line.text for line in printed)
            old = self.files.read(target[1]) if target[0] == ">>" else ""
            self.files.write(target[1], (old or "") + text)
        return status

    def _target(self, redirect: Node) -> tuple[str, str]:
        operator = next(child.type for child in redirect.children if not child.is_named)
        destination = redirect.child_by_field_name("destination")
        if destination is None:
            raise UnknownError(self.text(redirect))
        return operator, "".join(self.words(destination))

    def _heredoc(self, redirect: Node) -> str:
        start = next((self.text(c) for c in redirect.children if c.type == "heredoc_start"), "")
        body = next((c for c in redirect.children if c.type == "heredoc_body"), None)
        if body is None or any(child.type in ("pipeline", "&&", "||") for child in redirect.children):
            raise UnknownError("heredoc")
        at = self.script.rfind("\n", 0, body.start_byte) + 1
        text = self.script[at : body.end_byte]
        if not start.startswith(("'", '"', "\\")) and re.search(r"[$`\\]", text):
            raise UnknownError("heredoc")
        return text

    def _command(self, node: Node, stdin: str | None, out: list[Printed]) -> int:
        words = [value for child in node.named_children for value in self._argument(child)]
        if not words:
            return 0
        name, arguments = known(words[0]), words[1:]
        if name == "exit":
            raise Ended(number(arguments[0]) if arguments else 0)
        if name == "set":
            self._errexit = self._errexit or any(word.startswith("-") and "e" in word for word in arguments)
            return 0
        if name in ("test", "["):
            if name == "[":
                arguments = arguments[:-1]
            return 0 if test(arguments, self.files) else 1
        if name == "return" and self._called:
            raise Returned(number(arguments[0]) if arguments else 0)
        if name in self._functions:
            return self._call(name, arguments, stdin, out)
        if name not in PROGRAMS:
            raise UnknownError(name)
        result = PROGRAMS[name](arguments, stdin, self.files)
        self._note(node, result)
        self._written += len(result.out)
        if self._written > _MOST_TEXT:
            raise UnknownError(name)
        if result.out:
            out.append(Printed(result.out, self.span(node)))
        return result.status

    def _function_definition(self, node: Node, *_: object) -> int:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None or body.type != "compound_statement":
            raise UnknownError("function")
        self._functions[self.text(name)] = body
        return 0

    def _call(self, name: str, arguments: Sequence[str], stdin: str | None, out: list[Printed]) -> int:
        """Run a function of the script with its arguments, and return its status."""
        if self._called > _MOST_CALLS:
            raise UnknownError(name)
        outer = {key: value for key, value in self.variables.items() if key.isdigit()}
        given: dict[str, str | list[str]] = {str(i): word for i, word in enumerate(arguments, 1)}
        self.variables = {k: v for k, v in self.variables.items() if not k.isdigit()} | given
        self._called += 1
        try:
            return self._run(self._functions[name], stdin, out)
        except Returned as returned:
            return returned.status
        finally:
            self._called -= 1
            self.variables = {k: v for k, v in self.variables.items() if not k.isdigit()} | outer

    def _note(self, node: Node, result: Result) -> None:
        if result.complaint:
            self.complaints[self.span(node)] = result.complaint

    def _argument(self, child: Node) -> list[str]:
        if child.type == "variable_assignment" or "redirect" in child.type:
            raise UnknownError(self.text(child))
        return self.words(child.named_children[0] if child.type == "command_name" else child)

    def _test_command(self, node: Node, *_: object) -> int:
        if node.children[0].type == "((":
            raise UnknownError("((")
        return 0 if self._truth(node.named_children[0], node.children[0].type == "[[") else 1

    def _truth(self, node: Node, double: bool) -> bool:
        if node.type == "binary_expression":
            left, right = node.children[0], node.children[-1]
            operator = self.text(node.children[1])
            if operator in ("&&", "||", "-a", "-o"):
                first = self._truth(left, double)
                decided = first is (operator in ("||", "-o"))
                return first if decided else self._truth(right, double)
            pattern = operator in ("=", "==", "!=") and _has_wildcard(right, self.text(right))
            if double and (pattern or operator in ("=~", "<", ">")):
                raise UnknownError(operator)
            one, other = self.one(left), self.one(right)
            if operator in ("=", "==") or operator == "!=":
                return equal(one, other) is not (operator == "!=")
            return test([one, operator, other], self.files)
        if node.type == "unary_expression":
            operator = self.text(node.children[0])
            if operator == "!":
                return not self._truth(node.named_children[-1], double)
            return test([operator, self.one(node.named_children[-1])], self.files)
        if node.type == "parenthesized_expression":
            return self._truth(node.named_children[0], double)
        return test([self.one(node)], self.files)


def _has_wildcard(node: Node, text: str) -> bool:
    return node.type not in ("string", "raw_string") and any(c in text for c in "*?[")
