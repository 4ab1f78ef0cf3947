"""Documents become packs: what their target blocks do, what they state in words, and what their checks look for."""

from zr4lint.documents.compiling.compilation import Compiled, NotCompilableError, compile_document, undecided

__all__ = ["Compiled", "NotCompilableError", "compile_document", "undecided"]
