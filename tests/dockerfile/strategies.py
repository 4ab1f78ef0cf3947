"""Hypothesis strategies for texts that look like Dockerfiles."""

from __future__ import annotations

from hypothesis import strategies as st

KEYWORDS = (
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK"),
    *("LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
)

BLANKS = (" ", " ", " ", "  ", "\t", "\v", "\f", " \r")
LINE_ENDS = ("\n", "\n", "\n", "\r\n", "\r\r\n")

PLAIN_WORDS = (
    "a",
    "b.sh",
    "/usr/bin",
    "x=y",
    "&&",
    "|",
    "a,b",
    "1",
    "é",
    "à",
    "ー",
    "\u2003",
    "a\xa0b",
    "\ufeff",
    "\x1c",
    "#x",
)
QUOTED_WORDS = (
    '"a b"',
    "'a b'",
    '"',
    "'",
    '""',
    "''",
    "a\\ b",
    "\\\\",
    "\\",
    "`",
    "`a",
    'x="a b"',
    "'\\'",
    '"\\"',
    '"\\n"',
)
DOLLAR_WORDS = (
    "$x",
    "$$",
    "$",
    "${x}",
    "${x:-a b}",
    "${x:-'a b'}",
    '"${x}"',
    "${",
    "${}",
    "${x",
    "${x+${y}}",
    "${#x}",
    "$'",
)
FLAG_WORDS = (
    "--",
    "--from=a",
    "--mount=type=bind,target=/a",
    "--link",
    "--x='a b'",
    '--x="a',
    "--x=\\",
    "--x=a\\ b",
    "--é=à",
    "-x",
)
JSON_WORDS = ("[]", '["a"]', '["a", "b"]', '["a","\\u00e9\\n"]', "[", "]", '["a"', "['a']", '[ "a" ]', '["a",]')
OTHER_WORDS = ("AS", "as", "NONE", "CMD", "none", "RUN", "ENV", "=", "=x", "x=", "name")
# A marker and the line that ends its heredoc, "" if it starts none.
HEREDOCS = {
    "<<EOF": "EOF", "<<-EOF": "\tEOF", '<<"EOF"': "EOF", "<<'EOF'": "EOF", "<<-'E O'": "\t\tE O", "3<<EOF": "EOF",
    "007<<B": "B", "<<B": "B", "<<<EOF": "", "<<-": "", "<<\\EOF": "EOF", "<<E\\ O": "E O", "<<$EOF": "$EOF",
    "<<${EOF}": "${EOF}", "<<''": "", "a<<EOF": "", "<<E>x": "E>x", "<<é": "é", "<<${x:-a}": "${x:-a}",
    "${x:-<<EOF b}": "EOF", '"<<EOF"': "", "<<#": "#", '<<E"O"F': "EOF", "<<EOF)": "EOF)",
}  # fmt: skip

WORDS = st.sampled_from(PLAIN_WORDS + QUOTED_WORDS + DOLLAR_WORDS + FLAG_WORDS + JSON_WORDS + OTHER_WORDS)
# Words after which the lexer continues to look for heredocs.
CLOSED_WORDS = st.sampled_from((*PLAIN_WORDS, "--from=a", "--", "${x:-'a b'}", '"a \\" b"', "a\\ b", "$$", '"$x"', "'"))
COMMENTS = st.sampled_from(["#", "# comment", "  # indented", "\t#x \\", "# escape=`", "#!x"])
BLANK_LINES = st.sampled_from(["", "", " ", "\t", "\r", "\u2003"])
HEREDOC_LINES = st.sampled_from(
    [
        "EOF",
        "\tEOF",
        " EOF",
        "EOF ",
        "E O",
        "\tE O",
        "B",
        "EOFX",
        "",
        "# not a comment",
        "a \\",
        "RUN x <<B",
        "$EOF",
        "\té",
    ]
)

ESCAPE_DIRECTIVES = ("# escape=`", "#escape = `  ", "# ESCAPE=\\", "  # escape=`", "#\tescape=\\")
OTHER_DIRECTIVES = ("# syntax=docker/dockerfile:1", "#Syntax = a b ", "# syntax=x", "# syntax=", "# syntaxes=x")


@st.composite
def instructions(draw: st.DrawFn, escape: str) -> str:
    """An instruction, sometimes with continuations, without the line end of its last line."""
    keyword = draw(
        st.sampled_from([*KEYWORDS, *KEYWORDS, "RUN", "RUN", "COPY", "ONBUILD RUN", "ONBUILD COPY", "FOO", ""])
    )
    if draw(st.booleans()):
        keyword = draw(st.sampled_from([keyword.lower(), keyword.title()]))
    parts = [draw(st.sampled_from(["", "", "", " ", "\t"])), keyword]
    pair = "name=" if keyword.upper() in ("ENV", "LABEL") and draw(st.integers(0, 3)) else ""
    for word in draw(st.lists(WORDS, max_size=6)):
        parts += [draw(_gaps(escape)), pair, word]
    parts.append(draw(st.sampled_from(["", "", "", " ", escape, escape * 2, "\t\r"])))
    return "".join(parts)


@st.composite
def _gaps(draw: st.DrawFn, escape: str) -> str:
    """The text between two words: blanks, or a continuation with comments and blank lines."""
    if draw(st.integers(0, 3)):
        return draw(st.sampled_from(BLANKS))
    end = draw(st.sampled_from(LINE_ENDS))
    lines = draw(st.lists(st.one_of(COMMENTS, BLANK_LINES), max_size=2))
    start = draw(st.sampled_from(["", " ", " ", escape]))
    return (
        start + escape + draw(st.sampled_from(["", "", " ", "\t "])) + end + "".join(line + end for line in lines) + " "
    )


@st.composite
def heredocs(draw: st.DrawFn, escape: str) -> str:
    """An instruction with heredocs and the lines that end them."""
    head = draw(st.sampled_from(["RUN", "COPY", "ADD", "run", "ONBUILD RUN", "CMD"]))
    markers = draw(st.lists(st.sampled_from(sorted(HEREDOCS)), min_size=1, max_size=3))
    line_end = draw(st.sampled_from(LINE_ENDS))
    lines = []
    for marker in markers:
        head += draw(_gaps(escape)) + draw(CLOSED_WORDS) + draw(_gaps(escape)) + marker
        lines += draw(st.lists(HEREDOC_LINES, max_size=2))
        if HEREDOCS[marker]:
            lines.append(HEREDOCS[marker])
    return line_end.join([head + draw(st.sampled_from(["", " /x", " && a"])), *lines])


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """A text made of the parts of a Dockerfile; BuildKit's parser accepts most of them."""
    end = draw(st.sampled_from(LINE_ENDS))
    escape = draw(st.sampled_from(["\\", "\\", "`"]))
    lines = draw(st.lists(st.sampled_from(OTHER_DIRECTIVES), max_size=1))
    if escape == "`" or draw(st.integers(0, 4)) == 0:
        lines += draw(st.lists(st.sampled_from(ESCAPE_DIRECTIVES), min_size=1, max_size=1))
    lines += draw(st.lists(st.sampled_from(["FROM a", "from a as b", "# check=skip=all", ""]), max_size=2))
    parts = st.one_of(instructions(escape), instructions(escape), heredocs(escape), COMMENTS, BLANK_LINES)
    lines += draw(st.lists(parts, max_size=8))
    return end.join(lines) + draw(st.sampled_from(["", end, end * 2]))


def texts() -> st.SearchStrategy[str]:
    """Any text, mostly of characters with a meaning in a Dockerfile."""
    special = st.sampled_from("\n\n\r\t \\`#=-<<'\"$[]{},:EOFRUN\x00\x85\xa0\ud8ff\udcff\ufeff")
    return st.one_of(st.text(), st.text(st.one_of(special, st.characters())), st.lists(WORDS).map("".join))
