"""Fills the parameters of rules with the settings of packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import structs

from zr4lint.checks.registry import KINDS
from zr4lint.packs.problems import PackError, Problem, did_you_mean, misfit_messages

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack, PackRule, Setting


def configure(pack: Pack, values: Mapping[str, Any]) -> Pack:
    """Return the pack with its settings filled from `values`, else from their defaults.

    A rule that refers to a setting with neither is unset and reports nothing. Raises PackError with a problem for each
    unknown setting and each value that the setting or a rule's kind does not accept; the key of a problem is the name
    of the setting.
    """
    known = {setting.name: setting for setting in pack.settings}
    problems = [*_unknown(pack, known, values), *_wrong(pack, known, values)]
    if problems:
        raise PackError(f"pack {pack.name}", problems)
    if not known:
        return pack
    filled = {name: setting.default for name, setting in known.items() if setting.default is not None}
    filled.update(values)
    rules = tuple(_filled(rule, filled) for rule in pack.rules)
    changed = structs.replace(pack, rules=rules)
    return _amended(changed)


def _unknown(pack: Pack, known: Mapping[str, Setting], values: Mapping[str, Any]) -> Iterator[Problem]:
    for name in values:
        if name not in known:
            yield Problem(f"`{name}` is not a setting of the pack `{pack.name}`{did_you_mean(name, known)}", name)


def _wrong(pack: Pack, known: Mapping[str, Setting], values: Mapping[str, Any]) -> Iterator[Problem]:
    if not values:
        return
    from zr4lint.packs.pack_tables import SETTING_TYPES  # its patterns take longer to compile than a lint

    for name, value in values.items():
        if name not in known:
            continue
        messages = list(misfit_messages(name, value, SETTING_TYPES[known[name].type]))
        if not messages:
            messages = [message for rule in pack.rules for message in _refusals(rule, name, value)]
        yield from (Problem(message, name) for message in dict.fromkeys(messages))


def _refusals(rule: PackRule, setting: str, value: Any) -> Iterator[str]:
    """Yield the reasons why the kind of a rule does not accept the value of a setting."""
    for parameter, name in rule.settings.items():
        if name == setting:
            yield from misfit_messages(setting, value, KINDS[rule.check].parameters[parameter].type)


def _filled(rule: PackRule, values: Mapping[str, Any]) -> PackRule:
    if not rule.settings:
        return rule
    given = {parameter: values[name] for parameter, name in rule.settings.items() if name in values}
    kept = {name: value for name, value in rule.parameters.items() if name not in rule.settings}
    return structs.replace(rule, parameters={**kept, **given}, unset=len(given) < len(rule.settings))


def _amended(pack: Pack) -> Pack:
    """Return the pack with the parameters of its rules in their amendments, too."""
    if pack.specification is None:
        return pack
    rules = {rule.rule.code: rule for rule in pack.rules if rule.settings}
    amendments = tuple(
        structs.replace(a, parameters={**a.parameters, **_given(rules[a.requirement])})
        if a.requirement in rules and a.parameters is not None
        else a
        for a in pack.specification.amendments
    )
    return structs.replace(pack, specification=structs.replace(pack.specification, amendments=amendments))


def _given(rule: PackRule) -> dict[str, Any]:
    return {name: value for name, value in rule.parameters.items() if name in rule.settings}
