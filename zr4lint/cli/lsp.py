"""`zr4lint lsp`."""

from __future__ import annotations

import click


@click.command("lsp")
@click.option("--stdio", is_flag=True, expose_value=False, hidden=True)  # editors pass it; it is the only transport
@click.pass_context
def command(ctx: click.Context) -> None:
    """Serve an editor: the Language Server Protocol on standard input and output.

    Editors start this command; docs/editors.md shows their settings. Install it with pip install "zr4lint[lsp]".
    """
    try:
        from zr4lint.lsp.server import serve
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("zr4lint"):
            raise
        raise click.ClickException('the language server needs pip install "zr4lint[lsp]"') from None
    ctx.exit(serve())
