"""The entry point of `zr4lint` and `python -m zr4lint`."""

from __future__ import annotations

from zr4lint.preload import Preload
from zr4lint.startup import collect_nothing, leave


def main() -> None:
    """Run the command line and end the process."""
    collect_nothing()
    preload = Preload()
    try:
        preload.use()
        from zr4lint.cli.entry import run

        code = run()
        preload.fill()
    except KeyboardInterrupt:
        code = 130
    leave(code)


if __name__ == "__main__":
    main()
