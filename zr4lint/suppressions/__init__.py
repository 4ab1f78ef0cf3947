"""Comments that take findings out of the count.

`# zr4lint: ignore[ZR0501,apt-cleanup] reason` speaks of the next instruction, `ignore-file[...]` of the file,
`ignore-stage[...]` of the stage, `ignore-start[...]` of what comes before the next `ignore-end`.
"""

from zr4lint.suppressions.apply import lint
from zr4lint.suppressions.write import add

__all__ = ["add", "lint"]
