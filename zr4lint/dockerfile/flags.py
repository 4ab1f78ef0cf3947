"""Which flags BuildKit's instructions take, and what it refuses in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zr4lint.dockerfile.instructions import Flag, Instruction, ParseError
from zr4lint.dockerfile.splitting import head
from zr4lint.model.quoting import nearest, show

# A switch is true or false, a text can stand once, a list any number of times.
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

# BuildKit reads flags by bytes, so that it never sees a µs.
_DURATION = r"[+-]?(?:0|(?:(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:ns|us|ms|s|m|h))++)"
_PART = r"([0-9]*)\.?([0-9]*)([a-z]+)"
_NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_LARGEST = 2**31 - 1
_LONGEST = 40  # more digits than any number that BuildKit takes


def refusals(instruction: Instruction) -> Iterator[ParseError]:
    """Why BuildKit refuses the flags of an instruction."""
    keyword = instruction.keyword
    if keyword in _UNCHECKED or (keyword == "HEALTHCHECK" and head(instruction.arguments.text).text.upper() == "NONE"):
        return
    known = _KNOWN.get(keyword, {})
    seen = set()
    for flag in instruction.flags:
        message = _refusal(keyword, flag, known, flag.name in seen)
        if message:
            guess = nearest(flag.name, known) if flag.name not in known else None
            value = f"={flag.value}" if flag.value is not None else ""
            yield ParseError(message, flag.span, f"--{guess}{value}" if guess else None)
        seen.add(flag.name)


def _refusal(keyword: str, flag: Flag, known: dict[str, str], again: bool) -> str | None:
    name = f"--{flag.name}"
    kind = known.get(flag.name)
    if kind is None:
        if not known:
            return f"unknown flag {show(name)}: {keyword} takes no flags"
        guess = nearest(flag.name, known)
        what = f"did you mean --{guess}?" if guess else "it takes " + ", ".join(f"--{word}" for word in known)
        return f"unknown flag {show(name)} of {keyword}: {what}"
    if again and kind != _LIST:
        return f"duplicate flag {name}: {keyword} takes it once"
    if kind == _SWITCH:
        if flag.value is not None and flag.value.lower() not in ("true", "false"):
            return f"bad value {show(flag.value)}: {name} is true or false, or stands without a value"
        return None
    if flag.value is None:
        return f"missing value: write {name}=..."
    return _bad_value(flag.name, flag.value)


def _bad_value(name: str, value: str) -> str | None:
    if name in _CHOICES and value not in _CHOICES[name]:
        return f"bad value {show(value)}: --{name} takes " + " or ".join(_CHOICES[name])
    if name == "mount" and _from_variable(value):
        return "variable in the from of a mount: BuildKit does not expand it; name a stage that is FROM the variable"
    if name in _DURATIONS and value:
        return _bad_duration(name, value)
    if name == "retries" and value:
        return _bad_number(name, value)
    return None


def _bad_number(name: str, value: str) -> str | None:
    match = re.fullmatch(r"([+-]?)0*+([0-9]*+)", value)
    if not match or value in ("+", "-"):
        return f"bad value {show(value)}: --{name} takes a number"
    number = int(match[2][:_LONGEST] or 0)
    if number > _LARGEST or (number and match[1] == "-"):
        return f"bad value {show(value)}: --{name} takes a number from 0 to {_LARGEST}"
    return None


def _from_variable(mount: str) -> bool:
    """Whether a mount has a variable in its from; with quotes, commas may belong to values, so it can't be told."""
    if '"' in mount:
        return False
    fields = (field.partition("=") for field in mount.split(","))
    return any(key.lower() == "from" and "$" in value[:-1] for key, _, value in fields)


def _bad_duration(name: str, value: str) -> str | None:
    if not re.fullmatch(_DURATION, value):
        return f"bad value {show(value)}: --{name} takes a duration such as 30s or 1m30s"
    total = 0
    for whole, fraction, unit in re.findall(_PART, value):
        if len(whole.lstrip("0")) > _LONGEST:
            return f"bad value {show(value)}: --{name} takes no duration that long"
        nanoseconds = _NANOSECONDS[unit]
        fraction = fraction[:_LONGEST]
        total += int(whole.lstrip("0") or 0) * nanoseconds + int(fraction or 0) * nanoseconds // 10 ** len(fraction)
    if total >= 2**63:
        return f"bad value {show(value)}: --{name} takes no duration that long"
    if total and (total < 10**6 or value.startswith("-")):
        return f"bad value {show(value)}: --{name} takes no duration below 1ms"
    return None
