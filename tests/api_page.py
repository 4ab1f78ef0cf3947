"""Write docs/api.md from the public names and their docstrings: `make docs`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any, get_args

from msgspec import NODEFAULT, Struct, structs

import zr4lint
from zr4lint import api

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "api.md"
HEAD = """\
<!-- Written by `make docs` from the docstrings of `zr4lint`; edits here are lost. -->

# Embed zr4lint in Python

Import `zr4lint` to lint and fix Dockerfiles from a program of your own.

```python
>>> import zr4lint
>>> report = zr4lint.lint_text("FROM ubuntu:22.04\\nRUN cd /app\\n", packs="core")
>>> for finding in report.findings[:1]:
...     print(f"{finding.line}:{finding.column} {finding.severity.label}: {finding.message} ({finding.code})")
2:5 info: `cd /app` is used instead of WORKDIR (ZC603)

```

`zr4lint` exports the names on this page and no others; each has type annotations. The examples are run as tests.
"""


def page() -> str:
    """Return the page."""
    objects = {name: getattr(zr4lint, name) for name in api.__all__}
    functions = [name for name, value in objects.items() if inspect.isfunction(value)]
    errors = [name for name, value in objects.items() if isinstance(value, type) and issubclass(value, Exception)]
    types = [name for name in objects if name not in functions and name not in errors]
    parts = [HEAD, "## Functions\n", *(_function(name, objects[name]) for name in functions)]
    parts += ["## Types\n", *(_type(name, objects[name]) for name in types)]
    parts += ["## Errors\n", *(f"### {name}\n\n{_prose(objects[name])}\n" for name in errors)]
    return "\n".join(parts)


def _function(name: str, function: Any) -> str:
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))
    return f"### {name}\n\n```python\n{name}{_wrapped(signature)}\n```\n\n{_prose(function)}\n"


def _wrapped(signature: str) -> str:
    """Return a signature with one line for each argument."""
    arguments, _, result = signature.removeprefix("(").rpartition(")")
    return "(\n" + "".join(f"    {each},\n" for each in re.split(r", (?![^\[]*\])", arguments)) + f"){result}"


def _type(name: str, kind: type) -> str:
    return "\n".join([f"### {name}\n", _prose(kind), "", *_members(kind)])


def _members(kind: type) -> Iterator[str]:
    """Return a table of the fields of a struct or of the values of an enumeration."""
    if issubclass(kind, IntEnum):
        yield "| value | number |\n|---|---|"
        yield from (f"| `{member.name}` | {member.value} |" for member in kind)
        yield ""
    elif issubclass(kind, Struct):
        yield "| field | type | default |\n|---|---|---|"
        for field in structs.fields(kind):
            default = "" if field.default is NODEFAULT else f"`{field.default!r}`"
            yield f"| `{field.name}` | `{_annotation(kind, field.name)}` | {default} |"
        yield ""


def _annotation(kind: type, field: str) -> str:
    """Return the type of a field without module names, whether the annotation is evaluated or not."""
    annotations = (inspect.get_annotations(base) for base in kind.__mro__)
    found = next(found[field] for found in annotations if field in found)
    words = found.__name__ if isinstance(found, type) and not get_args(found) else str(found)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", words).replace("|", "\\|")


def _prose(documented: Any) -> str:
    """Return a docstring with its examples as code."""
    text = inspect.getdoc(documented) or ""
    prose, found, example = text.partition(">>> ")
    return prose.strip() + (f"\n\n```python\n>>> {example.strip()}\n\n```" if found else "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
