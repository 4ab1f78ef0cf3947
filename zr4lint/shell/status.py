"""How commands end, as far as that decides which others run."""

from __future__ import annotations

import re
from enum import Enum, auto

from zr4lint.shell.commands import Command, Reach

_LENGTH = r"(?:test|\[\[?)\s+(-n|-z)\s+([^\s$`*?\]]+)\s*\]{0,2}\Z"
_COMPARISON = r"(?:test|\[\[?)\s+([^\s$`*?]+)\s+(=|==|!=|-eq|-ne)\s+([^\s$`*?\]]+)\s*\]{0,2}\Z"
_NO_EXECUTION = r"-[a-mp-zA-Z]*n[a-zA-Z]*\Z"
_TESTS = frozenset({"test", "[", "grep", "egrep", "fgrep", "command", "which", "type", "cmp", "diff", "id", "dpkg"})


class Status(Enum):
    """How a command, or a list of them, ends."""

    DONE = auto()  # ran, taken to have succeeded
    TRUE = auto()
    FALSE = auto()
    CONDITION = auto()  # either way is fine for the build
    MAY_EXIT = auto()
    EXITED = auto()

    @property
    def ends(self) -> bool:
        """Whether the shell ends, or may end, with it."""
        return self in (Status.EXITED, Status.MAY_EXIT)

    @property
    def outside(self) -> Status:
        """How a subshell ends, of which this is the end: its `exit` is its own."""
        return Status.DONE if self.ends else self

    @property
    def negated(self) -> Status:
        """What `!` makes of it."""
        return {Status.TRUE: Status.FALSE, Status.FALSE: Status.TRUE}.get(self, Status.CONDITION)

    def reach(self, wanted: Status) -> Reach:
        """How far it gets what waits for a status, which is TRUE or FALSE."""
        return {wanted: Reach.ALWAYS, wanted.negated: Reach.NEVER}.get(self, Reach.MAYBE)

    def behind(self, operator: str) -> Reach:
        """How far the right side of && or || gets, when the left one ends so."""
        if self is Status.EXITED:
            return Reach.NEVER
        if operator == "&&":
            return Reach.ALWAYS if self is Status.DONE else self.reach(Status.TRUE)
        return self.reach(Status.FALSE)


def status_of(command: Command, reach: Reach) -> Status:
    """How a command ends that is reached so."""
    name = (command.words[0].literal or "") if command.words else ""
    match name:
        case "true" | ":":
            return Status.TRUE
        case "false":
            return Status.FALSE
        case "test" | "[":
            return constant(" ".join(word.text.text if word.literal is not None else "$" for word in command.words))
        case "set" if any(re.match(_NO_EXECUTION, word.text.text) for word in command.words[1:]):
            return Status.EXITED if reach is Reach.ALWAYS else Status.DONE
        case "exit" | "return":
            code = command.words[1].literal if len(command.words) > 1 else "0"
            if reach is Reach.ALWAYS:
                return Status.EXITED
            # A build that goes on did not take an exit with a failure.
            return Status.MAY_EXIT if code in (None, "0") else Status.DONE
        case _:
            return Status.CONDITION if name in _TESTS else Status.DONE


def constant(test: str) -> Status:
    """What a test of literal words comes to."""
    if length := re.match(_LENGTH, test):
        return Status.TRUE if (length[1] == "-n") == bool(length[2].strip("\"'")) else Status.FALSE
    found = re.match(_COMPARISON, test)
    if found is None:
        return Status.CONDITION
    same = found[1].strip("\"'") == found[3].strip("\"'")
    return Status.TRUE if same == (found[2] in ("=", "==", "-eq")) else Status.FALSE
