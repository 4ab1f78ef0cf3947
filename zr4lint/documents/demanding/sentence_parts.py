"""Defines the regular expressions that the forms of demands share, and the type of a form."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zr4lint.documents.demanding.statement import CODE, Statement
from zr4lint.documents.deriving.demand import Demand

ARTICLE = r"(?:the|this|an?|each|every|all|any|our|der|die|das|ein|eine|jedes|jede|alle)"
THING = (
    r"(?:(?:(?:docker|container)[ _])?images?|dockerfiles?|containerfiles?|containers?|container-?images?"
    r"|(?:final|runtime|runner|production)[ _]stage|system)"
)
SUBJECT = (
    rf"(?:(?:{ARTICLE}\s+)?(?:(?:final|resulting|docker|production|application|custom|new|built|target|runtime|runner)\s+)*"
    rf"{THING}\s+)"
)
MODAL = (
    r"(?:must|shall|should|has to|have to|needs to|need to|is required to|are required to|muss|m\u00fcssen|soll|sollte"
    r"|sollten|darf|d\u00fcrfen)(?:\s+(?:only|always|explicitly))?\s+"
)
BUILD = r"(?:the\s+(?:(?:image|docker)\s+)?build\s+)"
OPENING = rf"(?:{SUBJECT}{MODAL}|(?:always\s+)?)"
NOT = r"(?:not\s+|never\s+|nicht\s+)"
RUNNER = rf"(?:{SUBJECT}|(?:{ARTICLE}\s+)?(?:process(?:es)?|applications?|apps?|programs?|services?|servers?)\s+)"
PROCESS = r"(?:the\s+)?(?:process|program|application|app|container)"
OPENING_NOT = (
    rf"(?:(?:{SUBJECT}|{BUILD}){MODAL}{NOT}"
    rf"|{SUBJECT}(?:should |must |shall )?never\s+|do not\s+|don't\s+|never\s+|avoid\s+)"
)
LIST = rf"{CODE}(?:\s*,\s*{CODE})*(?:\s*,?\s*(?:and|und|&)\s+{CODE})?"
LIST_OR = rf"{CODE}(?:(?:\s*,\s*|,?\s+(?:or|and)\s+){CODE})*"

Reader = Callable[[Statement], Iterator[Demand]]
Form = tuple[str, bool | None, tuple[Reader, ...]]


def form(pattern: str, negative: bool | None, *readers: Reader) -> Form:
    """Return a form: its pattern, whether it forbids (None for both), and its readers in the order of trial."""
    return pattern, negative, readers


MANAGER = r"(?:apt|apt-get|apk|dnf|microdnf|pip|pypi)"
BE = r"(?:be\s+|is\s+|are\s+)?"
THE = r"(?:(?:the|an?|its|following|these|this|all|required|official)\s+)*"
AS_BASE = (
    rf"as\s+{THE}(?:base|(?:base|parent)\s+image|basis-?image)"
    rf"(?:\s+(?:of|for|in)\s+{THE}(?:(?:final|runtime|production)\s+)?(?:image|stage|dockerfile))?"
)
NAMED = rf"an?\s+(?:build\s+)?stage\s+(?:named|called)\s+{CODE}"
