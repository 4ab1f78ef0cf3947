"""Explains a signature, and lists the signatures that prove that a file breaks a rule."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.diagnose.catalogue import shipped
from zr4lint.diagnose.matching import fill

if TYPE_CHECKING:
    from zr4lint.diagnose.signatures import Signature


def explain_signature(id_: str) -> list[str] | None:
    """Return the lines that explain a signature; None if there is no signature with this id."""
    found = shipped().signatures.get(id_)
    return None if found is None else [*_lines(found.signature)]


def proving(code: str) -> list[str]:
    """Return the lines that name the signatures that prove a broken rule; empty if there are none."""
    ids = [signature.id for signature in shipped().proving(code)]
    if not ids:
        return []
    said = f"Proven by build logs (zr4lint diagnose): {', '.join(ids)}"
    return ["", *textwrap.wrap(said, 80, break_on_hyphens=False)]


def _lines(signature: Signature) -> Iterator[str]:
    yield f"{signature.id}, {signature.confidence}"
    yield ""
    yield from textwrap.wrap(f"Cause: {fill(signature.cause, {})}", 80)
    yield from textwrap.wrap(f"Cure: {fill(signature.cure, {})}", 80)
    if signature.note:
        yield from textwrap.wrap(f"Note: {signature.note}", 80)
    yield ""
    yield "The log says one of:"
    yield from (f"    {words}" for words in signature.says)
    if signature.beside:
        yield "and one of:"
        yield from (f"    {words}" for words in signature.beside)
    for title, names in (
        ("Proves", signature.proves),
        ("Related", signature.related),
        ("Explains", signature.over),
        ("Easily mistaken for", signature.mistaken_for),
    ):
        if names:
            yield ""
            yield from textwrap.wrap(f"{title}: {', '.join(names)}", 80, break_on_hyphens=False)
