"""Collects the input of a trace: the Dockerfile, the packs, their documents, and the selected lines or rules."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.app.assignment import Assignment, lint_options
from zr4lint.app.errors import UsageError
from zr4lint.app.run import Request, inputs
from zr4lint.checks import KINDS
from zr4lint.documents.check import check
from zr4lint.documents.compiling import NotCompilableError, compile_document, undecided
from zr4lint.documents.decisions import Carried, DecisionsError, decisions_file, read_decisions, settle
from zr4lint.documents.tracing.consulted import Consulted
from zr4lint.documents.tracing.records import Named
from zr4lint.documents.tracing.tracing import Inputs, Selection
from zr4lint.filesystem.documents import MAX_BYTES, digest, is_markdown
from zr4lint.filesystem.limits import MAX_TIME
from zr4lint.filesystem.paths import display, plain
from zr4lint.filesystem.shipped import rules_folder
from zr4lint.filesystem.sources import FileError, read
from zr4lint.linting.pipeline import Linter
from zr4lint.model.deadline import Deadline
from zr4lint.packs.loading import pack_names, read_text
from zr4lint.packs.problems import PackError
from zr4lint.packs.rulebook import hint, named
from zr4lint.project import ConfigError, Finder, Layer
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.settings import from_options

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile
    from zr4lint.packs.model import Pack
    from zr4lint.project.discovery import Input

_LINE = re.compile(r"(.+):(\d{1,7})")


class Wanted(Struct, frozen=True):
    """A request for a trace; `what` names a Dockerfile, lines of it or of the document, and rules."""

    what: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    document: str | None = None
    config: str | None = None
    no_config: bool = False

    @property
    def request(self) -> Request:
        """The request to the linter."""
        given = from_options({"packs": self.packs})
        return Request(paths=(), given=given, config=self.config, isolated=self.no_config)


class _Named(Struct):
    """The arguments of the command line by their kind."""

    dockerfile: str | None = None
    document: str | None = None
    lines: list[int] = []
    document_lines: list[int] = []
    rules: list[str] = []


def gather(wanted: Wanted) -> tuple[Inputs, Selection, tuple[str, ...]]:
    """Return the inputs of the trace, the selection and notes; raise UsageError or FileError if one is missing."""
    words = _words(wanted)
    files = PackFiles()
    try:
        assignment = Assignment(wanted.packs, files)
        request = wanted.request
        finder = Finder(assignment.packs, request.given, only=wanted.config, off=wanted.no_config, files=files)
        path = words.dockerfile or _only_dockerfile(request, finder, assignment)
        settings = finder.settings(path)
        packs = assignment.packs_for(display(path), settings)
    except (ConfigError, PackError) as error:
        raise UsageError(str(error)) from None
    given = Consulted(_document(words.document)) if words.document is not None else None
    traced = _traced(packs, given, named_packs=bool(wanted.packs or settings.packs_for(display(path))))
    if not traced and given is not None:
        traced = (_compiled(given),)
        packs = (*packs, *traced)
    if not traced:
        raise UsageError(f"no specification matches {display(path)}; pass --pack or --document")
    linter = Linter(packs, lint_options(display(path), settings, os.path.dirname(path)), deadline=Deadline(MAX_TIME))
    linter = linter.of_every_rule(merges=False)
    documents: dict[str, Consulted] = {}
    notes: list[str] = []
    for pack in traced:
        consulted, note = _consulted(pack, given)
        notes += [note] if note else []
        if consulted is not None:
            documents[pack.name] = consulted
    names = settings.packs_for(display(path)) or tuple(pack_names())
    asked = Inputs(
        read(path, display(path)),
        linter,
        traced,
        tuple(_configuration(names, packs, files, finder.configuration(path))),
        documents,
        {name: _decisions(one).decision for name, one in documents.items()},
    )
    return asked, _selection(words, traced), tuple(notes)


def _words(wanted: Wanted) -> _Named:
    """Return the arguments sorted into files, lines and rules."""
    found = _Named(document=wanted.document)
    for word in wanted.what:
        line = _LINE.fullmatch(word)
        path = word if os.path.isfile(word) else line[1] if line is not None and os.path.isfile(line[1]) else None
        if path is None:
            if os.path.isdir(word):
                raise UsageError(f"{word}: a folder, not a Dockerfile")
            found.rules.append(word)
            continue
        of_document = is_markdown(path)
        before = found.document if of_document else found.dockerfile
        if before is not None and os.path.realpath(before) != os.path.realpath(path):
            raise UsageError(f"{before} and {path}: give one {'document' if of_document else 'Dockerfile'}")
        if of_document:
            found.document = plain(path)
        else:
            found.dockerfile = plain(path)
        if path != word and line is not None:
            (found.document_lines if of_document else found.lines).append(int(line[2]))
    return found


def _only_dockerfile(request: Request, finder: Finder, assignment: Assignment) -> str:
    """Return the only Dockerfile below the current folder with a specification, or else with any pack."""
    found, errors = inputs(request)

    def is_specified(file: Input) -> bool:
        packs = assignment.packs_for(file.shown, finder.settings(file.file))
        return any(pack.specification is not None for pack in packs)

    found = [file for file in found if is_specified(file)] or found
    if len(found) == 1:
        return found[0].file
    if not found:
        raise UsageError(errors[0] if errors else "no Dockerfile found; name one")
    some = ", ".join(file.shown for file in found[:5])
    raise UsageError(f"name a Dockerfile: {some}{', ...' if len(found) > 5 else ''}")


def _document(path: str) -> SourceFile:
    source = read(path, display(path), MAX_BYTES)
    if not is_markdown(path) and "dockerfile" not in os.path.basename(path).lower():
        raise UsageError(f"{display(path)}: neither Markdown nor a Dockerfile, by its name")
    return source


def _traced(packs: Sequence[Pack], given: Consulted | None, *, named_packs: bool) -> tuple[Pack, ...]:
    """Return the traced packs: those made from the given document, else specifications, else named packs."""
    made = [pack for pack in packs if given is not None and _is_of(pack, given)]
    if made:
        return tuple(made)
    specifications = [pack for pack in packs if pack.specification is not None]
    if given is not None:
        specifications = [pack for pack in specifications if pack.traced is None]
    return tuple(specifications or (packs if named_packs and given is None else ()))


def _is_of(pack: Pack, document: Consulted) -> bool:
    """Return whether a pack was made from a document, which may have been moved since."""
    if pack.traced is None:
        return False
    name = pack.traced.file.replace("\\", "/").rpartition("/")[2]
    same = pack.traced.path is not None and os.path.realpath(pack.traced.path) == os.path.realpath(document.path)
    return same or (pack.traced.path is None and name == os.path.basename(document.path))


def _consulted(pack: Pack, given: Consulted | None) -> tuple[Consulted | None, str]:
    """Return the document of a pack, and a note if it is missing or has changed."""
    consulted = given
    if consulted is None:
        if pack.traced is None:
            return None, ""
        if pack.traced.path is None:
            return None, f"pack {pack.name}: its document {pack.traced.file} is not found; pass --document"
        try:
            consulted = Consulted(read(pack.traced.path, display(pack.traced.path), MAX_BYTES))
        except FileError as error:
            return None, str(error)
    if pack.traced is not None and pack.traced.sha256 not in ("", consulted.sha256):
        gone = sum(rule.rule.origin is not None and rule.rule.origin.stale for rule in pack.rules)
        words = f"; the words of {gone} rule{'s' * (gone > 1)} are gone" if gone else ""
        again = "prd compile" if is_markdown(consulted.path) else "pack derive"
        return consulted, f"{consulted.path} has changed since pack {pack.name} was made{words}; run zr4lint {again}"
    return consulted, ""


def _compiled(document: Consulted) -> Pack:
    """Return the pack that a document compiles to; raise UsageError if a decision is missing."""
    carried = _decisions(document)
    report, _ = settle(check(document.source), carried.decision)
    missing = [f"{document.path}:{f.line}: {f.code} {f.message}" for f in undecided(report)]
    if missing:
        raise UsageError(
            "\n".join([*missing, f"undecided findings: zr4lint prd compile {document.path} says how to decide them"])
        )
    folder, name = os.path.split(document.path)
    try:
        text = compile_document(report, folder, carried).text
        return read_text(text, os.path.join(folder, f"{name}.toml"), KINDS)
    except NotCompilableError as error:
        raise UsageError(str(error)) from None
    except PackError as error:
        raise UsageError(str(error)) from None


def _decisions(document: Consulted) -> Carried:
    """Return the decisions of a document; raise UsageError if their file is invalid."""
    path = decisions_file(document.path)
    if not os.path.isfile(path):
        return Carried()
    try:
        return read_decisions(read(path, display(path)).text, display(path))
    except DecisionsError as error:
        raise UsageError(str(error)) from None


def _configuration(
    names: Iterable[str], packs: Sequence[Pack], files: PackFiles, configuration: Layer | None
) -> Iterator[Named]:
    """Yield the files of the packs that judge the Dockerfile, and the configuration file."""
    judging = {pack.name for pack in packs}
    for name in names:
        shipped = name in pack_names()
        path = os.path.join(rules_folder(), f"{name}.toml") if shipped else name
        if files.load(name).name in judging and os.path.isfile(path):
            shown = f"rules/{name}.toml" if shipped else display(path)
            yield Named(shown, digest(read(path, shown, MAX_BYTES)))
    if configuration is not None and os.path.isfile(configuration.source):
        shown = display(configuration.source)
        yield Named(shown, digest(read(configuration.source, shown)))


def _selection(words: _Named, packs: Sequence[Pack]) -> Selection:
    """Return the selection; raise UsageError for a word that names no rule."""
    rules = [rule.rule for pack in packs for rule in pack.rules]
    codes: set[str] = set()
    for word in words.rules:
        found = {rule.code for rule in rules if word == rule.name or named(word.upper(), rule)}
        if not found:
            known = sorted(name for rule in rules for name in (rule.code, rule.name))
            raise UsageError(f"{word}: neither a file nor a rule of {_list(packs)}{hint(word, known)}")
        codes |= found
    return Selection(frozenset(codes), tuple(words.lines), tuple(words.document_lines))


def _list(packs: Sequence[Pack]) -> str:
    return f"pack{'s' if len(packs) > 1 else ''} {', '.join(pack.name for pack in packs)}"
