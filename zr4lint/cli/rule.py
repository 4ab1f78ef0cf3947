"""`zr4lint rule`."""

from __future__ import annotations

import click

from zr4lint.cli.messages import write_json, write_page
from zr4lint.cli.options import completing, format_option, packs_option


@click.command("rule")
@click.argument("code", required=False, shell_complete=completing("rules"))
@click.option("--all", "every", is_flag=True, help="Explain all rules.")
@packs_option
@format_option
@click.pass_context
def command(ctx: click.Context, /, code: str | None, every: bool, config: str | None, form: str) -> None:
    """Explain a rule, by its code or name, or a cause that zr4lint diagnose names."""
    from zr4lint.app.explain import explain, explained, explanations, known_packs, named_rules, rule_object
    from zr4lint.diagnose.explaining import explain_signature, proving

    if every and code is not None:
        raise click.UsageError(f"--all explains all rules; leave out `{code}`")
    if every:
        rules = explanations(known_packs(config))
        if form == "json":
            write_json([rule_object(found) for found in rules])
        else:
            for found in rules:
                write_page([*explained(found).split("\n"), *proving(found.rule.code), "", ""])
        return
    if code is None:
        raise click.MissingParameter(ctx=ctx, param=next(p for p in ctx.command.params if p.name == "code"))
    if form == "json":
        write_json([rule_object(found) for found in named_rules(code, known_packs(config))])
        return
    cause = explain_signature(code)
    if cause is not None:
        write_page(cause)
        return
    lines = explain(code, known_packs(config)).split("\n")
    write_page([*lines, *proving(lines[0].split(" ", 1)[0])])
