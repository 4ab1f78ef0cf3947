"""Our parser gives the same result as BuildKit's own, from the binding `dockerfile`.

The binding has BuildKit 0.12.5. The strategies avoid what newer versions read differently (a blank between << and the
name of a heredoc, `# check=`); test_parser.py covers it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings

from tests.cases.case import RuleCase, every_case
from tests.dockerfile.strategies import dockerfiles, texts
from tests.support import buildkit
from tests.support.groups import in_groups
from zr4lint.dockerfile import Dockerfile, Instruction, ParseError, PieceKind, parse
from zr4lint.model.source import MappedText, SourceFile, Span

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for folder in ("docker", "fixtures") for path in (ROOT / folder).rglob("Dockerfile*") if path.is_file()
)

GAP = re.compile("[\t\v\f\r ]+")
NEWER_HEREDOC = re.compile(r"<<[ \t\r]|<<[\\`][ \t]*\r*\n|<<.*\$\{\w*[#%/]|\$\{\w*[#%/].*<<", re.DOTALL)
NEWER_DIRECTIVE = re.compile(r"#\s*check\s*=.*\n\s*#", re.IGNORECASE)
ONE_STRING = ("CMD", "ENTRYPOINT", "MAINTAINER", "RUN", "SHELL", "STOPSIGNAL", "USER", "WORKDIR")
LISTS = ("ADD", "COPY", "EXPOSE", "FROM", "VOLUME")
REFUSED_BY_PARSER = re.compile(
    "directive |heredoc .* is not terminated|a quote or|the file has no instruction|a line of|.* has no `=`"
    "|`(ENV|LABEL) .* has no value|.* is not a string"
)

quick = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=200,
    suppress_health_check=list(HealthCheck),
)


class Facts(NamedTuple):
    """The facts of an instruction on which the binding and our parser must agree."""

    keyword: str
    trigger: str | None
    lines: tuple[int, int]
    flags: list[str]
    json: bool
    heredocs: list[tuple[str, int, str]]
    values: list[str] | None


def judged(text: str) -> list[Facts] | None:
    """Return the binding's facts, or None if it refuses the text."""
    try:
        commands = buildkit.parse(text)
    except buildkit.RefusedError:
        return None
    return [_judged(command) for command in commands]


def _judged(command: buildkit.Command) -> Facts:
    trigger = command.sub_cmd and upper(command.sub_cmd)
    target = trigger or upper(command.cmd or "")
    compared = target in ONE_STRING or target in LISTS or command.json
    return Facts(
        upper(command.cmd or ""),
        trigger,
        (command.start_line, command.end_line),
        [without_tail(flag) for flag in command.flags],
        command.json,
        [(here.name, here.file_descriptor, here.content) for here in command.heredocs] if not trigger else [],
        list(command.value) if compared else None,
    )


def ours(text: str) -> list[Facts]:
    """Return our parser's facts."""
    source = SourceFile(text)
    return [_ours(source, instruction) for instruction in parse(source).instructions]


def _ours(source: SourceFile, instruction: Instruction) -> Facts:
    target = instruction.trigger or instruction
    # The binding loses the heredocs of a trigger, but counts their lines in the last line.
    heredocs = () if instruction.trigger else instruction.heredocs
    return Facts(
        instruction.keyword,
        instruction.trigger.keyword if instruction.trigger else None,
        (instruction.line, instruction.end_line),
        [as_bytes(flag.name if flag.value is None else f"{flag.name}={flag.value}") for flag in instruction.flags],
        target.json is not None,
        [(here.name, here.descriptor, source.slice(here.body)) for here in heredocs],
        _values(target),
    )


def _values(instruction: Instruction) -> list[str] | None:
    text = instruction.arguments.text
    if instruction.json is not None:
        kind = [GAP.split(text)[0]] if instruction.keyword == "HEALTHCHECK" else []
        # The binding passes C strings, which end at a NUL.
        return kind + [item.value.partition("\0")[0] for item in instruction.json]
    if instruction.keyword in ONE_STRING:
        return [text] if text else []
    if instruction.keyword in LISTS:
        return GAP.split(text) if text else []
    return None


def as_bytes(flag: str) -> str:
    """Return a flag as BuildKit reads it: each byte of its UTF-8 as a character."""
    return without_tail("--" + flag.encode().decode("latin-1"))


def without_tail(flag: str) -> str:
    """Return a flag without non-ASCII bytes at its end, because BuildKit may have split a character."""
    return re.sub("[\x80-\xff]+$", "", flag)


def upper(keyword: str) -> str:
    return keyword.lower().upper()


def is_newer(text: str) -> bool:
    """Return whether newer versions of BuildKit may read a text differently from the binding."""
    return bool(NEWER_HEREDOC.search(text) or NEWER_DIRECTIVE.search(text))


def check_agreement(text: str) -> None:
    """Compare with the binding; if it refuses the text, our parser must report an error."""
    found = judged(text)
    errors = parse(SourceFile(text)).errors
    if found is None:
        assert errors
    else:
        assert ours(text) == found
        assert not [error for error in errors if REFUSED_BY_PARSER.match(error.message)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files(path: Path) -> None:
    check_source(SourceFile.decode(path.read_bytes()))


@pytest.mark.slow
@in_groups(every_case(), RuleCase.of)
def test_cases(item: RuleCase) -> None:
    check_source(SourceFile.decode(item.case.text.encode()))


def check_source(source: SourceFile) -> None:
    if not re.search("[\0\ud800-\udfff]", source.text) and not is_newer(source.text):
        check_agreement(source.text)
    check_spans(parse(source))


@pytest.mark.slow
@quick
@given(dockerfiles())
def test_texts_like_dockerfiles(text: str) -> None:
    check_spans(parse(SourceFile(text)))
    assume(not is_newer(text))
    try:
        check_agreement(text)
    except UnicodeError:
        assume(False)  # BuildKit has split a character, which the binding can't return


@pytest.mark.slow
@quick
@given(texts())
def test_any_text(text: str) -> None:
    source = SourceFile(text)
    dockerfile = parse(source)
    check_spans(dockerfile)
    assert parse(source) == dockerfile


def check_spans(parsed: Dockerfile) -> None:
    """Every span contains its words, and the pieces make up the file."""
    source, text = parsed.source, parsed.source.text
    assert "".join(source.slice(piece.span) for piece in parsed.pieces) == text
    starts = {*source.line_starts, len(text)}
    assert all(piece.span.start in starts and piece.span.end in starts for piece in parsed.pieces)
    assert all(
        first.span.end == second.span.start for first, second in zip(parsed.pieces, parsed.pieces[1:], strict=False)
    )
    pieces = [piece.span for piece in parsed.pieces if piece.kind is PieceKind.INSTRUCTION]
    assert len(pieces) == len(parsed.instructions)
    for instruction, piece in zip(parsed.instructions, pieces, strict=True):
        assert piece.start == source.line_starts[instruction.line - 1]
        assert piece.start <= instruction.span.start <= instruction.span.end <= piece.end
        check_instruction(source, instruction, instruction.span)
        if instruction.trigger:
            check_instruction(source, instruction.trigger, instruction.span)
    for comment in parsed.comments:
        assert source.slice(comment.span).startswith("#")
        assert comment.text in source.slice(comment.span)
        assert comment.inside == any(piece.start <= comment.span.start < piece.end for piece in pieces)
    for directive in parsed.directives:
        assert source.slice(directive.span).startswith("#")
        assert directive.value in source.slice(directive.span)
    check_errors(parsed.errors, len(text))


def check_instruction(source: SourceFile, instruction: Instruction, outer: Span) -> None:
    words = source.slice(instruction.keyword_span)
    assert "\n" in words or upper(words) == instruction.keyword
    check_mapping(source, instruction.arguments)
    for flag in instruction.flags:
        assert source.slice(flag.span).startswith("-")
        assert outer.start <= flag.span.start < flag.span.end <= outer.end
    for item in instruction.json or ():
        assert source.slice(item.span)[0] == source.slice(item.span)[-1] == '"'
    for heredoc in instruction.heredocs:
        assert source.slice(heredoc.marker).startswith("<<")
        assert heredoc.marker.end <= heredoc.body.start <= heredoc.body.end <= heredoc.terminator.start
        if heredoc.terminator.start < heredoc.terminator.end:
            assert re.sub("[\ud800-\udfff]", "\ufffd", source.slice(heredoc.terminator)) == heredoc.name


def check_mapping(source: SourceFile, text: MappedText) -> None:
    offsets = [text.offset(index) for index in range(len(text.text))]
    assert "".join(source.text[offset] for offset in offsets) == text.text
    assert offsets == sorted(set(offsets))


def check_errors(errors: tuple[ParseError, ...], length: int) -> None:
    for error in errors:
        assert 0 <= error.span.start <= error.span.end <= length
        assert "\n" not in error.message
    assert list(errors) == sorted(errors, key=lambda error: error.span)
