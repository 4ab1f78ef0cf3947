"""The explanation of a signature, and the signatures that prove a rule broken."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.diagnose.catalogue import shipped
from zr4lint.diagnose.matching import fill

if TYPE_CHECKING:
    from zr4lint.diagnose.signatures import Signature


def explain_signature(id_: str) -> list[str] | None:
    """The lines that explain a signature; None if none has this id."""
    found = shipped().signatures.get(id_)
    return None if found is None else [*_lines(found.signature)]


def proving(code: str) -> list[str]:
    """The lines that name the signatures of logs that prove a rule to be broken; none if there are none."""
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
