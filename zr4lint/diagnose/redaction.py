"""Removes secrets from logs: tokens, passwords, keys and e-mail addresses."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from zr4lint.diagnose.window import Line

HIDDEN = "***"

_SHAPES = (
    r"gh[opsur]_[A-Za-z0-9]{16,255}",
    r"github_pat_\w{20,255}",
    r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[\w.-]{16,255}",
    r"GR1348941[\w-]{16,64}",
    r"hf_[A-Za-z0-9]{16,255}",
    r"api_org_[A-Za-z0-9]{16,255}",
    r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}",
    r"xox[abeoprs]-[\w-]{10,255}",
    r"sk-[\w-]{20,255}",
    r"[sr]k_(?:live|test)_\w{16,255}",
    r"SG\.[\w-]{16,64}\.[\w-]{16,64}",
    r"npm_[A-Za-z0-9]{30,255}",
    r"pypi-[\w-]{20,255}",
    r"AIza[\w-]{30,255}",
    r"ya29\.[\w-]{20,255}",
    r"dckr_[po]at_[\w-]{16,255}",
    r"do[oprt]_v1_\w{32,255}",
    r"rpa_[A-Za-z0-9]{24,255}",
    r"r8_[A-Za-z0-9]{30,64}",
    r"nvapi-[\w-]{30,255}",
    r"eyJ[\w-]{8,4096}\.[\w-]{8,4096}(?:\.[\w-]{0,4096})?",
)
"""The patterns of tokens with known prefixes."""

_VALUE = r"(?:\"(?P<{0}1>[^\"\n]{{1,500}})\"|'(?P<{0}2>[^'\n]{{1,500}})'|(?P<{0}3>[^\s\"'&;,]{{1,500}}))"
_KEY = r"passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key"
_KEYS = ("passw", "passphrase", "secret", "key")


class Shape(Struct, frozen=True):
    """A pattern of secrets, in named groups.

    Only texts that contain one of `signs`, in small letters, are searched. If `programs` is given, it must match at
    most `reach` characters before, on the same line.
    """

    pattern: re.Pattern[str]
    signs: tuple[str, ...] = ("",)
    programs: re.Pattern[str] | None = None
    reach: int = 0

    def spans(self, text: str, small: str) -> Iterator[tuple[int, int]]:
        """Yield the spans of secrets in a text; `small` is the text in small letters."""
        if not any(sign in small for sign in self.signs):
            return
        for found in self.pattern.finditer(text):
            span = _span(found)
            if span and (self.programs is None or self._called(text, found.start())):
                yield span

    def _called(self, text: str, at: int) -> bool:
        before = text[max(at - self.reach, 0) : at].rpartition("\n")[2]
        return self.programs is not None and self.programs.search(before) is not None


_PATTERNS = (
    Shape(re.compile(rf"(?<![A-Za-z0-9])(?P<s>{'|'.join(_SHAPES)})")),
    Shape(re.compile(r"://(?P<s>[^\s/\"'<>]{1,1000})@"), ("://",)),
    # Only the first `@` after the colon is tried, so that the search is linear.
    Shape(re.compile(r"(?<=://)(?P<s>[^\s/:@\"'<>]{1,200}+:(?!\d{1,5}/)[^\s@\"'<>]{1,1000}+)@"), ("://",)),
    Shape(
        re.compile(
            rf"(?i)(?:{_KEY}|pwd|token|account[_-]?key|credential|signature|_auth)[\w-]{{0,60}}+[\"']?"
            r"(?:=(?!=)|==(?=[\"'])|\\?\"\s?:\s?\\?(?!EOF\b))" + _VALUE.format("a")
        ),
        (*_KEYS, "pwd", "token", "credential", "signature", "_auth"),
    ),
    Shape(
        re.compile(
            rf"(?i)(?:{_KEY}|pwd|token|credential)[\w-]{{0,60}}+[\"']?\s{{1,3}}=(?!=)\s{{0,3}}"
            r"(?!(?:in|none|null|true|false)(?![^\s)])|[\w.]{1,60}\()" + _VALUE.format("e")
        ),
        (*_KEYS, "pwd", "token", "credential"),
    ),
    Shape(
        re.compile(r"(?i)(?:_|(?<![a-z0-9]))pass(?:=(?!=)|:(?=\S))(?!\d{1,6}(?:\s|$))" + _VALUE.format("f")), ("pass",)
    ),
    Shape(re.compile(r"(?i)_pass:\s{1,3}" + _VALUE.format("g")), ("_pass",)),
    Shape(re.compile(rf"(?i)(?:{_KEY}|[_-]token)\s?:\s{{0,3}}" + _VALUE.format("b")), (*_KEYS, "-token", "_token")),
    Shape(
        re.compile(
            r"(?i)(?<!unexpected )(?<!invalid )(?<!illegal )(?<!-)\btoken\s?:\s{1,3}(?!unexpected status )"
            r"(?P<s>\w[^\s\"'&;,`]{5,500}+)"
        ),
        ("token",),
    ),
    Shape(re.compile(r"(?i)cookie[\"']?\s?:\s{0,3}[\"']?[\w.-]{1,100}+=(?P<s>[^\n\"']{1,4096})"), ("cookie",)),
    Shape(
        re.compile(
            r"(?i)(?<!\w)env\s{1,3}(?=[a-z_])(?:[a-z0-9]{1,40}_){0,8}"
            r"(?:password|passwd|pwd|pass|secret|token|(?:api|access|secret)_?key|credential)\s{1,3}"
            + _VALUE.format("h")
        ),
        ("env",),
    ),
    Shape(re.compile(r"(?i)(?<!\w)login\s{1,3}\S{1,200}+\s{1,3}password\s{1,3}(?P<s>\S{1,500}+)"), ("login",)),
    Shape(re.compile(r"(?m)^[^\S\n]{0,8}password[^\S\n]{1,3}(?P<s>\S{1,500}+)$"), ("password",)),
    Shape(
        re.compile(r" -p(?!\d{1,5}:\d{1,5}(?:\s|$))" + _VALUE.format("i")),
        (" -p",),
        re.compile(r"\b(?:mysql|mariadb)"),
        200,
    ),
    Shape(
        re.compile(
            r"(?i)--?(?:passw(?:or)?d|token|secret|api-key|auth-token|pass)(?:=|\s{1,3})(?!id=)" + _VALUE.format("c")
        ),
        ("-pass", "-token", "-secret", "-api-key", "-auth-token"),
    ),
    Shape(re.compile(r" -p[ =]?" + _VALUE.format("d")), (" -p",), re.compile(r"(?i)\b(?:login|sshpass)\b"), 200),
    Shape(
        re.compile(r"(?i)(?<=\s)(?:-u[=\s]{0,3}|--user(?:=|\s{1,3}))[\"']?[\w.@-]{1,100}:(?P<s>[^\s\"']{1,300})"),
        ("-u", "--user"),
        re.compile(r"(?i)\b(?:curl|wget|svn)\b"),
        500,
    ),
    Shape(
        re.compile(
            r"(?i)authorization[\"']?\s?[:=](?! server message: )\s?[\"']?"
            r"(?:(?:basic|bearer|token|digest) )?(?P<s>[^\s\"']{4,4096})"
        ),
        ("authorization",),
    ),
    Shape(re.compile(r"(?i)(?:basic|bearer) (?P<s>[A-Za-z0-9+/_.~-]{16,4096}={0,2})"), ("basic ", "bearer ")),
    Shape(re.compile(r"(?i)\"auth\\?\"\s?:\s?\\?\"(?P<s>[A-Za-z0-9+/=]{4,500})"), ('"auth',)),
    Shape(
        re.compile(r"(?i)[?&](?:sig|key|code|auth|x-amz-[a-z-]{1,30})=(?P<s>[^\s&\"']{6,1000})"),
        ("sig=", "key=", "code=", "auth=", "x-amz-"),
    ),
    Shape(re.compile(r"/t/(?P<s>[A-Za-z]{0,4}-?[0-9a-f-]{16,80})(?=/|$|\s)"), ("/t/",)),
)
_MAIL = re.compile(
    r"(?<![\w.+/@%-])(?!git@)[\w.+-]{1,64}(?:@|%40)(?!\d+\.\d)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
)
_RANDOM = re.compile(r"(?<![A-Za-z0-9+/=_.:-])[A-Za-z0-9+][A-Za-z0-9+/]{39,4096}={0,2}(?![A-Za-z0-9+/_.-])")
"""Matches a key without a name: a long word that mixes capitals, small letters and digits."""

_REFERENCE = re.compile(r"\$\w+$|\$\{\w+[^}\s]{0,100}\}$|\$\(|<[\w -]+>?$|%\w+%$|\{\{?|\*+$|[\[{(]+$|/run/secrets/")
"""Matches values that are references or placeholders, not secrets."""

_SLASHES = 20
_BEGIN, _END = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"), re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY")
_LONGEST_KEY = 200
"""The most lines of a private key after its first one."""


def redacted(text: str) -> str:
    """Return a text with three stars for each token, password, key and e-mail address."""
    return _without(text, lambda _: HIDDEN)


def masked(text: str) -> str:
    """Return a text of the same length with stars for the characters of secrets."""
    return _without("".join(_keys_masked(text)), lambda secret: "*" * len(secret))


def without_secrets(lines: Iterable[Line]) -> list[Line]:
    """Return the lines of a step without secrets; all lines of a printed private key are hidden."""
    found: list[Line] = []
    inside = 0
    for line in lines:
        text = line.text
        if "PRIVATE KEY" in text:
            inside = _LONGEST_KEY if _BEGIN.search(text) and not _END.search(text) else 0
            found.append(Line(line.number, HIDDEN))
        elif inside:
            inside -= 1
            found.append(Line(line.number, HIDDEN))
        else:
            clean = redacted(text)
            found.append(line if clean == text else Line(line.number, clean))
    return found


def _keys_masked(text: str) -> Iterator[str]:
    """Yield the lines of a text, with stars for those of private keys."""
    inside = False
    for line in text.splitlines(keepends=True):
        begins = _BEGIN.search(line) is not None
        if begins or inside:
            inside = (inside or begins) and not _END.search(line)
            yield re.sub(r"[^\s\\]", "*", line)
        else:
            yield line


def _without(text: str, put: Callable[[str], str]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in _spans(text):
        parts += (text[at:start], put(text[start:end]))
        at = end
    return "".join((*parts, text[at:]))


def _spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text's secrets from left to right, with overlapping ones joined."""
    small = text.lower()
    found = [span for shape in _PATTERNS for span in shape.spans(text, small)]
    found += [match.span() for match in _RANDOM.finditer(text) if _mixed(match[0])]
    # The host after a password in a URL looks like an address, but is no secret.
    mails = [match.span() for match in _MAIL.finditer(text)] if "@" in text or "%40" in text else []
    known = _united(found)
    starts = [start for start, _ in known]
    found += [(start, end) for start, end in mails if not _within(start, known, starts)]
    return _united(found)


def _united(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans from left to right, with overlapping ones joined."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _within(at: int, spans: list[tuple[int, int]], starts: list[int]) -> bool:
    """Return whether an offset is inside one of some sorted, disjoint spans; `starts` are their starts."""
    index = bisect_right(starts, at) - 1
    return index >= 0 and at < spans[index][1]


def _span(match: re.Match[str]) -> tuple[int, int] | None:
    """Return the span of a secret in a match; None for a reference or a placeholder."""
    name = next(name for name, value in match.groupdict().items() if value is not None)
    return None if _REFERENCE.match(match[name]) else match.span(name)


def _mixed(word: str) -> bool:
    """Return whether a word looks like a key, and not like a path or a hash."""
    kinds = (any(map(kind, word)) for kind in (str.islower, str.isupper, str.isdigit))
    return all(kinds) and word.count("/") * _SLASHES <= len(word)
