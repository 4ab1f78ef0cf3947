"""The language server: the requests of the client and their handlers."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.io_ import StdoutWriter, run_async

from zr4lint import __version__
from zr4lint.lsp.actions import KINDS, Abilities, actions, fix_all
from zr4lint.lsp.buffers import Buffer, Language, path_of
from zr4lint.lsp.desk import Desk
from zr4lint.lsp.diagnostics import diagnostics
from zr4lint.lsp.hover import hover
from zr4lint.lsp.lenses import lenses
from zr4lint.lsp.linters import Linters
from zr4lint.lsp.navigation import codes_of_line, definitions, references, rule_of_pack, words_of
from zr4lint.lsp.protocol import Protocol, TextServer
from zr4lint.lsp.requirement_lines import Packs
from zr4lint.lsp.stream import MessageReader
from zr4lint.lsp.symbols import flat, symbols
from zr4lint.project.configuration import NAMES

if TYPE_CHECKING:
    from zr4lint.lsp.analysis import Analysis

log = logging.getLogger(__name__)

LONG = 1_000
"""The number of lines from which the changes of a text are collected before it is linted."""

PAUSE = 0.15
"""The seconds without a change after which such a text, or a document, is linted."""

WATCHED = (*(f"**/{name}" for name in NAMES), "**/*.toml")


class Server(TextServer):
    """The server; `code` is the exit code of the process."""

    def __init__(self) -> None:
        super().__init__("zr4lint", __version__, protocol_cls=Protocol)
        self.desk = Desk()
        self.code = 1
        self._configuration: str | None = None
        self._watches = False
        self._pushes: dict[str, asyncio.Task[None]] = {}

    def report_server_error(self, error: Exception, _source: type[Exception]) -> None:
        """Answer an unreadable message; other errors go to the log on stderr, and never to a message box."""
        if isinstance(error, ValueError | RecursionError | AttributeError) and isinstance(self.protocol, Protocol):
            self.protocol.refuse(f"not a message: {error}")

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        """Open a text and lint it."""
        one = params.text_document
        encoding = types.PositionEncodingKind(self.workspace.position_encoding or "utf-16").value
        self.desk.put(Buffer(one.uri, one.text, one.version, one.language_id, encoding))
        self.push(one.uri)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Change a text and lint it; a long text is linted only after a pause."""
        self.desk.change(params.text_document.uri, params.text_document.version, [*params.content_changes])
        buffer = self.desk.buffers.get(params.text_document.uri)
        if buffer is not None:
            is_slow = buffer.text.count("\n") > LONG or buffer.language is Language.DOCUMENT
            self.push(buffer.uri, PAUSE if is_slow else 0)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        """Close a text and clear its diagnostics."""
        uri = params.text_document.uri
        self.desk.close(uri)
        if uri in self._pushes:
            self._pushes.pop(uri).cancel()
        if not self.pulls:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def saved(self, uri: str) -> None:
        """Lint the texts again that depend on a saved pack, configuration, or file beside a Dockerfile."""
        buffer = self.desk.buffers.get(uri)
        if not self._watches or (buffer is not None and buffer.language is not Language.DOCKERFILE):
            self.restart()
        else:
            self.desk.forget(uri)
            self.push(uri)

    @property
    def pulls(self) -> bool:
        """Return whether the client pulls diagnostics."""
        text = self.client_capabilities.text_document
        return text is not None and text.diagnostic is not None

    def push(self, uri: str, pause: float = 0) -> None:
        """Send the diagnostics of a text after a pause, unless the client pulls them."""
        if self.pulls:
            return
        if uri in self._pushes:
            self._pushes.pop(uri).cancel()
        self._pushes[uri] = asyncio.ensure_future(self._pushed(uri, pause))

    async def _pushed(self, uri: str, pause: float) -> None:
        if pause:
            await asyncio.sleep(pause)
        analysis = await self.desk.analysis(uri)
        if analysis is not None:
            found = diagnostics(analysis)
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri, found, version=analysis.buffer.version)
            )

    def restart(self) -> None:
        """Read configurations and packs again, and lint all open texts."""
        folders = [path for folder in self.workspace.folders.values() if (path := path_of(folder.uri)) is not None]
        if not folders and (root := path_of(self.workspace.root_uri or "")) is not None:
            folders = [root]
        self.desk.restart(Linters(folders, self._configuration))
        for uri in self.desk.buffers:
            self.push(uri)
        client = self.client_capabilities.workspace
        if client is not None and client.diagnostics is not None and client.diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)
        if client is not None and client.code_lens is not None and client.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)

    def configure(self, options: Any) -> None:
        """Apply the client's settings: `configuration` is the path of the only configuration to use."""
        given = options.get("zr4lint", options) if isinstance(options, Mapping) else {}
        path = given.get("configuration") if isinstance(given, Mapping) else None
        self._configuration = path if isinstance(path, str) and path else None

    def enter(self) -> None:
        """Change to the first open folder, as if the command line ran there."""
        folders = [folder.uri for folder in self.workspace.folders.values()]
        path = path_of(folders[0] if folders else self.workspace.root_uri or "")
        if path is not None:
            with suppress(OSError):
                os.chdir(path)

    def watch(self) -> None:
        """Register for the client's notifications about changed configurations and packs."""
        client = self.client_capabilities.workspace
        files = client.did_change_watched_files if client is not None else None
        if files is None or not files.dynamic_registration:
            return
        self._watches = True
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(glob) for glob in WATCHED])
        self.client_register_capability(
            types.RegistrationParams(
                [types.Registration("zr4lint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)]
            )
        )

    def packs(self) -> Packs:
        """Return the texts of packs, as the editor has them."""
        return Packs({uri: buffer.text for uri, buffer in self.desk.buffers.items()})

    @property
    def abilities(self) -> Abilities:
        """Return the client's capabilities for actions."""
        text, workspace = self.client_capabilities.text_document, self.client_capabilities.workspace
        support = text.code_action.resolve_support if text is not None and text.code_action is not None else None
        edits = workspace.workspace_edit if workspace is not None else None
        return Abilities(
            resolves=support is not None and "edit" in support.properties,
            versions=edits is not None and bool(edits.document_changes),
        )

    def hover(self, analysis: Analysis, position: types.Position) -> types.Hover | None:
        """Return the hover at a position, as plain text if the client does not support Markdown."""
        text = self.client_capabilities.text_document
        formats = text.hover.content_format if text is not None and text.hover is not None else None
        return hover(analysis, position, self.packs(), markdown=not formats or types.MarkupKind.Markdown in formats)

    @property
    def nests(self) -> bool:
        """Return whether the client supports nested symbols."""
        text = self.client_capabilities.text_document
        symbol = text.document_symbol if text is not None else None
        return symbol is not None and bool(symbol.hierarchical_document_symbol_support)


def serve() -> int:
    """Serve on standard input and output until the client ends it; return the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.CRITICAL)
    server = Server()
    _project(server)
    _language(server)
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # standard output is reserved for messages
    gc.enable()
    gc.freeze()
    server.protocol.set_writer(StdoutWriter(out))
    with suppress(SystemExit, BrokenPipeError, KeyboardInterrupt):
        asyncio.run(
            run_async(
                stop_event=Event(),
                reader=MessageReader(sys.stdin.buffer),
                protocol=server.protocol,
                logger=log,
                error_handler=server.report_server_error,
            )
        )
    return server.code


def _project(server: Server) -> None:
    """Register the features of the session, the folders and the files."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.configure(params.initialization_options)
        server.enter()
        server.restart()

    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        server.watch()

    @server.feature(types.SHUTDOWN)
    def shutdown(*_: Any) -> None:
        server.code = 0

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        server.saved(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(_: types.DidChangeWatchedFilesParams) -> None:
        server.restart()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        server.configure(params.settings)
        server.restart()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_workspace_folders(_: types.DidChangeWorkspaceFoldersParams) -> None:
        server.restart()


def _language(server: Server) -> None:
    """Register the features of a single text."""
    desk = server.desk

    @server.feature(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.DiagnosticOptions(inter_file_dependencies=False, workspace_diagnostics=False, identifier="zr4lint"),
    )
    async def pull(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        analysis = await desk.analysis(params.text_document.uri)
        return types.RelatedFullDocumentDiagnosticReport(diagnostics(analysis) if analysis is not None else [])

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[*KINDS], resolve_provider=True)
    )
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        analysis = await desk.analysis(params.text_document.uri)
        if analysis is None:
            return None
        return await desk.work(lambda watch: actions(analysis, params.range, params.context, server.abilities, watch))

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        uri = action.data.get("uri") if isinstance(action.data, Mapping) else None
        analysis = await desk.analysis(uri) if isinstance(uri, str) else None
        if analysis is not None:
            await desk.work(lambda watch: fix_all(action, analysis, server.abilities, watch))
        return action

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        analysis = await desk.analysis(params.text_document.uri)
        return server.hover(analysis, params.position) if analysis is not None else None

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def code_lens(params: types.CodeLensParams) -> list[types.CodeLens] | None:
        analysis = await desk.analysis(params.text_document.uri)
        return lenses(analysis) if analysis is not None else None

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def document_symbol(
        params: types.DocumentSymbolParams,
    ) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
        analysis = await desk.analysis(params.text_document.uri)
        if analysis is None:
            return None
        found = symbols(analysis)
        return found if server.nests else [*flat(found, params.text_document.uri)]

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> list[types.Location] | None:
        analysis = await desk.analysis(params.text_document.uri)
        return definitions(analysis, params.position, server.packs()) if analysis is not None else None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def find_references(params: types.ReferenceParams) -> list[types.Location] | None:
        analysis = await desk.analysis(params.text_document.uri)
        if analysis is None:
            return None
        if analysis.buffer.language is Language.PACK:
            return await _of_pack(desk, analysis.buffer, params.position)
        if analysis.buffer.language is Language.DOCUMENT:
            return await _of_document(desk, analysis.buffer, params.position)
        declaration = params.context.include_declaration
        return references(analysis, params.position, server.packs(), declaration=declaration)


async def _of_pack(desk: Desk, pack: Buffer, position: types.Position) -> list[types.Location]:
    """Return the words of open Dockerfiles that meet or break the rule at a position of a pack."""
    code = rule_of_pack(pack, position)
    found: list[types.Location] = []
    for uri in _dockerfiles(desk.buffers.values()):
        analysis = await desk.analysis(uri)
        if analysis is not None and code is not None:
            found += words_of(analysis, [code])
    return found


async def _of_document(desk: Desk, document: Buffer, position: types.Position) -> list[types.Location]:
    """Return the words of open Dockerfiles that meet or break the rules from a line of a document."""
    found: list[types.Location] = []
    for uri in _dockerfiles(desk.buffers.values()):
        analysis = await desk.analysis(uri)
        if analysis is not None and document.path is not None:
            found += words_of(analysis, codes_of_line(analysis, document.path, position.line + 1))
    return found


def _dockerfiles(buffers: Iterable[Buffer]) -> list[str]:
    return [buffer.uri for buffer in buffers if buffer.language is Language.DOCKERFILE]
