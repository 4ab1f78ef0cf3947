"""Normalises URLs, and finds the files that `file:` URLs name."""

from __future__ import annotations

import re

_PORTS = {"https": "443", "http": "80", "ssh": "22", "git": "9418"}
_FILE = r"(?i)file:(?://(?:localhost)?)?(?=/)"


def normal_url(url: str) -> str:
    """Return a URL with scheme and host in lower case, without the default port and trailing slashes."""
    scheme, separator, rest = url.rstrip("/").partition("://")
    if not separator:
        return url.rstrip("/")
    scheme = scheme.lower()
    host, slash, path = rest.partition("/")
    host = host.lower().removesuffix(f":{_PORTS.get(scheme, '')}")
    return f"{scheme}{separator}{host}{slash}{path}"


def repository(url: str) -> str:
    """Return a key that is equal for all URLs of a repository; GitHub ignores case and ".git"."""
    url = normal_url(url).removesuffix("/.git").removesuffix(".git")
    return url.lower() if url.startswith("https://github.com/") else url


def file_of(name: str) -> str:
    """Return the path of a `file:` URL, or any other text unchanged."""
    found = re.match(_FILE, name) if ":" in name else None
    if found is None:
        return name
    from urllib.parse import unquote  # its import takes 3 ms, and very few files have such a URL

    return unquote(name[found.end() :].partition("#")[0])
