"""Version specifiers (PEP 440), compared by the versions that they match."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from msgspec import Struct, structs
from packaging.version import Version

_OPERATORS = ("===", "==", "~=", "!=", "<=", ">=", "<", ">")
_DIGITS = 9
"""The most digits of a version number that is compared as an integer."""


class Bounds(Struct, frozen=True):
    """The range of a specifier, from `lower` to `upper` without `excluded`; None means no bound.

    A pin has both bounds at the same version.
    """

    lower: Version | None
    lower_included: bool
    upper: Version | None
    upper_included: bool
    excluded: tuple[str, ...]

    @property
    def pin(self) -> Version | None:
        """Return the only matching version, or None if there are more."""
        exact = self.lower is not None and self.lower == self.upper and self.lower_included and self.upper_included
        return self.lower if exact else None


@lru_cache(maxsize=256)
def bounds(specifier: str) -> Bounds | None:
    """Parse a specifier such as ">=2.1.0,<2.2.0"; return None for an invalid one."""
    from packaging.version import InvalidVersion, Version

    found = Bounds(None, False, None, False, ())
    for sign, text in _clauses(specifier):
        if not sign:
            return None
        try:
            found = _narrowed(found, sign, text, Version(text.removesuffix(".*")))
        except InvalidVersion:
            return None
    return found


def _clauses(specifier: str) -> Iterator[tuple[str, str]]:
    """Yield the operator and the version of each clause; the operator is "" if a clause has none."""
    for clause in filter(None, (part.strip() for part in specifier.split(","))):
        sign = next((sign for sign in _OPERATORS if clause.startswith(sign)), "")
        yield sign, clause.removeprefix(sign).strip()


@lru_cache(maxsize=256)
def pin_of(specifier: str) -> str | None:
    """Return the only version that a specifier matches, or None if there are several or none."""
    version = specifier.removeprefix("==")
    release, separator, post = version.partition(".post")
    plain = _release(release) is not None and (not separator or (post.isascii() and post.isdigit()))
    if plain and version != specifier:
        return version
    if "=" not in specifier.replace(">=", ""):
        return None
    found = bounds(specifier)
    return str(found.pin) if found is not None and found.pin is not None else None


def _narrowed(found: Bounds, operator: str, text: str, version: Version) -> Bounds:
    match operator:
        case "!=":
            return structs.replace(found, excluded=(*found.excluded, text))
        case ">=" | ">":
            return _above(found, version, included=operator == ">=")
        case "<=" | "<":
            return _below(found, version, included=operator == "<=")
        case "~=":
            return _below(_above(found, version, included=True), _next(version.release[:-1]), included=False)
        case _ if text.endswith(".*"):
            return _below(_above(found, version, included=True), _next(version.release), included=False)
        case _:
            return _below(_above(found, version, included=True), version, included=True)


def _above(found: Bounds, version: Version, *, included: bool) -> Bounds:
    if found.lower is None or version > found.lower or (version == found.lower and not included):
        return structs.replace(found, lower=version, lower_included=included)
    return found


def _below(found: Bounds, version: Version, *, included: bool) -> Bounds:
    if found.upper is None or version < found.upper or (version == found.upper and not included):
        return structs.replace(found, upper=version, upper_included=included)
    return found


def _next(release: tuple[int, ...]) -> Version:
    from packaging.version import Version

    return Version(".".join(map(str, (*release[:-1], release[-1] + 1))))


@lru_cache(maxsize=256)
def lets_in(specifier: str, version: str) -> bool:
    """Return whether an installed version satisfies a specifier for pip."""
    plainly = _lets_in_plainly(specifier, version)
    if plainly is not None:
        return plainly
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


_COMPARE: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def _lets_in_plainly(specifier: str, version: str) -> bool | None:
    """Return the same for plain numeric releases, which are most and compare quickly; None for others."""
    release = _release(version)
    if release is None:
        return None
    enough = True
    for sign, text in _clauses(specifier):
        limit = _release(text)
        if limit is None or sign not in _COMPARE:
            return None
        enough = enough and _COMPARE[sign](release, limit)
    return enough


def _release(version: str) -> tuple[int, ...] | None:
    """Return the numbers of a release without trailing zeros: 2.0 is (2,)."""
    parts = version.split(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= _DIGITS for part in parts):
        return None
    numbers = [int(part) for part in parts]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
