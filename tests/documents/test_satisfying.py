"""A compiled pack that no file meets: the smallest set of conflicting rules."""

from __future__ import annotations

import pytest

from zr4lint.documents.compiling.satisfying import conflicting

RULES = {
    "twelve": 'check = "base-image"\nimage = "debian:12"',
    "thirteen": 'check = "base-image"\nimage = "debian:13"',
    "here": 'check = "last-workdir"\npath = "/srv"',
    "there": 'check = "last-workdir"\npath = "/opt"',
    "variable": 'check = "env"\nvariables = { A = "1" }',
    "start": 'check = "command"\narguments = ["/a"]',
    "lines": 'check = "line-count"\nlines = 1',
    "numeric": 'check = "final-user"\nnumeric = true\nset = true',
}


def pack(*names: str) -> str:
    head = 'name = "t"\ntitle = "t"\nfiles = ["Dockerfile"]\n'
    rules = (
        f'\n[[rule]]\ncode = "T{n}"\nname = "{name}"\nlevel = "error"\nsummary = "s"\nwhy = "w"\n{RULES[name]}\n'
        for n, name in enumerate(names, 1)
    )
    return head + "".join(rules)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("twelve", "variable", "here", "start"), ()),
        (("variable", "twelve", "here", "thirteen", "start"), ("twelve", "thirteen")),
        (("here", "variable", "twelve", "there"), ("here", "there")),
        (("twelve", "lines", "numeric", "here"), ("lines", "here")),
        (("twelve", "numeric", "here"), ()),
    ],
    ids=["one-file", "two-images", "two-folders", "too-few-lines", "a-rule-without-a-fix"],
)
def test_the_smallest_set(names: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert tuple(rule.rule.name for rule in conflicting(pack(*names), None)) == found


def test_a_target_text_proves_that_a_pack_can_be_met() -> None:
    assert conflicting(pack("numeric", "lines"), "FROM debian:12\n") == ()
    assert conflicting(pack("twelve", "variable"), "FROM debian:12\nENV A=1\n") == ()
