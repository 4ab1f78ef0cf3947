"""Parser directives: the comments at the top of a file that control the parser."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zr4lint.dockerfile.instructions import Directive, ParseError
from zr4lint.model.quoting import code
from zr4lint.model.source import Span

_NAMES = ("syntax", "escape", "check")
TRUE = ("1", "t", "T", "TRUE", "true", "True")
BOOLEANS = (*TRUE, "0", "f", "F", "FALSE", "false", "False")
CHECK_ARGUMENT = "BUILDKIT_DOCKERFILE_CHECK"
"""The build argument that replaces `# check=`."""
NOT_ACCEPTED = "directive `# check=` does not accept"
CHECK_OPTIONS = "Use `skip=`, `error=` or `experimental=`, with `;` between them"
_BLANKS = "\t\n\f\r "
_NAME = rf"#[{_BLANKS}]*+([a-zA-Z][a-zA-Z0-9]*+)[{_BLANKS}]*+="


def read(words: str, offset: int) -> Directive | None:
    """Return the directive on a line, or None; `words` is the line without leading blanks."""
    match = re.match(_NAME, words) if "=" in words else None
    if not match or match[1].lower() not in _NAMES:
        return None
    rest = words[match.end() :]
    # If the value consists of blanks, BuildKit's regular expression captures the last one.
    value = rest.strip(_BLANKS) or rest[-1:]
    return Directive(match[1].lower(), value, Span(offset, offset + len(words))) if value else None


def refusal(directive: Directive, before: Mapping[str, Directive]) -> ParseError | None:
    """Return why BuildKit refuses a directive after the directives `before`, or None."""
    name, value, span = directive.name, directive.value, directive.span
    if name in before:
        return ParseError(f"directive `# {name}=` is set twice", span, help="Remove this one")
    if name == "escape" and value not in ("\\", "`"):
        return ParseError(f"directive `# escape=` does not accept {code(value)}", span, help="Use \\ or `")
    if name == "check" and (wrong := unknown_option(value)) is not None:
        return ParseError(f"{NOT_ACCEPTED} {code(wrong, 40)}", span, help=CHECK_OPTIONS)
    return None


def unknown_option(value: str) -> str | None:
    """Return the first option of a `# check=` that BuildKit cannot parse, or None."""
    if not value:
        return None
    for option in value.split(";", 2):
        key, equals, given = option.partition("=")
        known = key.strip() in ("skip", "experimental") or (key.strip() == "error" and given.strip() in BOOLEANS)
        if not equals or not known:
            return option.strip() or ";"
    return None
