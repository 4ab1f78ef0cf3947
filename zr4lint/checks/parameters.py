"""The types of a kind's parameters, used by validation, the JSON schema of packs, and the documentation.

A type is an annotation: a plain one such as `bool` or `list[str]`, a `Literal`, or one of the names below. These names
use msgspec's `Meta` for the pattern of a string, its description in messages, and an example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Meta, Struct, ValidationError, convert

from zr4lint.knowledge.gpus import gpu_names


def _whole(pattern: str) -> str:
    """Return a pattern that matches the whole text, in the syntax that Python and JavaScript share."""
    return rf"^(?:{pattern})$(?!\n)"


_NUMBERED = r"v?(?:\d+!)?\d+(?:\.\d+)*"
_PRE = r"(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?"
_POST = r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?"
_PUBLIC = rf"{_NUMBERED}{_PRE}{_POST}(?:[-_.]?dev[-_.]?\d*)?"
_LOCAL = r"[a-z0-9]+(?:[-_.][a-z0-9]+)*"
_CLAUSE = rf"\s*(?:~=|===?|!=|<=?|>=?)\s*{_PUBLIC}(?:\.\*)?(?:\+{_LOCAL})?\s*"
_SPECIFIER = rf"{_CLAUSE}(?:,{_CLAUSE})*"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"

Text = Annotated[str, Meta(min_length=1, description="a text that is not empty")]
LineNumber = Annotated[int, Meta(ge=1, description="a line number from 1")]
Count = Annotated[int, Meta(ge=0, description="a whole number from 0")]
Version = Annotated[
    str, Meta(pattern=_whole(rf"{_PUBLIC}(?:\+{_LOCAL})?"), description="a version", examples=["2.5.1"])
]
VersionLabel = Annotated[str, Meta(pattern=_whole(_LOCAL), description="the label of a version", examples=["cu124"])]
Specifier = Annotated[
    str, Meta(pattern=_whole(_SPECIFIER), description="a version specifier", examples=[">=2.1.0,<2.2.0"])
]
Package = Annotated[str, Meta(pattern=_whole(_NAME), description="a Python package", examples=["torch"])]
PipRequirement = Annotated[
    str,
    Meta(
        pattern=_whole(rf"{_NAME}(?:\[[\w., -]*\])?(?:{_SPECIFIER})?"),
        description="a Python package with an optional version specifier",
        examples=["setuptools<82"],
    ),
]
Gpu = Annotated[
    str,
    Meta(
        pattern=_whole(rf"(?:sm_)?\d{{1,2}}\.?\d[af]?|{'|'.join(sorted(gpu_names()))}"),
        description="a GPU or its architecture",
        examples=["sm_120", "rtx5090"],
    ),
]
DebianPackage = Annotated[
    str,
    Meta(pattern=_whole(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9-]+)?"), description="a Debian package", examples=["git"]),
]
Image = Annotated[
    str,
    Meta(
        pattern=_whole(
            rf"(?:[A-Za-z0-9.-]+(?::\d+)?/)?{_COMPONENT}(?:/{_COMPONENT})*"
            r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,})?"
        ),
        description="an image reference",
        examples=["python:3.12-slim"],
    ),
]
StageName = Annotated[str, Meta(pattern=_whole(r"[A-Za-z][\w.-]*"), description="a stage name", examples=["base"])]
Folder = Annotated[str, Meta(pattern=_whole(r"/[^\0\n]*"), description="an absolute path", examples=["/srv"])]
ContextPath = Annotated[
    str,
    Meta(pattern=_whole(r"[^/\0\n][^\0\n]*"), description="a path in the build context", examples=["start.sh"]),
]
Url = Annotated[
    str,
    Meta(
        pattern=_whole(r"[A-Za-z][A-Za-z0-9+.-]*://\S+|[\w.-]+@[\w.-]+:\S+"),
        description="a URL",
        examples=["https://pypi.org/simple"],
    ),
]
PipOption = Annotated[
    str, Meta(pattern=_whole(r"--?[A-Za-z][\w-]*(?:=\S+)?"), description="an option", examples=["--no-cache-dir"])
]
Program = Annotated[str, Meta(pattern=_whole(r"\S+"), description="a program", examples=["python3.12"])]
Variable = Annotated[str, Meta(pattern=_whole(r"[^\s=]+"), description="a variable name", examples=["LANG"])]
Port = Annotated[
    str,
    Meta(
        pattern=_whole(r"\d{1,5}(?:-\d{1,5})?(?:/[A-Za-z]+)?"),
        description="a port with an optional protocol",
        examples=["8080", "53/udp"],
    ),
]
FileMode = Annotated[
    str,
    Meta(
        pattern=_whole(r"[0-7]{3,4}|[ugoa]*(?:[-+=][rwxXstugo]*)+(?:,[ugoa]*(?:[-+=][rwxXstugo]*)+)*"),
        description="the mode of a file",
        examples=["0644"],
    ),
]
Duration = Annotated[
    str,
    Meta(
        pattern=_whole(r"\d+|(?:\d+(?:\.\d+)?(?:h|m|s|ms|us|ns))+"),
        description="a duration or a number",
        examples=["30s", "3"],
    ),
]
HealthOption = Literal["interval", "timeout", "start-period", "start-interval", "retries"]
PackageManager = Literal[
    "apt", "apt-get", "apk", "conda", "dnf", "gem", "go", "mamba", "microdnf", "micromamba", "npm", "pip", "pnpm", "uv",
    "yarn", "yum", "zypper",
]  # fmt: skip
PortRange = Annotated[
    str, Meta(pattern=_whole(r"\d{1,5}(?:-\d{1,5})?"), description="a port or a range of ports", examples=["8080"])
]
CallText = Annotated[
    str, Meta(pattern=_whole(r"\S+(?: \S+)*"), description="a pattern of commands", examples=["apt-get install"])
]
OptionText = Annotated[
    str, Meta(pattern=_whole(r"--?[A-Za-z]\S*(?: \S+)?"), description="an option", examples=["--no-cache-dir"])
]
ShellCheckCode = Annotated[
    str, Meta(pattern=_whole(r"SC\d{4}"), description="a code of ShellCheck", examples=["SC2086"])
]
CallCondition = Annotated[
    str,
    Meta(
        pattern=_whole(r"redirection|pipe|--?[A-Za-z]\S*(?: > \d{1,9})?"),
        description="a condition on a command",
        examples=["-u|--uid > 99999"],
    ),
]
LabelFormat = Annotated[
    Literal["text", "url", "rfc3339", "spdx", "hash", "semver", "email"],
    Meta(description="a format of labels", examples=["url"]),
]
StartKeyword = Literal["CMD", "ENTRYPOINT"]
Keyword = Annotated[
    Literal[
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ],
    Meta(description="an instruction", examples=["CMD"]),
]  # fmt: skip


def listed(value: Any, kind: Any) -> Any:
    """Return a TOML value for a parameter: a string becomes a list if the type allows lists but no strings."""
    plain, _ = _unwrapped(kind)
    options = [_unwrapped(option)[0] for option in (get_args(plain) if _is_union(plain) else (plain,))]
    alone = isinstance(value, str) and str not in options and any(get_origin(option) is list for option in options)
    return [value] if alone else value


class Misfit(Struct, frozen=True):
    """A value that does not have its type: the type's description in messages, and the literals it allows.

    `inside` is set if the value is an item or a key of the validated value.
    """

    value: Any
    words: str
    known: tuple[str, ...]
    inside: bool = False


def misfits(value: Any, kind: Any) -> Iterator[Misfit]:
    """Yield the parts of a value that do not have its type."""
    try:
        convert(value, kind)
        return
    except ValidationError:
        pass
    plain, _ = _unwrapped(kind)
    options = [option for option in get_args(plain) if option is not NoneType] if _is_union(plain) else [plain]
    for option in options:
        parts = _parts(value, _unwrapped(option)[0])
        inside = [Misfit(m.value, m.words, m.known, True) for part, of in parts or () for m in misfits(part, of)]
        if inside:
            yield from inside
            return
    known = tuple(literal for option in options for literal in _literals(_unwrapped(option)[0]))
    textual = plain is str and not isinstance(value, str) and not any(misfits(str(value), kind))
    yield Misfit(value, _PLAIN[str][0] if textual else words(kind), known)


def _parts(value: Any, kind: Any) -> list[tuple[Any, Any]] | None:
    """Return the items of a list or table with their types; None if the value is not the list or table required."""
    origin, args = get_origin(kind) or kind, get_args(kind)
    if origin in (list, tuple) and isinstance(value, list) and args and (origin is list or args[-1] is ...):
        return [(item, args[0]) for item in value]
    if origin in (dict, Mapping) and isinstance(value, dict) and args:
        return [pair for key, item in value.items() for pair in ((key, args[0]), (item, args[1]))]
    return None


_PLAIN: Mapping[Any, tuple[str, str]] = {
    str: ("a string", "strings"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("`true` or `false`", "booleans"),
    dict: ("a table", "tables"),
    Mapping: ("a table", "tables"),
    list: ("a list", "lists"),
}


def words(kind: Any) -> str:
    """Return the words for a type in messages: "a list of strings", "a version such as `2.5.1`"."""
    kind, meta = _unwrapped(kind)
    if meta is not None and meta.description:
        example = f" such as `{meta.examples[0]}`" if meta.examples else ""
        return f"{meta.description}{example}"
    if literals := _literals(kind):
        *most, last = (f"`{word}`" for word in literals)
        return f"{', '.join(most)} or {last}" if most else last
    if _is_union(kind):
        return " or ".join(words(option) for option in get_args(kind) if option is not NoneType)
    origin, args = get_origin(kind) or kind, get_args(kind)
    if args and origin in (list, tuple, dict, Mapping):
        outside, item, part = ("list", args[0], "item") if origin in (list, tuple) else ("table", args[1], "value")
        plain, meta = _unwrapped(item)
        if _literals(plain) or (meta is not None and meta.description):
            return f"a {outside}, each {part} {words(item)}"
        return f"a {outside} of {_many(item)}"
    return _PLAIN[origin][0] if origin in _PLAIN else "a table"


def _many(kind: Any) -> str:
    """Return the words for several values of a type in messages."""
    plain, _ = _unwrapped(kind)
    if get_origin(plain) is list:
        return f"lists of {_many(get_args(plain)[0])}"
    return _PLAIN[plain][1] if plain in _PLAIN else "tables"


def _unwrapped(kind: Any) -> tuple[Any, Meta | None]:
    if get_origin(kind) is not Annotated:
        return kind, None
    plain, *rest = get_args(kind)
    return plain, next((item for item in rest if isinstance(item, Meta)), None)


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)


def _literals(kind: Any) -> tuple[str, ...]:
    return tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()
