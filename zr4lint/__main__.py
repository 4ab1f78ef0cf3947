"""The entry point of `zr4lint` and `python -m zr4lint`."""

from __future__ import annotations

from zr4lint.preload import Preload


def main() -> None:
    """Run the command line and end the process."""
    preload = Preload()
    try:
        preload.use()  # the file then provides the modules that are imported below
        from zr4lint.cli.entry import run
        from zr4lint.startup import collect_nothing

        collect_nothing()
        code = run()
        if not preload.complete:
            from zr4lint.preload_writer import fill

            fill()
    except KeyboardInterrupt:
        code = 130
    from zr4lint.startup import leave

    leave(code)


if __name__ == "__main__":
    main()
