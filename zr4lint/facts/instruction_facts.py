"""The facts of instructions: one record for each thing that an instruction sets, declares or copies."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from zr4lint.facts.fact import Fact
from zr4lint.facts.flags import Flags, Mount

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.model.source import MappedText, Span
    from zr4lint.shell import Argument


class EnvSet(Fact, frozen=True):
    """A variable set by ENV; `span` is NAME=VALUE, `legacy` tells that it is written `ENV NAME VALUE`."""

    name: str
    value: str | None
    span: Span
    value_span: Span
    legacy: bool = False


class ArgDeclared(Fact, frozen=True):
    """A build argument declared by ARG; its stage is -1 above the first FROM.

    `default` is the value as written, None where there is none. `value` is what the argument holds if the build sets
    nothing, taken from the ARG above the first FROM where this one has no default; None where that can't be known.
    `span` is NAME=VALUE.
    """

    name: str
    default: str | None
    value: str | None
    span: Span
    value_span: Span


class LabelSet(Fact, frozen=True):
    """A label; `key` and `value` have their variables replaced, None where they can't be known.

    `span` is KEY=VALUE, `legacy` tells that it is written `LABEL KEY VALUE`.
    """

    key: str | None
    value: str | None
    span: Span
    key_span: Span
    value_span: Span
    legacy: bool


class WorkdirSet(Fact, frozen=True):
    """WORKDIR: `path` is absolute, `given` is the path as written, with its variables replaced, at `span`."""

    path: str | None
    given: str | None
    span: Span


class UserSet(Fact, frozen=True):
    """USER: `user` and `group` as the build sees them, None where they can't be known; `group` is "" if not given."""

    user: str | None
    group: str | None
    span: Span


class PortExposed(Fact, frozen=True):
    """One word of EXPOSE: `raw` as written, `value` with its variables replaced, None where that can't be known."""

    raw: str
    value: str | None
    span: Span


class VolumeDeclared(Fact, frozen=True):
    """One path of VOLUME, its variables replaced."""

    path: str | None
    span: Span


class StopSignalSet(Fact, frozen=True):
    """STOPSIGNAL, its variables replaced."""

    signal: str | None
    span: Span


class ShellSet(Fact, frozen=True):
    """SHELL: the program and its options, with the place of each."""

    arguments: tuple[str, ...]
    spans: tuple[Span, ...]


class MaintainerSet(Fact, frozen=True):
    """MAINTAINER with its text as written."""

    name: str
    span: Span


class Form(Enum):
    """How an instruction writes its command."""

    SHELL = "shell"
    EXEC = "exec"
    NONE = "none"


class CommandSet(Fact, frozen=True):
    """CMD or ENTRYPOINT: `arguments` of the exec form, else None."""

    keyword: str
    arguments: tuple[str, ...] | None


class HealthcheckSet(Fact, frozen=True):
    """HEALTHCHECK: `form` is NONE where it switches an inherited check off.

    `arguments` are those of the exec form; `command` is the text of either form behind `CMD`, empty for NONE.
    """

    form: Form
    arguments: tuple[str, ...] | None
    command: MappedText
    flags: Flags


class TriggerSet(Fact, frozen=True):
    """ONBUILD; what the instruction it holds does are facts of their own, with `at.trigger` set."""

    instruction: Instruction


class RunStep(Fact, frozen=True):
    """A RUN as a whole; each of its commands is a fact `Ran`.

    `shell` is the one in force, which the exec form does without, `user` the user, None where it can't be known.
    """

    form: Form
    shell: tuple[str, ...]
    user: str | None
    flags: Flags
    mounts: tuple[Mount, ...]
    variables: Mapping[str, str | None]


class Origin(Enum):
    """The source of a COPY or ADD."""

    CONTEXT = "context"
    STAGE = "stage"
    IMAGE = "image"
    URL = "url"


class CopyStep(Fact, frozen=True):
    """A COPY or ADD as a whole; each source whose name is known is a fact `Copied` as well.

    `sources` and `destination` have their variables replaced; a heredoc is not among the sources. `origin` says where
    the sources come from if they are no URLs, and `target` is the destination made absolute.
    """

    keyword: str
    sources: tuple[Argument, ...]
    destination: Argument
    target: str | None
    origin: Origin
    flags: Flags


class Copied(Fact, frozen=True):
    """One source of a COPY or ADD.

    `target` is where it goes: the file's path, or for a folder, or a pattern (`many`), the folder its files go to.
    `origin` says where it comes from.
    """

    source: str
    span: Span
    target: str | None
    many: bool
    origin: Origin
    mode: str | None
    flags: Flags = Flags()


class Written(Fact, frozen=True):
    """A file whose text stands in the Dockerfile: a heredoc of COPY, `cat > file <<EOF` or `echo text > file`.

    `adds` tells that a file may have been there, to which the command adds.
    """

    path: str | None
    text: MappedText
    adds: bool = False
