"""Finds the instruction of a failure in the Dockerfile that was built."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.diagnose.failures import Failure, one_line, similar
from zr4lint.dockerfile.instructions import Dockerfile, Instruction

if TYPE_CHECKING:
    from zr4lint.diagnose.events import StepName

_PARSE_LINE = re.compile(r"parse error (?:on )?line (\d{1,9})(?!\d)")
_SOURCE = re.compile(
    r'"/?([^"]+)"?: not found|fileinfo for (\S+?): |lstat (\S+?): no such'
    r'|stat:? "?([^" ]+?)"?: (?:no such|file does not)'
)
_IMAGE = re.compile(
    r"load metadata for (\S+)|manifest for (\S+) not found|pull access denied for ([^\s,]+)|docker://(\S+?): "
    r"|source metadata for (\S+?): |failed to solve: ([\w./-]+(?::[\w.-]+)?): "
    r"|no match for platform in manifest(?: for)? (\S+)|no child with platform \S+ in index (\S+)"
)
_VARIABLE = re.compile(r"\$\{?(\w+)[^\s/:]*")
_COUNTED = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
_UNNAMED_STAGE = re.compile(r"stage-(\d{1,9})$")
_QUOTES = str.maketrans("", "", "\"'\\")
_WORDS = re.compile(r"\w+")
_LIKE = 0.5
"""The share of common words from which two instructions may be one that was edited."""


class Place(Struct, frozen=True):
    """The failing instruction, and how it was found: block, step, count, source or start.

    `moved` is whether the log has another line for it, `edited` whether the file has other words than the log.
    """

    instruction: Instruction
    found_by: str
    moved: bool = False
    edited: bool = False


def locate(failure: Failure, dockerfile: Dockerfile) -> Place | None:
    """Return the place of a failure in a file; None if nothing matches."""
    if failure.started:
        return _by_start(dockerfile)
    ways = (_by_block, _by_parse_error, _by_step, _by_count, _by_source)
    return next((place for way in ways if (place := way(failure, dockerfile)) is not None), None)


def instruction_text(instruction: Instruction, dockerfile: Dockerfile) -> str:
    """Return an instruction with its flags on one line, without continuations; of a heredoc only the first line."""
    flags = "".join(f"{dockerfile.source.slice(flag.span)} " for flag in instruction.flags)
    words = instruction.trigger.keyword if instruction.trigger is not None else ""
    text = instruction.arguments.text
    return one_line(f"{instruction.keyword} {flags}{text}") if words or text else instruction.keyword


def _by_block(failure: Failure, dockerfile: Dockerfile) -> Place | None:
    """Return the place on the line of the builder's excerpt, or the place of its text if the line differs."""
    excerpt = failure.excerpt
    if excerpt is None:
        return None
    marked = one_line(excerpt.instruction)
    for instruction in dockerfile.instructions:
        if instruction.line <= excerpt.number <= instruction.end_line:
            if not marked or _same(instruction_text(instruction, dockerfile), marked):
                return _weighed(Place(instruction, "block"), failure, dockerfile)
            break
    found = list(_with_text(marked, dockerfile))
    return Place(found[0], "block", moved=True) if found else None


def _weighed(place: Place, failure: Failure, dockerfile: Dockerfile) -> Place:
    """Return a place, marked as edited if the log has a whole instruction that differs from the file's."""
    text = instruction_text(place.instruction, dockerfile)
    if "$" in text or "<<" in text or not failure.whole or place.instruction.json is not None:
        return place
    file, log = _bare(text), _bare(failure.text)
    cut = not failure.command and file.startswith(log)  # a paste may have broken a long line
    return structs.replace(place, edited=not cut and file not in (log, _bare(f"RUN {one_line(failure.command)}")))


def _bare(text: str) -> str:
    """Return an instruction without flags, quotes and trailing blanks and semicolons."""
    return _without_flags(text).translate(_QUOTES).rstrip("; ")


def nearest(failure: Failure, dockerfile: Dockerfile) -> Instruction | None:
    """Return the instruction of a file that is most similar to the log's; None if none is similar."""
    best = max(dockerfile.instructions, key=lambda one: _likeness(one, failure, dockerfile), default=None)
    return best if best is not None and _likeness(best, failure, dockerfile) >= _LIKE else None


def _likeness(instruction: Instruction, failure: Failure, dockerfile: Dockerfile) -> float:
    """Return the share of words, from 0 to 1, that an instruction of the file has in common with the log's."""
    file = Counter(_WORDS.findall(_without_flags(instruction_text(instruction, dockerfile))))
    log = Counter(_WORDS.findall(_without_flags(failure.text)))
    return (file & log).total() / max(file.total(), log.total(), 1) if instruction.keyword in log else 0


def _by_parse_error(failure: Failure, dockerfile: Dockerfile) -> Place | None:
    found = _PARSE_LINE.search(failure.message)
    if found is None:
        return None
    line = int(found[1])
    return next((Place(one, "block") for one in dockerfile.instructions if one.line <= line <= one.end_line), None)


def _by_step(failure: Failure, dockerfile: Dockerfile) -> Place | None:
    """Return the place with the text of the step, or with the command in the builder's words."""
    found: list[Instruction] = []
    if failure.text:
        found = list(_with_text(failure.text, dockerfile))
    if not found and failure.command:
        command = one_line(failure.command)
        runs = (one for one in dockerfile.instructions if one.keyword == "RUN")
        found = [one for one in runs if _same(one_line(one.arguments.text), command)]
    if len(found) > 1 and failure.name is not None:
        found = _narrowed(found, failure.name, dockerfile)
    return _weighed(Place(found[0], "step"), failure, dockerfile) if found else None


def _narrowed(found: list[Instruction], name: StepName, dockerfile: Dockerfile) -> list[Instruction]:
    """Return the instructions in the step's stage, or of these the one with the step's number."""
    stage = _stage(name, dockerfile)
    within = [one for one in found if one.stage == stage] or found
    counted = _counted(name, dockerfile)
    return [one for one in within if one is counted] or within


def _by_count(failure: Failure, dockerfile: Dockerfile) -> Place | None:
    if failure.name is None or failure.name.internal:
        return None
    found = _counted(failure.name, dockerfile)
    if found is None:
        return None
    if failure.text and _likeness(found, failure, dockerfile) < _LIKE:
        keyword = failure.text.split(" ", 1)[0].upper()
        # A log expands variables and heredocs, so their words differ. Other differing words are another instruction's.
        text = instruction_text(found, dockerfile)
        return Place(found, "count") if keyword == found.keyword and ("$" in text or "<<" in text) else None
    return _weighed(Place(found, "count"), failure, dockerfile)


def _counted(name: StepName, dockerfile: Dockerfile) -> Instruction | None:
    """Return the instruction with a step's number, counted as its builder counts; None if there is none."""
    if name.number is None:
        return None
    instructions: Sequence[Instruction] = dockerfile.instructions
    if name.id.startswith("STEP"):
        stage = int(name.stage.split()[-1]) - 1 if name.stage else 0
        instructions = [one for one in instructions if one.stage == stage]
    elif not name.id.startswith("Step"):
        instructions = list(_buildkit_steps(dockerfile, _stage(name, dockerfile)))
    return instructions[name.number - 1] if 0 < name.number <= len(instructions) else None


def _buildkit_steps(dockerfile: Dockerfile, stage: int) -> Iterator[Instruction]:
    """Yield the instructions of a stage that BuildKit counts, which exclude a FROM that names a stage."""
    names = {name for name, _ in _stages(dockerfile)}
    for one in dockerfile.instructions:
        if one.stage != stage:
            continue
        if one.keyword in _COUNTED or (one.keyword == "FROM" and _image(one).lower() not in names):
            yield one


def _stages(dockerfile: Dockerfile) -> Iterator[tuple[str, Instruction]]:
    for one in dockerfile.instructions:
        if one.keyword == "FROM":
            words = one.arguments.text.split()
            yield (words[2].lower() if len(words) > 2 and words[1].lower() == "as" else ""), one


def _stage(name: StepName, dockerfile: Dockerfile) -> int:
    """Return the index of the stage in a step's name; the last one if it names none."""
    stages = [stage for stage, _ in _stages(dockerfile)]
    wanted = (name.stage or "").lower()
    words = wanted.split()
    for word in reversed(words):
        if word in stages:
            return stages.index(word)
        unnamed = _UNNAMED_STAGE.match(word)
        if unnamed:
            return int(unnamed[1])
    return len(stages) - 1


def _by_source(failure: Failure, dockerfile: Dockerfile) -> Place | None:
    """Return the place of a missing input: a file of COPY or ADD, or an image of FROM or COPY --from."""
    words = f"{failure.name.text if failure.name is not None else ''} {failure.message}"
    for found in _SOURCE.finditer(words):
        path = next(group for group in found.groups() if group)
        place = next(_copying(path, dockerfile), None)
        if place is not None:
            return Place(place, "source")
    for found in _IMAGE.finditer(f"{words} {failure.lines[-1].text if failure.lines else ''}"):
        image = next(group for group in found.groups() if group)
        place = next(_using(image, dockerfile), None)
        if place is not None:
            return Place(place, "source")
    return None


def _copying(path: str, dockerfile: Dockerfile) -> Iterator[Instruction]:
    tail = path.strip("/")
    for one in dockerfile.instructions:
        if one.keyword not in ("COPY", "ADD"):
            continue
        words = [string.value for string in one.json] if one.json is not None else one.arguments.text.split()
        sources = [word.strip("\"'").removeprefix("./").strip("/") for word in words[:-1]]
        if any(source and (tail == source or tail.endswith(f"/{source}")) for source in sources):
            yield one


def _using(image: str, dockerfile: Dockerfile) -> Iterator[Instruction]:
    wanted = _plain_image(image)
    defaults = dict(_defaults(dockerfile))
    for one in dockerfile.instructions:
        names = [_image(one)] if one.keyword == "FROM" else []
        names += [flag.value for flag in one.flags if flag.name == "from" and flag.value]
        for name in names:
            if _plain_image(_VARIABLE.sub(lambda v: defaults.get(v[1], ""), name)) == wanted:
                yield one


def _defaults(dockerfile: Dockerfile) -> Iterator[tuple[str, str]]:
    for one in dockerfile.instructions:
        if one.keyword == "ARG" and one.stage < 0:
            name, _, value = one.arguments.text.partition("=")
            yield name.strip(), value.strip().strip("\"'")


def _image(instruction: Instruction) -> str:
    return instruction.arguments.text.split()[0] if instruction.arguments.text.split() else ""


def _plain_image(image: str) -> str:
    """Return an image without the default registry, the default tag and the digest."""
    image = image.split("@", 1)[0].removeprefix("docker.io/").removeprefix("index.docker.io/").removeprefix("library/")
    return image.removesuffix(":latest")


def _by_start(dockerfile: Dockerfile) -> Place | None:
    """Return the place of the last stage's ENTRYPOINT or CMD, which a container starts."""
    last = max((one.stage for one in dockerfile.instructions), default=-1)
    found = [one for one in dockerfile.instructions if one.stage == last and one.keyword in ("ENTRYPOINT", "CMD")]
    if not found:
        return None
    entry = next((one for one in found if one.keyword == "ENTRYPOINT"), None)
    return Place(entry or found[-1], "start")


def _with_text(text: str, dockerfile: Dockerfile) -> Iterator[Instruction]:
    """Yield the instructions with exactly this text, or else those that may have it."""
    texts = [(instruction_text(one, dockerfile), one) for one in dockerfile.instructions]
    exact = [one for words, one in texts if words == text]
    yield from exact or (one for words, one in texts if _same(words, text))


def _same(file: str, log: str) -> bool:
    """Return whether a log may show an instruction so: cut, without flags, or with variables expanded."""
    log = log.split(" (", 1)[0] if "<<" in log.split(" (", 1)[0] else log
    if similar(_folded(file), _folded(log)) or similar(_without_flags(file), _without_flags(log)):
        return True
    return "$" in file and _fits(_without_flags(file).split(), _without_flags(log).split())


def _folded(text: str) -> str:
    keyword, _, rest = text.partition(" ")
    return f"{keyword.upper()} {rest}"


def _without_flags(text: str) -> str:
    keyword, _, rest = text.partition(" ")
    words = rest.split(" ")
    while words and words[0].startswith("--"):
        words.pop(0)
    return " ".join((keyword.upper(), *words))


def _fits(file: Sequence[str], log: Sequence[str]) -> bool:
    """Return whether the words are equal, except for those with a variable."""
    return len(file) == len(log) and all(_word_fits(*pair) for pair in zip(file, log, strict=True))


def _word_fits(file: str, log: str) -> bool:
    if file == log:
        return True
    parts = _VARIABLE.split(file)[::2] if "$" in file else []
    return bool(parts) and log.startswith(parts[0]) and log.endswith(parts[-1])
