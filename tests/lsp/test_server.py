"""The language server with a raw client: a real process and real messages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.inprocess import call
from tests.lsp.client import PULLING, PUSHED, ROOT, Client, Message, applied, place
from tests.support.ending import PATIENCE
from zr4lint.lsp.actions import difference

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

GOOD = (ROOT / "docker" / "Dockerfile.zr4").read_text()
BROKEN = GOOD.replace("torch==2.5.1", "torch==2.5.0").replace("--no-cache-dir --upgrade", "--upgrade", 1)
EMOJI = "FROM ubuntu:22.04\nRUN echo '😀é' && pip install torch==2.5.0\n"
TORCH = EMOJI.split("\n")[1].index("torch")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the files that the conforming Dockerfile copies."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / ".git").mkdir()
    shutil.copytree(ROOT / "docker", folder / "docker")
    return folder


@pytest.fixture(scope="module")
def client(workspace: Path) -> Iterator[Client]:
    with Client(workspace) as found:
        yield found


def encoded(kind: str) -> Message:
    return PULLING | {"general": {"positionEncodings": [kind]}}


def whole(text: str) -> Message:
    return place(0, 0, text.count("\n") + 1, 0)


def word(text: str, wanted: str) -> tuple[int, int]:
    """Return the line and column of the first occurrence of some words."""
    at = text.index(wanted)
    return text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1


def fixed(folder: Path, name: str, text: str) -> str:
    """Return a file after `zr4lint --fix`."""
    file = folder / name
    file.write_text(text)
    call("--fix", name, cwd=folder)
    try:
        return file.read_text()
    finally:
        file.unlink()


def told(folder: Path, name: str, text: str) -> list[tuple[Any, ...]]:
    """Return the findings that the command line prints."""
    (folder / name).write_text(text)
    try:
        done = call("--format", "json", name, cwd=folder)
    finally:
        (folder / name).unlink()
    found = json.loads(done.out)["findings"]
    shown = (one for one in found if not one["suppressed"] and one["conflict"] is None)
    keys = ("code", "line", "column", "end_line", "end_column")
    return [tuple(one[key] for key in keys) for one in shown]


def as_told(diagnostics: list[Message]) -> list[tuple[Any, ...]]:
    """Return diagnostics as the command line prints findings: columns of an ASCII text, counted from 1."""
    return [
        (
            one["code"],
            one["range"]["start"]["line"] + 1,
            one["range"]["start"]["character"] + 1,
            one["range"]["end"]["line"] + 1,
            one["range"]["end"]["character"] + 1,
        )
        for one in diagnostics
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD, id="conforming"),
        pytest.param(BROKEN, id="two mistakes"),
        pytest.param("FROM ubuntu\nRUN apt-get install git\nCMD start", id="bare"),
        pytest.param(BROKEN + "# zr4lint: ignore-file[ZR0501] the next wheel is awaited\n", id="suppressed"),
        pytest.param("FROM ubuntu\nRNU x\n", id="refused"),
    ],
)
def test_its_findings_are_those_of_the_command_line(client: Client, workspace: Path, text: str) -> None:
    name = "docker/a.Dockerfile.zr4"
    uri = client.open(name, text)
    assert as_told(client.diagnostics(uri)) == told(workspace, name, text)


def test_a_diagnostic_says_what_and_what_to_do(client: Client) -> None:
    uri = client.open("docker/said.Dockerfile.zr4", BROKEN)
    (found,) = [one for one in client.diagnostics(uri) if one["code"] == "ZR0501"]
    assert found == {
        "range": place(36, 4, 36, 16),
        "severity": 1,
        "code": "ZR0501",
        "codeDescription": {"href": "https://zr4lint.github.io/zr4lint/rules/ZR0501/"},
        "source": "zr4lint",
        "message": "torch is pinned to 2.5.0, not 2.5.1\nExpected: torch==2.5.1",
    }


@pytest.mark.parametrize(("kind", "before"), [("utf-8", 6), ("utf-16", 3), ("utf-32", 2)])
def test_columns_count_the_units_that_the_client_chose(workspace: Path, kind: str, before: int) -> None:
    with Client(workspace, encoded(kind)) as client:
        assert client.capabilities["positionEncoding"] == kind
        uri = client.open("Dockerfile.zr4", EMOJI)
        (found,) = [one for one in client.diagnostics(uri) if one["code"] == "ZR0501"]
        start = TORCH - len("😀é") + before
        assert found["range"] == place(1, start, 1, start + len("torch==2.5.0"))
        assert "ZR0501" in client.at("hover", uri, 1, start + 1)["contents"]["value"]
        client.change(uri, 2, {"range": place(1, start + 11, 1, start + 12), "text": "1"})
        assert "ZR0501" not in {one["code"] for one in client.diagnostics(uri)}
        pip = place(1, start - 5, 1, start - 5)
        (fix,) = [one for one in client.actions(uri, pip) if one["title"] == "Add --no-cache-dir (ZR0505)"]
        new = applied(EMOJI.replace("2.5.0", "2.5.1"), fix["edit"], kind)
        assert "pip install --no-cache-dir torch==2.5.1" in new
        assert "'😀é'" in new


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("strange", ["", "\f", "\x85", "\u2028", "\v", "\x1c"])
def test_only_the_ends_of_lines_end_lines(client: Client, end: str, strange: str) -> None:
    text = f"FROM ubuntu:22.04{end}# {strange} x{end}RUN pip install torch==2.5.0{end}"
    uri = client.open("docker/lines.Dockerfile.zr4", text)
    (found,) = [one for one in client.diagnostics(uri) if one["code"] == "ZR0501"]
    assert found["range"] == place(2, 16, 2, 28)
    client.change(uri, 2, {"range": place(2, 27, 2, 28), "text": "1"})
    assert "ZR0501" not in {one["code"] for one in client.diagnostics(uri)}


def test_a_byte_order_mark_is_a_character_of_the_client(client: Client) -> None:
    uri = client.open("docker/mark.Dockerfile.zr4", "\ufeffFROM ubuntu\n")
    (found,) = [one for one in client.diagnostics(uri) if one["code"] == "ZR0101"]
    assert found["range"]["start"] == {"line": 0, "character": 1}


def test_changes_apply_one_after_the_other(client: Client) -> None:
    uri = client.open("docker/changes.Dockerfile.zr4", GOOD)
    client.diagnostics(uri)
    first = {"range": place(36, 15, 36, 16), "text": "0"}
    client.change(uri, 2, first, {"range": place(0, 0, 0, 0), "text": "# one\n# two\n"})
    assert [one["range"]["start"]["line"] for one in client.diagnostics(uri) if one["code"] == "ZR0501"] == [38]
    client.change(uri, 3, {"text": GOOD})
    assert client.diagnostics(uri) == []


def test_a_client_that_does_not_ask_is_sent_diagnostics(workspace: Path) -> None:
    with Client(workspace, PUSHED) as client:
        uri = client.open("docker/pushed.Dockerfile.zr4", BROKEN)
        sent = client.noted("textDocument/publishDiagnostics")
        assert (sent["uri"], sent["version"]) == (uri, 1)
        assert "ZR0501" in {one["code"] for one in sent["diagnostics"]}
        client.change(uri, 2, {"text": GOOD})
        assert client.noted("textDocument/publishDiagnostics") == {"uri": uri, "version": 2, "diagnostics": []}
        client.change(uri, 3, {"text": BROKEN + "\n" * 1500})
        client.change(uri, 4, {"text": BROKEN + "\n" * 1600})
        assert client.noted("textDocument/publishDiagnostics")["version"] == 4
        client.notify("textDocument/didClose", textDocument={"uri": uri})
        assert client.noted("textDocument/publishDiagnostics") == {"uri": uri, "diagnostics": []}


def test_a_client_that_can_do_little_gets_what_it_takes(workspace: Path) -> None:
    with Client(workspace, {}) as client:
        assert client.capabilities["positionEncoding"] == "utf-16"
        uri = client.open("docker/little.Dockerfile.zr4", BROKEN)
        assert client.noted("textDocument/publishDiagnostics")["diagnostics"] == client.diagnostics(uri) != []
        line, column = word(BROKEN, "torch==2.5.0")
        (fix, _) = client.actions(uri, place(line, column, line, column), ["quickfix"])
        assert applied(BROKEN, fix["edit"]) == BROKEN.replace("torch==2.5.0", "torch==2.5.1", 1)
        assert "documentChanges" not in fix["edit"]
        found = client.result("textDocument/documentSymbol", textDocument={"uri": uri})
        assert [(one["name"], one.get("containerName")) for one in found][:3] == [
            ("base", None),
            ("Layer 1 Base image", "base"),
            ("FROM", "Layer 1 Base image"),
        ]


# Code actions


def test_a_fix_does_what_the_command_line_does(client: Client, workspace: Path) -> None:
    name = "docker/fix.Dockerfile.zr4"
    text = GOOD.replace("--no-cache-dir --upgrade", "--upgrade", 1)
    uri = client.open(name, text)
    (found,) = [one for one in client.diagnostics(uri) if one["code"] == "ZR0505"]
    context = {"diagnostics": [found], "only": ["quickfix"]}
    actions = client.result("textDocument/codeAction", textDocument={"uri": uri}, range=found["range"], context=context)
    (fix,) = [one for one in actions if one.get("isPreferred")]
    assert (fix["title"], fix["kind"]) == ("Add --no-cache-dir (ZR0505)", "quickfix")
    assert fix["diagnostics"] == [found]
    assert applied(text, fix["edit"]) == fixed(workspace, name, text) == GOOD


@pytest.mark.parametrize("lazy", [False, True])
def test_fix_all_does_what_the_command_line_does(workspace: Path, lazy: bool) -> None:
    texts = [
        BROKEN,
        GOOD.replace("--no-cache-dir", "").replace("--no-install-recommends", ""),
        "FROM ubuntu:22.04\nRUN apt-get install git\nCMD start\n",
    ]
    support: Message = {"resolveSupport": {"properties": ["edit"]}} if lazy else {}
    capabilities = PULLING | {"textDocument": {"diagnostic": {}, "codeAction": support}}
    with Client(workspace, capabilities) as client:
        for number, text in enumerate(texts):
            name = f"docker/all-{number}.Dockerfile.zr4"
            uri = client.open(name, text)
            offered = client.actions(uri, place(0, 0, 0, 0))
            (action,) = [one for one in offered if one["kind"] == "source.fixAll.zr4lint"]
            assert ("edit" in action) is not lazy
            if lazy:
                action = client.result("codeAction/resolve", **action)
            assert applied(text, action["edit"]) == fixed(workspace, name, text) != text
            (saved,) = client.actions(uri, place(0, 0, 0, 0), only=["source.fixAll"])
            assert saved["edit"] == action["edit"]


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["quickfix"], {"quickfix"}),
        (["source"], {"source.fixAll.zr4lint"}),
        (["source.fixAll.zr4lint"], {"source.fixAll.zr4lint"}),
        (["source.fixAll.ruff"], set()),
        (["refactor"], set()),
        (["sourc"], set()),
    ],
)
def test_only_what_is_wanted_is_offered(client: Client, only: list[str], kinds: set[str]) -> None:
    uri = client.open("docker/only.Dockerfile.zr4", BROKEN)
    assert {one["kind"] for one in client.actions(uri, whole(BROKEN), only)} == kinds


def test_nothing_is_fixed_where_there_is_nothing_to_fix(client: Client) -> None:
    for name, text in (("good", GOOD), ("refused", "FROM ubuntu\nRNU x\n")):
        uri = client.open(f"docker/{name}.Dockerfile.zr4", text)
        found = client.actions(uri, whole(text))
        assert [one["title"] for one in found if not one["title"].startswith("Suppress")] == []


def test_suppress_here_suppresses_one_rule_for_one_instruction(client: Client) -> None:
    uri = client.open("docker/suppress.Dockerfile.zr4", BROKEN)
    line, column = word(BROKEN, "torch==2.5.0")
    (action,) = [a for a in client.actions(uri, place(line, column, line, column)) if a["title"].startswith("Suppress")]
    assert action["title"] == "Suppress ZR0501 here"
    new = applied(BROKEN, action["edit"])
    added = [one for one in new.split("\n") if one not in BROKEN.split("\n")]
    assert added == ["# zr4lint: ignore[ZR0501] TODO: give the reason"]
    client.change(uri, 2, {"text": new})
    codes = {one["code"] for one in client.diagnostics(uri)}
    assert "ZR0501" not in codes
    assert "ZR0505" in codes


# Other displays


def test_hover_over_words_that_meet_a_requirement(client: Client) -> None:
    uri = client.open("docker/hover.Dockerfile.zr4", GOOD)
    found = client.at("hover", uri, *word(GOOD, "torch==2.5.1"))
    text = found["contents"]["value"]
    assert found["range"] == place(36, 4, 36, 16)
    assert text.startswith("**ZR0501 torch-pin** · met\n\npip installs torch with exactly `==2.5.1`")
    assert "PRD section 5 · layer 4 PyTorch 2.5.1, lines 30 to 40 · [pack zr4, line " in text
    assert text.endswith("Witness: line 37, `torch==2.5.1`")


def test_hover_over_words_that_break_one(client: Client) -> None:
    uri = client.open("docker/hover.Dockerfile.zr4", BROKEN)
    text = client.at("hover", uri, *word(BROKEN, "torch==2.5.0"))["contents"]["value"]
    assert text.startswith("**ZR0501 torch-pin** · error\n\ntorch is pinned to 2.5.0, not 2.5.1")
    assert "\n- expected: torch==2.5.1\n" in text
    assert "Fix (needs judgement): Ask for torch==2.5.1" in text
    assert "PRD section 5" in text


def test_hover_tells_of_conflicts_and_suppressions(client: Client) -> None:
    text = GOOD.replace("    torch==2.5.1 ", "    torch==2.5.0 ").replace(
        "RUN pip install --no-cache-dir \\\n    torch==",
        "# zr4lint: ignore[ZR0501] on trial\nRUN pip install --no-cache-dir \\\n    torch==",
    )
    uri = client.open("docker/Dockerfile.zr4", text)
    line, column = word(text, "torch==2.5.0")
    found = client.at("hover", uri, line, column)["contents"]["value"]
    assert "**ZR0501 torch-pin** · suppressed" in found
    assert "Reason: on trial" in found
    found = client.at("hover", uri, *word(text, "nvidia/cuda"))["contents"]["value"]
    assert "· conflict" in found


def test_hover_is_silent_where_there_is_nothing_to_say(client: Client) -> None:
    uri = client.open("docker/hover.Dockerfile.zr4", GOOD)
    assert client.at("hover", uri, *word(GOOD, "# The venv's pip")) is None
    assert client.at("hover", uri, 9999, 9999) is None


def test_a_client_without_markdown_gets_plain_text(workspace: Path) -> None:
    capabilities = PULLING | {"textDocument": {"diagnostic": {}, "hover": {"contentFormat": ["plaintext"]}}}
    with Client(workspace, capabilities) as client:
        uri = client.open("docker/plain.Dockerfile", 'FROM alpine AS a_b\nRUN pip install "x[y]" *_*\n')
        contents = client.at("hover", uri, 1, 5)["contents"]
    assert contents["kind"] == "plaintext"
    lines = contents["value"].split("\n\n")
    assert lines[:2] == ["ZC302 pip-cache-kept · info", "this pip install leaves its cache in the image"]
    assert "No `pip install` leaves its cache in the image." in lines
    assert lines[-1].startswith("Good practice for any Dockerfile · pack core, line ")


def test_words_of_the_file_are_no_markup_in_a_hover(client: Client) -> None:
    text = 'FROM ubuntu:22.04\nRUN pip install "torch==`![x](http://example.org/i.png)<img src=x>"\n'
    uri = client.open("docker/markup.Dockerfile.zr4", text)
    for character in range(len(text.split("\n")[1])):
        found = client.at("hover", uri, 1, character)
        outside = "".join(found["contents"]["value"].split("`")[::2]) if found else ""
        assert "![" not in outside.replace("\\!\\[", "")
        assert "<img" not in outside.replace("\\<", "")


def test_a_lens_above_each_layer(client: Client) -> None:
    uri = client.open("docker/lens.Dockerfile.zr4", GOOD)
    found = client.result("textDocument/codeLens", textDocument={"uri": uri})
    titles = {one["command"]["title"]: one["range"]["start"]["line"] for one in found}
    assert len(titles) == 10
    assert titles["Layer 4 PyTorch 2.5.1: 5/5 requirements, lines 32-40 of 30-40"] == 31
    assert titles["Layer 1 Base image: 4/4 requirements, line 1 of 1"] == 0


def test_a_lens_for_a_layer_that_is_missing(client: Client) -> None:
    uri = client.open("docker/lens.Dockerfile.zr4", "FROM ubuntu\n")
    found = client.result("textDocument/codeLens", textDocument={"uri": uri})
    titles = {one["command"]["title"]: one["range"]["start"]["line"] for one in found}
    assert titles["Layer 4 PyTorch 2.5.1: 0/5 requirements, nothing found for lines 30-40"] == 0


def test_symbols_by_stage_and_layer(client: Client) -> None:
    text = f"ARG X=1\n{GOOD}"
    uri = client.open("docker/symbols.Dockerfile.zr4", text)
    arg, base = client.result("textDocument/documentSymbol", textDocument={"uri": uri})
    assert (arg["name"], arg["detail"]) == ("ARG", "X=1")
    assert (base["name"], base["detail"]) == ("base", "nvidia/cuda:12.4-devel-ubuntu22.04")
    (layer,) = [one for one in base["children"] if one["name"] == "Layer 4 PyTorch 2.5.1"]
    assert [one["name"] for one in layer["children"]] == ["RUN", "RUN"]
    for outer, inner in ((base, layer), (layer, layer["children"][1])):
        assert outer["range"]["start"]["line"] <= inner["range"]["start"]["line"]
        assert inner["range"]["end"]["line"] <= outer["range"]["end"]["line"]
        assert inner["selectionRange"]["start"] == inner["range"]["start"]


def test_symbols_of_a_file_without_a_specification(client: Client) -> None:
    text = "FROM alpine AS a\nRUN true\nFROM a\nCOPY --from=a /x /y\n"
    uri = client.open("docker/Dockerfile", text)
    found = client.result("textDocument/documentSymbol", textDocument={"uri": uri})
    assert [(one["name"], [two["name"] for two in one["children"]]) for one in found] == [
        ("a", ["FROM", "RUN"]),
        ("stage 1", ["FROM", "COPY"]),
    ]


def test_from_words_to_the_requirement_and_back(client: Client) -> None:
    uri = client.open("docker/way.Dockerfile.zr4", GOOD)
    line, column = word(GOOD, "torch==2.5.1")
    (found,) = client.at("definition", uri, line, column)
    pack = ROOT / "rules" / "zr4.toml"
    assert found["uri"] == pack.as_uri()
    assert pack.read_text().split("\n")[found["range"]["start"]["line"]] == 'code = "ZR0501"'
    words = {"uri": uri, "range": place(line, column, line, column + len("torch==2.5.1"))}
    assert client.at("references", uri, line, column, context={"includeDeclaration": True}) == [found, words]
    assert client.at("references", uri, line, column, context={"includeDeclaration": False}) == [words]
    toml = client.open(pack.as_uri(), pack.read_text(), "toml")
    below = found["range"]["start"]["line"] + 5
    assert words in client.at("references", toml, below, 0, context={"includeDeclaration": False})
    client.notify("textDocument/didClose", textDocument={"uri": toml})


# Packs and configurations

PACK = """\
name = "mine"
title = "Mine"
files = ["*.mine"]

[[rule]]
code = "MY001"
name = "base"
level = "error"
check = "{check}"
summary = "x"
why = "y"
images = ["debian:12"]
"""


def test_all_problems_of_a_pack_at_their_lines(client: Client) -> None:
    text = PACK.format(check="base-imag") + 'wrong = 1\n[[rule]]\ncode = "MY001"\n'
    uri = client.open("mine.toml", text, "toml")
    found = [(one["range"]["start"]["line"], one["message"]) for one in client.diagnostics(uri)]
    assert [line for line, _ in found if line < 12] == [8]
    assert "base-imag" in found[0][1]
    assert {line for line, _ in found} >= {8, 13}
    client.change(uri, 2, {"text": text + "x = \n"})
    (broken,) = client.diagnostics(uri)
    assert broken["message"].startswith("not valid TOML: ")
    assert broken["range"]["start"]["line"] == 15


@pytest.mark.parametrize("name", ["zr4lint.toml", "pyproject.toml"])
def test_all_problems_of_a_configuration_at_their_lines(client: Client, name: str) -> None:
    head = "[tool.zr4lint]\n" if name == "pyproject.toml" else "# ours\n"
    uri = client.open(name, f'{head}selct = ["ZC"]\nfail-on = "errr"\n', "toml")
    assert [(one["range"], one["message"], one["code"]) for one in client.diagnostics(uri)] == [
        (place(1, 0, 1, 14), "key `selct`: unknown; did you mean `select`?", "configuration"),
        (
            place(2, 0, 2, 16),
            "key `fail-on`: `errr` is not one of error, warning, info, never; did you mean `error`?",
            "configuration",
        ),
    ]
    client.change(uri, 2, {"text": f'{head}select = ["ZC"]\n'})
    assert client.diagnostics(uri) == []
    client.change(uri, 3, {"text": f'{head}select = ["ZC"\nx = 1\n'})
    (broken,) = client.diagnostics(uri)
    assert broken["message"].startswith("not valid TOML: ")
    assert broken["range"]["start"]["line"] == 2


def test_documents_are_checked_as_on_the_command_line(client: Client, tmp_path: Path) -> None:
    path = ROOT / "fixtures" / "documents" / "broken.prd.md"
    done = call("prd", "check", "--format", "json", str(path), cwd=tmp_path)
    expected = [(one["code"], one["line"]) for one in json.loads(done.out)["findings"]]
    uri = client.open("broken.prd.md", path.read_text(), "markdown")
    found = client.diagnostics(uri)
    assert [(one["code"], one["range"]["start"]["line"] + 1) for one in found] == expected != []
    start = found[0]["range"]["start"]
    assert found[0]["code"] in client.at("hover", uri, start["line"], start["character"])["contents"]["value"]


def test_a_document_by_its_name_needs_no_dockerfile_in_it(client: Client) -> None:
    text = "- The image MUST NOT set `ENV A=1`. The image MUST set `ENV A=1`.\n"
    assert [one["code"] for one in client.diagnostics(client.open("a.prd.md", text, "markdown"))] == ["PD101"]
    assert client.diagnostics(client.open("a.md", text, "markdown")) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("guide.md", "# After\n\n```dockerfile\nFROM x\n```\n"),
        ("Cargo.toml", "[package]\nname = 1\n"),
        ("README.md", "FROM x\n"),
        ("notes.txt", "x"),
        ("pyproject.toml", "["),
    ],
)
def test_other_files_are_left_alone(client: Client, name: str, text: str) -> None:
    uri = client.open(name, text, "plaintext")
    assert client.diagnostics(uri) == []
    assert client.actions(uri, whole(text)) == []


def test_a_file_that_the_editor_takes_for_a_dockerfile_is_linted(client: Client) -> None:
    text = "FROM scratch\nMAINTAINER x\n"
    assert [one["code"] for one in client.diagnostics(client.open("build.docker", text))] == ["ZC901"]
    assert client.diagnostics(client.open("notes.docker", text, language="plaintext")) == []


def test_the_actions_of_a_long_range_come_soon(client: Client) -> None:
    """The server tries each fix on the whole text, so it does not try all of them here."""
    text = "FROM python:3.12\n" + "RUN pip install numpy && apt-get install git\n" * 600
    found = client.actions(client.open("docker/long.Dockerfile", text), whole(text))
    titles = [one["title"] for one in found]
    assert "Suppress ZC202 here" in titles
    assert any(title.endswith("(ZC302)") for title in titles)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("a\n", "a\n"),
        ("", "a\n"),
        ("a\n", ""),
        ("a\na\na\n", "a\na\n"),
        ("a\na\n", "a\na\na\n"),
        ("a\nb\nc\n", "a\nx\nc\n"),
        ("a\nb\nc\nd\n", "x\nb\nc\ny\n"),
        ("a\r\nb", "a\r\nc\r\nb"),
        ("a\nb", "a\nb\n"),
        ("a\n" * 3000, "a\n" * 1500 + "b\n" + "a\n" * 1500),
    ],
)
def test_the_difference_of_two_texts_makes_one_of_the_other(old: str, new: str) -> None:
    edits = difference(old, new)
    text = old
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    assert text == new
    assert len(edits) <= 2


def test_a_changed_configuration_counts_at_once(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    watching: Message = {
        "workspace": {
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "diagnostics": {"refreshSupport": True},
        }
    }
    with Client(tmp_path, PULLING | watching) as client:
        (registered,) = client.noted("client/registerCapability")["registrations"]
        globs = {one["globPattern"] for one in registered["registerOptions"]["watchers"]}
        assert {"**/zr4lint.toml", "**/.zr4lint.toml", "**/pyproject.toml"} <= globs
        uri = client.open("Dockerfile.zr4", BROKEN)
        before = {one["code"] for one in client.diagnostics(uri)}
        assert "ZR0501" in before
        for text, expected in (('ignore = ["ZR0501"]\n', before - {"ZR0501"}), ("x = 1\n", {"configuration"})):
            (tmp_path / "zr4lint.toml").write_text(text)
            change = {"uri": (tmp_path / "zr4lint.toml").as_uri(), "type": 2}
            client.notify("workspace/didChangeWatchedFiles", changes=[change])
            client.noted("workspace/diagnostic/refresh")
            assert {one["code"] for one in client.diagnostics(uri)} == expected


def test_each_folder_has_its_configuration(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "in").mkdir(parents=True)
    (tmp_path / "one" / "zr4lint.toml").write_text('ignore = ["ZR0501"]\n')
    with Client(tmp_path / "one") as client:
        added = [{"uri": (tmp_path / "two").as_uri(), "name": "two"}]
        client.notify("workspace/didChangeWorkspaceFolders", event={"added": added, "removed": []})
        for name, told_of in (("one", False), ("two", True)):
            uri = client.open((tmp_path / name / "in" / "Dockerfile.zr4").as_uri(), BROKEN)
            assert ("ZR0501" in {one["code"] for one in client.diagnostics(uri)}) is told_of


def test_excluded_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "zr4lint.toml").write_text('exclude = ["old"]\n')
    with Client(tmp_path) as client:
        assert client.diagnostics(client.open("old/Dockerfile.zr4", BROKEN)) == []
        assert client.diagnostics(client.open("new/Dockerfile.zr4", BROKEN)) != []


def test_a_new_text_has_no_context(client: Client) -> None:
    uri = client.open("untitled:Untitled-1", "FROM ubuntu\n")
    assert "ZR0101" not in {one["code"] for one in client.diagnostics(uri)}


# Broken input


def test_a_length_that_is_too_small_costs_one_message(client: Client) -> None:
    assert client.process.stdin is not None
    client.process.stdin.write(b'Content-Length: 9\r\n\r\n{"jsonrpc": "2.0", "method": "zr4lint/nothing"}')
    uri = client.open("docker/length.Dockerfile.zr4", GOOD)
    assert client.diagnostics(uri) == []


def test_what_can_not_be_read_is_answered_and_survived(client: Client) -> None:
    for body in (b"{", b"[]", b"null", b"\xff\xfe", b'{"jsonrpc": "2.0"}', b"[" * 100_000):
        client.send(body)
    assert client.answer(None)["error"]["code"] == -32700
    assert client.request("textDocument/nothing")["error"]["code"] == -32601
    assert client.request("textDocument/hover", position=1)["error"]["code"] == -32602
    client.notify("zr4lint/nothing")
    client.notify("textDocument/didOpen", textDocument=1)
    client.change("file:///gone", 2, {"text": "x"})
    uri = client.open("docker/alive.Dockerfile.zr4", GOOD)
    assert client.diagnostics(uri) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\r",
        "FROM a\rRUN b\r",
        "FROM \ud800\nRUN \udcff\n",
        "FROM a\nRUN " + "(" * 3000,
        "FROM a\nRUN <<E\n",
        "\ufeff",
        "FROM a\0\n",
        "FROM \u202e\U0001f600" * 50,
        "x" * 70_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_texts(client: Client, text: str) -> None:
    uri = client.open("docker/hostile.Dockerfile.zr4", text)
    last = text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    for one in client.diagnostics(uri):
        assert 0 <= one["range"]["start"]["line"] <= one["range"]["end"]["line"] <= last
        assert "internal error" not in one["message"]
    for method in ("codeLens", "documentSymbol"):
        client.result(f"textDocument/{method}", textDocument={"uri": uri})
    client.at("hover", uri, 0, 3)
    client.at("definition", uri, 0, 3)
    client.actions(uri, whole(text))


@pytest.mark.parametrize(
    "uri", ["file:///%00", "file://" + "/x" * 5000, "untitled:x", "http://example.org/Dockerfile", "x"]
)
def test_strange_addresses(client: Client, uri: str) -> None:
    given = {"uri": uri, "version": 1, "languageId": "dockerfile", "text": GOOD}
    client.notify("textDocument/didOpen", textDocument=given)
    assert isinstance(client.diagnostics(uri), list)


def test_positions_outside_of_the_text(client: Client) -> None:
    uri = client.open("docker/outside.Dockerfile.zr4", "FROM ubuntu")
    client.change(uri, 2, {"range": place(7, 7, 9, 9), "text": "\nRUN true"})
    client.change(uri, 3, {"range": place(1, 4, 0, 0), "text": "x"})
    client.change(uri, 4, {"range": place(0, 99, 0, 999), "text": ":22.04"})
    (symbol,) = client.result("textDocument/documentSymbol", textDocument={"uri": uri})
    assert symbol["detail"] == "ubuntu:22.04"
    assert symbol["children"][1]["detail"] == "xtrue"


def test_a_cancelled_request_is_answered_as_such(client: Client) -> None:
    slow = "FROM ubuntu\n" + "RUN apt-get install -y a && pip install b || true\n" * 3000
    uri = client.open("docker/slow.Dockerfile.zr4", slow)
    number = client.ask("textDocument/diagnostic", textDocument={"uri": uri})
    client.notify("$/cancelRequest", id=number)
    assert client.answer(number)["error"]["code"] == -32800
    client.change(uri, 2, {"text": GOOD})
    assert client.diagnostics(uri) == []


def test_a_version_that_is_gone_is_not_told(client: Client) -> None:
    slow = "FROM ubuntu\n" + "RUN apt-get install -y a && pip install b || true\n" * 3000
    uri = client.open("docker/gone.Dockerfile.zr4", slow)
    number = client.ask("textDocument/diagnostic", textDocument={"uri": uri})
    client.change(uri, 2, {"text": GOOD})
    assert client.answer(number)["result"]["items"] == []


def test_it_waits_for_initialize_and_ends_with_exit(tmp_path: Path) -> None:
    client = Client(tmp_path)
    client.start()
    assert client.request("textDocument/hover")["error"]["code"] in (-32002, -32602)
    uri = {"textDocument": {"uri": "file:///x"}, "position": {"line": 0, "character": 0}}
    assert client.request("textDocument/hover", **uri)["error"]["code"] == -32002
    client.initialize()
    assert client.result("shutdown") is None
    assert client.request("textDocument/hover", **uri)["error"]["code"] == -32600
    client.notify("exit")
    assert client.process.wait(timeout=PATIENCE) == 0
    client.__exit__()


@pytest.mark.parametrize("last", ["exit", "end of input"])
def test_without_shutdown_the_exit_code_is_1(tmp_path: Path, last: str) -> None:
    with Client(tmp_path) as client:
        if last == "exit":
            client.notify("exit")
        else:
            assert client.process.stdin is not None
            client.process.stdin.close()
        assert client.process.wait(timeout=PATIENCE) == 1


def test_without_its_packages_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls").mkdir()
    (tmp_path / "pygls" / "__init__.py").write_text("raise ModuleNotFoundError('no', name='pygls')\n")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; sys.argv = ['zr4lint', 'lsp']; "
    done = subprocess.run(
        [sys.executable, "-c", f"{code}import zr4lint.__main__ as m; m.main()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'zr4lint: the language server needs pip install "zr4lint[lsp]"\n'
