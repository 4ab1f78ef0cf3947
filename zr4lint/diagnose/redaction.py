"""Secrets in a log: they are never repeated."""

from __future__ import annotations

import re

HIDDEN = "***"

_PLAIN = re.compile(
    r"\b(?:gh[opsur]_[A-Za-z0-9]{16,255}|github_pat_\w{20,255}|glpat-[\w-]{16,255}|hf_[A-Za-z0-9]{16,255}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|xox[abeoprs]-[\w-]{10,255}|sk-[\w-]{20,255}|npm_[A-Za-z0-9]{30,255}"
    r"|pypi-[\w-]{20,255}|AIza[\w-]{30,255}|dckr_pat_[\w-]{16,255}|dop_v1_\w{32,255}|rpa_[A-Za-z0-9]{24,255}"
    r"|eyJ[\w-]{8,2048}\.[\w-]{8,2048}(?:\.[\w-]{0,2048})?)"
)
_IN_URL = re.compile(r"(://)[^\s/@\"']{1,500}@")
_NAMED = re.compile(
    r"(?i)([\w-]{0,60}(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credential)[\w-]{0,60}"
    r"(?:=|\":\s?\"?))[\"']?(?![$<%{\s])[^\s\"'&;,]{4,500}"
)
_OPTION = re.compile(r"(?i)(--?(?:password|passwd|token|secret|api-key)[ =])(?![$<])[^\s\"']{1,500}")
_HEADER = re.compile(r"(?i)(authorization: ?(?:basic|bearer|token) )\S{4,2048}")
_MAIL = re.compile(r"(?<![\w.+/@-])(?!git@)[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w.-]*[:@/]\w)")


def redacted(text: str) -> str:
    """A text of the log without tokens, passwords and e-mail addresses."""
    text = _IN_URL.sub(rf"\1{HIDDEN}@", text)
    text = _PLAIN.sub(HIDDEN, text)
    text = _HEADER.sub(rf"\1{HIDDEN}", text)
    text = _OPTION.sub(rf"\1{HIDDEN}", text)
    text = _NAMED.sub(rf"\1{HIDDEN}", text)
    return _MAIL.sub(HIDDEN, text)
