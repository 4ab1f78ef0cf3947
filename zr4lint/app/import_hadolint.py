"""Converts a configuration of hadolint to one of zr4lint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zr4lint.app.assignment import load_packs
from zr4lint.app.errors import UsageError
from zr4lint.app.explain_kinds import toml
from zr4lint.filesystem.paths import display
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.packs.rulebook import Rulebook, named

MAX_BYTES = 1_000_000
_LEVELS = {"error": "error", "warning": "warning", "info": "info", "style": "info"}
_THRESHOLDS = {**_LEVELS, "ignore": "info", "none": "info"}
"""With `ignore` and `none`, hadolint fails if any rule is violated (its pull request 613)."""
_NOT_SETTINGS = {
    "format": "use --format",
    "output-format": "use --format",
    "no-color": "use --color=never",
    "verbose": "use --verbose",
    "disable-ignore-pragma": "use --no-suppressions",
}
_FORMATS = ("text", "url", "rfc3339", "spdx", "hash", "semver", "email")
_AS_TEXT = ("rawtext", "")
"""Formats of labels that hadolint treats as `text`."""
_CORE = {"trustedRegistries": "registries", "label-schema": "labels", "strict-labels": "strict-labels"}


def imported(path: str) -> list[str]:
    """Return the lines of an equivalent zr4lint.toml; comments list the settings without a counterpart."""
    wishes = _read(path)
    packs = load_packs(())
    rules = Rulebook(packs)
    lines = [f"# Settings of {display(path)}."]
    ignored, gone = _known(rules, _words(wishes, "ignored", path))
    levels, more = _levels(rules, wishes.get("override") or {}, path)
    off = [code for code in levels if all(not r.default for r in rules.rules if named(code, r))]
    lines += [f"ignore = {toml(ignored)}"] if ignored else []
    lines += [f"extend-select = {toml(off)}"] if off else []
    lines += [f"severity = {toml(levels)}"] if levels else []
    lines += _threshold(wishes, path)
    lines += [f"# {code}: zr4lint has no rule for it" for code in dict.fromkeys((*gone, *more))]
    lines += [f"# {key}: {_NOT_SETTINGS[key]}" for key in wishes if key in _NOT_SETTINGS and wishes[key] is not False]
    known = {"ignored", "override", "failure-threshold", "no-fail", *_CORE, *_NOT_SETTINGS}
    lines += [f"# {key}: not known" for key in wishes if key not in known]
    lines += [f"# override: {level}: not known" for level in wishes.get("override") or {} if level not in _LEVELS]
    settings = {setting.name for pack in packs if pack.name == "core" for setting in pack.settings}
    wanted = {key: name for key, name in _CORE.items() if wishes.get(key)}
    lines += [f"# {key}: zr4lint has no setting for it" for key, name in wanted.items() if name not in settings]
    core = [f"{name} = {toml(_setting(wishes, key, path))}" for key, name in wanted.items() if name in settings]
    return [*lines, "", "[core]", *core] if core else lines


def _read(path: str) -> Mapping[str, Any]:
    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8")
    except (UnfitError, OSError, ValueError) as error:
        raise UsageError(f"{display(path)}: can't be read: {error}") from None
    try:
        import yaml
    except ImportError:
        raise UsageError("--import needs PyYAML: pip install 'zr4lint[hadolint]'") from None
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}" if mark is not None else ""
        raise UsageError(f"{display(path)}{place}: not valid YAML") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UsageError(f"{display(path)}: not a configuration of hadolint: it is not a mapping")
    return {str(key): value for key, value in document.items()}


def _words(table: Mapping[str, Any], key: str, path: str) -> list[str]:
    value = table.get(key) or []
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise UsageError(f"{display(path)}: key `{key}`: expected a list of codes")
    return list(dict.fromkeys(value))


def _setting(wishes: Mapping[str, Any], key: str, path: str) -> Any:
    """Return the value of a setting that pack core has, too."""
    value = wishes[key]
    match key:
        case "label-schema":
            formats = value.values() if isinstance(value, dict) else (None,)
            if not all(isinstance(name, str) and name in (*_FORMATS, *_AS_TEXT) for name in formats):
                wanted = f"expected labels with one of {', '.join(_FORMATS)}"
                raise UsageError(f"{display(path)}: key `{key}`: {wanted}")
            return {str(label): "text" if name in _AS_TEXT else name for label, name in value.items()}
        case "trustedRegistries":
            if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
                raise UsageError(f"{display(path)}: key `{key}`: expected a list of registries")
        case _:
            if not isinstance(value, bool):
                raise UsageError(f"{display(path)}: key `{key}`: expected true or false")
    return value


def _known(rules: Rulebook, codes: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the codes that zr4lint has rules for, and the other codes."""
    found: tuple[list[str], list[str]] = ([], [])
    for code in codes:
        found[not rules.knows(code)].append(code)
    return found


def _levels(rules: Rulebook, table: Any, path: str) -> tuple[dict[str, str], list[str]]:
    """Return the level of each code, and the codes without a rule in zr4lint."""
    if not isinstance(table, dict):
        raise UsageError(f"{display(path)}: key `override`: expected levels with lists of codes")
    levels: dict[str, str] = {}
    gone: list[str] = []
    for level, to in _LEVELS.items():
        known, unknown = _known(rules, _words(table, level, path))
        levels = {**dict.fromkeys(known, to), **levels}  # if a code has several levels, hadolint uses the highest
        gone += unknown
    return levels, gone


def _threshold(wishes: Mapping[str, Any], path: str) -> Iterator[str]:
    word = wishes.get("failure-threshold")
    if wishes.get("no-fail") is True:
        yield 'fail-on = "never"'
    elif word is not None:
        if word not in _THRESHOLDS:
            raise UsageError(f"{display(path)}: key `failure-threshold`: expected one of {', '.join(_THRESHOLDS)}")
        yield f"fail-on = {toml(_THRESHOLDS[word])}"
    else:
        yield 'fail-on = "info"'
