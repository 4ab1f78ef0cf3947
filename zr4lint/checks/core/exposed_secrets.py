"""Checks for secrets in variables and in the text of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from zr4lint.checks.core.instruction_lists import looked_at
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.facts import ArgDeclared, EnvSet
from zr4lint.filesystem.globs import matches
from zr4lint.knowledge.secrets import secrets_in
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Text

_WORDS = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SHORTEST_ENDING = 5
_PLACEHOLDER = lazy_pattern(
    r"(?i)change.?(?:me|it)|x{3,}|\*{3,}|<.*>|your[-_ ].*|place.?holder|dummy|todo|none|null|nil|true|false|\d|"
    r"(?:example|sample|replace).*"
)
"""Matches values that are placeholders."""
_PLACE = lazy_pattern(r"(?i)/\w[\w.-]*(?:/[\w.-]+)+|/\w[\w-]*\.\w+|[a-z][a-z+]*://[^@?\s]*")
"""Matches values that are file paths, or URLs without a user and a query."""
_FINGERPRINT = lazy_pattern(r"(?:0x)?[0-9A-F]{40}")
"""Matches the fingerprint of a public key, as gpg prints it."""
SECRET_NAMES = (
    *("apikey", "api_key", "auth", "client_key", "credential", "credentials", "key", "passwd", "password", "private"),
    *("pword", "secret", "token"),
)
PUBLIC_NAMES = (
    *("alias", "app_id", "cache_key", "client_id", "commit", "dir", "dont_warn", "enabled", "expir*", "file"),
    *("fingerprint", "git_config_key", "goprivate", "gpg_key", "length", "mode", "name", "no", "path", "public"),
    *("sock", "tiktoken*", "tokenizer*", "type", "url", "username", "version"),
)
_HISTORY = {
    "ARG": "The value of an ARG can be read from the image's history.",
    "ENV": "Everyone who has the image can read its variables.",
}


@check("secret-name", stages="all")
def secret_name(
    subject: Subject, *, secret: list[Text] | None = None, public: list[Text] | None = None, values: bool = False
) -> Outcomes:
    """No ARG or ENV has the name of a secret.

    A name is split into words at `_` and at changes of case. It is the name of a secret if it has the words of an entry
    of `secret`, such as `token` or `api_key`, and none of `public`, such as `file` or `tokenizer*`. Both parameters
    have default lists. With `values`, the file contains no token of a known form; names are then checked only if
    `secret` is given.
    """
    if values:
        yield from _written(subject)
    if values and secret is None:
        return
    wanted = tuple(SECRET_NAMES if secret is None else secret)
    excused = tuple(PUBLIC_NAMES if public is None else public)
    facts, stages = subject.facts, looked_at(subject)
    known: list[EnvSet | ArgDeclared] = [
        *facts.of(ArgDeclared, stages, triggers=True),
        *facts.of(EnvSet, stages, triggers=True),
    ]
    for fact in known:
        span = Span(fact.span.start, min(fact.span.start + len(fact.name), fact.span.end))
        if not is_secret(fact.name, wanted, excused):
            yield met(fact.at, span)
            continue
        keyword = fact.at.instruction.keyword
        yield Unmet(
            f"{keyword} {code(fact.name)} looks like a secret",
            span,
            severity=Severity.INFO if _is_harmless(fact) else None,
            notes=(_HISTORY[keyword],),
            help=f"Mount it where it is needed: `RUN --mount=type=secret,id={fact.name.lower()}`",
        )


@lru_cache(maxsize=512)
def is_secret(name: str, secret: tuple[str, ...], public: tuple[str, ...]) -> bool:
    """Return whether a variable has the name of a secret."""
    words = words_of(name)
    return _has(words, secret, endings=True) and not _has(words, public, endings=False)


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case: `apiKey` and `API_KEY` are api and key."""
    return [word.lower() for word in _WORDS.findall(name)]


def _has(words: Sequence[str], entries: Iterable[str], *, endings: bool) -> bool:
    for entry in entries:
        wanted = _parts(entry)
        for start in range(len(words) - len(wanted) + 1):
            if all(matches(*pair) for pair in zip(words[start : start + len(wanted)], wanted, strict=True)):
                return True
        ending = entry.lower() if endings and len(wanted) == 1 and len(entry) >= _SHORTEST_ENDING else None
        if ending is not None and any(word.endswith(ending) for word in words):
            return True
    return False


@lru_cache(maxsize=512)
def _parts(entry: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[_-]", entry.lower()) if part)


def _is_harmless(fact: EnvSet | ArgDeclared) -> bool:
    """Return whether a value is known and no secret.

    A placeholder counts only in ENV, since a build argument may replace the value of an ARG.
    """
    value = fact.value
    if value is None:
        return False
    if _PLACE.fullmatch(value) is not None or _FINGERPRINT.fullmatch(value) is not None:
        return True
    return isinstance(fact, EnvSet) and (not value or _PLACEHOLDER.fullmatch(value) is not None)


def _written(subject: Subject) -> Iterator[Unmet]:
    comments = [comment.span for comment in subject.dockerfile.comments]
    for found in secrets_in(subject.source.text):
        inside = any(i.span.start <= found.span.start < i.span.end for i in subject.dockerfile.instructions)
        if inside and not any(span.start <= found.span.start < span.end for span in comments):
            yield Unmet(
                f"{found.what} is written into the file",
                found.span,
                notes=("Everyone who has the file or the image has it.",),
                help="Revoke it, and mount the new one: `RUN --mount=type=secret,id=token`",
            )
