"""Call the command line in this process, which is faster than a separate process."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from zr4lint.cli.entry import run


class Done(NamedTuple):
    """The result of a process."""

    code: int
    out: str
    err: str


def call(*args: str | Path, cwd: Path, stdin: bytes = b"") -> Done:
    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="") for data in (stdin, b"", b"")]
    before = Path.cwd()
    argv = ["zr4lint", *map(str, args)]
    with contextlib.ExitStack() as stack:
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            stack.enter_context(mock.patch.object(sys, name, stream))
        stack.enter_context(mock.patch.object(sys, "argv", argv))
        os.chdir(cwd)
        try:
            code = run()
        finally:
            os.chdir(before)
    out, err = (_written(stream) for stream in streams[1:])
    return Done(code, out, err)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()
