"""The closed grammar of demands: a sentence compiles where one of these forms fits it from end to end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from msgspec import structs

from zr4lint.documents.demanding import objects
from zr4lint.documents.demanding.statement import CODE, Statement
from zr4lint.documents.deriving.demand import Demand
from zr4lint.model.source import Span

_NOWHERE = Span(0, 0)
_ARTICLE = r"(?:the|this|an?|each|every|all|any|our|der|die|das|ein|eine|jedes|jede|alle)"
_THING = (
    r"(?:(?:(?:docker|container)[ _])?images?|dockerfiles?|containerfiles?|containers?|container-?images?"
    r"|(?:final|runtime|runner|production)[ _]stage|system)"
)
SUBJECT = (
    rf"(?:(?:{_ARTICLE}\s+)?(?:(?:final|resulting|docker|production|application|custom|new|built|target|runtime|runner)\s+)*"
    rf"{_THING}\s+)"
)
MODAL = (
    r"(?:must|shall|should|has to|have to|needs to|need to|is required to|are required to|muss|m\u00fcssen|soll|sollte"
    r"|sollten|darf|d\u00fcrfen)(?:\s+(?:only|always|explicitly))?\s+"
)
OPENING = rf"(?:{SUBJECT}{MODAL}|(?:always\s+)?)"
NOT = r"(?:not\s+|never\s+|nicht\s+)"
OPENING_NOT = (
    rf"(?:{SUBJECT}{MODAL}{NOT}|{SUBJECT}(?:should |must |shall )?never\s+|do not\s+|don't\s+|never\s+|avoid\s+)"
)
LIST = rf"{CODE}(?:\s*,\s*{CODE})*(?:\s*,?\s*(?:and|und|&)\s+{CODE})?"

Form = tuple[str, bool | None, Callable[[Statement], Iterator[Demand]]]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A form, compiled when the first statement is read: most documents are checked without one."""
    return re.compile(pattern, re.IGNORECASE)


def demands_of(statement: Statement) -> list[Demand]:
    """The demands of a statement whose form is known, none for another."""
    if not objects.certain(statement.codes):
        return []
    statement = _without_instruction(statement)
    for pattern, negative, read in _FORMS:
        if negative is not None and negative is not statement.negative:
            continue
        if _compiled(pattern).fullmatch(statement.plain) and (found := [*read(statement)]):
            return found
    return []


_INSTRUCTION = re.compile(
    rf"\s+(?:via|by|using|with|through|as|in)\s+(?:an?\s+|the\s+)?(?:dockerfile\s+)?{CODE}\s+(?:instruction|directive)s?\Z",
    re.IGNORECASE,
)


def _without_instruction(statement: Statement) -> Statement:
    """`set A via an ENV instruction` as `set A`, where the instruction says no more than the words before."""
    shorter = _INSTRUCTION.sub("", statement.plain)
    if shorter == statement.plain or not objects.keyword_of(statement.codes[-1].partition(" ")[0]):
        return statement
    return structs.replace(statement, plain=shorter, codes=statement.codes[:-1])


def _image(statement: Statement) -> Iterator[Demand]:
    image = objects.image_of(statement.codes[0])
    if image is not None:
        yield Demand("base-image", {"image": image}, _NOWHERE, f"The image is built on `{image}`.")


def _stage_image(statement: Statement) -> Iterator[Demand]:
    stage, image = statement.codes[0], objects.image_of(statement.codes[1])
    if image is not None and re.fullmatch(r"[a-z][\w-]*", stage):
        given = {"image": image}
        yield Demand("base-image", given, _NOWHERE, f"The stage `{stage}` is built on `{image}`.", stage)


def _variables(statement: Statement) -> Iterator[Demand]:
    found = [objects.variable_of(code) for code in statement.codes]
    if found and all(found):
        values = dict(pair for pair in found if pair is not None)
        names = ", ".join(values)
        yield Demand("env", {"variables": values}, _NOWHERE, f"ENV sets {names}.")


def _variable(statement: Statement) -> Iterator[Demand]:
    name, value = statement.codes
    if re.fullmatch(r"[A-Z][A-Z0-9_]*", name) and not re.search(r"[\s$<>{}]", value):
        yield Demand("env", {"variables": {name: value.strip("\"'")}}, _NOWHERE, f"ENV sets {name}.")


def _instructions(statement: Statement) -> Iterator[Demand]:
    found = [objects.instruction_of(code) for code in statement.codes]
    if all(found):
        for demands in found:
            yield from demands


def _absent(statement: Statement) -> Iterator[Demand]:
    keywords = [objects.keyword_of(code) for code in statement.codes]
    if all(keywords):
        names = " or ".join(statement.codes)
        given = {"instructions": [*statement.codes], "max": 0, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, f"The file has no {names}.")


def _present(statement: Statement) -> Iterator[Demand]:
    if all(objects.keyword_of(code) for code in statement.codes):
        for keyword in statement.codes:
            given = {"instructions": [keyword], "min": 1, "within": "file"}
            yield Demand("instruction-count", given, _NOWHERE, f"The file has {keyword}.")


def _health(statement: Statement) -> Iterator[Demand]:
    if statement.codes[0] == "HEALTHCHECK":
        given = {"instructions": ["HEALTHCHECK"], "min": 1, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, "The file has HEALTHCHECK.")


def _instead(statement: Statement) -> Iterator[Demand]:
    """`use COPY instead of ADD` forbids ADD, `use USER 1 instead of USER a` demands the first."""
    wanted, other = statement.codes
    if objects.keyword_of(wanted) and objects.keyword_of(other):
        given = {"instructions": [other], "max": 0, "within": "file"}
        yield Demand("instruction-count", given, _NOWHERE, f"The file has no {other}.")
    else:
        yield from objects.instruction_of(wanted)


def _not_root(statement: Statement) -> Iterator[Demand]:
    if all(code in ("root", "USER") for code in statement.codes):
        given: dict[str, object] = {"root": False, "set": True}
        if re.search(r"\bnumeric\b", statement.plain, re.IGNORECASE):
            given["numeric"] = True
        yield Demand("final-user", given, _NOWHERE, "The container does not run as root.")


def _user(statement: Statement) -> Iterator[Demand]:
    user = statement.codes[-1]
    if re.fullmatch(r"[a-z_][\w-]*|\d+(?::\d+)?", user) and user not in ("root", "0"):
        yield Demand("runs-as", {"user": user}, _NOWHERE, f"The container runs as `{user}`.")


def _ports(statement: Statement) -> Iterator[Demand]:
    ports = re.findall(r"\d+", statement.plain) or [code.removeprefix("EXPOSE ") for code in statement.codes]
    if ports and all(re.fullmatch(r"\d{2,5}(?:/(?:tcp|udp))?", port) for port in ports):
        yield from map(objects.exposed, ports)


def _workdir(statement: Statement) -> Iterator[Demand]:
    path = statement.codes[-1].removeprefix("WORKDIR ")
    if re.fullmatch(r"/[\w./-]*", path):
        yield Demand("last-workdir", {"path": path.rstrip("/") or "/"}, _NOWHERE, f"The container starts in `{path}`.")


def _packages(statement: Statement) -> Iterator[Demand]:
    around = f"{statement.plain} {statement.lead} {' '.join(h.title for h in statement.path[-1:])}".lower()
    pins = [objects.requirement_of(code) for code in statement.codes]
    if all(pins) and not re.search(r"\b(?:npm|node|apk|conda|gem)\b", around):
        yield Demand("python-packages", {"packages": pins}, _NOWHERE, "pip installs these packages.")
    elif re.search(r"\bapt(?:-get)?\b|\bdebian\b", around) and all(map(objects.package_of, statement.codes)):
        yield Demand("apt-packages", {"packages": [*statement.codes]}, _NOWHERE, "apt installs these packages.")


def _options(statement: Statement) -> Iterator[Demand]:
    if len(statement.codes) != 2:
        return
    command, option = statement.codes
    if objects.command_of(command) is None and objects.command_of(option) is not None:
        command, option = option, command
    words = command.split()
    if objects.command_of(command) is None or words == ["pip"] or objects.option_of(option) is None:
        return
    given = {"calls": [" ".join((_same(words[0]), *words[1:]))], "options": [option, *_ALIASES.get(option, ())]}
    yield Demand("command-option", given, _NOWHERE, f"Each `{command}` has `{option}`.")


_ALIASES = {
    "-y": ("--yes", "--assume-yes"),
    "--yes": ("-y", "--assume-yes"),
    "--assume-yes": ("-y", "--yes"),
    "--fail": ("-f", "--fail-with-body"),
    "-f": ("--fail", "--fail-with-body"),
    "--omit=dev": ("--production", "--only=production"),
}
"""Options that say the same as another one."""


def _same(program: str) -> str:
    return {"apt": "apt-get|apt", "apt-get": "apt-get|apt", "pip": "pip|pip3", "pip3": "pip|pip3"}.get(program, program)


def _forbidden(statement: Statement) -> Iterator[Demand]:
    commands = [objects.command_of(code) for code in statement.codes]
    if all(commands):
        names = " or ".join(f"`{code}`" for code in statement.codes)
        yield Demand("command-forbidden", {"calls": [*statement.codes]}, _NOWHERE, f"No command is {names}.")


def _latest(statement: Statement) -> Iterator[Demand]:
    if statement.codes and all(code in ("latest", ":latest") for code in statement.codes):
        given = {"pinned": "tag", "forbidden": ["*:latest"]}
        yield Demand("image-reference", given, _NOWHERE, "No image has the tag `latest`.")


def _exec_form(statement: Statement) -> Iterator[Demand]:
    if all(code in ("CMD", "ENTRYPOINT") for code in statement.codes):
        given = {"instructions": [*statement.codes]}
        yield Demand("exec-form", given, _NOWHERE, f"{' and '.join(statement.codes)} are in exec form.")


def _stages(statement: Statement) -> Iterator[Demand]:
    if all(re.fullmatch(r"[a-z][\w.-]*", code) for code in statement.codes):
        yield Demand("stages", {"names": [*statement.codes]}, _NOWHERE, "The file has these stages.")


def _not_copied(statement: Statement) -> Iterator[Demand]:
    if all(re.fullmatch(r"[\w./-]*[\w/]", code) for code in statement.codes):
        sources = [code.strip("/").removeprefix("./") for code in statement.codes]
        yield Demand("copy-forbidden", {"sources": sources}, _NOWHERE, "COPY and ADD do not bring these files.")


def _labels(statement: Statement) -> Iterator[Demand]:
    pairs = [re.fullmatch(r"(?:LABEL )?([a-z][\w./-]*)=\"?([^\"=]+)\"?", code) for code in statement.codes]
    if all(pairs):
        values = {pair[1]: pair[2] for pair in pairs if pair is not None}
        yield Demand("label-values", {"labels": values}, _NOWHERE, "Labels have these values.")
    elif all(re.fullmatch(r"[a-z][\w-]*(?:[./][\w-]+)*", code) for code in statement.codes):
        required = dict.fromkeys(statement.codes, "text")
        yield Demand("labels", {"required": required}, _NOWHERE, "The image has these labels.")


def _clone(statement: Statement) -> Iterator[Demand]:
    url, target = statement.codes
    if re.fullmatch(r"https://[\w./-]+", url) and re.fullmatch(r"/[\w./-]+", target):
        yield Demand("git-clone", {"url": url, "target": target.rstrip("/")}, _NOWHERE, f"`{url}` is cloned.")


def _copied(statement: Statement) -> Iterator[Demand]:
    source, target = statement.codes
    if re.fullmatch(r"[\w.-]+\.\w+", source) and re.fullmatch(r"/[\w./-]+", target):
        path = f"{target}{source}" if target.endswith("/") else target
        yield Demand("copies-to", {"sources": [source], "target": path}, _NOWHERE, f"Files are copied to `{path}`.")


def _lists_removed(statement: Statement) -> Iterator[Demand]:
    if all(code.startswith("/var/lib/apt/lists") or code in ("RUN", "apt-get install") for code in statement.codes):
        yield Demand("package-cache", {"manager": "apt"}, _NOWHERE, "Each RUN that updates apt removes its lists.")


def _started(statement: Statement) -> Iterator[Demand]:
    keyword = next((code for code in statement.codes if code in ("CMD", "ENTRYPOINT")), None)
    value = statement.codes[-1]
    if keyword is None:
        keyword = "ENTRYPOINT" if re.search("entry", statement.plain, re.IGNORECASE) else "CMD"
    try:
        arguments = json.loads(value)
    except ValueError:
        return
    if isinstance(arguments, list) and arguments and all(isinstance(word, str) for word in arguments):
        given = {"keyword": keyword, "arguments": arguments}
        yield Demand("start-command", given, _NOWHERE, f"{keyword} is this.")


def _form(pattern: str, negative: bool | None, read: Callable[[Statement], Iterator[Demand]]) -> Form:
    """A form, whether it forbids (None where both do), and what reads a statement that has it."""
    return pattern, negative, read


_BE = r"(?:be\s+|is\s+|are\s+)?"
_THE = r"(?:(?:the|an?|its|following|these|this|all|required|official)\s+)*"
_FORMS: Sequence[Form] = (
    _form(
        rf"{OPENING}{_BE}(?:built|based|derived|built up)\s+(?:from|on|upon|on top of)\s+{_THE}"
        rf"(?:base\s+)?(?:image\s+)?{CODE}",
        False,
        _image,
    ),
    _form(
        rf"{OPENING}(?:use|start from|extend|inherit from|build on|verwenden)\s+{_THE}(?:base\s+image"
        rf"\s+)?{CODE}(?:\s+as\s+{_THE}(?:base|base image|parent image|basis-?image))",
        False,
        _image,
    ),
    _form(rf"{OPENING}use\s+{_THE}base\s+image\s+{CODE}", False, _image),
    _form(rf"(?:the\s+)?{CODE}\s+stage\s+{MODAL}use\s+{CODE}\s+as\s+{_THE}base\s+image", False, _stage_image),
    _form(
        rf"{OPENING}(?:use|define|have|implement|contain)\s+(?:(?:an?|the)\s+)?(?:(?:minimum of|at least)\s+)?"
        rf"(?:(?:two|three|four|\d)\s+)?named\s+stages(?:\s+in\s+{_ARTICLE}\s+dockerfile)?\s*:?\s+{LIST}",
        False,
        _stages,
    ),
    _form(rf"{_THE}base[ -]image\s+{MODAL}be\s+{CODE}", False, _image),
    _form(rf"(?:das |als )?basis-?image\s+(?:muss|soll)\s+{CODE}\s+(?:sein|verwendet werden)", False, _image),
    _form(
        rf"{OPENING}(?:set|define|declare|export|include|have|contain)\s+{_THE}(?:environment variables?"
        rf"\s+|env variables?\s+|variables?\s+)?{LIST}",
        False,
        _variables,
    ),
    _form(rf"{OPENING}(?:set|define)\s+{_THE}(?:environment variable\s+)?{CODE}\s+to\s+{CODE}", False, _variable),
    _form(rf"{_THE}environment variable\s+{CODE}\s+{MODAL}be\s+(?:set\s+to\s+)?{CODE}", False, _variable),
    _form(rf"{_THE}(?:environment variables?\s+)?{LIST}\s+{MODAL}be\s+(?:set|defined|present)", False, _variables),
    _form(
        rf"{OPENING}(?:use|contain|include|have|declare|define|set|specify|end with|be configured with)"
        rf"\s+{_THE}{LIST}(?:\s+instructions?)?",
        False,
        _instructions,
    ),
    _form(
        rf"{OPENING_NOT}(?:use|using|contain|include|have)\s+{_THE}{CODE}(?:(?:\s*,\s*|,?\s+(?:or|and|oder)"
        rf"\s+){CODE})*(?:\s+instructions?)?",
        True,
        _absent,
    ),
    _form(rf"{_THE}{CODE}(?:\s+instructions?)?\s+{MODAL}{NOT}be\s+used", True, _absent),
    _form(
        rf"{OPENING}(?:use|contain|include|have|declare|define|specify)\s+{_THE}(?:valid\s+)?"
        rf"{LIST}(?:\s+instructions?)?",
        False,
        _present,
    ),
    _form(
        rf"(?:{SUBJECT}{MODAL}|)run(?:\s+processes)?\s+as\s+{_THE}(?:dedicated |unprivileged )*"
        rf"(?:non-?root|unprivileged)\s+(?:numeric\s+)?user(?:\s+by default)?",
        False,
        _not_root,
    ),
    _form(rf"{OPENING_NOT}run(?:ning)?(?:\s+processes)?\s+as\s+{_THE}(?:root|{CODE})(?:\s+user)?", True, _not_root),
    _form(
        rf"(?:der |die )?container\s+(?:darf|d\u00fcrfen|muss|m\u00fcssen)\s+nicht\s+als\s+(?:root|"
        rf"{CODE})\s+(?:laufen|ausgef\u00fchrt werden)",
        True,
        _not_root,
    ),
    _form(
        rf"(?:{SUBJECT}{MODAL}|)run\s+as\s+{_THE}(?:non-root |unprivileged |dedicated )*(?:user"
        rf"\s+|uid\s+)?{CODE}(?:\s+user)?",
        False,
        _user,
    ),
    _form(rf"{OPENING}expose\s+(?:only\s+)?{_THE}(?:tcp\s+)?(?:ports?\s+)?(?:\d{{2,5}}|{LIST})", False, _ports),
    _form(
        rf"{OPENING}(?:declare|define|include|have|contain|specify)\s+{_THE}{CODE}(?:\s+instruction)?\s+(?:that|which)\b.*",
        False,
        _health,
    ),
    _form(rf"{OPENING}use\s+{CODE}(?:\s+\([^)]*\))?,?\s+(?:instead of|rather than)\s+{CODE}", None, _instead),
    _form(rf"(?:the\s+)?(?:exposed\s+)?port\s+{CODE}\s+{MODAL}be\s+exposed", False, _ports),
    _form(
        rf"{_THE}working directory\s+(?:of\s+{_ARTICLE}\s+{_THING}\s+)?{MODAL}be\s+(?:set\s+to"
        rf"\s+)?{CODE}",
        False,
        _workdir,
    ),
    _form(rf"{OPENING}(?:set|use)\s+{_THE}working directory\s+(?:to\s+)?{CODE}", False, _workdir),
    _form(
        rf"{OPENING}(?:install|pin|include|have|contain)\s+{_THE}(?:(?:system|apt|debian|python|pip|os)"
        rf"\s+)*(?:packages?\s+)?{LIST}(?:\s+(?:packages?|(?:by|via|from|using|with) (?:apt|apt-get|pip|pypi)))*",
        False,
        _packages,
    ),
    _form(
        rf"{_THE}(?:python |apt |debian )?packages?\s+{LIST}\s+{MODAL}be\s+installed(?:\s+(?:by|via|with) "
        rf"(?:apt|pip))?",
        False,
        _packages,
    ),
    _form(
        rf"{_THE}{CODE}(?:\s+(?:calls?|commands?|invocations?|instructions?))?\s+{MODAL}(?:use|include|have|pass|specify|"
        rf"{_BE}(?:run|called|used|invoked)\s+with)\s+{_THE}(?:flag\s+|option\s+)?{CODE}(?:\s+(?:flag|option))?",
        False,
        _options,
    ),
    _form(
        rf"(?:{OPENING})(?:run|use|call|pass)\s+{_THE}{CODE}\s+(?:with|for|to)\s+{_THE}(?:flag"
        rf"\s+|option\s+)?{CODE}",
        False,
        _options,
    ),
    _form(
        rf"{OPENING_NOT}(?:use|using|run|running|call|contain|execute|install)\s+{_THE}{CODE}(?:"
        rf"\s+or\s+{CODE})*",
        True,
        _forbidden,
    ),
    _form(rf"{_THE}{CODE}\s+{MODAL}{NOT}be\s+(?:used|called|run|executed)", True, _forbidden),
    _form(rf"avoid\s+{_THE}{CODE}", True, _forbidden),
    _form(rf"{CODE}\s+(?:darf|soll|sollte)\s+nicht\s+(?:verwendet|benutzt)\s+werden", True, _absent),
    _form(rf"{CODE}\s+(?:darf|soll|sollte)\s+nicht\s+(?:verwendet|benutzt|aufgerufen)\s+werden", True, _forbidden),
    _form(rf"{SUBJECT}(?:muss|soll|sollte)\s+auf\s+(?:dem\s+image\s+)?{CODE}\s+basieren", False, _image),
    _form(
        rf"{SUBJECT}(?:muss|soll|sollte)\s+(?:eine?n?\s+)?{LIST}\s+(?:definieren|setzen|enthalten)", False, _variables
    ),
    _form(rf"{SUBJECT}(?:muss|soll|sollte)\s+(?:eine?n?\s+)?{LIST}\s+(?:definieren|setzen|enthalten)", False, _present),
    _form(rf"das\s+arbeitsverzeichnis\s+(?:muss|soll|sollte)\s+{CODE}\s+sein", False, _workdir),
    _form(rf"{OPENING_NOT}use\s+{CODE}", True, _latest),
    _form(rf"{_THE}{CODE}\s+instruction\s+{MODAL}be\s+(?:used|present)", False, _present),
    _form(rf"{OPENING_NOT}(?:use|using|have)\s+{_THE}{CODE}\s+(?:image\s+)?tags?", True, _latest),
    _form(rf"{_THE}{CODE}\s+tag\s+{MODAL}{NOT}be\s+used", True, _latest),
    _form(rf"(?:{OPENING}use\s+)?(?:the\s+)?exec(?:utable)? form\s+for\s+{_THE}{LIST}", False, _exec_form),
    _form(
        rf"{LIST}\s+{MODAL}(?:use|{_BE}(?:written\s+)?in)\s+(?:the\s+)?(?:json\s+)?exec(?:utable)?[ -]form",
        False,
        _exec_form,
    ),
    _form(
        rf"{OPENING}(?:have|define|contain|use)\s+{_THE}(?:two |three |build )*stages?\s+(?:named"
        rf"\s+|called\s+)?{LIST}",
        False,
        _stages,
    ),
    _form(
        rf"{OPENING_NOT}copy(?:ing)?\s+{_THE}{CODE}(?:(?:\s*,\s*|,?\s+(?:or|and|oder)\s+){CODE})*"
        rf"(?:\s+(?:files?|folders?))?(?:\s+(?:in)?to\s+{_ARTICLE}\s+{_THING})?",
        True,
        _not_copied,
    ),
    _form(rf"{OPENING}(?:have|include|carry|define|set|contain)\s+{_THE}(?:oci\s+)?labels?\s+{LIST}", False, _labels),
    _form(rf"{OPENING}clone\s+{_THE}(?:repository\s+)?{CODE}\s+(?:in)?to\s+{CODE}", False, _clone),
    _form(rf"{CODE}\s+{MODAL}be\s+copied\s+(?:in)?to\s+{CODE}", False, _copied),
    _form(rf"{OPENING}copy\s+{_THE}{CODE}\s+(?:in)?to\s+{CODE}", False, _copied),
    _form(
        rf"{OPENING}(?:remove|delete|clean up|clean)\s+{_THE}(?:apt lists?\s+(?:in\s+)?)?{CODE}"
        rf"\s+in\s+the\s+same\s+(?:layer|{CODE}|RUN)(?:\s+(?:instruction|layer|statement))?",
        False,
        _lists_removed,
    ),
    _form(rf"base[ -]?image:\s*{CODE}|basis-?image:\s*{CODE}", False, _image),
    _form(rf"(?:working directory|workdir|arbeitsverzeichnis):\s*{CODE}", False, _workdir),
    _form(rf"(?:exposed )?ports?:\s*{CODE}|expose:\s*{CODE}", False, _ports),
    _form(rf"(?:run(?:time)? )?user:\s*{CODE}|benutzer:\s*{CODE}", False, _user),
    _form(rf"(?:entrypoint|cmd|(?:start )?command):\s*{CODE}", False, _started),
    _form(rf"(?:environment|environment variables?|env):\s*{LIST}", False, _variables),
    _form(rf"{_THE}(?:entrypoint|command|{CODE})\s+{MODAL}be\s+{CODE}", False, _started),
)
