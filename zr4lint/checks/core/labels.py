"""Checks for the keys and values of labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from zr4lint.checks.core.instruction_lists import ends, looked_at
from zr4lint.checks.core.label_formats import LABEL_FORMATS
from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.facts import LabelSet
from zr4lint.knowledge.tables import table
from zr4lint.model.finding import Related
from zr4lint.model.quoting import code, nearest
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.checks.parameters import LabelFormat, Text

_KEY = lazy_pattern(r"[a-z](?:[a-z0-9./_-]*[a-z0-9])?")
_OCI = "org.opencontainers.image."
_RESERVED = ("com.docker.", "io.docker.", "org.dockerproject.")


@check("labels", needs="required closed formats keys unique")
def labels(  # noqa: PLR0913 - a parameter of packs each
    subject: Subject,
    *,
    required: list[Text] | dict[Text, LabelFormat] | None = None,
    closed: bool | list[Text] | dict[Text, LabelFormat] | None = None,
    strict: bool = True,
    formats: dict[Text, LabelFormat] | None = None,
    format: LabelFormat | None = None,  # noqa: A002
    keys: bool = False,
    unique: bool = False,
) -> Outcomes:
    """Labels have the specified keys and values.

    The image sets or inherits the `required` labels. All labels are in the list `closed`, or with `closed = true` in
    `required` or `formats`; `strict = false` allows others. The labels of `formats` have values of their format; with
    `format`, only labels of that format are checked. One table may serve all three parameters: `required` and `closed`
    use only its keys. With `keys`, each key follows Docker's guidelines. With `unique`, no stage sets a label to two
    different values.
    """
    if required:
        yield from _missing(subject, required)
    found = subject.facts.of(LabelSet, looked_at(subject), triggers=True)
    named = {*(required or ()), *(formats or ())} if closed is True else closed or ()
    for label in found:
        if named and strict and label.key is not None and label.key not in named:
            near = nearest(label.key, named)
            advice = f"Did you mean `{near}`?" if near else None
            yield Unmet(f"the label {code(label.key)} is not in the list", label.key_span, help=advice)
        elif formats and label.key in formats and label.value is not None:
            yield from _of_format(label, formats[label.key], format)
        elif keys and label.key is not None:
            yield from _key(label, label.key)
        else:
            yield met(label.at, label.span)
    if unique:
        yield from _repeated(found)


def _missing(subject: Subject, required: Iterable[str]) -> Iterator[Unmet]:
    facts = subject.facts
    for end in ends(subject):
        family = facts.ancestry(end)
        found = facts.of(LabelSet, family)
        if any(label.key is None for label in found):
            continue  # an unknown key may be a required one
        known = {label.key for label in found}
        stage = facts.stages[end]
        for name in required:
            if name not in known:
                yield Unmet(
                    f"the image has no label {code(name)}",
                    stage.instruction.keyword_span,
                    help=f'Add `LABEL {name}="..."`',
                )


def _of_format(label: LabelSet, wanted: str, only: str | None) -> Outcomes:
    value = label.value or ""
    form = LABEL_FORMATS[wanted]
    if not value and only in ("text", None):
        yield Unmet(f"the label {code(label.key or '')} is empty", label.span)
    elif not value or (only is not None and wanted != only) or form.fits(value):
        yield met(label.at, label.span)
    else:
        yield Unmet(
            f"the label {code(label.key or '', 40)} is not {form.what}",
            label.value_span,
            expected=f"{form.what} such as {form.example}",
        )


def _key(label: LabelSet, key: str) -> Outcomes:
    data = table("annotations") if key.lower().startswith(_OCI) else None
    if data is not None and key.removeprefix(_OCI) not in data["names"]:
        near = nearest(key.lower().removeprefix(_OCI), data["names"])
        wanted = f"{_OCI}{near}"
        fix = replace(label.key_span, wanted, f"Write {wanted}", UNSAFE) if near and not label.at.trigger else None
        yield Unmet(
            f"{code(key)} is not a label of the OCI image specification",
            label.key_span,
            fix=fix,
            notes=(f"The keys below {_OCI}* are reserved for the specification.",),
            help=f"Did you mean `{wanted}`?" if near else None,
            references=(data["source"],),
        )
        return
    why = _against(key)
    if why is None:
        yield met(label.at, label.span)
    else:
        yield Unmet(f"{code(key)} is not a valid label key", label.key_span, notes=(why,))


def _against(key: str) -> str | None:
    """Return the fault of a key, or None."""
    if key.startswith(_RESERVED):
        return "Keys that start with com.docker., io.docker. and org.dockerproject. are reserved for Docker."
    if not key[:1].isascii() or not key[:1].islower():
        return "A key starts with a lower-case letter."
    if not _KEY.fullmatch(key):
        return "A key has lower-case letters, digits, `.`, `-`, `_` and `/`, and ends with a letter or digit."
    if ".." in key or "--" in key:
        return "A key has no two dots or hyphens in a row."
    return None


def _repeated(found: list[LabelSet]) -> Iterator[Unmet]:
    last: dict[tuple[int, bool, str], LabelSet] = {}
    for label in reversed(found):
        if label.key is None:
            continue
        later = last.setdefault((label.at.stage, label.at.trigger, label.key), label)
        if later is not label and None not in (label.value, later.value) and label.value != later.value:
            yield Unmet(
                f"the label {code(label.key)} is set to another value below",
                label.span,
                related=(Related("this value counts", later.span),),
            )
