"""Parses a script with tree-sitter-bash, and reads the nodes of its tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from msgspec import Struct, field, structs
from tree_sitter import Node

from zr4lint.model.budgets import COMMANDS_OF_A_SCRIPT, FUNCTIONS, MARKS, PARSE_SECONDS, PIPES, SCRIPT_LENGTH
from zr4lint.model.deadline import NO_DEADLINE, Deadline
from zr4lint.model.source import MappedText
from zr4lint.shell.commands import Command, Pipe, Reach, Redirection, Word, Wrapper
from zr4lint.shell.expansion import word_of
from zr4lint.startup import import_alone

if TYPE_CHECKING:
    from tree_sitter import Parser

_OTHER = r"[^\n\t\x20-\x7e]"
_INVERTS = (
    r"((?:\A|[;&|({\n]|\b(?:if|elif|then|else|while|until|do)\b)[ \t]*)!"
    r"(?=[ \t]+(?:\{|if|for|case|while|until)\s)"
)
"""The pattern of `!` before a compound command, which tree-sitter reads as a simple command."""
_INVERTED = frozenset({"compound_statement", "if_statement", "for_statement", "case_statement", "while_statement"})
_BLANK_WORD = r"(?<=[ \t])\\[ \t]"
"""The pattern of an escaped blank at the start of a word, which tree-sitter reads as a blank."""
_NAMED = r"\$(?=[A-Za-z_]|\d)"
_NAMES = r"(?<!\\)(\$\w+|\}|\"(?!\$)|\)(?=[/.:\w]))([^\s'\"`(){}<>;&|\\]+)"
"""The pattern of an expansion and the rest of its word, in which tree-sitter reads a second name as text."""
_CHUNK = 16_384

_MOST = 64  # the number of trees kept
GROUPS = frozenset({"subshell", "compound_statement"})
_MAY_WAIT = frozenset({"command", "list"})
_WAITS = r"(?:\A|&&)\s*wait(?![-\w])"
"""Matches a `wait` at the beginning of a list or after `&&`."""
_UNSAID = frozenset({(), ("$?",)})
"""The words after `exit` with which it keeps the previous command's status."""
_INSTANT = frozenset({":", "cd", "echo", "exit", "export", "mkdir", "printf", "rm", "true"})
_BESIDE = frozenset({"{", "}", "(", ")", ";", "\n", "comment"})
_LONGEST = 2_000  # characters of a script whose tree is kept
_COUNTED = (
    (r"[;&|\n]+", COMMANDS_OF_A_SCRIPT, "commands"),
    (r"(?<!\|)\|(?!\|)", PIPES, "pipes"),
    (r"\(\s*\)", FUNCTIONS, "functions"),
    (r"[\"'`$<>(){}\[\]]", MARKS, "quotes and brackets"),
)
"""Patterns that make a tree grow, each with its limit and name; they are counted before the script is parsed."""
_CONDITIONS = 64  # nested conditions that are distinguished; the rest count as different

_idle: list[Parser] = []
"""Unused parsers. A parse can switch to another thread, which must not use the same parser."""


class _Recent:
    """The trees of recent short scripts.

    The search for causes lints a file again with a few words changed, and all RUNs but one keep their scripts.
    """

    def __init__(self) -> None:
        self._trees: dict[str, Node] = {}

    def get(self, text: str) -> Node | None:
        """Return the tree's root for a text, or None if it is not kept."""
        return self._trees.get(text)

    def put(self, text: str, root: Node) -> None:
        """Keep a root; the oldest one is dropped if there are `_MOST`."""
        if len(text) > _LONGEST:
            return
        if len(self._trees) >= _MOST:
            self._trees.pop(list(self._trees)[0], None)  # noqa: RUF015 - another thread may add one meanwhile
        self._trees[text] = root


_trees = _Recent()


def over_budget(text: str) -> str | None:
    """Return the budget that a script exceeds, or None. Such a script is not parsed."""
    if len(text) > SCRIPT_LENGTH:
        return f"{SCRIPT_LENGTH} characters"
    counted = ((most, what) for pattern, most, what in _COUNTED if len(text) > most < len(re.findall(pattern, text)))
    return next((f"{most:,} {what}" for most, what in counted), None)


def readable(text: str) -> str:
    """Return a script of the same length that tree-sitter reads correctly; take the text of nodes from the original."""
    plain = re.sub(_BLANK_WORD, "__", text)
    plain = re.sub(_NAMES, lambda word: word[1] + re.sub(_NAMED, ".", word[2]), plain) if "$" in plain else plain
    return re.sub(_INVERTS, r"\1 ", plain) if "!" in plain else plain


def parse_tree(text: str, deadline: Deadline = NO_DEADLINE) -> Node | None:
    """Return the root of the tree, whose offsets count code points, or None if the parse takes too long.

    The text must not be over budget. Characters outside printable ASCII are replaced first, since tree-sitter reads
    carriage returns and some other letters as blanks, which a shell does not.
    """
    if (known := _trees.get(text)) is not None:
        return known
    try:
        parser = _idle.pop()
    except IndexError:
        parser = _new_parser()
    data = re.sub(_OTHER, "_", text).encode("ascii")
    own: Deadline | None = None

    def late(*_: object) -> bool:
        nonlocal own
        if own is None:  # a short script is parsed before the first call
            own = Deadline(PARSE_SECONDS)
        return own.passed or deadline.passed

    try:
        # tree-sitter calls back only if it reads pieces, not if it has all the bytes.
        root = parser.parse(lambda at, _: data[at : at + _CHUNK], progress_callback=late).root_node
    except ValueError:
        parser.reset()
        _idle.append(parser)
        deadline.check()
        return None
    _idle.append(parser)
    _trees.put(text, root)
    return root


def _new_parser() -> Parser:
    from tree_sitter import Language, Parser

    return Parser(Language(import_alone("tree_sitter_bash._binding").language()))


class Frame(Struct, frozen=True):
    """The position of a walk in the scripts.

    `call` is the enclosing function's call. `tested` tells that `set -e` ignores a failure, `caught` that the script
    itself tests the status, `repeated` that the text was walked before, `in_loop` that a loop of the same function
    encloses it, and `closing` that the script ends with this status. `stdin` is the input of the enclosing loop or
    group, or None if it is unknown. `guard` are the enclosing conditions, the outermost first, numbered by `numbers`.
    """

    script: MappedText
    heredocs: dict[int, MappedText]
    reach: Reach
    scope: tuple[int, ...]
    operator: str
    depth: int
    call: Command | None = None
    tested: bool = False
    caught: bool = False
    repeated: bool = False
    in_loop: bool = False
    wrappers: tuple[Wrapper, ...] = ()
    pipes: tuple[Pipe, ...] = ()
    stdin: MappedText | None = None
    closing: bool = False
    guard: tuple[int, ...] = ()
    numbers: Iterator[int] = field(default_factory=count)

    def under(self, reach: Reach, operator: str = "", depth: int = 1) -> Frame:
        """Return this position inside a construct with the reach `reach`."""
        guard = (*self.guard[: _CONDITIONS - 1], next(self.numbers)) if reach is Reach.MAYBE else self.guard
        reach, operator = min(self.reach, reach), operator or self.operator
        return structs.replace(self, reach=reach, operator=operator, depth=self.depth + depth, guard=guard)

    def ending(self, closing: bool) -> Frame:
        """Return this position with `closing` set: whether the script ends with its status."""
        return self if closing is self.closing else structs.replace(self, closing=closing)

    def piped(self, pipe: Pipe) -> Frame:
        """Return this position inside one more pipeline."""
        return structs.replace(self, pipes=(*self.pipes, pipe))

    def text(self, node: Node) -> str:
        """Return a node's text."""
        return self.script.text[node.start_byte : node.end_byte]


class Redirect(Struct, frozen=True):
    """The parts of a redirect node: redirections, misplaced arguments, a heredoc, and the following commands."""

    redirections: list[Redirection]
    arguments: list[Node]
    heredoc: MappedText | None = None
    following: Sequence[tuple[str, Node]] = ()


def is_inverted(node: Node, frame: Frame) -> bool:
    """Return whether a compound command follows a `!` that was removed before parsing."""
    if node.type not in _INVERTED:
        return False
    return frame.script.text[: node.start_byte].rstrip(" \t").endswith("!")


def read_assignment(node: Node, script: MappedText) -> tuple[str, Word] | None:
    """Return the name and value of an assignment, or None for other nodes and for array elements."""
    name = node.child_by_field_name("name") if node.type == "variable_assignment" else None
    if name is None or name.type != "variable_name":
        return None
    value = node.child_by_field_name("value")
    end = node.end_byte
    word = (
        word_of([value], script)
        if value is not None
        else Word(script.slice(end, end), (), script.span(end, end), False)
    )
    return script.text[name.start_byte : name.end_byte], word


def read_redirect(node: Node, script: MappedText, heredocs: Mapping[int, MappedText]) -> Redirect:
    """Read a redirect node; `heredocs` are those removed from the text, by the offset of their markers."""
    span = script.span(node.start_byte, node.end_byte)
    if node.type == "heredoc_redirect":
        body = next((c for c in node.children if c.type == "heredoc_body"), None)
        found = [
            r
            for c in node.children
            if c.type == "file_redirect"
            for r in read_redirect(c, script, heredocs).redirections
        ]
        following: list[tuple[str, Node]] = []
        operator = ""
        for child in node.children:
            if child.type in ("&&", "||"):
                operator = child.type
            elif operator and child.is_named:
                following.append((operator, child))
                operator = ""
            elif child.type == "pipeline":
                following += (("|", c) for c in child.named_children)
        if body is None:
            return Redirect(found, [], None, following)
        start = script.text.rfind("\n", 0, body.start_byte) + 1  # the grammar drops leading blanks
        return Redirect(found, [], script.slice(start, body.end_byte), following)
    start = node.start_byte
    if start in heredocs:
        return Redirect([], node.children_by_field_name("destination")[1:], heredocs[start])
    operator = next((c.type for c in node.children if not c.is_named), "")
    targets = [c for c in node.named_children if c.type != "file_descriptor"]
    target = word_of(targets[:1], script) if targets else None
    end = targets[0].end_byte if targets else node.end_byte
    return Redirect([Redirection(operator, target, script.span(start, end) if targets else span)], targets[1:])


def after(node: Node, opening: str) -> list[Node]:
    """Return the children after the first one of a type."""
    children = node.children
    start = next((i for i, c in enumerate(children) if c.type == opening), len(children))
    return children[start + 1 :]


def between(node: Node, openings: Iterable[str], closing: str) -> list[Node]:
    """Return the children after the first one of the types `openings`, up to the first of the type `closing`."""
    opened = next((o for o in openings if any(c.type == o for c in node.children)), "")
    found: list[Node] = []
    for child in after(node, opened):
        if child.type == closing:
            break
        found.append(child)
    return found


def is_tested(operator: str, right: Node, frame: Frame) -> bool:
    """Return whether the command before an operator is a condition, whose result doesn't fail the build."""
    return (operator == "&&") == _gives_up(right, frame, failed=operator == "||")


def _gives_up(node: Node, frame: Frame, *, failed: bool) -> bool:
    """Return whether a command, or a group's last one, always fails; `failed` tells that the previous one failed."""
    while node.type in GROUPS or node.type == "redirected_statement":
        inner = [c for c in node.children if c.type not in _BESIDE and not c.type.endswith("_redirect")]
        if not inner or not inner[-1].is_named:
            return False
        node, failed = inner[-1], failed and len(inner) == 1
    if node.type != "command":
        return False
    name, *words = (frame.text(c) for c in node.named_children if not c.type.endswith("_redirect"))
    if name == "exit" and tuple(words) in _UNSAID:
        return failed
    code = words[0].strip("\"'") if words else ""
    return name == "false" or (name == "exit" and code.isascii() and code.isdecimal() and int(code[-9:]) % 256 > 0)


def apart(node: Node) -> tuple[Node | None, list[Node]]:
    """Return the command of a redirected statement and its redirections."""
    redirects = [c for c in node.named_children if c.type.endswith("_redirect")]
    return next((c for c in node.named_children if not c.type.endswith("_redirect")), None), redirects


def is_instant(nodes: Sequence[Node], frame: Frame) -> bool:
    """Return whether all commands of a list end immediately."""
    named = [node for node in nodes if node.is_named]
    return all(node.type == "command" and not _INSTANT.isdisjoint(frame.text(node).split()[:1]) for node in named)


def last_wait(nodes: Sequence[Node], frame: Frame) -> int:
    """Return the index of the last `wait` in a list, or -1."""
    for index in range(len(nodes) - 1, -1, -1):
        if nodes[index].type in _MAY_WAIT and re.search(_WAITS, frame.text(nodes[index])):
            return index
    return -1
