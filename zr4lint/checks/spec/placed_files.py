"""Checks for files that COPY and ADD copy, with owner and mode, and for files whose text is in the Dockerfile."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks.outcome import Outcomes, Subject, Unmet, maybe, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.copied_files import taken_away
from zr4lint.dockerfile.values import Image, parse_image
from zr4lint.facts import Copied, Fact, Facts, ModeChanged, Overwritten, OwnerChanged, Written
from zr4lint.model.quoting import code, contrast, plain
from zr4lint.programs.image_paths import covers
from zr4lint.programs.modes import UNKNOWN, Mode, changed

if TYPE_CHECKING:
    from zr4lint.checks.parameters import FileMode, Folder, Text


@check("copies-to")
def copies_to(
    subject: Subject,
    *,
    sources: list[Text],
    target: Folder,
    origin: Text = "",
    owner: Text = "",
    mode: FileMode = "",
) -> Outcomes:
    """Each source is copied to this path and keeps this owner and mode. `origin` is the stage or image it comes from.

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
    wanted = _place_of(facts, origin)
    for source in sources:
        name = normal_source(source)
        alike = [copy for copy in facts.of(Copied, subject.lineage) if normal_source(copy.source) == name]
        known = [copy for copy in alike if _has_origin(copy) and _place_of(facts, origin_of(copy)) == wanted]
        placed = [copy for copy in known if copy.target is not None and ends_at(copy, source, target)]
        if not placed:
            yield _not_placed(known or alike, source, target, origin, elsewhere=not known)
            continue
        last = placed[-1]
        path = posixpath.normpath(last.target or target)
        if owner:
            yield from _owned(subject, last, path, owner)
        if mode:
            yield from _with_mode(subject, last, path, mode)
        removal = taken_away(subject, posixpath.normpath(target), last.at, folder=last.many)
        other = _replaced(subject, path, last)
        if removal is not None:
            yield Unmet(f"{code(target, 40)} is removed again", removal.at.span, expected=f"{target} in the image")
        elif other is not None:
            yield Unmet(f"{code(target, 40)} is overwritten", other.at.span, expected=f"{source} at {target}")
        yield met(last.at, last.span)


def _has_origin(copy: Copied) -> bool:
    """Return whether it is known where a file comes from."""
    flag = copy.flags.get("from")
    return flag is None or flag.value is not None


def _place_of(facts: Facts, origin: str) -> int | Image | None:
    """Return the number of a stage, an image, or None for the build context."""
    if not origin:
        return None
    stage = facts.called(origin)
    if stage is not None:
        return stage.number
    image = parse_image(origin)
    return image if image.tag or image.digest else structs.replace(image, tag="latest")


def _not_placed(known: Sequence[Copied], source: str, target: str, origin: str, *, elsewhere: bool) -> Unmet:
    """Return the finding for a source that is not copied to its target; with `elsewhere`, from another origin."""
    came = f" from {plain(origin, 20)}" if origin else ""
    expected = f"COPY {f'--from={origin} ' if origin else ''}{source} {target}"
    fitting = [copy for copy in known if not elsewhere or (copy.target and ends_at(copy, source, target))]
    unsure = any(copy.target is None for copy in fitting)
    if not fitting or unsure:
        return Unmet(f"{code(source, 40)} is not copied{came}", expected=expected, unsure=unsure)
    last = fitting[-1]
    if elsewhere:
        flag = last.flags.get("from")
        given, wanted = (name or "the build context" for name in (origin_of(last), origin))
        message = f"{code(source, 24)} comes from {plain(given, 24)}, not from {plain(wanted, 20)}"
        if unknown := not _has_origin(last):
            message = f"{code(source, 24)} may not come from {plain(wanted, 24)}"
        return Unmet(message, flag.span if flag is not None else last.span, expected=expected, unsure=unknown)
    message = contrast(f"the target of {plain(source, 24)}", last.target or "", target)
    return Unmet(message, last.at.span, expected=expected)


def _owned(subject: Subject, copy: Copied, path: str, wanted: str) -> Outcomes:
    """Yield the finding for a copied file whose owner is not the wanted one at the end of the build."""
    flag = copy.flags.get("chown")
    value = flag.value if flag is not None else "0:0"
    place = flag.span if flag is not None else copy.at.span
    unsure = False
    for change in subject.facts.of(OwnerChanged, subject.lineage):
        if change.at.order > copy.at.order and any(covers(p, path, recursive=change.recursive) for p in change.paths):
            value, place, unsure = change.owner, change.at.span, maybe(change.at)
    if value is None or value.endswith(":"):  # the second is the group that the user has in /etc/passwd
        message = f"the owner of {plain(copy.source, 24)} is not known before the build"
        yield Unmet(message, place, expected=f"--chown={wanted}", unsure=True)
    elif _owner(value) != _owner(wanted):
        message = contrast(f"the owner of {plain(copy.source, 24)}", value, wanted)
        if place == copy.at.span:
            message = f"{code(copy.source, 36)} is copied without --chown={plain(wanted, 20)}"
        yield Unmet(message, place, expected=f"--chown={wanted}", unsure=unsure)


def _owner(value: str) -> tuple[str, str]:
    """Return the user and the group of an owner, with 0 for root. The group of a number alone has the same number."""
    user, _, group = (_number_of(part) for part in value.partition(":"))
    return user, group or (user if user.isdecimal() else "")


def _number_of(name: str) -> str:
    return "0" if name == "root" else name


def _with_mode(subject: Subject, copy: Copied, path: str, wanted: str) -> Outcomes:
    """Yield the finding for a copied file whose mode is not the wanted one at the end of the build."""
    flag = copy.flags.get("chmod")
    value = flag.value if flag is not None else ""
    place = flag.span if flag is not None else copy.at.span
    unsure = False
    mode: Mode | None = changed(value, UNKNOWN) if value else UNKNOWN
    for change in subject.facts.of(ModeChanged, subject.lineage):
        if change.at.order > copy.at.order and any(covers(p, path, recursive=change.recursive) for p in change.paths):
            value, place, unsure = change.mode, change.at.span, maybe(change.at)
            mode = changed(change.mode, mode or UNKNOWN)
    asked = changed(wanted, UNKNOWN)
    if value is None:
        message = f"the mode of {plain(copy.source, 24)} is not known before the build"
        yield Unmet(message, place, expected=f"--chmod={wanted}", unsure=True)
    elif mode is None or asked is None or mode.put(asked.known, asked.bits, asked.known) != mode:
        message = contrast(f"the mode of {plain(copy.source, 24)}", value, wanted)
        if not value:
            message = f"{code(copy.source, 36)} is copied without --chmod={plain(wanted, 20)}"
        yield Unmet(message, place, expected=f"--chmod={wanted}", unsure=unsure)


def _replaced(subject: Subject, path: str, since: Copied) -> Fact | None:
    """Return the COPY or command that certainly puts another file at the path of a copied file, or None."""
    is_file = "." in posixpath.basename(path)
    later: list[Fact] = [fact for fact in subject.facts.of(Overwritten, subject.lineage) if fact.path == path]
    later += (c for c in subject.facts.of(Copied, subject.lineage) if is_file and c.target == path and not c.many)
    return next((fact for fact in later if fact.at.order > since.at.order and not maybe(fact.at)), None)


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


@check("file-text", by_commands=True)
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
        unknown = next((fact for fact in subject.facts.of(Written, subject.lineage) if fact.path is None), None)
        message = f"nothing is written to {code(path)}"
        place = unknown.at.span if unknown is not None else None
        yield Unmet(message, place, expected=f"a text in {path}", unsure=unknown is not None)
        return
    last = found[-1]
    removal = taken_away(subject, path, last.at)
    others: list[Fact] = [fact for fact in subject.facts.of(Overwritten, subject.lineage) if fact.path == path]
    others += (copy for copy in subject.facts.of(Copied, subject.lineage) if copy.target == path and not copy.many)
    after = (fact for fact in others if fact.at.order > last.at.order and fact.at.span != last.at.span)
    other = next((fact for fact in after if not maybe(fact.at)), None)
    if removal is not None:
        yield Unmet(f"{code(path)} is removed again", removal.at.span, expected=f"{path} in the image")
    elif other is not None:
        yield Unmet(f"{code(path)} is overwritten", other.at.span, expected=f"a text in {path}")
    elif last.text.text.strip() == text.strip():
        yield met(last.at)
    else:
        yield Unmet(f"{code(path)} does not have the specified text", last.at.span)
