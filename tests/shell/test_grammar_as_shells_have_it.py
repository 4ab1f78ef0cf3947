"""Which scripts can't be parsed: zr4lint's answer compared with `dash -n` and `bash -n`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shell.shells import parses
from tests.shell.test_reach_as_shells_have_it import DIALECTS, scripts
from zr4lint.model.source import MappedText
from zr4lint.shell import Dialect, parse_script
from zr4lint.shell.grammar import refusal

REFUSED = [
    ("apt-get update &&", "&&", "nothing follows `&&`"),
    ("a && b ||", "||", "nothing follows `||`"),
    ("a |", "|", "nothing follows `|`"),
    ("a &&& b", "&", "unexpected `&`"),
    ("apt-get install -y libxrender1 &&     && rm -rf x", "&&", "unexpected `&&`"),
    ("a ||| b", "|", "unexpected `|`"),
    ("a ; ; b", ";", "unexpected `;`"),
    ("a ;; b", ";;", "unexpected `;;`"),
    ("(a", "(", "`(` has no `)`"),
    ("a)", ")", "unexpected `)`"),
    ("{ a; ", "{", "`{` has no `}`"),
    ("{ a }", "{", "`{` has no `}`"),
    ("()", ")", "unexpected `)`"),
    ("if a; then b", "if", "`if` has no `fi`"),
    ("if a; b; fi", "fi", "unexpected `fi`"),
    ("if a; then fi", "fi", "unexpected `fi`"),
    ("fi", "fi", "unexpected `fi`"),
    ("a; done", "done", "unexpected `done`"),
    ("for x in a b; do c", "for", "`for` has no `done`"),
    ("while a; b; done", "done", "unexpected `done`"),
    ("case x in a) b;;", "case", "`case` has no `esac`"),
    ("echo 'a", "'", "unclosed '"),
    ('echo "a $x', '"', 'unclosed "'),
    ("echo `a", "`", "unclosed backtick"),
    ("echo $(a", "$(", "`$(` has no `)`"),
    ("echo ${a", "${", "`${` has no `}`"),
    ("a >", ">", "nothing follows `>`"),
    ("a > && b", "&&", "unexpected `&&`"),
    ("a < | b", "|", "unexpected `|`"),
    ("echo (a)", "(", "unexpected `(`"),
    ("a <<", "<<", "nothing follows `<<`"),
    ("(a) b", "b", "unexpected `b`"),
    ("if a; then\r\nb\r\nfi\r\n", "if", "`if` has no `then`"),
]


@pytest.mark.parametrize(("script", "words", "reason"), REFUSED)
def test_what_both_shells_refuse(script: str, words: str, reason: str) -> None:
    for dialect in DIALECTS:
        assert not parses(dialect, script)
    (remark,) = parse_script(MappedText.join([(script, 0)]), dialect=Dialect.SH).remarks
    assert remark.code == "ZL006"
    assert remark.message == f"the shell can't parse this RUN: {reason}"
    assert remark.span.of(script) == words


@pytest.mark.parametrize(
    "script",
    [
        *("X=(1 2)", "a <(b)", "a |& b", "function f { a; }", "for ((;;)); do a; done", "a <<<b", "f-g() { a; }"),
        *("! ! a", "select x in a; do b; done", "case a in a) b;& esac", "declare a=(1)", "(a) 12>x", "! "),
    ],
)
def test_what_dash_alone_refuses(script: str) -> None:
    assert (parses(Dialect.DASH, script), parses(Dialect.BASH, script)) == (False, True)
    assert refusal(script, bash=False) is not None
    assert refusal(script, bash=True) is None
    assert not parse_script(MappedText.join([(script, 0)]), dialect=Dialect.SH).remarks


@pytest.mark.parametrize(
    "script",
    [
        "",
        "  # only a comment",
        "a \\",
        "echo } { if fi",
        "a && \\\n b",
        "a &&\n\n b",
        "if (a) then { b; } fi",
        "case x in (a|'b c') d;; e) esac",
        "for x do a; done; for x; do a; done; for x in; do a; done",
        "cat <<'E' && b\n$( ' \"\nE\nc",
        "cat <<E",
        'echo "$(echo "a" \')\')" `echo \\`b\\`` ${x:-"}"} $((1 + (2)))',
        "f() (a); g() { b; }; f",
        "X=1 if; >f fi",
        "a 2>&1 >>f <g >|h",
        "[ a = b -o ! -f c ] || exit 1; echo a#b #c",
        "! a | b & c; wait",
    ],
)
def test_what_both_shells_take(script: str) -> None:
    for dialect in DIALECTS:
        assert parses(dialect, script)
        assert refusal(script, bash=dialect is Dialect.BASH) is None


SCRAPS = [
    *("&&", "||", ";", ";;", "|", "&", "(", ")", "{", "}", "<", ">", "'", '"', "`", "$(", "${", "\\", "\n", "#", " "),
    *("if ", " then ", " fi", "for x in ", " do ", " done", "case x in ", " esac", "!", "<<E", "x=(", "$((", "]]"),
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A script with a piece removed or inserted."""
    script = draw(scripts)
    at = draw(st.integers(0, len(script)))
    if draw(st.booleans()):
        return script[:at] + script[at + draw(st.integers(1, 3)) :]
    return script[:at] + draw(st.sampled_from(SCRAPS)) + script[at:]


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(st.one_of(damaged(), st.lists(st.sampled_from(SCRAPS), max_size=8).map(" a ".join)), st.sampled_from(DIALECTS))
def test_nothing_is_refused_that_a_shell_takes(script: str, dialect: Dialect) -> None:
    if refusal(script, bash=dialect is Dialect.BASH) is not None:
        assert not parses(dialect, script)


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(damaged())
def test_what_dash_refuses_is_refused(script: str) -> None:
    open_to_doubt = any(sign in script for sign in ("`", "${", "$((", "'"))
    if not open_to_doubt and not parses(Dialect.DASH, script):
        assert refusal(script, bash=False) is not None
