"""A client of the language server that speaks raw JSON-RPC to a real process."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.support.ending import PATIENCE

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
Message = dict[str, Any]

PULLING: Message = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "diagnostic": {},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
    },
    "workspace": {"workspaceEdit": {"documentChanges": True}},
}
PUSHED: Message = {"textDocument": {"publishDiagnostics": {"relatedInformation": True}}}


class Client:
    """A session with the server; `notes` are the notifications and requests of the server so far."""

    def __init__(self, folder: Path, capabilities: Message = PULLING, **options: Any) -> None:
        self.folder = folder
        self.notes: list[Message] = []
        self.capabilities: Message = {}
        self._given = capabilities
        self._options = options
        self._ids = 0
        self._read: queue.Queue[Message | None] = queue.Queue()
        self._answers: dict[int | None, Message] = {}

    def __enter__(self) -> Self:
        self.start()
        self.initialize()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def start(self) -> None:
        """Start the server."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "zr4lint", "lsp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def initialize(self) -> None:
        """Initialize the session with the folder as the workspace."""
        folders = [{"uri": self.folder.as_uri(), "name": "x"}]
        answer = self.request(
            "initialize",
            processId=None,
            rootUri=self.folder.as_uri(),
            workspaceFolders=folders,
            capabilities=self._given,
            **self._options,
        )
        assert "result" in answer, answer
        self.capabilities = answer["result"]["capabilities"]
        self.notify("initialized")

    def send(self, body: bytes) -> None:
        """Send bytes as the body of a message."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def notify(self, method: str, **params: Any) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def ask(self, method: str, **params: Any) -> int:
        """Send a request without waiting for the answer."""
        self._ids += 1
        self.send(json.dumps({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params}).encode())
        return self._ids

    def answer(self, number: int | None) -> Message:
        """Return the answer to a request."""
        while number not in self._answers:
            message = self._next()
            if "method" not in message:
                self._answers[message["id"]] = message
        return self._answers.pop(number)

    def request(self, method: str, **params: Any) -> Message:
        return self.answer(self.ask(method, **params))

    def result(self, method: str, **params: Any) -> Any:
        answer = self.request(method, **params)
        assert "error" not in answer, answer
        return answer["result"]

    def noted(self, method: str) -> Message:
        """Return the parameters of the server's next notification or request with a method."""
        while True:
            message = self._next()
            if message.get("method") == method:
                params: Message = message.get("params") or {}
                return params

    def _next(self) -> Message:
        message = self._read.get(timeout=PATIENCE)
        assert message is not None, "the server has ended"
        if "method" in message:
            self.notes.append(message)
            if "id" in message:
                self.send(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": None}).encode())
        return message

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            size = 0
            while header.strip():
                name, _, value = header.partition(b":")
                assert name in (b"Content-Length", b"Content-Type"), header
                size = int(value) if name == b"Content-Length" else size
                header = stream.readline()
            self._read.put(json.loads(stream.read(size)))
        self._read.put(None)

    # Texts

    def open(self, name: str, text: str, language: str = "dockerfile") -> str:
        """Open a text of a file in the folder; return its URI."""
        uri = name if ":" in name else (self.folder / name).as_uri()
        self.notify("textDocument/didOpen", textDocument=document(uri) | {"languageId": language, "text": text})
        return uri

    def change(self, uri: str, version: int, *changes: Message) -> None:
        identifier = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", textDocument=identifier, contentChanges=list(changes))

    def diagnostics(self, uri: str) -> list[Message]:
        found: list[Message] = self.result("textDocument/diagnostic", textDocument={"uri": uri})["items"]
        return found

    def actions(self, uri: str, place: Message, only: Iterable[str] | None = None) -> list[Message]:
        context = {"diagnostics": [], **({"only": list(only)} if only is not None else {})}
        found: list[Message] = self.result(
            "textDocument/codeAction", textDocument={"uri": uri}, range=place, context=context
        )
        return found

    def at(self, method: str, uri: str, line: int, character: int, **more: Any) -> Any:
        position = {"line": line, "character": character}
        return self.result(f"textDocument/{method}", textDocument={"uri": uri}, position=position, **more)


def document(uri: str) -> Message:
    return {"uri": uri, "version": 1}


def place(line: int, start: int, end_line: int, end: int) -> Message:
    return {"start": {"line": line, "character": start}, "end": {"line": end_line, "character": end}}


def applied(text: str, edit: Message, units: str = "utf-16") -> str:
    """Apply the edit of an action to a text, as a client does."""
    (edits,) = edit["changes"].values() if "changes" in edit else (edit["documentChanges"][0]["edits"],)
    lines = text.split("\n")
    encoding = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[units]
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[units]

    def offset(position: Message) -> int:
        line = lines[position["line"]] if position["line"] < len(lines) else ""
        before = line.encode(encoding)[: position["character"] * width].decode(encoding)
        return sum(len(one) + 1 for one in lines[: position["line"]]) + len(before)

    for change in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        start, end = offset(change["range"]["start"]), offset(change["range"]["end"])
        text = text[:start] + change["newText"] + text[end:]
    return text
