"""Completions for shells."""

from __future__ import annotations

from collections.abc import Iterable

from click.shell_completion import CompletionItem

from zr4lint.cli.command_names import COMMANDS


def files(incomplete: str) -> list[CompletionItem]:
    """Complete a path; the shell does the work."""
    return [CompletionItem(incomplete, type="file")]


def packs(incomplete: str) -> list[CompletionItem]:
    """Complete the name of a shipped pack, or a path."""
    from zr4lint.packs.loading import pack_names

    named = [CompletionItem(name) for name in pack_names() if name.startswith(incomplete)]
    return named or files(incomplete)


def traced(incomplete: str) -> list[CompletionItem]:
    """Complete a path, or the code or name of a rule."""
    return [*files(incomplete), *(rules(incomplete) if incomplete else ())]


def commands(incomplete: str) -> list[CompletionItem]:
    """Complete the name of a command."""
    return _beginning(incomplete, COMMANDS)


def kinds(incomplete: str) -> list[CompletionItem]:
    """Complete the name of a kind of check."""
    from zr4lint.app.explain_kinds import kind_rows

    return [CompletionItem(name, help=text) for name, text in kind_rows() if name.startswith(incomplete)]


def tables(incomplete: str) -> list[CompletionItem]:
    """Complete the name of a table of facts."""
    from zr4lint.app.explain_knowledge import table_names

    return _beginning(incomplete, table_names())


def keys(incomplete: str) -> list[CompletionItem]:
    """Complete a path, or the key of a configuration."""
    from zr4lint.project.settings import KEYS

    return [*files(incomplete), *_beginning(incomplete, KEYS)]


def _beginning(incomplete: str, names: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def rules(incomplete: str) -> list[CompletionItem]:
    """Complete the code or name of a rule; in a comma-separated list, the last one."""
    from zr4lint.app.explain import known_packs

    head, comma, word = incomplete.rpartition(",")
    found = [rule.rule for pack in known_packs(None) for rule in pack.rules]
    by_code = [(rule.code, rule.summary) for rule in found if rule.code.lower().startswith(word.lower())]
    by_name = [(rule.name, rule.summary) for rule in found if word and rule.name.startswith(word.lower())]
    return [CompletionItem(f"{head}{comma}{name}", help=summary) for name, summary in (*by_code, *by_name)]
