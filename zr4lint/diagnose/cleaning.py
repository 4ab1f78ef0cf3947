"""Decodes the bytes of a log to lines, without colours, redraws and the prefixes of other programs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import Protocol

CHUNK = 1 << 18
LONGEST = 1 << 16
"""The most characters of a line; longer lines are cut."""

_SAMPLE = 1 << 16
_MOST_CONTROLS = 0.1
_CONTROLS = bytes(n for n in range(32) if n not in b"\t\n\v\f\r\x1b\b")
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b\n]*+(?:\x07|\x1b\\)?|[ -/]*+[0-~])|\x08")

_STAMP = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9}+)?(?:Z:?|[+-]\d\d:?\d\d)"
_COMPOSE = r"(?:[a-z][\w.-]{0,80}[-_]\d++ +\| ?)?"
_PREFIX = (
    r"\n(?=[\[\dA-Za-z#:\ufeff])\ufeff?"
    r"(?:Step #\d++(?: - \"[^\"\n]{1,80}+\")?: )?"  # Google Cloud Build
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d {2}(?:[│╭╰] ?)?)?"  # DigitalOcean
    r"(?:(?:build|error|command|simple)\t\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\t)?"  # Bamboo
    rf"(?:[^\t\n]{{1,100}}+\t[^\t\n]{{1,100}}+\t\ufeff?(?={_STAMP}))?"  # gh run view --log: job, step
    rf"(?:\[{_STAMP}\] ?|{_STAMP}(?: \d\d[OE][ +]?|[ \t]|$))?"  # GitHub, GitLab, Kubernetes; Jenkins in brackets
    r"(?:\d\d:\d\d:\d\d(?:[.,]\d{1,6}+)? |\[\d\d:\d\d:\d\d\] )?"  # Jenkins; Travis
    r"(?:\[[a-z0-9][\w.-]*+ : [\w.-]++\] )?"  # Tekton
    r"(?:(?:info|warn|error|fatal|debug) {1,2}[a-z]\w*+ +- )?"  # a step of a Jenkins library
    rf"{_COMPOSE}"
    r"(?:##\[(?:group|endgroup|error|command|warning|section|debug)\]|::(?:group|error|endgroup)::)?"
    r"(?<!\n)"  # an empty prefix must not match, since each line would be replaced by itself
)
_PREFIXES = re.compile(_PREFIX, re.MULTILINE)
_PREFIXES_BUT_SERVICE = re.compile(_PREFIX.replace(_COMPOSE, ""), re.MULTILINE)
_SERVICE_LINE = re.compile(r"^([a-z][\w.-]{0,80}[-_]\d{1,4}) +\| ", re.MULTILINE)
_QUOTED = re.compile(r"^> ?", re.MULTILINE)
_SERVICE = re.compile(r"^[a-z][\w.-]*+ +\| ?", re.MULTILINE)
_TAG = re.compile(r" {0,9}\[(?!internal\])[A-Z]?[a-z][\w.-]{1,40}\]")
"""Matches the name that a program which calls the builder writes before each line."""

_MAVEN = re.compile(r"^\[INFO\] (?:>> )?(?:#\d+ \[|Step \d+/\d+ :|STEP \d+)", re.MULTILINE)
"""Matches the builder's lines as printed by a Maven plugin."""

_STEP = re.compile(
    r"^(?:> ?)?\s*+(?:#\d+ \[|\[\+\] Building|=> |Step \d+/\d+ :|(?:\[\d+/\d+\] )?STEP \d+)", re.MULTILINE
)


def has_several_services(text: str) -> bool:
    """Return whether a text has lines of several services of compose, with the name of the service in front."""
    return len(set(_SERVICE_LINE.findall(text))) > 1


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, or none at the end."""


class NoLogError(Exception):
    """The input is not a log; the message says what it is and what to do."""


def batches(stream: Readable, told: Callable[[int], None]) -> Iterator[list[str]]:
    """Yield the lines of a log in batches of bounded memory; `told` is called with the bytes read so far.

    Raises NoLogError if the input is empty, packed or binary.
    """
    data = _first(stream)
    read = len(data)
    decoder = _decoder(data)
    cleaner = _Cleaner()
    while data:
        told(read)
        yield cleaner.lines(decoder.decode(data))
        data = stream.read(CHUNK)
        read += len(data)
    left = decoder.decode(b"", True)
    if left or cleaner.rest:
        yield cleaner.lines(f"{left}\n")


def _first(stream: Readable) -> bytes:
    """Return the first bytes of the log; raise NoLogError if they are empty or packed."""
    data = b""
    while len(data) < CHUNK and (more := stream.read(CHUNK - len(data))):
        data += more
    if not data.strip():
        raise NoLogError("the log is empty; docker writes it to stderr: docker build . 2>&1 | zr4lint diagnose")
    for mark, name in _PACKED.items():
        if data.startswith(mark):
            raise NoLogError(f"not a log: {name} data; unpack it first")
    return data


def _decoder(data: bytes) -> codecs.IncrementalDecoder:
    """Return the decoder for the byte order mark; raise NoLogError for binary data."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if encoding != "utf-16" and (controls > len(sample) * _MOST_CONTROLS or b"\0" in sample):
        raise NoLogError("not a log: binary data")
    return codecs.getincrementaldecoder(encoding)("replace")


class _Cleaner:
    """Cleans text that arrives in pieces, and keeps an incomplete last line.

    The names of services of compose in front of lines are kept if there are several.
    """

    def __init__(self) -> None:
        self.prefixes = _PREFIXES
        self.rest = ""
        self.indent = ""
        self.first = True
        self.service = False

    def lines(self, text: str) -> list[str]:
        """Return the complete lines of the text so far; an incomplete last line waits for its end."""
        text = self.rest + text
        end = text.rfind("\n") + 1
        if not end and "\r" in text[:-1]:
            end = text.rindex("\r", 0, -1) + 1
        self.rest = text[end:]
        if len(self.rest) > LONGEST:  # the rest of a line that is too long is dropped
            self.rest = self.rest[:LONGEST]
        text = text[:end]
        if not text:
            return []
        found = self._clean(text).split("\n")
        found.pop()
        return [line.rstrip() if len(line) <= LONGEST else line[:LONGEST] for line in found]

    def _clean(self, text: str) -> str:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if "\x1b" in text or "\b" in text:
            text = ESCAPES.sub("", text)
        if self.first and has_several_services(text):
            self.prefixes = _PREFIXES_BUT_SERVICE
        text = self.prefixes.sub("\n", f"\n{text}")[1:]
        if self.first:
            self._learn(text)
        if self.service:
            text = _SERVICE.sub("", text)
        if self.indent:
            text = re.sub(f"^{self.indent}", "", text, flags=re.MULTILINE)
        return text

    def _learn(self, text: str) -> None:
        """Find the prefix that every line has from the first step on."""
        self.first = False
        lines = [line for line in text.split("\n") if line.strip()]
        self.service = self.prefixes is _PREFIXES and sum(bool(_SERVICE.match(line)) for line in lines) * 2 > len(lines)
        if _MAVEN.search(text):
            self.indent = r"\[(?:INFO|ERROR|WARNING)\](?: >>)?(?: |$)"
            return
        step = _STEP.search(text)
        lines = [line for line in text[step.start() :].split("\n") if line.strip()] if step else lines
        if lines and all(line.startswith(">") for line in lines):
            self.indent = "> ?"
            return
        tag = _TAG.match(lines[0]) if len(lines) > 1 else None
        if tag and all(line.startswith(tag[0]) for line in lines):
            self.indent = f"{re.escape(tag[0])} {{0,2}}"
            return
        blanks = min((len(line) - len(line.lstrip(" ")) for line in lines), default=0)
        self.indent = " " * blanks
