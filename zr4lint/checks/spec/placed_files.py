"""Checks for files that COPY and ADD copy, with owner and mode, and for files whose text is in the Dockerfile."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.copied_files import taken_away
from zr4lint.facts import Copied, Written
from zr4lint.model.quoting import code, contrast, plain

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Folder, Text


@check("copies-to")
def copies_to(
    subject: Subject,
    *,
    sources: list[Text],
    target: Folder,
    origin: Text = "",
    owner: Text = "",
    mode: Text = "",
) -> Outcomes:
    """Each source is copied to this path with this owner and mode. `origin` is the stage or image it comes from.

    Rule:
        sources = ["app.py"]
        target = "/srv/app.py"
        mode = "755"

    Bad:
        FROM debian:12
        COPY app.py /srv/app.py

    Good:
        FROM debian:12
        COPY --chmod=755 app.py /srv/app.py
    """
    facts = subject.facts
    wanted_stage = facts.called(origin)
    every = [
        copy
        for copy in facts.of(Copied, subject.lineage)
        if (came_from := origin_of(copy)) == origin.lower()
        or (wanted_stage is not None and facts.called(came_from) is wanted_stage)
    ]
    for source in sources:
        name = normal_source(source)
        known = [copy for copy in every if normal_source(copy.source) == name]
        placed = [copy for copy in known if copy.target is not None and ends_at(copy, source, target)]
        came = f" from {plain(origin, 20)}" if origin else ""
        expected = f"COPY {f'--from={origin} ' if origin else ''}{source} {target}"
        if not placed:
            unsure = any(copy.target is None for copy in known)
            if known and not unsure:
                found = known[-1].target or ""
                message = contrast(f"the target of {plain(source, 24)}", found, target)
                yield Unmet(message, known[-1].at.span, expected=expected)
            else:
                yield Unmet(f"{code(source, 40)} is not copied{came}", expected=expected, unsure=unsure)
            continue
        last = placed[-1]
        for flag, wanted in (("chown", owner), ("chmod", mode)):
            given = last.flags.get(flag)
            value = given.value if given is not None else ""
            if wanted and (value is None or _normal_flag(flag, value) != _normal_flag(flag, wanted)):
                place = given.span if given is not None else last.at.span
                message = contrast(f"--{flag} of {plain(source, 24)}", value or "", wanted)
                if not value:
                    message = f"{code(source, 36)} is copied without --{flag}={plain(wanted, 20)}"
                yield Unmet(message, place, expected=f"--{flag}={wanted}", unsure=value is None)
        removal = taken_away(subject, posixpath.normpath(target), last.at, folder=last.many)
        if removal is not None:
            yield Unmet(f"{code(target, 40)} is removed again", removal.at.span, expected=f"{target} in the image")
        yield met(last.at, last.span)


def _normal_flag(flag: str, value: str) -> str:
    """Return the value of --chown with a group, which is the UID if none is given, or --chmod without leading zeros."""
    if flag == "chown":
        return f"{value}:{value}" if value.isdecimal() else value
    return value.lstrip("0") if value.isdecimal() else value


def normal_source(source: str) -> str:
    """Return a source in its shortest form: `a` for `./a/`."""
    return source if "://" in source else posixpath.normpath(source.lstrip("/") or ".")


def origin_of(copy: Copied) -> str:
    """Return the stage or image that a file comes from; "" for the build context and URLs."""
    flag = copy.flags.get("from")
    return (flag.value or "").lower() if flag is not None else ""


def ends_at(copy: Copied, source: str, target: str) -> bool:
    """Return whether a copy puts its source at `target`, or into `target` as a folder."""
    wanted, found = posixpath.normpath(target), posixpath.normpath(copy.target or "")
    return found == wanted or (not copy.many and found == posixpath.join(wanted, posixpath.basename(source)))


@check("file-text")
def file_text(subject: Subject, *, path: Folder, text: str) -> Outcomes:
    """A heredoc, or a command such as echo, writes this text to the file.

    Rule:
        path = "/etc/motd"
        text = "hello\\n"

    Bad:
        FROM debian:12
        RUN echo goodbye > /etc/motd

    Good:
        FROM debian:12
        RUN echo hello > /etc/motd
    """
    found = [fact for fact in subject.facts.of(Written, subject.lineage) if fact.path == path]
    if not found:
        yield Unmet(f"nothing is written to {code(path)}", expected=f"a text in {path}")
    elif any(fact.text.text.strip() == text.strip() for fact in found):
        fact = next(fact for fact in found if fact.text.text.strip() == text.strip())
        yield met(fact.at)
    else:
        yield Unmet(f"{code(path)} does not have the specified text", found[-1].at.span)
