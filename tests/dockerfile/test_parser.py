"""The parser's result, case by case; the words at a span check the span."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from zr4lint.dockerfile import Dockerfile, Instruction, PieceKind, parse
from zr4lint.model.source import SourceFile


def read(text: str) -> Dockerfile:
    return parse(SourceFile(text))


def last(text: str) -> Instruction:
    return read(text).instructions[-1]


def facts(text: str) -> list[tuple[str, int, int, str]]:
    return [(one.keyword, one.line, one.end_line, one.arguments.text) for one in read(text).instructions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("FROM a\nRUN b c", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "b c")], id="plain"),
        pytest.param("  from\ta \t\n", [("FROM", 1, 1, "a")], id="blanks around"),
        pytest.param("\n# c\n\nFROM a\n\n", [("FROM", 4, 4, "a")], id="blanks and comments between"),
        pytest.param("FROM a\r\nRUN b \\\r\n  c\r\n", [("FROM", 1, 1, "a"), ("RUN", 2, 3, "b   c")], id="CRLF"),
        pytest.param("FROM a\rb\r\r\n", [("FROM", 1, 1, "a\rb")], id="lone CR"),
        pytest.param("FROM a\x00b", [("FROM", 1, 1, "a\x00b")], id="NUL"),
        pytest.param("FROM a\udcff", [("FROM", 1, 1, "a\udcff")], id="not UTF-8"),
        pytest.param("\x1cFROM a", [("\x1cFROM", 1, 1, "a")], id="no blank for Go"),
        pytest.param("\u2003FROM a\xa0", [("FROM", 1, 1, "a")], id="blanks for Go"),
        pytest.param("wor\u212adir a", [("WORKDIR", 1, 1, "a")], id="Kelvin sign"),
        pytest.param("RUN a \\\n\n  # c\n\t\n b", [("RUN", 1, 5, "a  b")], id="blank and comment lines inside"),
        pytest.param("RUN a \\ \t\n b", [("RUN", 1, 2, "a  b")], id="blanks after the backslash"),
        pytest.param("RUN a \\\\\nRUN b", [("RUN", 1, 1, "a \\\\"), ("RUN", 2, 2, "b")], id="two backslashes"),
        pytest.param("RUN a\\\n", [("RUN", 1, 1, "a")], id="continued by nothing"),
        pytest.param("RUN a\\\n\n# c\n", [("RUN", 1, 3, "a")], id="continued by no words"),
        pytest.param("FR\\\nOM a", [("FROM", 1, 2, "a")], id="keyword continued"),
        pytest.param("\\\n FROM a", [("FROM", 1, 2, "a")], id="nothing continued"),
        pytest.param("\\\n\n", [("", 1, 2, "")], id="nothing continued by nothing"),
        pytest.param("# escape=`\nRUN a `\n b \\\nRUN c", [("RUN", 2, 3, "a  b \\"), ("RUN", 4, 4, "c")], id="escape"),
        pytest.param("#c\n# escape=`\nRUN a \\\n b", [("RUN", 3, 4, "a  b")], id="escape after a comment"),
        pytest.param("# check=x\n# escape=`\nRUN a `\n b", [("RUN", 3, 4, "a  b")], id="escape after check"),
        pytest.param("RUN <<E\na\nE\nRUN b", [("RUN", 1, 3, "<<E"), ("RUN", 4, 4, "b")], id="heredoc"),
        pytest.param("RUN --a=b -- --c", [("RUN", 1, 1, "--c")], id="end of flags"),
        pytest.param("", [], id="empty"),
    ],
)
def test_instructions(text: str, expected: list[tuple[str, int, int, str]]) -> None:
    assert facts(text) == expected


def test_spans() -> None:
    text = "FROM a\n run --x=1 \\\n  # why\n  --y \\\n  b && \\\n  c # d\r\nCMD x\n"
    source = SourceFile(text)
    _, run, _ = parse(source).instructions
    assert source.slice(run.keyword_span) == "run"
    assert [source.slice(flag.span) for flag in run.flags] == ["--x=1", "--y"]
    assert source.slice(run.span) == text[8 : text.index("\r")]
    assert (run.index, run.stage, run.line, run.end_line) == (1, 0, 2, 6)
    text = run.arguments.text
    assert text == "b &&   c # d"
    assert source.slice(run.arguments.span(text.index("c"), text.index("#"))) == "c "


def test_stages() -> None:
    parsed = read("ARG a\nFROM b\nRUN c\nFROM d\nRUN e")
    assert [one.stage for one in parsed.instructions] == [-1, 0, 0, 1, 1]
    assert not parsed.errors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN --a=b c", [("a", "b")]),
        ("RUN --a c", [("a", None)]),
        ("RUN --a= --b=c=d e", [("a", ""), ("b", "c=d")]),
        ('RUN --a=\'b c\' --d="e\\"f" g', [("a", "b c"), ("d", 'e"f')]),
        ("RUN --a=b\\ c d", [("a", "b c")]),
        ("RUN --a=\\\n  --b c", [("a", ""), ("b", None)]),
        ("RUN --a=b\\\nc d", [("a", "bc")]),
        ("RUN --a=é c", [("a", "é")]),
        ("RUN -a --b", []),
        ("RUN a --b", []),
        ("RUN -- --b", []),
        ("# escape=`\nRUN --a=b`c d", [("a", "b`c")]),
    ],
)
def test_flags(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(flag.name, flag.value) for flag in last(text).flags] == expected


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        ('CMD ["a", "b c"]', ["a", "b c"], ['"a"', '"b c"']),
        ('CMD [ "a" ,\t"b"\t]', ["a", "b"], ['"a"', '"b"']),
        ("CMD []", [], []),
        ('CMD ["\\u00e9\\n\\"\\/", "\\ud83d\\ude00", "\\ud800"]', ['é\n"/', "\U0001f600", "\ufffd"], None),
        ('CMD ["a", \\\n  # c\n  "b"]', ["a", "b"], ['"a"', '"b"']),
        ('CMD ["a"] b', ["a"], ['"a"']),
        ('HEALTHCHECK --retries=1 CMD ["a"]', ["a"], ['"a"']),
        ('COPY --link ["a", "b"]', ["a", "b"], ['"a"', '"b"']),
        ("CMD ['a']", None, None),
        ('CMD ["a",]', None, None),
        ('CMD ["a"', None, None),
        ('CMD ["\x01"]', None, None),
        ('CMD ["\\x"]', None, None),
        ("CMD [01]", None, None),
        ("CMD [1e999]", None, None),
        ("CMD [tru]", None, None),
        ("CMD " + "[" * 20_000 + "]" * 20_000, None, None),
        ('ENV ["a"]', None, None),
    ],
)
def test_json(text: str, values: list[str] | None, words: list[str] | None) -> None:
    found = last(text).json
    assert (found and [item.value for item in found]) == (values or (found and []))
    assert (found is None) == (values is None)
    if words is not None:
        assert [SourceFile(text).slice(item.span) for item in found or ()] == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN <<E\na\nE", [("E", 0, True, False, "<<E", "a\n")]),
        ("RUN <<E\nE", [("E", 0, True, False, "<<E", "")]),
        ("RUN <<E\r\na\r\nE\r\n", [("E", 0, True, False, "<<E", "a\r\n")]),
        ("RUN <<-E\n\ta\n\tE\n", [("E", 0, True, True, "<<-E", "\ta\n")]),
        ("RUN <<E\n\tE\n E\nE \nE", [("E", 0, True, False, "<<E", "\tE\n E\nE \n")]),
        ("RUN <<'E'\nE", [("E", 0, False, False, "<<'E'", "")]),
        ('RUN <<"E F"\nE F', [("E F", 0, False, False, '<<"E F"', "")]),
        ("RUN 3<<E\nE", [("E", 3, True, False, "<<E", "")]),
        ("RUN 99999999999999999999<<E\nE", [("E", 2**64 - 1, True, False, "<<E", "")]),
        ("RUN <<E\\ F\nE F", [("E F", 0, True, False, "<<E\\ F", "")]),
        ("RUN <<$E\n$E", [("$E", 0, True, False, "<<$E", "")]),
        ("RUN <<A <<B\na\nA\nb\nB", [("A", 0, True, False, "<<A", "a\n"), ("B", 0, True, False, "<<B", "b\n")]),
        ("RUN a \\\n  # c\n <<E\nx\nE", [("E", 0, True, False, "<<E", "x\n")]),
        ("COPY <<a <<b /x\na\nb", [("a", 0, True, False, "<<a", ""), ("b", 0, True, False, "<<b", "")]),
        ("ADD <<a /x\n# b \\\na", [("a", 0, True, False, "<<a", "# b \\\n")]),
        ("ONBUILD RUN <<E\na\nE", [("E", 0, True, False, "<<E", "a\n")]),
        ("RUN <<\udcffE\n\ufffdE", [("\ufffdE", 0, True, False, "<<\udcffE", "")]),
        ("RUN ${a%b} <<E\na\nE", [("E", 0, True, False, "<<E", "a\n")]),
        ("RUN ${a/b c/d} <<E\na\nE", [("E", 0, True, False, "<<E", "a\n")]),
        ("RUN << E\na\nE", []),
        ("RUN $((1 << 2))", []),
        ("RUN <<<E\nE", []),
        ("RUN a<<E\nE", []),
        ("RUN <<\nE", []),
        ("RUN <<''\nE", []),
        ('RUN "<<E"\nE', []),
        ("RUN it's <<E\nE", []),
        ("RUN ${#a} <<E\nE", []),
        ('RUN ["a"] <<E\nE', []),
        ("CMD <<E\nE", []),
        ("ONBUILD CMD <<E\nE", []),
        ("ONBUILD ONBUILD RUN <<E\nE", []),
    ],
)
def test_heredocs(text: str, expected: list[tuple[Any, ...]]) -> None:
    source = SourceFile(text)
    instruction = parse(source).instructions[0]
    assert [
        (here.name, here.descriptor, here.expand, here.chomp, source.slice(here.marker), source.slice(here.body))
        for here in instruction.heredocs
    ] == expected
    assert not instruction.trigger or instruction.trigger.heredocs == instruction.heredocs


def test_trigger() -> None:
    text = "FROM a\nONBUILD --x \\\n  copy --link \\\n  <<E /b\nE\n"
    source = SourceFile(text)
    onbuild = parse(source).instructions[1]
    trigger = onbuild.trigger
    assert trigger
    assert (trigger.keyword, trigger.arguments.text, trigger.line, trigger.end_line) == ("COPY", "<<E /b", 3, 5)
    assert source.slice(trigger.keyword_span) == "copy"
    assert source.slice(trigger.span) == text[text.index("copy") : -1]
    assert [source.slice(flag.span) for flag in (*onbuild.flags, *trigger.flags)] == ["--x", "--link"]


def test_directives() -> None:
    text = "#syntax = a b \n # Escape=`\n# check=skip=all\n# other=x\n# escape=\\\nFROM a\n"
    parsed = read(text)
    assert [(one.name, one.value) for one in parsed.directives] == [
        ("syntax", "a b"),
        ("escape", "`"),
        ("check", "skip=all"),
    ]
    assert [parsed.source.slice(one.span) for one in parsed.directives] == [
        "#syntax = a b ",
        "# Escape=`",
        "# check=skip=all",
    ]
    assert [one.text for one in parsed.comments] == ["other=x", "escape=\\"]


def test_comments() -> None:
    parsed = read("#\n  #  a  \nRUN b \\\n  ## c\n  d # e\n#f")
    assert [(one.text, one.inside) for one in parsed.comments] == [
        ("", False),
        ("a", False),
        ("# c", True),
        ("f", False),
    ]
    assert [parsed.source.slice(one.span) for one in parsed.comments] == ["#", "#  a  ", "## c", "#f"]


def test_pieces() -> None:
    parsed = read("# escape=`\n# a\n# b\n\n \nFROM c\nRUN d `\n# e\n\n <<E\nE\nE\n# f")
    assert [(one.kind, parsed.source.slice(one.span)) for one in parsed.pieces] == [
        (PieceKind.DIRECTIVE, "# escape=`\n"),
        (PieceKind.COMMENT, "# a\n# b\n"),
        (PieceKind.BLANK, "\n \n"),
        (PieceKind.INSTRUCTION, "FROM c\n"),
        (PieceKind.INSTRUCTION, "RUN d `\n# e\n\n <<E\nE\n"),
        (PieceKind.INSTRUCTION, "E\n"),
        (PieceKind.COMMENT, "# f"),
    ]


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("", "", "the file has no instruction"),
        ("# a\n", "", "the file has no instruction"),
        ("ARG a", "ARG", "the file has no FROM"),
        ("RUN a\nFROM b", "RUN", "RUN comes before the first FROM"),
        ("# escape=x\nFROM a", "# escape=x", "directive `# escape=` does not accept `x`"),
        ("# escape=\\\n# escape=`\nFROM a", "# escape=`", "directive `# escape=` is set twice"),
        ("FROM a\nRUN <<EOF\nb", "<<EOF", "heredoc `EOF` is not terminated"),
        ('FROM a\nRUN ${x:- <<"A b"}', '<<"A', "a quote or `${` in the name of this heredoc is not closed"),
        ("FROM a\nFORM b", "FORM", "unknown instruction `FORM`"),
        ("FROM a\n&& b", "&&", "unknown instruction `&&`"),
        ("# escape=`\nFROM a\n&& b", "&&", "unknown instruction `&&`"),
        ("FROM a\n\\\n", "\\", "this line continues no instruction"),
        ("FROM", "FROM", "FROM has no arguments"),
        ("FROM a b", "b", "FROM does not accept `b`"),
        ("FROM a b c", "b c", "FROM does not accept `b`"),
        ("FROM a AS", "AS", "AS is not followed by a stage name"),
        ("FROM a AS b c d", "c d", "`c` follows the name of the stage"),
        ("FROM a AS 1", "1", "`1` is not a valid stage name"),
        ("FROM --platfrom=x a", "--platfrom=x", "FROM has no flag `--platfrom`"),
        ("FROM a\nCOPY b", "b", "COPY has no destination"),
        ('FROM a\nADD ["b"]', '"b"', "ADD has no destination"),
        ("FROM a\nCOPY []", "COPY", "COPY has no arguments"),
        ("FROM a\nCOPY b <<E\nE", "<<E", "the destination of COPY is a heredoc"),
        ("FROM a\nCOPY --link=1 b c", "--link=1", "`--link` does not accept `1`"),
        ("FROM a\nCOPY --from b c", "--from", "`--from` has no value"),
        ("FROM a\nCOPY --from=x --from=y b c", "--from=y", "COPY has the flag `--from` twice"),
        ("FROM a\nCOPY --xyzzy b c", "--xyzzy", "COPY has no flag `--xyzzy`"),
        ("FROM a\nUSER --x b", "--x", "USER accepts no flags, not `--x`"),
        ("FROM a\nRUN --network=x b", "--network=x", "`--network` does not accept `x`"),
        (
            "FROM a\nRUN --mount=from=$x b",
            "--mount=from=$x",
            "BuildKit does not expand a variable in the `from` of a mount",
        ),
        ("FROM a\nENV", "ENV", "ENV has no arguments"),
        ("FROM a\nENV b", "b", "`ENV b` has no value"),
        ("FROM a\nENV b=c d", "d", "`d` has no `=`"),
        ("FROM a\nLABEL b=c =d", "=d", "`=d` has no name before `=`"),
        ("FROM a\nARG =b", "=b", "`=b` has no name before `=`"),
        ("FROM a\nSHELL bash -c", "bash -c", "SHELL is not in JSON form"),
        ('FROM a\nCMD ["b", 1, [2]]', "1", "`1` is not a string"),
        ('FROM a\nVOLUME ["b", " "]', '" "', "the name of a volume is empty"),
        ("FROM a\nHEALTHCHECK FOO b", "FOO", "HEALTHCHECK does not accept `FOO`"),
        ("FROM a\nHEALTHCHECK CMD", "CMD", "HEALTHCHECK CMD has no command"),
        ("FROM a\nHEALTHCHECK NONE b", "NONE b", "HEALTHCHECK NONE has arguments"),
        ("FROM a\nHEALTHCHECK --interval=5 CMD b", "--interval=5", "`--interval` does not accept `5`"),
        ("FROM a\nHEALTHCHECK --timeout=1us CMD b", "--timeout=1us", "`--timeout` does not accept `1us`"),
        (
            "FROM a\nHEALTHCHECK --timeout=2562048h CMD b",
            "--timeout=2562048h",
            "`--timeout` does not accept `2562048h`",
        ),
        ("FROM a\nHEALTHCHECK --retries=-1 CMD b", "--retries=-1", "`--retries` does not accept `-1`"),
        ("FROM a\nHEALTHCHECK --retries=x CMD b", "--retries=x", "`--retries` does not accept `x`"),
        ("FROM a\nONBUILD", "ONBUILD", "ONBUILD has no arguments"),
        ("FROM a\nONBUILD from b", "from", "ONBUILD does not accept FROM"),
        ("FROM a\nONBUILD ENV b", "b", "`ENV b` has no value"),
        (
            "FROM a\nRUN " + "b" * 65533,
            "RUN " + "b" * 65533,
            "a line of 65537 bytes is longer than BuildKit's limit of 65535",
        ),
    ],
)
def test_errors(text: str, words: str, message: str) -> None:
    source = SourceFile(text)
    error = parse(source).errors[0]
    assert (source.slice(error.span), error.message) == (words, message)


@pytest.mark.parametrize(
    "text",
    [
        "FROM a AS B.c-d_1",
        "from a aS b",
        "FROM a\nRUN\nCMD\nENTRYPOINT []",
        "FROM a\nENV b c d\nENV e =f\nENV g=h i='j k' l=m\\ n\nLABEL a=",
        "FROM a\nARG b c=d\nARG --flag e",
        "FROM a\nCOPY --link=FALSE --exclude=b --exclude=c --parents d e",
        "FROM a\nADD --unpack --keep-git-dir --checksum=b c d",
        "FROM a\nRUN --mount=type=cache,target=/b --mount=from=b$ --network=none --security=insecure --device=c d",
        "FROM a\nHEALTHCHECK --interval=1h2m3.5s --timeout=0 --start-period=1ms --retries=0 CMD b",
        "FROM a\nHEALTHCHECK --flag NONE",
        "FROM a\nSTOPSIGNAL --flag 9",
        "FROM a\nONBUILD FOO\nONBUILD COPY --flag b",
        "FROM a\nRUN $((1 << 2))\nRUN b << c",
        "FROM a\nRUN " + "b" * 65531,
    ],
)
def test_no_errors(text: str) -> None:
    assert not read(text).errors


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("FROM a\n" + "RUN b\n" * 10_000, id="lines"),
        pytest.param("FROM a\nRUN b" + " \\\n# c\n\n d" * 30_000, id="continuations"),
        pytest.param("FROM a\nRUN <<E" + " word" * 100_000 + "\nE", id="words"),
        pytest.param("FROM a\n" + "RUN <<E\nb\nE\n" * 5_000, id="heredocs"),
        pytest.param("FROM a\n" + "".join(f"RUN << E{n}\n" for n in range(5_000)), id="heredocs without an end"),
        pytest.param("FROM a\nRUN <<a" + "\\" * 500_000, id="backslashes"),
        pytest.param("FROM a\nENV a=" + "\\" * 1_000_000, id="backslashes of a variable"),
        pytest.param("FROM a\nRUN --a" + "\\" * 1_000_000, id="backslashes of a flag"),
        pytest.param('FROM a\nRUN ["' + "\\" * 1_000_000, id="backslashes in JSON"),
        pytest.param("FROM a\nRUN " + "[" * 1_000_000, id="brackets"),
        pytest.param("FROM a\nRUN <<a" + "${a:-" * 50_000, id="nested variables"),
        pytest.param("FROM a\n" + "ONBUILD " * 100_000, id="nested triggers"),
        pytest.param("# escape=a" + " " * 1_000_000 + "b", id="blanks in a directive"),
        pytest.param("FROM a" + "\r" * 1_000_000, id="carriage returns"),
    ],
)
def test_time_is_linear(text: str) -> None:
    start = process_time()
    read(text)
    assert process_time() - start < 8  # quadratic time would take minutes
