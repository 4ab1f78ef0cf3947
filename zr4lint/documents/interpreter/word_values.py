"""Expands the words of a script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.documents.interpreter.partial_text import UNKNOWN, UnknownError
from zr4lint.model.budgets import VALUE_LENGTH, WORDS

if TYPE_CHECKING:
    from tree_sitter import Node


class Expansion:
    """Expands the words of a script with its variables; subclasses run the commands in them."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.variables: dict[str, str | list[str]] = {}

    def substituted(self, value: Node) -> tuple[str, int]:
        """Return a value, and the status of the command that it is substituted for."""
        raise NotImplementedError

    def text(self, node: Node) -> str:
        """Return a node as written."""
        return self.script[node.start_byte : node.end_byte]

    def fitting(self, words: list[str]) -> list[str]:
        """Return the words; raise UnknownError if they exceed the budgets, since values may double."""
        if len(words) > WORDS or sum(map(len, words)) > VALUE_LENGTH:
            raise UnknownError("a value that is too long")
        return words

    def one(self, node: Node) -> str:
        """Return the one word that a node expands to, or "" for none; raise UnknownError for several."""
        words = self.words(node)
        if len(words) > 1:
            raise UnknownError(self.text(node))
        return words[0] if words else ""

    def words(self, node: Node, *, split: bool = True) -> list[str]:
        """Return the words that a node expands to; with `split`, unquoted values are split at blanks."""
        text = self.text(node)
        match node.type:
            case "word" | "number" | "variable_name" | "extglob_pattern" | "regex" | "test_operator":
                bare = re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
                if split and re.search(r"(?<!\\)[*?]|\A~|\{.*[,.].*\}", text):
                    raise UnknownError(text)
                return [bare]
            case "raw_string":
                return [text[1:-1]]
            case "string":
                return self._in_quotes(node)
            case "simple_expansion" | "expansion" | "command_substitution":
                values = self._expanded(node)
                joined = values if isinstance(values, str) else " ".join(values)
                if not split:
                    return [joined]
                return joined.split() if UNKNOWN not in joined else [joined]
            case "concatenation":
                return ["".join(self.fitting([w for child in node.children for w in self.words(child, split=False)]))]
        raise UnknownError(node.type)

    def _in_quotes(self, node: Node) -> list[str]:
        pieces: list[str] = []
        at = node.start_byte + 1
        for child in node.named_children:
            pieces.append(_unescaped(self.script[at : child.start_byte]))
            at = child.end_byte
            if child.type == "string_content":
                pieces.append(_unescaped(self.text(child)))
                continue
            value = self._expanded(child)
            if isinstance(value, list):
                if len(node.named_children) == 1 and "[@]" in self.text(child):
                    return value
                value = " ".join(value)
            pieces.append(value)
        pieces.append(_unescaped(self.script[at : node.end_byte - 1]))
        return ["".join(self.fitting(pieces))]

    def _expanded(self, node: Node) -> str | list[str]:
        if node.type == "command_substitution":
            return self.substituted(node)[0]
        text = self.text(node)
        found = re.fullmatch(r"\$(\w+)|\$\{(\w+)\}|\$\{(#?)(\w+)\[[@*]\]\}", text)
        if found is None:
            raise UnknownError(text)
        name = found[1] or found[2] or found[4]
        value = self.variables.get(name)
        if value is None:
            return UNKNOWN
        if found[4]:
            items = value if isinstance(value, list) else [value]
            return str(len(items)) if found[3] else items
        return value if isinstance(value, str) else next(iter(value), "")


def _unescaped(text: str) -> str:
    return re.sub(r'\\([$`"\\])', r"\1", text).replace("\\\n", "")
