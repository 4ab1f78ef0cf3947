"""Compiles documents into packs, from their target blocks, statements and checks."""

from zr4lint.documents.compiling.compilation import Compiled, NotCompilableError, compile_document, undecided

__all__ = ["Compiled", "NotCompilableError", "compile_document", "undecided"]
