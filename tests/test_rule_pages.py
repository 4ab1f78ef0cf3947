from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest
from markdown_it import MarkdownIt

from tests.rule_pages import FOLDER, INDEX, cell, pages, prose
from zr4lint.app.explain import Explanation, explain, explanations
from zr4lint.model.pages import SITE, page_of
from zr4lint.packs.loading import pack_names
from zr4lint.project.settings import KEYS

PAGES = pages()
EVERY = explanations()


def codes(found: list[Explanation]) -> list[str]:
    return [explanation.rule.code for explanation in found]


def test_the_pages_are_what_the_packs_say() -> None:
    written = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*")}
    assert written == PAGES, "run `make docs`"


def test_every_rule_of_every_pack_has_a_page_and_a_row() -> None:
    assert {e.pack.name for e in EVERY if e.pack} == set(pack_names())
    assert len(set(codes(EVERY))) == len(EVERY)
    assert set(PAGES) == {INDEX, *(f"{code}.md" for code in codes(EVERY))}
    links = re.findall(r"^\| \[(\w+)\]\((\w+\.md)\) \|", PAGES[INDEX], re.MULTILINE)
    assert links == [(code, f"{code}.md") for code in codes(EVERY)]


@pytest.mark.slow
@pytest.mark.parametrize("found", EVERY, ids=codes(EVERY))
def test_page_and_command_say_the_same(found: Explanation) -> None:
    rule = found.rule
    shown, page = explain(rule.code.lower()), PAGES[f"{rule.code}.md"]
    namesakes = [explain(e.rule.code) for e in EVERY if e.rule.name == rule.name]
    assert shown in namesakes
    assert explain(rule.name) == "\n\n\n".join(namesakes)
    words = " ".join(shown.split())
    for said in (rule.summary, rule.why, rule.source, found.section):
        assert " ".join(said.split()) in words
        assert prose(said) in page
    for example in (rule.bad, rule.good):
        assert example.strip() in page
        assert " ".join(example.split()) in words
    for what, written in found.configuration:
        assert f"{what}:\n        {written}" in shown
        assert f"\n{written}\n" in page


@pytest.mark.parametrize("found", EVERY, ids=codes(EVERY))
def test_a_page_has_no_markup_of_its_rule(found: Explanation) -> None:
    tokens = MarkdownIt().enable("table").parse(PAGES[f"{found.rule.code}.md"])
    heads = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    examples = [name for name, text in (("Bad", found.rule.bad), ("Good", found.rule.good)) if text]
    ways = [] if found.about_documents else ["How to disable"]
    world = ["In the real world"] if found.conflicts or found.amendment else []
    assert heads == [f"{found.rule.code}: {found.rule.name}", "Why", *examples, "Fix", *world, *ways]
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special", "code_inline", "strong_open", "strong_close", "link_open", "link_close"}


def test_the_index_says_what_a_rule_is_found_by() -> None:
    rows = {line.split("|")[1].split("]")[0].strip(" ["): line for line in PAGES[INDEX].splitlines() if "](" in line}
    assert "| apt-no-yes | warning | on | safe | DL3014 |" in rows["ZC202"]
    assert "| apt-unpinned | warning | off | no | DL3008 |" in rows["ZC201"]
    assert "| unsafe |" in rows["ZC203"]
    heads = re.findall(r"^## (\w+):", PAGES[INDEX], re.MULTILINE)
    assert heads == [*pack_names()]
    for title, pack in zip(re.split(r"^## ", PAGES[INDEX], flags=re.MULTILINE)[1:], pack_names(), strict=False):
        listed = re.findall(r"^\| \[(\w+)\]", title, re.MULTILINE)
        assert listed == sorted(listed), pack


def test_a_page_says_whether_its_rule_is_on_and_what_others_call_it() -> None:
    assert "- Default: on\n" in PAGES["ZC202.md"]
    assert "- Default: off; `--extend-select ZC201` switches it on\n" in PAGES["ZC201.md"]
    assert "- Aliases: DL3014" in PAGES["ZC202.md"]


def test_prose_and_cells() -> None:
    assert prose("a_b\n`c_d` <e> [f](g) #1 a|b") == "a\\_b `c_d` \\<e\\> \\[f\\](g) \\#1 a\\|b"
    assert cell("`a|b` a|b") == "`a\\|b` a\\|b"


def test_the_configuration_can_be_used() -> None:
    for found in EVERY:
        if found.about_documents:
            continue
        ways = dict(found.configuration)
        keys = "\n".join(text for what, text in ways.items() if "pyproject" in what or "severity" in what)
        table = tomllib.loads(keys)
        assert table.keys() <= KEYS.keys()
        assert table["ignore"] == [found.rule.name]
        assert table["severity"][found.rule.name] != found.rule.severity.label


@pytest.mark.slow
def test_what_it_says_of_one_run_works() -> None:
    file = FOLDER.parents[1] / "docker" / "Dockerfile.zr4"
    text = file.read_bytes().replace(b"torch==2.5.1", b"torch==2.5.0")
    found = next(e for e in EVERY if e.rule.code == "ZR0501")
    _, *args = dict(found.configuration)["for one run"].split()
    command = [sys.executable, "-m", "zr4lint", "-", "--pack", "zr4"]
    assert subprocess.run(command, input=text, capture_output=True, check=False).returncode == 1
    assert subprocess.run([*command, *args], input=text, capture_output=True, check=False).returncode == 0
    comment = dict(found.configuration)["for the next instruction, in the Dockerfile"]
    at = text.rindex(b"\nRUN ", 0, text.index(b"torch==2.5.0"))
    text = text[:at] + b"\n" + comment.encode() + text[at:]
    done = subprocess.run([*command, "--format", "concise"], input=text, capture_output=True, check=False)
    assert b"ZR0501" not in done.stdout


def test_each_shipped_rule_and_no_other_has_an_address() -> None:
    for found in explanations():
        assert page_of(found.rule.code) == f"{SITE}rules/{found.rule.code}/"
    assert [page_of(code) for code in ("GF001", "ZC20", "ZR05011", "zc202", "")] == [None] * 5
    site = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Documentation"]
    assert f"site_url: {SITE}\n" in (FOLDER.parents[1] / "mkdocs.yml").read_text("utf-8")
    assert site == SITE
