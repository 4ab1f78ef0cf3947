"""The linter's own rules, which belong to no pack and no score."""

from __future__ import annotations

from zr4lint.model.finding import Applicability, Rule, Severity


def _own(  # noqa: PLR0913, PLR0917 - one argument for each field of the rule
    code: str,
    name: str,
    severity: Severity,
    applicability: Applicability | None,
    summary: str,
    why: str,
    bad: str,
    good: str,
    aliases: tuple[str, ...] = (),
) -> Rule:
    return Rule(code, name, severity, summary, why, "", None, "zr4lint", bad, good, applicability, aliases=aliases)


SYNTAX = _own(
    "ZL000",
    "syntax",
    Severity.ERROR,
    Applicability.UNSAFE,
    "BuildKit can parse the file.",
    "`docker build` refuses the file before it runs anything, or at the instruction. No fix is applied to a file that "
    "BuildKit's parser refuses; its readable instructions still get findings.",
    "FORM ubuntu:22.04\n",
    "FROM ubuntu:22.04\n",
    ("DL1000",),
)
UNUSED = _own(
    "ZL001",
    "unused-suppression",
    Severity.WARNING,
    Applicability.SAFE,
    "Each suppression suppresses a finding.",
    "A suppression that is left over hides the next finding of its kind.",
    "# zr4lint: ignore[ZR0501] Torch 2.6 is on trial.\nRUN apt-get update\n",
    "RUN apt-get update\n",
)
UNKNOWN = _own(
    "ZL002",
    "unknown-rule-in-suppression",
    Severity.WARNING,
    Applicability.UNSAFE,
    "Suppressions name rules that exist.",
    "A misspelled code has no effect.",
    "# zr4lint: ignore[torch-pni] Torch 2.6 is on trial.\nRUN pip install torch==2.6.0\n",
    "# zr4lint: ignore[torch-pin] Torch 2.6 is on trial.\nRUN pip install torch==2.6.0\n",
)
NO_REASON = _own(
    "ZL003",
    "suppression-without-reason",
    Severity.WARNING,
    Applicability.UNSAFE,
    "Each suppression gives a reason.",
    "Readers need the reason to decide whether the suppression still holds.",
    "# zr4lint: ignore[ZR0101]\nFROM ubuntu\n",
    "# zr4lint: ignore[ZR0101] The CUDA image is not mirrored yet.\nFROM ubuntu\n",
)
MALFORMED = _own(
    "ZL004",
    "malformed-suppression",
    Severity.WARNING,
    None,
    "Comments to zr4lint can be parsed.",
    "A comment that can't be parsed suppresses nothing.",
    "# zr4lint: ignore ZR0101\nFROM ubuntu\n",
    "# zr4lint: ignore[ZR0101] The CUDA image is not mirrored yet.\nFROM ubuntu\n",
)
TOO_LARGE = _own(
    "ZL005",
    "too-large-to-follow",
    Severity.INFO,
    None,
    "Values, loops, calls and scripts stay within what zr4lint follows.",
    "Rules treat the rest as unknown, so they can miss problems in it. The limits keep the time and the "
    "memory of a lint small, whatever the file.",
    "FROM ubuntu\nRUN for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8 9; do \\\n"
    "    for c in 1 2 3 4 5 6 7 8 9; do for d in 1 2 3 4 5 6 7 8 9; do echo; done; done; done; done\n",
    "FROM ubuntu\nRUN seq 1 6561\n",
)
SHELL_SYNTAX = _own(
    "ZL006",
    "shell-syntax",
    Severity.ERROR,
    Applicability.UNSAFE,
    "The shell can parse every RUN.",
    "A RUN that its shell can't parse fails, and the build stops there. The rule knows the grammars of dash and of "
    "bash; where the image's `sh` is not known, it reports only what both refuse.",
    "FROM ubuntu\nRUN apt-get update &&\n",
    "FROM ubuntu\nRUN apt-get update\n",
)
COMMAND_FAILS = _own(
    "ZL007",
    "command-fails",
    Severity.ERROR,
    Applicability.UNSAFE,
    "No RUN ends with a command that is known to fail.",
    "The build stops at a RUN that fails. The rule reports a program that refuses its arguments, and a command that "
    "needs a file that an earlier command removed. It looks at commands that `&&` joins to the end of a RUN; a failure "
    "elsewhere may be intended.",
    "FROM ubuntu\nRUN git clone --shallow https://github.com/pallets/click.git\n",
    "FROM ubuntu\nRUN git clone --depth 1 https://github.com/pallets/click.git\n",
)
MISSING_SOURCE = _own(
    "ZL008",
    "copy-source-missing",
    Severity.ERROR,
    None,
    "COPY and ADD name files that are in the build context.",
    "The build stops at a source that is not there, or that .dockerignore leaves out. Without --context "
    "or a compose file, the folder of the Dockerfile counts as the context if it has another source. "
    "Files that git ignores are not looked for: a step before the build may make them.",
    "FROM ubuntu\nCOPY requirments.txt /app/\n",
    "FROM ubuntu\nCOPY requirements.txt /app/\n",
)
OWN_RULES = (SYNTAX, UNUSED, UNKNOWN, NO_REASON, MALFORMED, TOO_LARGE, SHELL_SYNTAX, COMMAND_FAILS, MISSING_SOURCE)
