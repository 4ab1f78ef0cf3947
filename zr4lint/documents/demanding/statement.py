"""Splits a document into statements: sentences and rows with a strength, code spans and a place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from msgspec import Struct, structs

from zr4lint.documents.document import MARK, Document, Heading, Words
from zr4lint.model.source import Span


class Strength(Enum):
    """The strength of a statement, by the words of RFC 2119 or similar ones."""

    MUST = "error"
    SHOULD = "warning"
    MAY = "may"


class Statement(Struct, frozen=True):
    """A statement of a document that demands something.

    `plain` is its text with `CODE` for each code span, without its number, its list mark and its reason. `codes` are
    the texts of the spans. `marked` is whether a mark of the document makes it a demand.
    """

    words: Words
    span: Span
    plain: str
    codes: tuple[str, ...]
    strength: Strength
    negative: bool = False
    lead: str = ""
    marked: bool = False

    @property
    def path(self) -> tuple[Heading, ...]:
        """The headings above the statement."""
        return self.words.path


CODE = "\u00a7"
"""The character for a code span in the plain text of a statement."""
_NEVER = (
    r"(?:must|shall|should|may)\s+not\b|mustn't|shouldn't|\bnever\b|\b(?:do|does) not\b|\bdon't\b"
    r"|\b(?:is|are) (?:forbidden|prohibited|not (?:allowed|permitted))\b|\bavoid\b"
    r"|\b(?:darf|d\u00fcrfen|soll|sollen|sollte|sollten)\b.*?\b(?:nicht|kein\w*)\b"
)
_STRENGTHS = (
    (Strength.SHOULD, r"\bshould(?:n't)?\b|\brecommended\b|\bavoid\b|\bprefer\b|\bsoll(?:te|ten|en)?\b"),
    (
        Strength.MUST,
        (
            r"\bmust(?:n't)?\b|\bshall\b|\b(?:is|are) (?:required|necessary)\b|\bmandatory\b|\b(?:has|have|needs?) to\b"
            r"|\A\W*never\b|\A\W*no\b[^.,]*\bmay be\b|\b(?:must|shall) never\b|\bforbidden\b"
            r"|\bprohibited\b|\bnot (?:allowed|permitted)\b|\bmuss\b|\bm\u00fcssen\b|\b(?:darf|d\u00fcrfen)\b"
        ),
    ),
    (Strength.MAY, r"\bmay\b|\boptional(?:ly)?\b|\bkann\b|\bk\u00f6nnen\b"),
)
_IMPERATIVE = re.compile(
    r"(?:do not|don't|never|always|avoid|use|install|set|pin|expose|copy|run|define|declare|create|add|remove|include"
    r"|clone|start|keep|write|give|combine|prefer|mount|pass|we (?:will )?use)\b",
    re.IGNORECASE,
)
_STRICT = re.compile(r"(?:do not|don't|always)\b", re.IGNORECASE)
_IS = re.compile(
    r"(?:the\s+)?(?:base image|(?:final|runtime|`[\w-]+`) stage|working directory|entry ?point"
    r"|(?:exposed )?port|(?:container |final )?user)"
    r"\s+is\s+`[^`]+`\W*\Z",
    re.IGNORECASE,
)
"""Matches a sentence that states the value of one thing."""
_TUTORIAL = re.compile(r"\bguide\b|\btutorial\b|\btips\b|\bhow[- ]to\b|\bgetting started\b|\breadme\b", re.IGNORECASE)
_DEMANDING = re.compile(
    r"\brequire|\brules?\b|\bstandards?\b|\bpolic(?:y|ies)\b|\bconstraints?\b|\bmust\b|\bmandatory\b|\bspecification\b"
    r"|\bacceptance criteria\b|\A(?:the )?decisions?\Z|\banforderung|\bvorgaben?\b|\brichtlinie",
    re.IGNORECASE,
)
_ADVISING = re.compile(r"\bguidelines?\b|\bbest practices?\b|\brecommend|\bshould\b|\bempfehlung", re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"(?:forbidden|prohibited|banned|disallowed|(?:what is )?not (?:allowed|permitted))", re.IGNORECASE
)
_SOFTWARE = re.compile(
    r"docker|container|image|packag|install|software|tool|program|instruction|command|stage|build|securit|rule|require"
    r"|standard",
    re.IGNORECASE,
)
"""Matches headings above a list of bans that may be about a Dockerfile."""
_BARE = re.compile(r"\s*(?:[-*+]\s+|\d+[.)]\s+)?`[^`]+`\W*")
"""Matches an item that is one code span."""
_PICTURES = r"(?:(?![\u26d4\u2716-\u2718\u274c\U0001f44e\U0001f6ab])[\u2190-\u2bff\U0001f300-\U0001faff]\ufe0f?\s*)*"
"""Matches pictures before a sentence, such as a tick, except those that negate it."""
_LABEL = re.compile(
    rf"\A\s*(?:>\s*)*(?:[-*+]\s+|\d+[.)]\s+)?(?:\[[ xX]\]\s+)?{_PICTURES}"
    r"(?:\*\*|__)?(?:[A-Z]{1,6}[-_ ]?\d[\w.-]*|\d+(?:\.\d+)+)?"
    r"(?:\*\*|__)?\s*[:.)\u2013-]*\s*"
)
_REASON = re.compile(
    r"\s*[,;(\u2013\u2014-]*\s*\b(?:so that|because|in order to|since|damit|weil|um\b.*\bzu\b"
    r"|to (?:ensure|avoid|prevent|reduce|keep|improve|minimi[sz]e|guarantee|make|separate|provide|shrink|exclude)"
    r"|for (?:security|reproducib\w+|caching))\b.*\Z",
    re.IGNORECASE | re.DOTALL,
)
_TAIL = re.compile(rf"\s*\([^(){CODE}]*\)\s*(?=[.;]?\s*\Z)")
_LIMITS = re.compile(
    r"\b(?:or|e\.g|such as|for example|optional|prefer|when|if|unless|except|default|only|at least|newer|later|oder"
    r"|z\.\s?B|falls|wenn|mindestens)\b",
    re.IGNORECASE,
)
"""Matches words that make a remark a part of the demand."""
_WHEN_BUILT = re.compile(
    r"\A(?:when|while)\s+(?:(?:the|an?)\s+(?:docker |container |\w+ (?=stage))*"
    r"(?:image|dockerfile|container|stage)\s+is\s+(?:built|created|started|run|defined|written)"
    r"|(?:the\s+)?dependencies are installed|installing (?:the\s+)?dependencies"
    r"|building (?:the|an?) (?:docker |container )*image)\s*,?\s*(?:then\s+)?",
    re.IGNORECASE,
)
_NUMBERED = r"\n(?=[ \t>]*(?:\d+(?:\.\d+)+\.?|[A-Z]{1,6}-\d+(?:\.\d+)*[.:]?)[ \t]+\S)"
"""Matches a line end before a line with its own number, such as 2.1."""
_END = (
    r"(?<![.\s][^\W\d])(?<!e\.g)(?<!i\.e)(?<!\betc)(?<!\bz\.B)(?<!bzw)[.!;](?:\*\*|_)?\s+"
    r"(?=[A-Z\u00c4\u00d6\u00dc*`_\"(])"
)
_MARKED = r"<!--\s*+zr4:.{0,400}?-->"
_KEYWORDS = re.compile(
    r"(?<![\w`-])(?:(?:CMD|ENTRYPOINT|WORKDIR|HEALTHCHECK|STOPSIGNAL)(?![\w`-])"
    r"|(?:FROM|RUN|LABEL|EXPOSE|ENV|ADD|COPY|VOLUME|USER|ARG)(?=\s+(?:instruction|directive)s?\b)"
    r"|(?<=[Uu]se )(?:ADD|COPY|VOLUME|ONBUILD|MAINTAINER)(?=[.,;)]|\s*\Z))"
)
"""Matches keywords of instructions in capital letters, which authors often write without backticks."""
TOOLS = (
    r"(?:curl|wget|git|sudo|vim|nano|emacs|gcc|g\+\+|make|cmake|cargo|npm|ssh|openssh-(?:client|server)|telnet|netcat|nc"
    r"|ftp|tcpdump|gdb|strace|build-essential|gnupg|jq|less|apt-utils)"
)
"""Matches programs that a sentence may name as contents of an image, and that have packages of the same names."""
_BARE_IMAGE = re.compile(
    r"(\b(?:use|from|on|base image (?:is|must be|shall be))\s+)"
    r"((?:[a-z0-9.-]+/)*[a-z][a-z0-9._-]*:\w*\d[\w.-]*\w)(?=\s+as\s+(?:the|its|a)\b|\W*\Z)",
    re.IGNORECASE,
)
"""Matches an image with a version without backticks, as in `use python:3.12-slim as the base image`."""


_BARE_NUMBER = re.compile(r"(\bUID\s+)(\d+)\b(?!\))", re.IGNORECASE)
_BARE_TOOL = re.compile(rf"(\b(?:not|never)\s+(?:contain|include|install)\s+)({TOOLS})(?=\W*\Z)", re.IGNORECASE)


def sentences_of(words: Words) -> Iterator[tuple[int, int]]:
    """Yield the sentences of a paragraph as offsets; a mark ends one, a full stop in a code span does not."""
    hidden = re.sub(r"`[^`]*`", lambda m: "`" + "x" * (len(m[0]) - 2) + "`", words.text)
    start = 0
    for end in re.finditer(rf"{_MARKED}|{_END}|{_NUMBERED}", hidden, re.DOTALL):
        yield start, end.end() if end[0].startswith("<") else end.start() + 1
        start = end.end()
    if words.text[start:].strip():
        yield start, len(words.text)


_AND = re.compile(
    r",?\s+(?:and|but)\s+(?=(?:(?:it|they|(?:the\s+)?(?:`[^`]+`|[\w-]+)(?:\s+[\w-]+)?)\s+)?(?:must|shall|should)\b"
    r"|(?:expose|set|use|run|install|define|declare|copy|start)\s)",
    re.IGNORECASE,
)
"""Matches the words between two demands of one sentence."""
_ALONE = re.compile(
    r"\b(?:or|if|when|whenever|unless|except|only|where|while|before|after|either|both|between|prefer|which|that)\b"
    r"|\b(?:not|never|avoid|don't)\b(?=.*?\band\s+(?:expose|set|use|run|install|define|declare|copy|start)\s)",
    re.IGNORECASE | re.DOTALL,
)
"""Matches words of a sentence that must not be split into two demands."""
_DEMANDS = re.compile(
    r"\b(?:must|shall|should)\b|\A\W*(?:always\s+)?(?:use|set|run|install|expose|define|declare|copy|start|pin|create)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"(?P<subject>.*?)\b(?:must|shall|should)\b(?: always)?\s*", re.IGNORECASE)


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a sentence that each demand something, as offsets; most sentences have one."""
    hidden = re.sub(r"`[^`]*`", lambda m: "`" + "x" * (len(m[0]) - 2) + "`", text)
    start = 0
    for joint in _AND.finditer(hidden) if not _ALONE.search(hidden) else ():
        if _DEMANDS.search(hidden, start, joint.start()):
            yield start, joint.start()
            start = joint.end()
    yield start, len(text)


def _continued(first: Statement, other: Statement) -> Statement:
    """Return a later part of a sentence, with the subject of the first part if it has none."""
    said = _SUBJECT.match(first.plain)
    if said is None or (own := re.match(r"(?:it|they)\s+|(?=(?:must|shall|should)\b)|(?!.*\b(?:must|shall|should)\b)",
                                        other.plain, re.IGNORECASE)) is None:  # fmt: skip
        return other
    modal = (
        "" if re.search(r"\b(?:must|shall|should)\b", other.plain, re.IGNORECASE) else said[0][len(said["subject"]) :]
    )
    plain = f"{said['subject']}{modal}{other.plain[own.end() :]}"
    return structs.replace(other, plain=plain, codes=first.codes[: said["subject"].count(CODE)] + other.codes)


def strength_of(text: str) -> tuple[Strength, bool] | None:
    """Return the strength of a sentence and whether it forbids; None for one that demands nothing.

    A sentence with two strengths has the stronger one.
    """
    found = next((strength for strength, pattern in _STRENGTHS[::-1] if _has(pattern, text)), None)
    found = next((s for s, pattern in (_STRENGTHS[1], _STRENGTHS[0]) if _has(pattern, text)), found)
    return (found, _has(_NEVER, text)) if found is not None else None


def forbids(text: str) -> bool:
    """Return whether a sentence forbids something, without regard to its code."""
    return _has(_NEVER, re.sub(r"`[^`]*`", "", text))


def _has(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def heading_strength(path: tuple[Heading, ...]) -> Strength | None:
    """Return the strength that the headings give to imperatives and tables below them; None if they give none."""
    for heading in reversed(path):
        if _ADVISING.search(heading.title):
            return Strength.SHOULD
        if _DEMANDING.search(heading.title):
            return Strength.MUST
    return None


def statement(
    words: Words, start: int, end: int, strength: tuple[Strength, bool], lead: str = "", *, marked: bool = False
) -> Statement:
    """Return the statement in a part of some words."""
    text = re.sub(r"<!--.*?(?:-->|\Z)", "", words.text[start:end], flags=re.DOTALL)
    inside = len(text) - len(text.lstrip(" \t\n-*+>"))
    span = words.at(start + inside, start + max(inside, len(text.rstrip())))
    if re.search("[a-z]", text):
        text = re.sub(r"(`+[^`]+`+)|([^`]+)", lambda m: m[1] or _quoted(m[2]), text)
    text = re.sub(r"`(exec|json|shell)`(?=[ -](?:exec[ -])?form\b)", r"\1", text)
    codes = tuple(code.strip() for code in re.findall(r"`+([^`]+)`+", text))
    plain = re.sub(r"`+[^`]+`+", CODE, text)
    plain = re.sub(r"\s+", " ", re.sub(r"\n\s*>?\s*", " ", plain)).strip()
    plain = _LABEL.sub("", plain, count=1)
    plain = re.sub(r"\*\*|__|(?<!\w)[*_]|[*_](?!\w)", "", plain)
    plain = _WHEN_BUILT.sub("", plain)
    for tail in (_REASON, _TAIL):
        found = tail.search(plain)
        if found is not None and CODE not in found[0] and not _LIMITS.search(found[0]):
            plain = plain[: found.start()] + plain[found.end() :]
    plain = plain.strip().rstrip(".;!,").strip()
    shown = codes[: plain.count(CODE)]
    return Statement(words, span, plain, shown, strength[0], strength[1], lead, marked)


def _quoted(text: str) -> str:
    """Return words with backticks around keywords, images, numbers of users and programs."""
    text = _KEYWORDS.sub(r"`\g<0>`", text)
    for bare in (_BARE_IMAGE, _BARE_NUMBER, _BARE_TOOL):
        text = bare.sub(r"\1`\2`", text)
    return text


def _is_ban_list(path: tuple[Heading, ...]) -> bool:
    """Return whether headings such as `Packages` and `Forbidden` stand above what a Dockerfile may not have."""
    above = all(heading.level == 1 or _SOFTWARE.search(heading.title) for heading in path[:-1])
    return bool(path) and _FORBIDDEN.fullmatch(path[-1].title) is not None and above


def statements_in(document: Document) -> Iterator[Statement]:
    """Yield the sentences and list items of a document that demand something.

    The sentence that introduces a list is read with each item.
    """
    leads = {words.lead.span for words in document.paragraphs if words.lead is not None}
    outcomes = {words.span: start for words, start, _, stated in _outcomes(document) if stated}
    leads |= {t.lead.span for t in document.tables if t.lead is not None and t.lead.text.rstrip(" *_\n").endswith(":")}
    for words in document.paragraphs:
        led = strength_of(words.lead.text) if words.lead is not None else None
        for start, end in sentences_of(words):
            start = max(start, outcomes.get(words.span, 0)) if start == 0 else start
            text = words.text[start:end]
            mark = next(((m[2] or "").strip() for m in MARK.finditer(text)), words.mark)
            marked = strength_of(mark) if mark else None
            if mark and mark.split()[0] == "other":
                continue
            if words.span in leads and end == len(words.text):
                continue
            own = strength_of(re.sub(r"`[^`]*`", "", text))
            strength = marked or own or led or _imperative(text, words)
            if strength is None and _is_ban_list(words.path) and _BARE.fullmatch(text):
                banned = statement(words, start, end, (Strength.MUST, True))
                yield structs.replace(banned, plain=f"do not use or have {CODE}")
            if strength is None:
                continue
            if own is None and forbids(text):
                strength = (strength[0], True)
            first: Statement | None = None
            for left, right in _clauses(text):
                part = text[left:right]
                given = (strength[0], forbids(part)) if first is not None or right < len(text) else strength
                found = statement(words, start + left, start + right, given, marked=marked is not None)
                if own is None and led is not None and words.lead is not None:
                    found = _joined(words.lead, found, led)
                yield found if first is None else _continued(first, found)
                first = first or found


_THEN = re.compile(r"\A\W*then\b[\s*_:,]*(?:the\s+)?", re.IGNORECASE)
_AND_THEN = re.compile(r"\A\W*(?:and|but)\b[\s*_:,]*(?:the\s+)?", re.IGNORECASE)
_STAGE_BUILT = re.compile(r"`([\w-]+)`\s+stage\s+is\s+built", re.IGNORECASE)
_SETTING = re.compile(r"\A\W*(?:given|when|and)\b", re.IGNORECASE)
_ALWAYS = re.compile(
    r"\b(?:image|dockerfile|containerfile|file|stage)(?:'s filesystem| labels| manifest)?\s+(?:is|are|has been)\s+"
    r"(?:built(?:\s+from\s+the\s+(?:repository|repo|project)\s+root)?|read|inspected|reviewed|examined|checked|started|run)\W*\Z"
    r"|\bbuilding the (?:docker |container )?image\W*\Z|\b(?:stage|build|container)\s+(?:runs|starts)\W*\Z"
    r"|\bstarts the (?:container|image)\W*\Z",
    re.IGNORECASE,
)
"""Matches a setting of a scenario that applies to every build."""


def _outcomes(document: Document) -> Iterator[tuple[Words, int, str, bool]]:
    """Yield the outcomes of scenarios that apply to every build.

    An outcome has its words, its start after `THEN`, its stage, and whether the scenario has a setting.
    """
    path: tuple[Heading, ...] = ()
    always, then, stage, stated = True, False, "", False
    for words in document.paragraphs:
        if words.path != path:
            path, always, then, stage, stated = words.path, True, False, "", False
        outcome = _THEN.match(words.text) or (_AND_THEN.match(words.text) if then else None)
        if outcome is None:
            setting = _SETTING.match(words.text) is not None
            stated = stated or setting
            always = always and (not setting or _ALWAYS.search(words.text) is not None)
            stage = said[1] if (said := _STAGE_BUILT.search(words.text)) is not None else stage
            continue
        then = True
        if always:
            yield words, outcome.end(), stage, stated


def claims_in(document: Document) -> Iterator[Statement]:
    """Yield the outcomes of scenarios that apply to every build, `THEN the image is based on X`, as demands."""
    for words, start, stage, _ in _outcomes(document):
        if strength_of(words.text) is None:
            found = statement(words, start, len(words.text), (Strength.MUST, forbids(words.text)))
            if stage and (it := re.match(r"it\s+", found.plain)) is not None:
                found = structs.replace(
                    found, plain=f"the {CODE} stage {found.plain[it.end() :]}", codes=(stage, *found.codes)
                )
            yield found


def _joined(lead: Words, item: Statement, strength: tuple[Strength, bool]) -> Statement:
    """Return an item of a list as the end of the sentence that introduces the list."""
    start, end = [*sentences_of(lead)][-1]
    opening = statement(lead, start, end, strength)
    if opening.codes or not item.codes:
        return structs.replace(item, lead=lead.text)
    words = item.plain
    if re.match(rf"{CODE}\s*(?:[:\u2013\u2014(-]|$)", words):
        words = CODE
    plain = f"{opening.plain.rstrip(' :')} {words}"
    return structs.replace(item, plain=plain, codes=item.codes[: plain.count(CODE)], lead=lead.text)


def _imperative(text: str, words: Words) -> tuple[Strength, bool] | None:
    """Return the strength of `Use ...`, which may come from a heading above it; None if it is no demand."""
    plain = _LABEL.sub("", text.strip(), count=1).lstrip("*_ ")
    strength = heading_strength(words.path)
    if strength is not None and _IS.match(plain):
        return strength, False
    if strength is None and _STRICT.match(plain) and not any(_TUTORIAL.search(h.title) for h in words.path):
        return Strength.MUST, _has(_NEVER, plain)
    if strength is None or not (
        _IMPERATIVE.match(plain) or re.match(r"[\w /-]{2,30}:\s*(?:\*\*)?\s*`[^`]+`\W*\Z", plain)
    ):
        return None
    negative = _has(_NEVER, plain)
    return (Strength.SHOULD if re.match(r"avoid", plain, re.IGNORECASE) else strength), negative
