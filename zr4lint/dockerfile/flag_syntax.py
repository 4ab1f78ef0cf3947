"""The flags of BuildKit's instructions, and the values that it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from zr4lint.dockerfile.instructions import Flag, Instruction, ParseError
from zr4lint.dockerfile.splitting import head
from zr4lint.model.quoting import code, nearest

# A switch is true or false, a text may be given once, a list any number of times.
_SWITCH, _TEXT, _LIST = "switch", "text", "list"

_KNOWN = {
    "ADD": {
        "chmod": _TEXT,
        "checksum": _TEXT,
        "chown": _TEXT,
        "exclude": _LIST,
        "keep-git-dir": _SWITCH,
        "link": _SWITCH,
        "unpack": _SWITCH,
    },
    "COPY": {
        "chmod": _TEXT,
        "chown": _TEXT,
        "exclude": _LIST,
        "from": _TEXT,
        "link": _SWITCH,
        "parents": _SWITCH,
    },
    "FROM": {"platform": _TEXT},
    "HEALTHCHECK": {
        "interval": _TEXT,
        "retries": _TEXT,
        "start-interval": _TEXT,
        "start-period": _TEXT,
        "timeout": _TEXT,
    },
    "RUN": {"device": _LIST, "mount": _LIST, "network": _TEXT, "security": _TEXT},
}
_UNCHECKED = ("ARG", "STOPSIGNAL")
_CHOICES = {"network": ("default", "none", "host"), "security": ("insecure", "sandbox")}
_DURATIONS = ("interval", "start-interval", "start-period", "timeout")

# BuildKit compares flags byte by byte, so it never recognizes µs.
_DURATION = r"[+-]?(?:0|(?:(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:ns|us|ms|s|m|h))++)"
_PART = r"([0-9]*)\.?([0-9]*)([a-z]+)"
_NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_SHORTER = "Use a shorter duration"
_LARGEST = 2**31 - 1
_LONGEST = 40  # more digits than any number that BuildKit takes


def refusals(instruction: Instruction) -> Iterator[ParseError]:
    """Yield the errors with which BuildKit refuses the flags of an instruction."""
    keyword = instruction.keyword
    if keyword in _UNCHECKED or (keyword == "HEALTHCHECK" and head(instruction.arguments.text).text.upper() == "NONE"):
        return
    known = _KNOWN.get(keyword, {})
    seen = set()
    for flag in instruction.flags:
        if said := _refusal(keyword, flag, known, flag.name in seen):
            guess = nearest(flag.name, known) if flag.name not in known else None
            value = f"={flag.value}" if flag.value is not None else ""
            yield ParseError(said.message, flag.span, f"--{guess}{value}" if guess else None, said.help)
        seen.add(flag.name)


class _Refusal(Struct, frozen=True):
    """The problem with a flag, and the advice."""

    message: str
    help: str


def _refusal(keyword: str, flag: Flag, known: dict[str, str], again: bool) -> _Refusal | None:
    name = code(f"--{flag.name}", 40)
    kind = known.get(flag.name)
    if kind is None:
        if not known:
            return _Refusal(f"{keyword} accepts no flags, not {name}", "Remove it")
        guess = nearest(flag.name, known)
        what = f"Did you mean `--{guess}`?" if guess else "Use " + ", ".join(f"--{word}" for word in known)
        return _Refusal(f"{keyword} has no flag {name}", what)
    if again and kind != _LIST:
        return _Refusal(f"{keyword} has the flag {name} twice", "Remove one of them")
    if kind == _SWITCH:
        if flag.value is not None and flag.value.lower() not in ("true", "false"):
            return _not_accepted(flag.name, flag.value, "Use true or false, or no value")
        return None
    if flag.value is None:
        return _Refusal(f"{name} has no value", f"Write --{flag.name}=value")
    return _bad_value(flag.name, flag.value)


def _not_accepted(name: str, value: str, advice: str) -> _Refusal:
    return _Refusal(f"`--{name}` does not accept {code(value)}", advice)


def _bad_value(name: str, value: str) -> _Refusal | None:
    if name in _CHOICES and value not in _CHOICES[name]:
        return _not_accepted(name, value, "Use " + " or ".join(_CHOICES[name]))
    if name == "mount" and _from_variable(value):
        return _Refusal(
            "BuildKit does not expand a variable in the `from` of a mount", "Use a stage that is FROM the variable"
        )
    if name in _DURATIONS and value:
        return _bad_duration(name, value)
    if name == "retries" and value:
        return _bad_number(name, value)
    return None


def _bad_number(name: str, value: str) -> _Refusal | None:
    match = re.fullmatch(r"([+-]?)0*+([0-9]*+)", value)
    if not match or value in ("+", "-"):
        return _not_accepted(name, value, "Use a number")
    number = int(match[2][:_LONGEST] or 0)
    if number > _LARGEST or (number and match[1] == "-"):
        return _not_accepted(name, value, f"Use a number from 0 to {_LARGEST}")
    return None


def _from_variable(mount: str) -> bool:
    """Return whether the `from` of a mount has a variable; False with quotes, where commas may belong to values."""
    if '"' in mount:
        return False
    fields = (field.partition("=") for field in mount.split(","))
    return any(key.lower() == "from" and "$" in value[:-1] for key, _, value in fields)


def _bad_duration(name: str, value: str) -> _Refusal | None:
    if not re.fullmatch(_DURATION, value):
        return _not_accepted(name, value, "Use a duration such as 30s or 1m30s")
    total = 0
    for whole, fraction, unit in re.findall(_PART, value):
        if len(whole.lstrip("0")) > _LONGEST:
            return _not_accepted(name, value, _SHORTER)
        nanoseconds = _NANOSECONDS[unit]
        fraction = fraction[:_LONGEST]
        total += int(whole.lstrip("0") or 0) * nanoseconds + int(fraction or 0) * nanoseconds // 10 ** len(fraction)
    if total >= 2**63:
        return _not_accepted(name, value, _SHORTER)
    if total and (total < 10**6 or value.startswith("-")):
        return _not_accepted(name, value, "Use a duration of 1ms or more")
    return None
