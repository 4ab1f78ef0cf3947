"""Checks for commands that a stage must run, and for the order of steps."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.clones import clone_to
from zr4lint.checks.spec.placed_files import normal_source
from zr4lint.facts import Cloned, Copied, Fact, Ran, RunStep
from zr4lint.model.quoting import code, contrast
from zr4lint.model.source import Span
from zr4lint.programs.git import checked_out as ref_of
from zr4lint.programs.git import read_git
from zr4lint.programs.image_paths import absolute
from zr4lint.programs.option_tables import is_known, parse_call
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Folder, Text
    from zr4lint.programs.option_reading import Option

_LIST = r"\S+(?:-|\s)(?:install|add|enable|require)\b"
"""Matches the start of a command whose operands are a list: `apt-get install`, `docker-php-ext-install`."""

Key = tuple[tuple[str, ...], tuple[str, ...]]


@check("runs", by_commands=True)
def runs(
    subject: Subject,
    *,
    run: list[Text],
    folder: Folder = "",
    user: Text = "",
    conditional: bool = False,
    further: bool = False,
) -> Outcomes:
    """Each command runs, in this folder and as this user if given.

    The order of a command's options does not matter, but it has no others. With `further`, it may have further options
    anywhere, and further words after its own: `cp a b` then allows `cp -v a b c`, but not `cp x a b` or `cp a x b`. The
    operands of a command that installs, adds or enables are a list, such as packages, and further words may be anywhere
    in it. A command that only runs conditionally is not enough, unless the rule sets `conditional`.

    Rule:
        run = ["make install"]
        folder = "/src"

    Bad:
        FROM debian:12
        RUN make install

    Good:
        FROM debian:12
        WORKDIR /src
        RUN make install
    """
    known = subject.memo.get(("runs", subject.lineage), lambda: _by_key(subject))
    users = {step.at.instruction.index: step.user for step in subject.facts.of(RunStep, subject.lineage)}
    for command in run:
        found = _calls_with(subject, command) if further else next(filter(None, map(known.get, _keys(command))), [])
        if not found:
            yield _missing(subject, command, known)
            continue
        placed = [ran for ran in found if not folder or ran.folder == folder]
        if not placed:
            last = found[-1]
            message = contrast("the folder", last.folder or "", folder)
            yield Unmet(message, last.at.span, expected=f"{command} in {folder}", unsure=last.folder is None)
            continue
        owned = [ran for ran in placed if not user or _matches_user(users.get(ran.at.instruction.index), user)]
        if not owned:
            now = users.get(placed[-1].at.instruction.index)
            message = contrast("the user who runs this", now or "", user)
            yield Unmet(message, placed[-1].at.span, expected=f"{command} as {user}", unsure=now is None)
            continue
        sure = [ran for ran in owned if conditional or not ran.at.unsure]
        if sure:
            yield met(sure[-1].at)
        else:
            yield Unmet(f"{code(command, 40)} runs only conditionally", owned[-1].at.span, command, unsure=True)


def _matches_user(now: str | None, wanted: str) -> bool:
    """Return whether USER[:GROUP] is the wanted one; `0` is root, and the group counts only if one is wanted."""
    user, _, group = (now or "").partition(":")
    wanted_user, _, wanted_group = wanted.partition(":")
    same = user == wanted_user or {user, wanted_user} == {"root", "0"}
    return same and wanted_group in ("", group)


def _missing(subject: Subject, command: str, known: dict[Key, list[Ran]]) -> Unmet:
    """Return the finding for a command that does not run. It points at the most similar call of its program."""
    words = _key(command)[0]
    alike = [ran for key, found in known.items() if key[0][:1] == words[:1] for ran in found]
    near = max(alike, key=lambda ran: len(set(spelled(subject, ran).split()) & set(command.split())), default=None)
    place = near.at.span if near is not None else None
    unsure = near is not None and _may_match(near, command)
    message = f"{code(command, 60)} {'may' if unsure else 'does'} not run"
    return Unmet(message, place, expected=command, hint=tuple(words[:2]), unsure=unsure)


def _may_match(ran: Ran, command: str) -> bool:
    """Return whether a call with unknown words may be a command: all its known words are among those of the command."""
    known = [argument.value for argument in ran.arguments[1:] if argument.value is not None]
    return len(known) + 1 < len(ran.arguments) and set(known) <= set(_split(command))


def _calls_with(subject: Subject, command: str) -> list[Ran]:
    """Return the calls that start with the operands of a command and have its options, in order."""
    operands, options = _key(command)
    calls = subject.memo.get(("calls", subject.lineage), lambda: _split_calls(subject))
    return [ran for words, ran in calls if _begins(words, operands) and set(words[1:]).issuperset(options)]


def _split_calls(subject: Subject) -> list[tuple[list[str], Ran]]:
    return [(_split(spelled(subject, ran)), ran) for ran in subject.facts.of(Ran, subject.lineage)]


def _begins(words: Sequence[str], operands: Sequence[str]) -> bool:
    """Return whether a call starts with these operands. A word after an option may be an operand or its value.

    Packages may be in any order, with others between them.
    """
    if list(words[:1]) != list(operands[:1]):
        return False
    head = _head(operands)
    counts = {1}  # possible numbers of matched operands
    for at, (before, word) in enumerate(pairwise(words), 2):
        if head in counts and head < len(operands):
            return set(operands[head:]) <= set(words[at - 1 :])
        if len(operands) in counts:
            break
        if not word.startswith("-"):
            value = before.startswith("-") and "=" not in before
            kept = counts if value else set()
            counts = kept | {n + 1 for n in counts if operands[n] == word}
    return len(operands) in counts


def _head(operands: Sequence[str]) -> int:
    """Return the number of operands before a list of packages, or that of all operands if there is no list."""
    head = re.match(_LIST, " ".join(operands[:2]))
    return len(head[0].split()) if head is not None else len(operands)


def _by_key(subject: Subject) -> dict[Key, list[Ran]]:
    found: dict[Key, list[Ran]] = {}
    for ran in subject.facts.of(Ran, subject.lineage):
        for words in dict.fromkeys((spelled(subject, ran), spelled(subject, ran, redirections=False))):
            for key in _keys(words):
                found.setdefault(key, []).append(ran)
    return found


def spelled(subject: Subject, ran: Ran, *, redirections: bool = True) -> str:
    """Return a command in one line, as rules write it: known words in plain quotes, others as written.

    The program has no folder. Redirections come after the words, or are left out.
    """
    words = [_word(subject, ran, index) for index in range(len(ran.arguments))]
    if not redirections:
        return " ".join(words)
    words += (
        f"{redirected.operator.strip('0123456789')} {shlex.quote(redirected.path)}"
        for redirected in ran.redirections
        if redirected.path is not None and redirected.path != "/dev/null"
    )
    return " ".join(words)


def _word(subject: Subject, ran: Ran, index: int) -> str:
    argument = ran.arguments[index]
    value = argument.value
    if value is None:
        value = " ".join(subject.words(argument.span).replace("\\\n", " ").split())
    value = posixpath.basename(value) if index == 0 else value
    return value if argument.value is None or argument.glob else shlex.quote(value)


def _split(command: str) -> list[str]:
    """Return the words of a command.

    Options of programs with a table are `--name` or `--name=value`; values of other long options are separate words.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return command.split()
    if not words or not is_known(words[0]):
        return [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]
    parsed = parse_call(words[0], [Argument(word, Span(at, at)) for at, word in enumerate(words)])
    placed = [(operand.span.start, operand.value or "") for operand in parsed.operands]
    placed += ((option.span.start, _long(option)) for option in parsed.options)
    return [words[0], *(word for _, word in sorted(placed, key=itemgetter(0)))]


def _long(option: Option) -> str:
    return f"--{option.name}={option.value}" if option.value else f"--{option.name}"


def _key(command: str) -> Key:
    """Return a key that is equal for two spellings of a command: operands in order, packages and options in any."""
    words = _split(command)
    options = sorted(word for word in words[1:] if word.startswith("-"))
    operands = [word for i, word in enumerate(words) if not i or not word.startswith("-")]
    head = _head(operands)
    return (*operands[:head], *sorted(operands[head:])), tuple(options)


def _keys(command: str) -> Sequence[Key]:
    """Return the keys of a command: that of `_key` and, for an unknown program, one with words as values of options.

    The second key is the same for `tool --in a --out b` and `tool --out b --in a`. `tool --fast a b` has none, since
    `b` is not the value of an option.
    """
    words = _split(command)
    starts = [at for at, word in enumerate(words) if at and word.startswith("-")]
    if not starts or is_known(words[0]) or any(after - at > 2 for at, after in pairwise((*starts, len(words)))):
        return [_key(command)]
    options = (" ".join(words[at:after]) for at, after in pairwise((*starts, len(words))))
    return [_key(command), (tuple(words[: starts[0]]), tuple(sorted(options)))]


@check("step-order")
def step_order(subject: Subject, *, steps: list[Text]) -> Outcomes:
    """These steps run in this order: commands as the kind `runs` writes them, and copies as `COPY source`.

    If no command has exactly the options of a step, a command with other options counts, but not with another value of
    one. Steps that are not in the file are ignored.

    Rule:
        steps = ["COPY requirements.txt", "pip install -r requirements.txt"]

    Bad:
        FROM python:3.13
        RUN pip install -r requirements.txt
        COPY requirements.txt ./

    Good:
        FROM python:3.13
        COPY requirements.txt ./
        RUN pip install -r requirements.txt
    """
    places: dict[str, list[Fact]] = {}
    loose: dict[tuple[str, ...], list[tuple[Sequence[str], Fact]]] = {}
    for words, fact in steps_of(subject):
        places.setdefault(_label(words), []).append(fact)
        if isinstance(fact, Ran):
            plain, options = _key(spelled(subject, fact, redirections=False))
            loose.setdefault(plain, []).append((options, fact))
    latest: tuple[str, Fact] | None = None
    for step in steps:
        plain, wanted = _key(step)
        found = places.get(_label(step)) or [
            fact for options, fact in loose.get(plain, ()) if not _contradict(options, wanted)
        ]
        if not found:
            continue
        after = [fact for fact in found if latest is None or fact.at.order >= latest[1].at.order]
        if after:
            latest = (step, after[0])
            yield Met(after[0].at.span, after[0].at.instruction)
        elif latest is not None:
            expected = f"{latest[0]}, then {step}"
            yield Unmet(f"this comes before {code(latest[0], 50)}", found[-1].at.span, expected=expected)


def _contradict(options: Sequence[str], wanted: Sequence[str]) -> bool:
    """Return whether an option has another value: `--requirement=a` and `--requirement=b`."""
    names = {option.partition("=")[0] for option in wanted if "=" in option and option not in options}
    return any("=" in option and option.partition("=")[0] in names for option in options)


def steps_of(subject: Subject) -> Iterator[tuple[str, Fact]]:
    """Yield the commands and copies of the stages, each as rules write it."""
    for ran in subject.facts.of(Ran, subject.lineage):
        yield spelled(subject, ran), ran
    for copy in subject.facts.of(Copied, subject.lineage):
        yield f"COPY {normal_source(copy.source)}", copy


def _label(step: str) -> str:
    if step.startswith("COPY "):
        return f"COPY {normal_source(step[5:])}"
    words, options = _key(step)
    return shlex.join((*words, *options))


@check("clone-ref")
def clone_ref(subject: Subject, *, target: Folder, ref: Text) -> Outcomes:
    """The repository cloned to a folder is at this branch, tag or commit.

    Rule:
        target = "/src/tool"
        ref = "v1.2"

    Bad:
        FROM debian:12
        RUN git clone https://github.com/acme/tool /src/tool

    Good:
        FROM debian:12
        RUN git clone --branch v1.2 https://github.com/acme/tool /src/tool
    """
    clone = clone_to(subject, target)
    expected = f"git checkout {ref}"
    if clone is None:
        yield Unmet(f"no repository is cloned to {code(target)}", expected=expected)
        return
    folders = (target, _cloned_first_to(subject, clone), None)
    moves = [ran for ran in subject.facts.of(Ran, subject.lineage) if _follows(ran, clone)]
    found = [ran for ran in moves if (moved := checked_out(ran)) is not None and moved[0] in folders]
    branch = clone.clone.parsed.get("branch")
    if found:
        moved = checked_out(found[-1])
        given = moved[1] if moved is not None else None
        place = found[-1].at
    elif branch is not None:
        given, place = branch.value, clone.at
    else:
        yield Unmet(f"{code(target)} is at no given ref", clone.at.span, expected=expected)
        return
    if given is not None and re.sub(r"^(?:refs/)?(?:tags|heads)/", "", given) == ref:
        yield met(place)
    else:
        yield Unmet(contrast("the ref", given or "", ref), place.span, expected=expected, unsure=given is None)


def _follows(ran: Ran, clone: Cloned) -> bool:
    """Return whether a command comes after a clone. A moved clone has the order of its move, so positions count too."""
    return ran.at.order > clone.at.order or ran.at.span.start > clone.clone.url.span.end


def _cloned_first_to(subject: Subject, clone: Cloned) -> str | None:
    """Return the folder that `git clone` itself created, if the repository was moved later."""
    every = subject.facts.of(Cloned, subject.lineage)
    return next((one.target for one in every if one.clone.url.span == clone.clone.url.span), None)


def checked_out(ran: Ran) -> tuple[str | None, str | None] | None:
    """Return the folder and ref of a `git checkout`, `git switch` or `git reset --hard`; None for other commands."""
    if ran.program != "git":
        return None
    git = read_git(ran.arguments, ran.variables)
    ref = ref_of(git)
    if ref is None:
        return None
    return absolute(git.folder or ".", ran.folder) if git.folder is not None else None, ref.value
