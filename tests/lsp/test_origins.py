"""The language server uses the lines of the document that a pack names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.documents.support import FIXTURES
from tests.inprocess import call
from tests.lsp.client import Client, place
from tests.lsp.test_server import word

TEXT = (FIXTURES / "relay" / "Dockerfile").read_text()
DOCUMENT = (FIXTURES / "relay" / "relay.prd.md").read_text()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("relay")
    (folder / ".git").mkdir()
    shutil.copy(FIXTURES / "relay" / "relay.prd.md", folder)
    assert call("prd", "compile", "relay.prd.md", "-o", "relay.toml", cwd=folder).code == 0
    (folder / "zr4lint.toml").write_text('packs = ["relay.toml"]\n')
    with Client(folder) as found:
        yield found


def uri(client: Client, name: str) -> str:
    return (client.folder / name).as_uri()


def at(words: str) -> int:
    """Return the line of the document that contains the words, from 0."""
    return word(DOCUMENT, words)[0]


def test_a_diagnostic_relates_the_line(client: Client) -> None:
    found = client.diagnostics(client.open("Dockerfile", TEXT))
    (tini,) = (one for one in found if "tini" in one["message"])
    line = at("    curl")
    assert tini["relatedInformation"] == [
        {
            "location": {"uri": uri(client, "relay.prd.md"), "range": place(line, 0, line, 0)},
            "message": f"relay.prd.md requires this on line {line + 1}",
        }
    ]


def test_hover_quotes_the_line(client: Client) -> None:
    file = client.open("Dockerfile", TEXT)
    text = client.at("hover", file, *word(TEXT, "requests"))["contents"]["value"]
    line = at("RUN pip") + 1
    link = f"[relay.prd.md, line {line}]({uri(client, 'relay.prd.md')}#L{line})"
    assert f"{link}: `RUN pip install --no-cache-dir requests==2.32.3`" in text


def test_words_of_an_open_document_are_quoted_as_they_are_typed(client: Client) -> None:
    file = client.open("Dockerfile", TEXT)
    typed = DOCUMENT.replace("RUN pip install", "RUN `![x](y)` pip install")
    document = client.open("relay.prd.md", typed, "markdown")
    text = client.at("hover", file, *word(TEXT, "requests"))["contents"]["value"]
    assert "`RUN ![x](y) pip install --no-cache-dir requests==2.32.3`" in text
    client.notify("textDocument/didClose", textDocument={"uri": document})


@pytest.mark.slow
def test_from_words_to_the_document_and_back(client: Client) -> None:
    file = client.open("Dockerfile", TEXT)
    found = client.at("definition", file, *word(TEXT, "8080"))
    line = at("EXPOSE 8080")
    assert {one["uri"] for one in found} == {uri(client, "relay.toml"), uri(client, "relay.prd.md")}
    assert {"uri": uri(client, "relay.prd.md"), "range": place(line, 0, line, 0)} in found
    document = client.open("relay.prd.md", DOCUMENT, "markdown")
    row, column = word(TEXT, "8080")
    context = {"includeDeclaration": False}
    assert client.at("references", document, line, 3, context=context) == [
        {"uri": file, "range": place(row, column, row, column + 4)}
    ]
    assert client.at("references", document, 0, 0, context=context) == []
    client.notify("textDocument/didClose", textDocument={"uri": document})
