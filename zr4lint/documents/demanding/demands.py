"""Reads a document's statements as demands, as candidates to confirm, or with the reason why they do not compile."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.documents.demanding.sentence_forms import demands_of
from zr4lint.documents.demanding.statement import Statement, Strength, statements_in
from zr4lint.documents.demanding.table_rows import rows_in
from zr4lint.documents.deriving.demand import Demand
from zr4lint.documents.document import Role
from zr4lint.model.quoting import code as quoted
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.documents.document import Document, Heading

_ABOUT = re.compile(r"docker|container|\bimages?\b|containerfile|\boci\b", re.IGNORECASE)
_DOCKERFILE = re.compile(
    r"\b(?:this|the) (?:document|specification|spec|page|feature|standard)\b[^.]*"
    r"\b(?:dockerfile|container image|containeri[sz])"
    r"|\bdockerfile\W{0,5}: the file\b|\binto a container\b",
    re.IGNORECASE,
)
"""Matches a first paragraph that says that the document is about a Dockerfile."""
_AS = re.compile(r"^FROM\s+\S+\s+AS\s+([\w.-]+)", re.IGNORECASE | re.MULTILINE)
_IMAGE = re.compile(r"(?:the )?[\w-]+ (images?|services?|containers?|applications?)", re.IGNORECASE)
_STAGE = re.compile(r"`([\w-]+)`\s+stage\b|\bstage\s+`([\w-]+)`", re.IGNORECASE)
_ASIDE = re.compile(
    r"\bexamples?\b|\banti-?patterns?\b|\bbackground\b|\balternatives?\b|\boptions? considered\b|\bconsidered options\b"
    r"|\bnon-?goals?\b|\bout of scope\b|\A(?:the )?(?:before|current|context)\b|\bhistory\b|\bchange ?log\b"
    r"|\brejected\b|\bbad\b|\btroubleshoot|\bopen questions?\b|\bfuture\b|\bconsequences\b|\bfaq\b|\brecover|\bverif"
    r"|\bbeispiel|\bhintergrund\b|\bdeprecated\b|\bremoved requirements\b|\broad ?map\b|\bnice[- ]to[- ]ha|\bdeferred\b"
    r"|\bnext (?:steps?|release|version|phase)\b|\bto-?dos?\b|\A(?:later|backlog|ideas)\b|\bfollow-?ups?\b"
    r"|\b(?:possible|potential|planned) (?:improvements?|enhancements?|extensions?)\b|\blessons\b"
    r"|\bknown (?:gaps?|issues?|limitations?)\b",
    re.IGNORECASE,
)
_KIND_OF_PROJECT = re.compile(
    r"\b(?:python|node(?:\.?js)?|java|kotlin|go|golang|rust|ruby|php|\.net|c\+\+|gpu|cuda|frontend|backend|windows|alpine"
    r"|development|dev|test|staging|legacy)\b.*\b(?:services?|images|projects?|applications?|apps?|workloads?|stacks?"
    r"|environments?(?! variables?)|profile|containers|dienste)\b",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?!(?:base|final|docker|container|the|new|target|parent|golden|multi)\b)\w+ (?:images?|stages?|services?"
    r"|containers?|variants?|profiles?|apps?|applications?)\b|\b(?:frontend|backend|workers?|development|production|staging|debug|gpu"
    r"|cpu|windows|arm64|amd64|exceptions?)\b",
    re.IGNORECASE,
)
"""Matches headings of sections that apply to some files only."""
_SCENARIO = re.compile(r"(?:given|when|then|and|but)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|except|where|while|depending|in case|otherwise|falls|wenn|sofern|au\u00dfer)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\A(?:(?:the|all|every|each|our|a|an)\s+)?(?:ci|cd|pipelines?|workflows?|compose|docker[- ]compose|kubernetes"
    r"|pods?|helm|cluster|registry|readme|developers?|teams?|reviewers?|authors?|we|you|agents?|services?|applications?|apps?"
    r"|api|server|client|database|tests?|scripts?|jobs?|documentation|deployments?|makefile)\b",
    re.IGNORECASE,
)
_NEEDS_IMAGE = re.compile(
    r"\b(?:build time|image size|size|start-?up|starts? (?:up )?(?:with)?in|seconds|minutes|megabytes|[MG]B"
    r"|vulnerabilit|cves?|scan|respond|latency|memory|exit code|signal|logs?|healthy|reproducib)",
    re.IGNORECASE,
)
_LOOKED_UP = re.compile(
    r"\b(?:expos\w*|ports?|users?|root|entry[ -]?points?|cmd|work(?:ing )?dir(?:ectory)?|env(?:ironment variables?)?"
    r"|labels?|volumes?|stages?|layers?|copy|copied|shell|base images?|packages?|contains?|installs?|installed)\b",
    re.IGNORECASE,
)
"""Matches words for the contents of a Dockerfile."""
_TOPICS: Sequence[tuple[str, Demand]] = (
    (
        r"\bnon-?root\b|\bunprivileged\b|\bnot\b.*\bas root\b",
        Demand("final-user", {"root": False, "set": True}, Span(0, 0), "The container does not run as root."),
    ),
    (
        r"\bdigest\b",
        Demand("image-reference", {"pinned": "digest"}, Span(0, 0), "Images are pinned to a digest."),
    ),
    (
        r"\b(?:pin|pinned|fixed|explicit)\b.*\btags?\b|\btags?\b.*\bpinned\b|\blatest\b",
        Demand("image-reference", {"pinned": "tag"}, Span(0, 0), "Images have a tag."),
    ),
    (
        r"\bhealth ?checks?\b",
        Demand(
            "instruction-count", {"instructions": ["HEALTHCHECK"], "min": 1, "within": "file"}, Span(0, 0),
            "The file has a HEALTHCHECK.",
        ),
    ),
    (
        r"\bsecrets?\b|\bcredentials?\b|\btokens?\b",
        Demand("secret-name", {"values": True}, Span(0, 0), "No secret is set."),
    ),
)  # fmt: skip
_MOST_COMPARED = 200
"""The most statements of one subject that are each compared with all others."""
_ONE_OF_A_KIND = ("base-image", "last-workdir", "runs-as", "start-command", "env", "python-packages", "label-values")


class Read(Struct, frozen=True):
    """A statement with its demands, or with the reason why it has none.

    `candidate` is a possible meaning that the author has to confirm. `disputed` are demands that another statement
    denies. `partial` are demands on a part that no rule can name: a stage without a name, or one image of several.
    `aside` is whether the statement is not about a Dockerfile.
    """

    statement: Statement
    demands: tuple[Demand, ...] = ()
    reason: str = ""
    candidate: Demand | None = None
    disputed: tuple[Demand, ...] = ()
    partial: tuple[Demand, ...] = ()
    aside: bool = False


def is_aside(title: str) -> bool:
    """Return whether a heading opens a section without demands, such as `Background`."""
    return _ASIDE.search(title) is not None


def read(document: Document) -> list[Read]:
    """Return all statements of a document in order; those that contradict each other have no demands."""
    every = [*statements_in(document), *rows_in(document)]
    about = bool(_ABOUT.search(" ".join(h.title for h in document.headings if h.level == 1)) or _introduced(document))
    stages, images = stages_named(document), _images(document)
    seen: dict[Span, Statement] = {}
    for statement in sorted(every, key=lambda s: s.span.start):
        seen.setdefault(statement.span, statement)
    return [*_undisputed([_read(statement, about, stages, images) for statement in seen.values()])]


def _introduced(document: Document) -> bool:
    """Return whether a target block or the first paragraphs show that the document is about a Dockerfile."""
    if any(fence.is_dockerfile and fence.role is Role.TARGET for fence in document.fences):
        return True
    return any(_DOCKERFILE.search(words.text) for words in document.paragraphs[:6])


def _images(document: Document) -> list[Heading]:
    """Return the headings that name one of several images, such as `API image` beside `Batch image`."""
    named = [(m[1].lower(), heading) for heading in document.headings if (m := _IMAGE.fullmatch(heading.title.strip()))]
    counts = Counter((noun.rstrip("s"), heading.level) for noun, heading in named)
    return [heading for noun, heading in named if counts[noun.rstrip("s"), heading.level] > 1]


def stages_named(document: Document) -> frozenset[str]:
    """Return the names of stages in the Dockerfiles and paragraphs of a document, in lower case."""
    found = {m[1] for fence in document.fences if fence.is_dockerfile for m in _AS.finditer(fence.body.text)}
    found |= {m[1] or m[2] for words in document.paragraphs for m in _STAGE.finditer(words.text)}
    return frozenset(name.lower() for name in found)


def _read(statement: Statement, about: bool, stages: frozenset[str], images: Collection[Heading]) -> Read:
    aside = next((h for h in statement.path if is_aside(h.title)), None)
    if aside is not None:
        return Read(statement, reason=f"the section `{aside.title[:36]}` demands nothing", aside=True)
    if statement.strength is Strength.MAY:
        return Read(statement, reason="this is optional")
    text = f"{statement.plain} {' '.join(statement.codes)} {' '.join(h.title for h in statement.path)} {statement.lead}"
    if (
        not about
        and not _ABOUT.search(text)
        and not statement.marked
        and not any(map(_is_instruction, statement.codes))
    ):
        return Read(statement, reason="neither the title nor this names a Dockerfile or an image", aside=True)
    kind = next((h for h in statement.path if h in images or (h.level > 1 and _KIND_OF_PROJECT.search(h.title))), None)
    if kind is not None:
        found = tuple(_led(statement, demand) for demand in demands_of(statement, None))
        return Read(statement, reason=f"this holds for some files only: `{kind.title[:32]}`", partial=found)
    demands = [_led(statement, demand) for demand in demands_of(statement, stages)]
    if demands:
        return Read(statement, tuple(demands))
    partial = tuple(_led(statement, demand) for demand in demands_of(statement, None))
    if partial:
        reason = f"no Dockerfile of the document has a stage {quoted(partial[0].stage or '', 36)}"
        return Read(statement, reason=reason, partial=partial)
    candidate = _candidate(statement)
    if candidate is not None and statement.marked:
        return Read(statement, (_led(statement, candidate),))
    return Read(statement, reason=_reason(statement, candidate), candidate=candidate)


def _is_instruction(code: str) -> bool:
    """Return whether a code span is an instruction with no meaning outside of a Dockerfile."""
    return re.match(r"(?:FROM|ENTRYPOINT|CMD|WORKDIR|EXPOSE|HEALTHCHECK|STOPSIGNAL|COPY)(?:\s|\Z)", code) is not None


def _led(statement: Statement, demand: Demand) -> Demand:
    level = "error" if statement.strength is Strength.MUST else "warning"
    return structs.replace(demand, span=statement.span, level=level)


def _candidate(statement: Statement) -> Demand | None:
    if _SCENARIO.match(statement.plain) or _CONDITION.search(statement.plain) or _OTHER.match(statement.plain):
        return None
    return next((demand for topic, demand in _TOPICS if re.search(topic, statement.plain, re.IGNORECASE)), None)


def _reason(statement: Statement, candidate: Demand | None) -> str:
    if _SCENARIO.match(statement.plain):
        return "this is a part of a scenario"
    if _CONDITION.search(statement.plain):
        return "this holds under a condition"
    if _OTHER.match(statement.plain):
        return "this is about something other than the Dockerfile"
    if candidate is not None:
        return f"this may mean `{candidate.kind}`; mark it, or decide it, to compile it"
    if _NEEDS_IMAGE.search(statement.plain):
        return "this needs a built image"
    if not statement.codes and not _LOOKED_UP.search(statement.plain):
        return "this names nothing that can be checked"
    return "no rule has this form"


def _undisputed(found: Sequence[Read]) -> Iterator[Read]:
    said: dict[tuple[str, str | None, str], list[tuple[str, Read]]] = {}
    for one in found:
        for demand in one.demands:
            for subject, value in values_of(demand):
                said.setdefault((demand.kind, demand.stage, subject), []).append((value, one))
    disputed: dict[Span, list[tuple[str, Read]]] = {}
    for others in said.values():
        if len({value for value, _ in others}) > 1:
            disputed.update((one.statement.span, others) for _, one in others)
    parts = {id(others): any(any(parts_of(o.statement)) for _, o in others) for others in said.values()}
    near = ((span, others) for span, others in disputed.items() if parts[id(others)])
    narrow = {span: part for span, others in near if (part := _narrower(span, others[:_MOST_COMPARED]))}
    left = {
        id(others): {value for value, one in others if one.statement.span not in narrow} for others in said.values()
    }
    for span, others in [*disputed.items()]:
        if span not in narrow and len(left[id(others)]) == 1:
            del disputed[span]
    for one in found:
        if one.statement.span in narrow:
            title = narrow[one.statement.span].title[:32]
            yield Read(one.statement, reason=f"this holds for some files only: `{title}`")
            continue
        against = disputed.get(one.statement.span)
        if against is None:
            yield one
            continue
        other = next(o for _, o in against if o.statement.span != one.statement.span)
        words = " ".join([*other.statement.codes])[:40]
        reason = f"another statement says `{words}`"
        yield Read(one.statement, reason=reason, candidate=one.demands[0], disputed=one.demands)


def part_of(first: Statement, other: Statement) -> Heading | None:
    """Return a heading that limits one statement, but not the other, to some files; None if there is none."""
    return next((heading for heading in parts_of(first) if heading not in other.path), None)


def parts_of(statement: Statement) -> Iterator[Heading]:
    """Yield the headings above a statement that limit it to some files, the outermost first."""
    return (heading for heading in statement.path if _PART.search(heading.title))


def _narrower(span: Span, others: Sequence[tuple[str, Read]]) -> Heading | None:
    """Return the heading that makes a statement an exception to one that it contradicts; None if there is none."""
    found = next(((value, one.statement) for value, one in others if one.statement.span == span), None)
    if found is None:
        return None
    value, own = found
    for theirs, one in others:
        if theirs != value and (part := part_of(own, one.statement)) and part_of(one.statement, own) is None:
            return part
    return None


def values_of(demand: Demand) -> Iterator[tuple[str, str]]:
    """Yield the subjects of a demand that can have only one value, such as `ENV A`, with their values."""
    if demand.kind not in _ONE_OF_A_KIND:
        return
    for key, value in demand.parameters.items():
        if isinstance(value, dict):
            yield from ((name, str(item)) for name, item in value.items())
        elif key == "packages":
            for package in value:
                name = re.split(r"[<>=!~\[]", package)[0].lower().replace("_", "-")
                yield name, package[len(name) :]
        elif key == "keyword":
            yield value, str(demand.parameters)
        elif key in ("image", "path", "user"):
            yield key, str(value)
