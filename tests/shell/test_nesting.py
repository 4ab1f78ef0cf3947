"""zr4lint follows nesting of every kind within the budgets; the rest is unknown."""

from __future__ import annotations

import pytest

from zr4lint.model.source import MappedText
from zr4lint.shell import Dialect, parse_script

SHAPES = {
    "tests": ("[[ ", "( ", "a = b", " )", " ]]"),
    "negated tests": ("[[ ", "! ", "a", "", " ]]"),
    "arithmetic": ("echo ", "$((1+", "1", "))", ""),
    "subshells that look like arithmetic": ("echo ", "$(( ", "x", ") )", ""),
    "subshells in arithmetic": ("echo ", "$(( (", "1", ") ", ""),
    "parameters": ("echo ", "${x:-", "", "}", ""),
    "groups": ("", "{ ", "x; ", "}; ", ""),
    "braces": ("echo ", "{a,", "b", "}", ""),
    "xargs": ("", "xargs ", "", "", ""),
    "find": ("", "find . -exec ", "", "", ""),
    "processes": ("cat ", "<(", "x", ")", ""),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("depth", [70, 400, 2_000])
def test_nesting_of_any_depth_ends(shape: tuple[str, str, str, str, str], depth: int) -> None:
    head, opening, inside, closing, tail = shape
    text = head + opening * depth + inside + closing * depth + tail
    for dialect in Dialect:
        assert len(parse_script(MappedText(text, (0,), (0,)), dialect=dialect).commands) < 500


def test_words_of_a_command_are_no_commands_of_find() -> None:
    script = MappedText.join([("find . -exec grep -exec x ';' -exec stat {} ';'", 0)])
    ran = [command.words[0].literal for command in parse_script(script).commands]
    assert ran == ["find", "grep", "stat"]
