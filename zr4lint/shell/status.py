"""The exit status of commands, as far as it decides which others run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, IntEnum, auto

from msgspec import Struct, structs

from zr4lint.shell.commands import Reach

_NO_EXECUTION = r"-[a-mp-zA-Z]*n[a-zA-Z]*\Z"
_EITHER = frozenset({"grep", "egrep", "fgrep", "command", "which", "type", "cmp", "diff", "expr", "id", "dpkg"})

_EVERYWHERE = frozenset({
    ".", ":", "cat", "cd", "chmod", "command", "cp", "echo", "eval", "exec", "exit", "export", "false", "ls", "mkdir",
    "mv", "printf", "pwd", "read", "rm", "set", "sh", "test", "touch", "trap", "true", "umask", "unset",
})  # fmt: skip


class Value(Enum):
    """The exit status of a command, as the shell sees it."""

    DONE = auto()  # ran, taken to have succeeded
    TRUE = auto()
    FALSE = auto()
    CONDITION = auto()  # either way is fine for the build

    @property
    def negated(self) -> Value:
        """The status after `!`."""
        return {Value.TRUE: Value.FALSE, Value.FALSE: Value.TRUE}.get(self, Value.CONDITION)


class Jump(IntEnum):
    """The scope that a command ends; a greater one includes the smaller ones."""

    NONE = 0
    ROUND = 1  # continue
    LOOP = 2  # break
    CALL = 3  # return
    SHELL = 4  # exit


class Status(Struct, frozen=True):
    """The outcome of a command, or of a list of commands.

    `sure` tells that a jump is made, not only possible. `tested` tells that `set -e` doesn't look at the value, as
    behind `!` and on the left of `&&`.
    """

    value: Value = Value.DONE
    jump: Jump = Jump.NONE
    sure: bool = True
    tested: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing that follows in the list runs."""
        return self.jump > Jump.NONE and self.sure

    @property
    def may_end(self) -> bool:
        """Whether it is open if anything that follows in the list runs."""
        return self.jump > Jump.NONE and not self.sure

    def within(self, limit: Jump) -> Status:
        """How something ends that keeps jumps up to `limit` to itself, as a subshell does its `exit`."""
        if self.jump is Jump.NONE or self.jump > limit:
            return self
        return structs.replace(self, jump=Jump.NONE, sure=True)

    @property
    def negated(self) -> Status:
        """The status after `!`."""
        return structs.replace(self, value=self.value.negated, tested=True)

    def reach(self, wanted: Value) -> Reach:
        """How far it gets what waits for a value, which is TRUE or FALSE."""
        if self.ended:
            return Reach.NEVER
        reach = {wanted: Reach.ALWAYS, wanted.negated: Reach.NEVER}.get(self.value, Reach.MAYBE)
        return min(reach, Reach.MAYBE) if self.may_end else reach

    def behind(self, operator: str) -> Reach:
        """The reach of the right side of && or ||, after this outcome of the left side."""
        if operator == "&&" and self.value is Value.DONE and not self.ended:
            return Reach.MAYBE if self.may_end else Reach.ALWAYS
        return self.reach(Value.TRUE if operator == "&&" else Value.FALSE)

    def joined(self, right: Status, operator: str, reach: Reach) -> Status:
        """The outcome of `left && right`: this is the left side, and the right side runs as far as `reach`."""
        if reach is Reach.NEVER:
            return structs.replace(self, tested=True)
        if reach is Reach.ALWAYS:
            return right
        if operator == "&&":
            value = Value.FALSE if right.value is Value.FALSE and not right.jump else Value.CONDITION
        elif self.value is Value.DONE or right.value in (Value.DONE, Value.TRUE):
            value = Value.DONE
        else:
            value = Value.CONDITION
        jump = max(self.jump, right.jump)
        return Status(value, jump, jump is Jump.NONE)


DONE = Status(Value.DONE)
TRUE = Status(Value.TRUE)
FALSE = Status(Value.FALSE)
CONDITION = Status(Value.CONDITION)


def exit_value(code: str | None) -> Value:
    """The status of a shell or function that ends with a code; DONE where it can't be known."""
    if code is None or not code.isascii() or not code.isdecimal():
        return Value.DONE
    return Value.TRUE if not code.strip("0") else Value.FALSE


def jump(name: str, code: str | None, reach: Reach) -> Status:
    """The outcome of `exit`, `return`, `break` or `continue`, if it is reached in this way."""
    if reach is Reach.NEVER:
        return DONE
    if name in ("break", "continue"):
        return Status(Value.TRUE, Jump.LOOP if name == "break" else Jump.ROUND, reach is Reach.ALWAYS)
    value = exit_value(code)
    if reach is Reach.MAYBE and name == "exit" and value is Value.FALSE:
        return DONE  # a build that goes on did not take an exit with a failure
    return Status(value, Jump.SHELL if name == "exit" else Jump.CALL, reach is Reach.ALWAYS)


def runs_nothing(option: str) -> bool:
    """Whether an option of `set`, or of a shell, has it read commands and run none."""
    return re.match(_NO_EXECUTION, option) is not None


def found_everywhere(words: Sequence[str]) -> bool:
    """Whether a command asks for the place of a program that each shell and each image has: `command -v sh`."""
    asks = words[:2] in (["command", "-v"], ["command", "-V"]) or words[:1] in (["which"], ["type"])
    names = [word for word in words[1:] if not word.startswith("-")]
    return asks and bool(names) and _EVERYWHERE.issuperset(names)


def succeeds(name: str, words: Sequence[str]) -> bool:
    """Whether a program, called by these words, succeeds in every build that works."""
    if name in ("apt", "apt-get"):
        # Nothing can be installed where it fails: what waits for that never runs.
        return words[-1:] == ["update"] and all(word.startswith("-") for word in words[1:-1])
    return name in ("command", "which", "type") and found_everywhere(words)


def of_program(name: str) -> Status:
    """The outcome of a program that is not known."""
    return {"true": TRUE, ":": TRUE, "false": FALSE}.get(name, CONDITION if name in _EITHER else DONE)
