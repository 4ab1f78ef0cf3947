"""Paths and URLs of files and repositories: which are read, how they are shown, and by which file system."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from zr4lint.knowledge.secrets import masked

PROTOCOLS = ("abfs", "abfss", "az", "gcs", "gs", "hf", "http", "https", "s3")
"""The protocols of URLs that files are read from; further ones of fsspec run commands, or open what a URL holds."""

GIT_PROTOCOLS = ("file", "http", "https", "ssh")

GIT = "git+"
"""How the URL of a repository begins on the command line."""

MOST_CHARACTERS = 4_000
SECONDS = 60
"""So long may an answer of a web server take."""


class AddressError(ValueError):
    """A path or URL that is not read; the message says why."""


def is_url(address: str) -> bool:
    """Whether an address is a URL and no path."""
    return "://" in address or "::" in address


def checked(address: str) -> str:
    """The path or URL of a file, if it is one that is read; AddressError if it isn't."""
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
    """The URL or path of a repository, if it is one that git is given; AddressError if it isn't."""
    _check_words(address)
    address = address.removeprefix(GIT)
    protocol, separator, _ = address.partition("://")
    if (separator and protocol not in GIT_PROTOCOLS) or re.match(r"[A-Za-z0-9+-]+::", address):
        raise AddressError(f"its protocol is not one of {', '.join(GIT_PROTOCOLS)}")
    return address


def checked_ref(ref: str) -> str:
    """The name of a branch, a tag or a commit; AddressError for words that git takes for something else."""
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
    """An address without the password and the tokens that it may hold."""
    return masked(re.sub(r"(?<=://)[^/@?#]*@", "***@", address))


def reason(error: Exception) -> str:
    """Why something can't be read or written, whatever library says so, without passwords and in one line."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shown(words.strip().split("\n")[0] or type(error).__name__)[:500]


def plain_path(address: str) -> str:
    """An address without what stands behind the path of a URL, for patterns of names."""
    return re.split(r"[?#]", address, maxsplit=1)[0] if is_url(address) else address


def folder_of(address: str) -> str:
    """The folder that an address lies in."""
    return plain_path(address).rpartition("/")[0] or "."


def is_web(address: str) -> bool:
    """Whether an address is read from a web server."""
    return address.startswith(("http://", "https://"))


@cache
def filesystem(protocol: str) -> Any:
    """The file system of a protocol; ImportError where fsspec needs a package that isn't installed."""
    import fsspec

    options: dict[str, Any] = {}
    if protocol in ("http", "https"):
        from aiohttp import ClientTimeout

        options = {"client_kwargs": {"timeout": ClientTimeout(total=SECONDS)}}
    return fsspec.filesystem(protocol, **options)


def filesystem_of(address: str) -> Any:
    """The file system that an address is read from."""
    return filesystem(address.partition("://")[0] if is_url(address) else "file")
