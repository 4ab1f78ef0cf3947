"""Paths and URLs of files and repositories: their validation, display, and file systems."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from zr4lint.knowledge.secrets import masked

PROTOCOLS = ("abfs", "abfss", "az", "gcs", "gs", "hf", "http", "https", "s3")
"""The protocols of readable URLs; other protocols of fsspec run commands, or open what a URL contains."""

GIT_PROTOCOLS = ("file", "http", "https", "ssh")

GIT = "git+"
"""The prefix of a repository's URL on the command line."""

MOST_CHARACTERS = 4_000
SECONDS = 60
"""The most seconds that a web server may take to answer."""


class AddressError(ValueError):
    """A path or URL that is refused; the message gives the reason."""


def is_url(address: str) -> bool:
    """Return whether an address is a URL rather than a path."""
    return "://" in address or "::" in address


def checked(address: str) -> str:
    """Return the path or URL of a file if it may be read; raises AddressError otherwise."""
    _check_words(address)
    if address.startswith("file://"):
        address = address.removeprefix("file://")
        if not address.startswith("/"):
            raise AddressError("a file: URL needs an absolute path")
    if is_url(address):
        protocol = address.partition("://")[0]
        if protocol not in PROTOCOLS or "::" in address:
            raise AddressError(f"its protocol is not one of {', '.join(PROTOCOLS)}")
    return address


def checked_repository(address: str) -> str:
    """Return the URL or path of a repository if git may fetch it; raises AddressError otherwise."""
    _check_words(address)
    address = address.removeprefix(GIT)
    protocol, separator, _ = address.partition("://")
    if (separator and protocol not in GIT_PROTOCOLS) or re.match(r"[A-Za-z0-9+-]+::", address):
        raise AddressError(f"its protocol is not one of {', '.join(GIT_PROTOCOLS)}")
    return address


def checked_ref(ref: str) -> str:
    """Return the name of a branch, tag or commit; raises AddressError for words that git parses as something else."""
    if ref and not re.fullmatch(r"(?![-+./])(?!.*\.\.)(?!.*//)[\w./+-]{1,250}(?<![./])", ref, re.ASCII):
        raise AddressError(f"{ref[:100]!r} is no branch, tag or commit")
    return ref


def _check_words(address: str) -> None:
    if not address or address.startswith("-"):
        raise AddressError("it is empty" if not address else "it begins with a dash")
    if len(address) > MOST_CHARACTERS:
        raise AddressError(f"it has more than {MOST_CHARACTERS} characters")
    if any(c < " " or c == "\x7f" for c in address):
        raise AddressError("it holds control characters")


def shown(address: str) -> str:
    """Return an address with its password and tokens masked."""
    return masked(re.sub(r"(?<=://)[^/@?#]*@", "***@", address))


def reason(error: Exception) -> str:
    """Return why something cannot be read or written, in one line without passwords, for errors of any library."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shown(words.strip().split("\n")[0] or type(error).__name__)[:500]


def plain_path(address: str) -> str:
    """Return an address without the query and fragment of a URL, for matching names."""
    return re.split(r"[?#]", address, maxsplit=1)[0] if is_url(address) else address


def folder_of(address: str) -> str:
    """Return the folder of an address."""
    return plain_path(address).rpartition("/")[0] or "."


def is_web(address: str) -> bool:
    """Return whether an address is on a web server."""
    return address.startswith(("http://", "https://"))


@cache
def filesystem(protocol: str) -> Any:
    """Return the file system of a protocol; raises ImportError if fsspec needs a package that is not installed."""
    import fsspec

    options: dict[str, Any] = {}
    if protocol in ("http", "https"):
        from aiohttp import ClientTimeout

        options = {"client_kwargs": {"timeout": ClientTimeout(total=SECONDS)}}
    return fsspec.filesystem(protocol, **options)


def filesystem_of(address: str) -> Any:
    """Return the file system of an address."""
    return filesystem(address.partition("://")[0] if is_url(address) else "file")
