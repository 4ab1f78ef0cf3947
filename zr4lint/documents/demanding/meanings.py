"""Converts statements into demands, one function per form.

A function yields no demand if it does not understand the statement's code spans.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.documents.demanding import objects
from zr4lint.documents.deriving.demand import Demand
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.documents.demanding.statement import Statement

_NOWHERE = Span(0, 0)


def image(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on the base image."""
    image = objects.image_of(statement.codes[0])
    if image is not None:
        yield Demand("base-image", {"image": image}, _NOWHERE, f"The image is built on `{image}`.")
    elif repository := objects.repository_of(statement.codes[0]):
        given = {"parent": f"{repository}*"}
        yield Demand("built-on", given, _NOWHERE, f"The image is built on a version of `{repository}`.")


def image_used(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on the image that a Dockerfile or a stage uses, unless another subject uses it."""
    named = re.match(
        r"\W*(?:the\s+|this\s+)?(?:\w+\s+){0,2}(?:dockerfile|image|stage)\b", statement.plain, re.IGNORECASE
    )
    reference = objects.image_of(statement.codes[0]) or objects.repository_of(statement.codes[0])
    if named is not None and reference is not None:
        yield from image(statement)


def stage_image(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on the base image of a named stage."""
    stage, image = statement.codes[0], objects.image_of(statement.codes[1])
    if image is not None and re.fullmatch(r"[a-z][\w-]*", stage):
        given = {"image": image}
        yield Demand("base-image", given, _NOWHERE, f"The stage `{stage}` is built on `{image}`.", stage)


def variables(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on variables written as `NAME=value`."""
    found = [objects.variable_of(code) for code in statement.codes]
    if found and all(found):
        values = dict(pair for pair in found if pair is not None)
        names = ", ".join(values)
        yield Demand("env", {"variables": values}, _NOWHERE, f"ENV sets {names}.")


def variable(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on a variable whose name and value are two code spans."""
    name, value = statement.codes
    if re.fullmatch(r"[A-Z][A-Z0-9_]*", name) and not re.search(r"[\s$<>{}]", value):
        yield Demand("env", {"variables": {name: value.strip("\"'")}}, _NOWHERE, f"ENV sets {name}.")


def instructions(statement: Statement) -> Iterator[Demand]:
    """Yield the demands of whole instructions."""
    found = [objects.instruction_of(code) for code in statement.codes]
    if all(found):
        for demands in found:
            yield from demands


def absent(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that the file has none of these instructions."""
    keywords = [objects.keyword_of(code) for code in statement.codes]
    if all(keywords):
        names = " or ".join(statement.codes)
        given = {"instructions": [*statement.codes], "max": 0, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, f"The file has no {names}.")


def present(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for each instruction that the file must have."""
    if all(objects.keyword_of(code) for code in statement.codes):
        for keyword in statement.codes:
            given = {"instructions": [keyword], "min": 1, "within": "file"}
            yield Demand("instruction-count", given, _NOWHERE, f"The file has {keyword}.")


def health(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for a HEALTHCHECK with any command."""
    if statement.codes[0] == "HEALTHCHECK":
        given = {"instructions": ["HEALTHCHECK"], "min": 1, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, "The file has HEALTHCHECK.")


def instead(statement: Statement) -> Iterator[Demand]:
    """Yield a demand against ADD for "`COPY` instead of `ADD`"; for whole instructions, a demand for the first."""
    wanted, other = statement.codes
    if objects.keyword_of(wanted) and objects.keyword_of(other):
        given = {"instructions": [other], "max": 0, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, f"The file has no {other}.")
    else:
        yield from objects.instruction_of(wanted)


def not_root(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that the user is not root."""
    if all(code in ("root", "USER") for code in statement.codes):
        given: dict[str, object] = {"root": False, "set": True}
        if re.search(r"\bnumeric\b", statement.plain, re.IGNORECASE):
            given["numeric"] = True
        yield Demand("final-user", given, _NOWHERE, "The container does not run as root.")


def not_root_by_user(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that USER sets a user that is not root."""
    if all(code in ("USER", "CMD", "ENTRYPOINT") for code in statement.codes):
        yield Demand("final-user", {"root": False, "set": True}, _NOWHERE, "The container does not run as root.")


def exec_form_of(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for the exec form of an instruction that the statement gives as an example."""
    keyword = statement.codes[0].partition(" ")[0]
    if keyword in ("CMD", "ENTRYPOINT", "RUN"):
        yield Demand("exec-form", {"instructions": [keyword]}, _NOWHERE, f"{keyword} is in exec form.")


def user(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on the user by name or number."""
    user, _, group = statement.codes[-1].partition(":")
    if group and (group != user or user.isdigit()):  # the group of a user is mostly the one of the same name
        user = statement.codes[-1]
    if re.fullmatch(r"[a-z_][\w-]*(?::[a-z_][\w-]*)?|\d+(?::\d+)?", user) and user.split(":")[0] not in ("root", "0"):
        given = {"user": user, **({} if ":" in user else {"any-group": True})}
        yield Demand("runs-as", given, _NOWHERE, f"The container runs as `{user}`.")


def ports(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for each exposed port."""
    ports = re.findall(r"\d+", statement.plain) or [code.removeprefix("EXPOSE ") for code in statement.codes]
    if ports and all(re.fullmatch(r"\d{2,5}(?:/(?:tcp|udp))?", port) for port in ports):
        yield from map(objects.exposed, ports)


def workdir(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on the folder in which the container starts."""
    path = statement.codes[-1].removeprefix("WORKDIR ")
    if re.fullmatch(r"/[\w./-]*", path):
        yield Demand("last-workdir", {"path": path.rstrip("/") or "/"}, _NOWHERE, f"The container starts in `{path}`.")


def latest(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that each image has a tag other than `latest`."""
    if statement.codes and all(code in ("latest", ":latest") for code in statement.codes):
        given = {"pinned": "tag", "forbidden": ["*:latest"]}
        yield Demand("image-reference", given, _NOWHERE, "No image has the tag `latest`.")


def no_port(_: Statement) -> Iterator[Demand]:
    """Yield a demand that no port is exposed."""
    given = {"instructions": ["EXPOSE"], "max": 0, "within": "file"}
    yield Demand("instruction-count", given, _NOWHERE, "The file has no EXPOSE.")


def multi_stage(_: Statement) -> Iterator[Demand]:
    """Yield a demand for more than one stage."""
    given = {"instructions": ["FROM"], "min": 2, "within": "file"}
    yield Demand("instruction-count", given, _NOWHERE, "The file has two stages or more.")


def not_exposed(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that a port is not exposed."""
    port = re.fullmatch(r"EXPOSE (\d{1,5})", statement.codes[0])
    if port is not None:
        forms = [form for form in objects.exposed(port[1]).parameters["arguments"] if "$" not in form]
        given = {"instructions": ["EXPOSE"], "arguments": forms, "max": 0, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, f"The port {port[1]} is not exposed.")


def arguments(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for build arguments, with or without defaults."""
    if all(re.fullmatch(r"[A-Za-z_]\w*", code) for code in statement.codes):
        for name in statement.codes:
            given = {"instructions": ["ARG"], "arguments": _settings(name), "min": 1, "within": "file"}
            yield Demand("instruction-count", given, _NOWHERE, f"The file has the build argument {name}.")


def unset(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that ENV does not set these variables."""
    if all(re.fullmatch(r"[A-Z][A-Z0-9_]*", code) and not objects.keyword_of(code) for code in statement.codes):
        forms = [form for name in statement.codes for form in (*_settings(name)[1:], f"{name} *")]
        given = {"instructions": ["ENV"], "arguments": forms, "max": 0, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, f"ENV does not set {' or '.join(statement.codes)}.")


def _settings(name: str) -> list[str]:
    """Return patterns for the arguments of an ARG or ENV that names a variable, alone or among others."""
    return [name, f"{name}=*", f"* {name}=*"]


def interval(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for a health check with an interval."""
    said = re.search(r"(\d+)\s*([sm])", statement.plain, re.IGNORECASE)
    if said is None or any(code != "HEALTHCHECK" for code in statement.codes):
        return
    given = {"options": {"interval": f"{said[1]}{said[2].lower()}"}}
    yield Demand("healthcheck", given, _NOWHERE, "The health check has this interval.")


def health_options(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for a health check with options."""
    keyword, *options = statement.codes
    pairs = [re.fullmatch(r"--([a-z-]+)[= ](\d+[smh]?)", option) for option in options]
    if keyword == "HEALTHCHECK" and all(pairs):
        given = {"options": {pair[1]: pair[2] for pair in pairs if pair is not None}}
        yield Demand("healthcheck", given, _NOWHERE, "The health check has these options.")


def absolute(statement: Statement) -> Iterator[Demand]:
    """Yield a demand that WORKDIR has absolute paths."""
    if statement.codes[0] == "WORKDIR":
        yield Demand("path-absolute", {"instructions": ["WORKDIR"]}, _NOWHERE, "WORKDIR has an absolute path.")


def label(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on a label whose name and value are two code spans."""
    name, value = statement.codes
    if re.fullmatch(r"[a-z][\w./-]*", name) and not re.search(r"[$<>{}\"]", value):
        yield Demand("label-values", {"labels": {name: value}}, _NOWHERE, "Labels have these values.")


def thing(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on a variable or an instruction that has this value."""
    if len(statement.codes) != 2:
        return
    name, value = statement.codes
    if value.startswith("["):
        return
    if objects.keyword_of(name) and name in ("WORKDIR", "USER", "STOPSIGNAL", "EXPOSE"):
        yield from objects.instruction_of(f"{name} {value.removeprefix(name).strip()}")
    elif not objects.keyword_of(name):
        yield from variable(statement)


def exec_form(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for the exec form of instructions."""
    if all(code in ("CMD", "ENTRYPOINT") for code in statement.codes):
        given = {"instructions": [*statement.codes]}
        yield Demand("exec-form", given, _NOWHERE, f"{' and '.join(statement.codes)} are in exec form.")


def stages(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for stages by name."""
    if all(re.fullmatch(r"[a-z][\w.-]*", code) for code in statement.codes):
        yield Demand("stages", {"names": [*statement.codes]}, _NOWHERE, "The file has these stages.")


def labels(statement: Statement) -> Iterator[Demand]:
    """Yield a demand for labels with these values, or for labels with any value."""
    pairs = [re.fullmatch(r"(?:LABEL )?([a-z][\w./-]*)=\"?([^\"=]+)\"?", code) for code in statement.codes]
    if all(pairs):
        values = {pair[1]: pair[2] for pair in pairs if pair is not None}
        yield Demand("label-values", {"labels": values}, _NOWHERE, "Labels have these values.")
    elif all(re.fullmatch(r"[a-z][\w-]*(?:[./][\w-]+)*", code) for code in statement.codes):
        required = dict.fromkeys(statement.codes, "text")
        yield Demand("labels", {"required": required}, _NOWHERE, "The image has these labels.", stages="image")


def started(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on the program that CMD or ENTRYPOINT starts."""
    keyword = next((code for code in statement.codes if code in ("CMD", "ENTRYPOINT")), None)
    subjects, value = statement.codes[:-1], statement.codes[-1]
    if any(subject not in ("CMD", "ENTRYPOINT") for subject in subjects):
        return
    if value.startswith(("CMD ", "ENTRYPOINT ")):
        keyword, _, value = value.partition(" ")
    if keyword is None:
        keyword = "ENTRYPOINT" if re.search("entry", statement.plain, re.IGNORECASE) else "CMD"
    try:
        arguments = json.loads(value)
    except ValueError:
        return
    if isinstance(arguments, list) and arguments and all(isinstance(word, str) for word in arguments):
        given = {"keyword": keyword, "arguments": arguments}
        yield Demand("start-command", given, _NOWHERE, f"{keyword} is this.")


def setting(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on a variable or a whole instruction that the statement names as a setting."""
    yield from variables(statement) if objects.variable_of(statement.codes[0]) else instructions(statement)


def lines(statement: Statement) -> Iterator[Demand]:
    """Yield a demand on the exact number of lines of the file."""
    count = int(re.findall(r"\d+", statement.plain)[-1])
    if count:
        yield Demand("line-count", {"lines": count}, _NOWHERE, f"The file has {count} lines.")
