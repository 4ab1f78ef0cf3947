"""Parses Dockerfiles as BuildKit does, with the place of every word."""

from zr4lint.dockerfile.instructions import (
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Heredoc,
    Instruction,
    JsonString,
    ParseError,
    Piece,
    PieceKind,
)
from zr4lint.dockerfile.parser import parse

__all__ = [
    "Comment",
    "Directive",
    "Dockerfile",
    "Flag",
    "Heredoc",
    "Instruction",
    "JsonString",
    "ParseError",
    "Piece",
    "PieceKind",
    "parse",
]
