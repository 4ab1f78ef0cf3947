"""The formats of logs, one per module, and the table of formats in the order in which they are tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from msgspec import Struct

from zr4lint.diagnose.events import Event, Reader, Run
from zr4lint.diagnose.formats import buildah, classic, container, kaniko, plain, rawjson, spaces, tty
from zr4lint.diagnose.formats.quick import Quick


class Format(Struct, frozen=True):
    """A format: the pattern that recognises it anywhere in a text, and its reader.

    Every text that the pattern matches contains one of the `words`, if there are any; they are found much faster.
    """

    name: str
    sign: re.Pattern[str]
    reader: Callable[[], Reader]
    words: tuple[str, ...] = ()

    def fits(self, text: str) -> bool:
        """Return whether the pattern matches a text that begins with a line end."""
        if self.words and not any(word in text for word in self.words):
            return False
        return _behind_line_end(self.sign).search(text) is not None


@cache
def _behind_line_end(sign: re.Pattern[str]) -> re.Pattern[str]:
    """Return a pattern with `\\n` for `^`, which Python searches for much faster."""
    return re.compile(re.sub(r"(?<![\[\\])\^", r"\\n", sign.pattern), sign.flags)


class Loose(Reader):
    """Reads a log of no known builder, in which every line is outside of the steps."""

    def __init__(self) -> None:
        self.quick = Quick(container.SPECIAL)

    def run(self, line: int, lines: Sequence[str], at: int) -> Run | None:
        """Return the lines that report no failed start."""
        return self.quick.run(None, line, lines, at)

    def read(self, _line: int, _text: str, /) -> tuple[Event, ...] | None:
        """Return None, so that the caller reads the line as one of a container."""
        return None


_CLOSING = re.compile(
    r"^\s*+> \[.*|^.{0,80}?failed to solve(?: with frontend [\w.]+)?: "
    r"|executor failed running \[|^[^\s:]{0,200}[Dd]ockerfile[^\s:]{0,200}:\d+$|^\s{0,8}\d+ \| >>> [A-Z]+ "
    r"|^\s{0,4}\d+ warnings? found \(use docker",
    re.MULTILINE,
)
_OF_CLOSING = ("> [", "failed to solve", "executor failed running [", "ockerfile", " | >>> ", "found (use docker")

FORMATS: Sequence[Format] = (
    Format("buildkit-rawjson", rawjson.SIGN, rawjson.RawJson),
    Format("docker-api", classic.API_SIGN, classic.Api),
    Format("buildkit-plain", plain.SIGN, plain.Plain),
    Format("buildkit-tty", tty.SIGN, tty.Terminal),
    Format("hf-spaces", spaces.SIGN, spaces.Spaces),
    Format("classic", classic.SIGN, classic.Classic, ("Step ", "---> Running in ", "returned a non-zero code: ")),
    Format("buildah", buildah.SIGN, buildah.Buildah),
    Format("kaniko", kaniko.SIGN, kaniko.Kaniko),
    Format("buildkit-plain", _CLOSING, plain.Plain, _OF_CLOSING),
)
TEXT = Format("text", re.compile(r"(?!)"), Loose)
CONTAINER = "docker-run"


def detect(text: str) -> Format:
    """Return the first format whose pattern matches a text."""
    text = f"\n{text}"
    return next((form for form in FORMATS if form.fits(text)), TEXT)


__all__ = ["CONTAINER", "FORMATS", "TEXT", "Format", "container", "detect"]
