"""The destinations of reports: each format is written to its own file, at most one to the stream."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct, structs

from zr4lint.app.errors import UsageError
from zr4lint.app.spool import Mapped
from zr4lint.linting.masking import without_secrets
from zr4lint.report import FORMATS, Options
from zr4lint.report.escaping import no_command, visible_line

if TYPE_CHECKING:
    from zr4lint.app.run import Result
    from zr4lint.model.finding import FileReport

STANDARD_OUTPUT = "-"

_BLOCK = 1 << 18


class ReaderGoneError(Exception):
    """The reader closed the pipe."""


class Target(Struct, frozen=True):
    """A format and the file it is written to; None stands for the stream."""

    format: str
    file: str | None


def targets(formats: Sequence[str], files: Sequence[str]) -> list[Target]:
    """Assign the n-th file to the n-th format, and the stream to a single remaining format.

    Raises UsageError if more than one format is left for the stream, or if there are more files than formats.
    """
    if len(files) > len(formats):
        count = "1 format" if len(formats) == 1 else f"{len(formats)} formats"
        raise UsageError(f"--output: {len(files)} files for {count}; give each its --format")
    paired = [
        Target(name, None if file == STANDARD_OUTPUT else file) for name, file in zip(formats, files, strict=False)
    ]
    found = [*paired, *(Target(name, None) for name in formats[len(files) :])]
    if len([target for target in found if target.file is None]) > 1:
        raise UsageError("--format: only one can go to standard output; the n-th --output belongs to the n-th --format")
    named = [os.path.realpath(target.file) for target in found if target.file is not None]
    if len(set(named)) < len(named):
        raise UsageError("--output: one file can't take two formats")
    return found


class Output(Struct, frozen=True):
    """The destinations of the reports of a run, and their options; `stream` is None if the stream is closed."""

    targets: Sequence[Target]
    options: Options
    stream: TextIO | None

    @property
    def early(self) -> Callable[[FileReport], str] | None:
        """Return the function that writes each linted file to the stream, or None if the format needs all files."""
        target = next((target for target in self.targets if target.file is None), None)
        early = FORMATS[target.format].early if target is not None else None
        if target is None or early is None or self.options.verbose:
            return None
        write, options = early, self._options(target)
        return lambda file: write(without_secrets(file), options)

    def write(self, result: Result) -> None:
        """Write the reports, files first; if no file was linted, skip formats that cannot report errors."""
        report = structs.replace(result.report, files=Mapped(without_secrets, result.report.files))
        for target in sorted(self.targets, key=lambda target: target.file is None):
            form = FORMATS[target.format]
            if not result.report.files and not form.tells_errors:
                continue
            options = structs.replace(self._options(target), exit_code=result.exit_code, errors=result.errors)
            if target.file is None:
                options = structs.replace(options, early=result.early)
            _save_pieces(partial(form.pieces, report, options), target.file, self.stream)

    def _options(self, target: Target) -> Options:
        terminal = target.file is None and self.stream is not None and self.stream.isatty()
        color = terminal if self.options.color is None else self.options.color and target.file is None
        links = terminal and bool(color) and self.options.links
        return structs.replace(self.options, width=_columns() if terminal else 0, color=color, links=links)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def print_text(text: str, stream: TextIO | None) -> None:
    """Write text as UTF-8, whatever the encoding of the stream; raises UsageError if the stream is closed."""
    print_bytes(text.encode("utf-8", "backslashreplace"), stream)


def _save_pieces(pieces: Callable[[], Iterator[str]], file: str | None, stream: TextIO | None) -> None:
    """Write text in pieces, as `save` does."""

    def encoded() -> Iterator[bytes]:
        return (piece.encode("utf-8", "backslashreplace") for piece in pieces())

    if file is not None:
        _save(encoded, file)
    elif stream is None:
        raise UsageError("standard output is closed")
    else:
        for data in _in_blocks(encoded()):
            print_bytes(data, stream)


def _in_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join pieces into blocks that are large enough for one write."""
    block, size = [], 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


def print_bytes(data: bytes, stream: TextIO | None) -> None:
    """Write bytes unchanged; raises UsageError if the stream is closed."""
    if stream is None:
        raise UsageError("standard output is closed")
    rest = memoryview(data)
    try:
        while rest:  # an unbuffered stream may accept only some of the bytes
            rest = rest[stream.buffer.write(rest) :]
        stream.buffer.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None
    except OSError as error:
        raise UsageError(f"standard output: can't be written: {error.strerror}") from None


def print_diff(text: str, stream: TextIO | None) -> None:
    """Write a patch: unchanged, unless the stream is a terminal, which gets visible characters.

    In a GitHub workflow, `::stop-commands::` lines keep the log from executing lines of the patch; `git apply` ignores
    them. Azure DevOps has no such switch, so a patch with commands is escaped there and does not apply.
    """
    lines = text.split("\n")
    commands = any(no_command(line) != line for line in text.splitlines())
    if (stream is not None and stream.isatty()) or (commands and os.environ.get("TF_BUILD")):
        print_text("\n".join(no_command(visible_line(line)) for line in lines), stream)
        return
    if commands and os.environ.get("GITHUB_ACTIONS"):
        import secrets

        token = secrets.token_hex(16)
        text = f"::stop-commands::{token}\n{text}::{token}::\n"
    print_bytes(text.encode("utf-8", "surrogateescape"), stream)


def save(text: str, file: str | None, stream: TextIO | None) -> None:
    """Write text to a file, or to the stream if `file` is None; raises UsageError if the file cannot be written."""
    if file is None:
        print_text(text, stream)
    else:
        data = text.encode("utf-8", "backslashreplace")
        _save(lambda: iter((data,)), file)


def _save(pieces: Callable[[], Iterator[bytes]], file: str) -> None:
    from zr4lint.filesystem.writing import WriteError, refuse_links
    from zr4lint.filesystem.writing import write as write_file

    try:
        refuse_links(file)
        write_file(file, pieces)
    except WriteError as error:
        raise UsageError(str(error)) from None
