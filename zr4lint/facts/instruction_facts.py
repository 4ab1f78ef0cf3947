"""The facts of instructions, one record for each thing that an instruction sets, declares or copies."""

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
    """A variable set by ENV; `span` is NAME=VALUE, and `legacy` tells that it is written `ENV NAME VALUE`."""

    name: str
    value: str | None
    span: Span
    value_span: Span
    legacy: bool = False


class ArgDeclared(Fact, frozen=True):
    """A build argument declared by ARG; its stage is -1 before the first FROM.

    `default` is the value as written, or None. `value` is the argument's value if the build sets none, or None if it is
    unknown; without a default, it comes from the ARG before the first FROM. `span` is NAME=VALUE.
    """

    name: str
    default: str | None
    value: str | None
    span: Span
    value_span: Span


class LabelSet(Fact, frozen=True):
    """A label; `key` and `value` have their variables replaced, and are None if they are unknown.

    `span` is KEY=VALUE, and `legacy` tells that it is written `LABEL KEY VALUE`.
    """

    key: str | None
    value: str | None
    span: Span
    key_span: Span
    value_span: Span
    legacy: bool


class WorkdirSet(Fact, frozen=True):
    """WORKDIR: `path` is absolute, and `given` is the written path, at `span`, with its variables replaced."""

    path: str | None
    given: str | None
    span: Span


class UserSet(Fact, frozen=True):
    """USER: `user` and `group` with their variables replaced, None if unknown; `group` is "" if it is not given."""

    user: str | None
    group: str | None
    span: Span


class PortExposed(Fact, frozen=True):
    """A word of EXPOSE: `raw` as written, and `value` with its variables replaced, or None if it is unknown."""

    raw: str
    value: str | None
    span: Span


class VolumeDeclared(Fact, frozen=True):
    """A path of VOLUME with its variables replaced, or None if it is unknown."""

    path: str | None
    span: Span


class StopSignalSet(Fact, frozen=True):
    """STOPSIGNAL with its variables replaced; the signal is None if it is unknown."""

    signal: str | None
    span: Span


class ShellSet(Fact, frozen=True):
    """SHELL: the program and its options, with their places."""

    arguments: tuple[str, ...]
    spans: tuple[Span, ...]


class MaintainerSet(Fact, frozen=True):
    """MAINTAINER with its text as written."""

    name: str
    span: Span


class Form(Enum):
    """How an instruction gives its command."""

    SHELL = "shell"
    EXEC = "exec"
    NONE = "none"


class CommandSet(Fact, frozen=True):
    """CMD or ENTRYPOINT; `arguments` are those of the exec form, otherwise None."""

    keyword: str
    arguments: tuple[str, ...] | None


class HealthcheckSet(Fact, frozen=True):
    """HEALTHCHECK; `form` is NONE if it disables an inherited check.

    `arguments` are those of the exec form. `command` is the text after `CMD` in either form, and empty for NONE.
    """

    form: Form
    arguments: tuple[str, ...] | None
    command: MappedText
    flags: Flags


class TriggerSet(Fact, frozen=True):
    """ONBUILD; its instruction has facts of its own, with `at.trigger` set."""

    instruction: Instruction


class RunStep(Fact, frozen=True):
    """A RUN as a whole; each of its commands is a fact `Ran`.

    `shell` is the one in effect, which the exec form doesn't use. `user` is None if it is unknown.
    """

    form: Form
    shell: tuple[str, ...]
    user: str | None
    flags: Flags
    mounts: tuple[Mount, ...]
    variables: Mapping[str, str | None]


class Origin(Enum):
    """The kind of source of a COPY or ADD."""

    CONTEXT = "context"
    STAGE = "stage"
    IMAGE = "image"
    URL = "url"


class CopyStep(Fact, frozen=True):
    """A COPY or ADD as a whole; each source with a known name is a fact `Copied` as well.

    `sources`, without heredocs, and `destination` have their variables replaced. `origin` is the origin of all sources
    that are not URLs, and `target` is the absolute destination.
    """

    keyword: str
    sources: tuple[Argument, ...]
    destination: Argument
    target: str | None
    origin: Origin
    flags: Flags


class Copied(Fact, frozen=True):
    """A source of a COPY or ADD.

    `target` is the destination: the file's path or, if `many` tells that the source is a folder's content or a pattern,
    the folder for the files.
    """

    source: str
    span: Span
    target: str | None
    many: bool
    origin: Origin
    mode: str | None
    flags: Flags = Flags()


class Written(Fact, frozen=True):
    """A file whose text is in the Dockerfile: a heredoc of COPY, `cat > file <<EOF` or `echo text > file`.

    `adds` tells that the command appends to a file that may exist.
    """

    path: str | None
    text: MappedText
    adds: bool = False
