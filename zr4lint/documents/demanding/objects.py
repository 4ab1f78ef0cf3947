"""Reads the code spans of a demand: images, variables, packages, options, instructions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import structs

from zr4lint.documents.deriving.demand import Demand
from zr4lint.documents.deriving.derivation import UnusableError, derive
from zr4lint.model.source import SourceFile, Span

_UNSURE = re.compile(r"[<>{}*\u2026]|\.\.\.|\bX\b|\bx\.[xy]\b|\b\d+\.x\b|\byour[-_]|\$")
_IMAGE = re.compile(r"(?:[a-z0-9.-]+(?::\d+)?/)*[a-z0-9][a-z0-9._-]*(?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{64})?")
_PROGRAMS = (
    "pip|pip3|pipx|uv|apt|apt-get|apk|dnf|yum|microdnf|npm|npx|yarn|pnpm|curl|wget|git|sudo|chmod|conda"
    "|add-apt-repository|apt-key|cargo|go|composer|bundle|poetry|dotnet|mvn|gradle|zypper|rustup"
)
_COMMAND = re.compile(rf"(?:{_PROGRAMS})(?: [a-z][\w-]*)*|chmod [0-7]{{3,4}}")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*(?:=[\w./:-]+)?")
_KEYWORD = re.compile(
    r"FROM|RUN|CMD|LABEL|MAINTAINER|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD|STOPSIGNAL"
    r"|HEALTHCHECK|SHELL"
)
_PINNED = re.compile(
    r"([A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?)((?:[=<>~!]=|[<>])\s*\d[\w.*+-]*(?:\s*,\s*(?:[=<>~!]=|[<>])\s*\d[\w.*+-]*)*)"
)


def image_of(text: str) -> str | None:
    """Return a reference to an image with a tag or a digest; None for other text."""
    text = text.removeprefix("FROM ").strip()
    text = re.sub(r"(?i)\s+as\s+[\w.-]+\Z", "", text)
    named = _IMAGE.fullmatch(text) is not None and (":" in text.rpartition("/")[2] or "@" in text)
    return text if (named or text == "scratch") and not text.endswith((":latest", ":tag", ":version")) else None


def repository_of(text: str) -> str | None:
    """Return a reference to an image by its path, without a tag; None for other text and for a single name."""
    text = text.removeprefix("FROM ").strip()
    return text if _IMAGE.fullmatch(text) and "/" in text and ":" not in text and "@" not in text else None


def variable_of(text: str) -> tuple[str, str] | None:
    """Return the name and the value of `NAME=value` or `ENV NAME=value`; None for other text."""
    found = re.fullmatch(r"(?:ENV\s+)?([A-Z][A-Z0-9_]*)=(\"[^\"]*\"|'[^']*'|[^\s\"'$<>{}]+)", text)
    if found is None or "..." in found[2]:
        return None
    return found[1], found[2].strip("\"'")


def command_of(text: str) -> str | None:
    """Return the command of a known program, without options; None for other text."""
    return text if _COMMAND.fullmatch(text) else None


def option_of(text: str) -> str | None:
    """Return an option such as `--no-cache-dir`; None for other text."""
    return text if _OPTION.fullmatch(text) else None


def keyword_of(text: str) -> str | None:
    """Return the keyword of an instruction without arguments; None for other text."""
    return text if _KEYWORD.fullmatch(text) else None


def requirement_of(text: str) -> str | None:
    """Return a Python package with a specifier; None for other text."""
    found = _PINNED.fullmatch(text.strip("\"'"))
    return found[1] + re.sub(r"\s", "", found[2]) if found is not None else None


def package_of(text: str) -> str | None:
    """Return the name of a distribution's package; None for other text."""
    return text if re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", text) and not re.fullmatch(r"[\d.]+", text) else None


def instruction_of(text: str) -> list[Demand]:
    """Return the demands of a whole instruction, derived from a Dockerfile with only it; none for other text."""
    keyword, _, rest = text.partition(" ")
    if not _KEYWORD.fullmatch(keyword) or not rest.strip() or keyword in ("RUN", "FROM", "ARG", "ADD", "ONBUILD"):
        return []
    if _UNSURE.search(rest) or "\n" in text:
        return []
    try:
        derived = derive(SourceFile(f"FROM scratch\n{text}\n", "Dockerfile"))
    except UnusableError:
        return []
    found = [d for d in derived.demands if d.span.start > len("FROM scratch")]
    return [] if derived.left else [*_wider(found)]


def _wider(demands: Iterable[Demand]) -> Iterator[Demand]:
    """Yield demands widened to allow other ports and any group, since one statement need not name all."""
    for demand in demands:
        if demand.kind == "exposed-ports":
            for port in demand.parameters["ports"]:
                yield exposed(port)
        elif demand.kind == "runs-as" and ":" not in demand.parameters["user"]:
            yield structs.replace(demand, parameters={**demand.parameters, "any-group": True})
        elif demand.kind != "volumes" and not demand.habit:
            yield demand


def exposed(port: str) -> Demand:
    """Return a demand that EXPOSE names a port, alone, among others, or possibly in a variable."""
    number = port.partition("/")[0]
    forms = [number, f"{number}/*", f"{number} *", f"* {number}", f"* {number} *", f"* {number}/*", "*$*"]
    given = {"instructions": ["EXPOSE"], "arguments": forms, "min": 1, "within": "file"}
    return Demand("instruction-count", given, Span(0, 0), f"The port {port} is exposed.")


def certain(codes: Sequence[str]) -> bool:
    """Return whether no code span has a placeholder, an ellipsis or a variable."""
    known = re.compile(r"(?:ENV )?[A-Z][A-Z0-9_]*=.*|/var/lib/apt/lists/\*")
    return not any(_UNSURE.search(code) for code in codes if not known.fullmatch(code))
