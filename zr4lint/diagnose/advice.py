"""Writes advice for a log without a known cause, and for one that ends too early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.diagnose.matching import find_causes
from zr4lint.diagnose.redaction import redacted

if TYPE_CHECKING:
    from zr4lint.diagnose.failures import Failure
    from zr4lint.diagnose.locating import Place
    from zr4lint.diagnose.signatures import Catalogue

_MEANINGS = {
    2: "wrong usage, or an error of make or of a shell built-in",
    100: "an error of apt",
    125: "docker or podman itself failed",
    126: "a command was found and can't be executed",
    127: "a command was not found",
    128: "an error of git, or an invalid exit code",
    130: "ended by Ctrl-C",
    134: "aborted (SIGABRT)",
    137: "killed (SIGKILL)",
    139: "a segmentation fault (SIGSEGV)",
    143: "ended (SIGTERM)",
}
_TELLING = ("error", "fatal", "e: ", "cannot", "can't", "failed", "not found", "unable")
_ENDS = (
    "did not complete successfully",
    "returned a non-zero code",
    "executor failed running",
    "building at STEP",
    "error building image",
)
"""Words of the builder on a failed command; lines with them are not output of the command."""

_CUT = 200


def code_meaning(code: int) -> str:
    """Return the meaning of an exit code, or "" if it has none."""
    return _MEANINGS.get(code, "")


def next_steps(failure: Failure, place: Place | None) -> tuple[str, ...]:
    """Return advice on a failure without a known cause: the relevant lines, then ways to see more."""
    return tuple(map(redacted, (*_lines(failure), *_ways(failure, place))))


def _lines(failure: Failure) -> Iterator[str]:
    every = [line for line in failure.lines if line.text.strip()]
    lines = [line for line in every if not any(words in line.text for words in _ENDS)]
    if not lines:
        yield "the log has none of the output of this step"
    if failure.exit_code is not None and code_meaning(failure.exit_code):
        yield f"exit code {failure.exit_code} means {code_meaning(failure.exit_code)}"
    telling = next((line for line in lines if any(word in line.text.lower() for word in _TELLING)), None)
    if telling is not None:
        yield f"first line with an error: {telling.number}: {telling.text.strip()[:_CUT]}"
    for line in lines[-5:] if len(lines) < len(every) else lines[-6:-1]:
        yield f"last lines: {line.number}: {line.text.strip()[:_CUT]}"


def _ways(failure: Failure, place: Place | None) -> Iterator[str]:
    text = failure.text
    if failure.started:
        yield "start a shell in the image and run the command by hand: docker run --rm -it --entrypoint sh IMAGE"
        return
    stage = failure.name.stage if failure.name is not None else None
    target = f" --target {stage}" if stage and "/" not in stage and " " not in stage else ""
    yield f"see the whole output: docker build --progress=plain --no-cache{target} . 2>&1 | tee build.log"
    if text.upper().startswith("RUN "):
        yield "run the command by hand in the image of the step before: docker run --rm -it IMAGE sh"
    if "&&" in text:
        yield "split the RUN at its && to see which command fails, or begin it with set -x"
    if "pip" in text and "install" in text:
        yield "show more of pip's output: pip install -v"
    if "apt" in text and "install" in text:
        yield "show how apt resolves packages: apt-get -o Debug::pkgProblemResolver=yes install"
    if not text and place is None:
        yield "pass the built Dockerfile with --file, and a complete log"


def truncated(failure: Failure, path: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Return advice on a log that ends in a step without a failure."""
    name = failure.name
    count = f"{name.number} of {name.of}, " if name is not None and name.number and name.of else ""
    last = next((line.text.strip() for line in reversed(failure.lines) if line.text.strip()), "")
    said = f'; its last line is "{last[:_CUT]}"' if last else ""
    step = count + (redacted(failure.text)[:_CUT] or (name.id if name is not None else ""))
    found = [f"{path} ends in step {step} (line {failure.log_line}), without a failure{said}"]
    causes = find_causes(failure.lines, failure.text, catalogue, traceback=False)
    found += [f"{cause.signature.id}: {cause.summary}; {cause.cure}" for cause in causes]
    found += [
        "look for what ended the build from outside: a time limit, or too little memory of the machine",
        "write the whole log to a file: docker build --progress=plain . 2>&1 | tee build.log",
    ]
    return tuple(map(redacted, found))
