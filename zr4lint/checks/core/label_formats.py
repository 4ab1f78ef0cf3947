"""The formats that a rule can require of labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from zr4lint.startup import lazy_pattern

_URI = lazy_pattern(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?://(?P<host>[^/?#]*))?(?:[\w.~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*", re.ASCII
)
_TIME = lazy_pattern(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:(?:[0-5]\d|60))(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_HASH = lazy_pattern(r"[0-9a-f]{7}|[0-9a-f]{40}|[0-9a-f]{64}")
_NUMBER = r"(?:0|[1-9]\d*)"
_PRE = rf"(?:{_NUMBER}|\d*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = lazy_pattern(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE}(?:\.{_PRE})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?", re.ASCII
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAIL = lazy_pattern(
    rf"(?:{_ATOM}(?:\.{_ATOM})*|\"(?:[^\"\\]|\\.)*\")@(?:{_ATOM}(?:\.{_ATOM})*|\[[^\[\]\\]*\])", re.ASCII
)


class LabelFormat(Struct, frozen=True):
    """A format: a function that checks a value, the format's name in messages, and an example."""

    fits: Callable[[str], bool]
    what: str
    example: str


def _is_uri(value: str) -> bool:
    found = _URI.fullmatch(value)
    if found is None:
        return False
    scheme, _, rest = value.partition(":")
    return bool(rest) and (scheme.lower() not in ("http", "https") or bool(found["host"]))


def _is_time(value: str) -> bool:
    found = _TIME.fullmatch(value)
    if found is None:
        return False
    from datetime import datetime  # only a rule with this format needs it

    try:
        datetime.fromisoformat(f"{found[1]}T{found[2].replace(':60', ':59')}")
    except ValueError:
        return False
    return True


def _is_licence(value: str) -> bool:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        canonicalize_license_expression(value)
    except InvalidLicenseExpression:
        return False
    return True


LABEL_FORMATS: Mapping[str, LabelFormat] = {
    "text": LabelFormat(bool, "a text", "a text"),
    "url": LabelFormat(_is_uri, "a URL", "https://example.com"),
    "rfc3339": LabelFormat(_is_time, "a time in the form of RFC 3339", "2026-01-31T12:00:00Z"),
    "spdx": LabelFormat(_is_licence, "an SPDX licence", "Apache-2.0"),
    "hash": LabelFormat(lambda value: _HASH.fullmatch(value) is not None, "a Git hash", "0123abc"),
    "semver": LabelFormat(lambda value: _SEMVER.fullmatch(value) is not None, "a semantic version", "1.2.3"),
    "email": LabelFormat(lambda value: _MAIL.fullmatch(value) is not None, "an e-mail address", "ops@example.com"),
}
"""The formats by their names in packs."""
