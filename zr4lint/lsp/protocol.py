"""The protocol of pygls, changed to keep exact texts and to answer broken messages.

pygls ends lines where `str.splitlines` does, unlike the protocol, so the desk keeps the texts instead. An unreadable
message gets an error response instead of silence, and never a message box.
"""

from __future__ import annotations

from typing import Any

from cattrs import transform_error
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import RPCMessage, RPCRequest

NOT_INITIALIZED = -32002
PARSE_ERROR = -32700
INVALID_PARAMS = -32602


class TextServer(LanguageServer):
    """A language server that stores the open texts itself."""

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        """Open a text."""
        raise NotImplementedError

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Change a text."""
        raise NotImplementedError

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        """Close a text."""
        raise NotImplementedError


class Protocol(LanguageServerProtocol):
    """The protocol, with the server's own texts instead of those of pygls."""

    _server: TextServer

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Parse a message; a request with wrong parameters is answered with an error."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and isinstance(data.get("id"), int | str):
                why = transform_error(error.__cause__) if error.__cause__ is not None else []
                told = types.ResponseError(error.code or INVALID_PARAMS, "; ".join([error.message, *why]))
                self._send_response(data["id"], error=told)
            raise

    def handle_message(self, message: RPCMessage) -> None:
        """Handle a message; a request after the shutdown is answered with an error."""
        if self._shutdown and isinstance(message, RPCRequest):
            self._send_response(message.id, error=JsonRpcInvalidRequest().to_response_error())
        else:
            super().handle_message(message)

    def _handle_request(self, msg_id: int | str, method_name: str, params: Any) -> None:
        initializes = method_name == types.INITIALIZE
        if self._workspace is None and not initializes:
            self._send_response(msg_id, error=types.ResponseError(NOT_INITIALIZED, "the server is not initialized"))
        elif self._workspace is not None and initializes:
            self._send_response(msg_id, error=JsonRpcInvalidRequest().to_response_error())
        else:
            super()._handle_request(msg_id, method_name, params)

    def _handle_notification(self, method_name: str, params: Any) -> None:
        if self._workspace is not None or method_name == types.EXIT:
            super()._handle_notification(method_name, params)

    def refuse(self, message: str) -> None:
        """Answer a message whose id cannot be read."""
        self._send_data({"jsonrpc": self.VERSION, "id": None, "error": {"code": PARSE_ERROR, "message": message}})

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Open a text."""
        self._server.opened(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Change a text."""
        self._server.changed(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Close a text."""
        self._server.closed(params)
