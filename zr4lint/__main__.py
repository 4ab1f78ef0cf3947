"""The program `zr4lint`, also `python -m zr4lint`."""

from __future__ import annotations

import gc
import os


def main() -> None:
    """Run the command line and end the process.

    A lint makes many small objects and leaves next to no cycles of them. Looking for cycles while it runs, and taking
    everything apart when all is written, would cost a sixth of its time.
    """
    gc.disable()
    try:
        from zr4lint.cli.commands import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    os._exit(code)


if __name__ == "__main__":
    main()
