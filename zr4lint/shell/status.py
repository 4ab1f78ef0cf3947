"""The exit status of commands, and which later commands it lets run."""

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

    DONE = auto()  # it ran, and is assumed to have succeeded
    TRUE = auto()
    FALSE = auto()
    CONDITION = auto()  # the build continues with either result

    @property
    def negated(self) -> Value:
        """Return the status after `!`."""
        return {Value.TRUE: Value.FALSE, Value.FALSE: Value.TRUE}.get(self, Value.CONDITION)


class Jump(IntEnum):
    """The construct that a command leaves; a greater value includes the smaller ones."""

    NONE = 0
    ROUND = 1  # continue
    LOOP = 2  # break
    CALL = 3  # return
    SHELL = 4  # exit


class Status(Struct, frozen=True):
    """The outcome of a command or a list of commands.

    `sure` tells that a jump is certain. `tested` tells that `set -e` ignores the value, as after `!` and on the left of
    `&&`.
    """

    value: Value = Value.DONE
    jump: Jump = Jump.NONE
    sure: bool = True
    tested: bool = False

    @property
    def ended(self) -> bool:
        """Return whether the rest of the list certainly doesn't run."""
        return self.jump > Jump.NONE and self.sure

    @property
    def may_end(self) -> bool:
        """Return whether the rest of the list possibly doesn't run."""
        return self.jump > Jump.NONE and not self.sure

    def within(self, limit: Jump) -> Status:
        """Return the status outside a construct that stops jumps up to `limit`, as a subshell stops an `exit`."""
        if self.jump is Jump.NONE or self.jump > limit:
            return self
        return structs.replace(self, jump=Jump.NONE, sure=True)

    @property
    def negated(self) -> Status:
        """Return the status after `!`."""
        return structs.replace(self, value=self.value.negated, tested=True)

    def reach(self, wanted: Value) -> Reach:
        """Return the reach of commands that run only after `wanted`, which is TRUE or FALSE."""
        if self.ended:
            return Reach.NEVER
        reach = {wanted: Reach.ALWAYS, wanted.negated: Reach.NEVER}.get(self.value, Reach.MAYBE)
        return min(reach, Reach.MAYBE) if self.may_end else reach

    def behind(self, operator: str) -> Reach:
        """Return the reach of the right side of && or || after this outcome of the left side."""
        if operator == "&&" and self.value is Value.DONE and not self.ended:
            return Reach.MAYBE if self.may_end else Reach.ALWAYS
        return self.reach(Value.TRUE if operator == "&&" else Value.FALSE)

    def joined(self, right: Status, operator: str, reach: Reach) -> Status:
        """Return the outcome of `self && right` or `self || right`, where the right side has the reach `reach`."""
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
    """Return the status of a shell or function that exits with a code, or DONE if it is unknown."""
    if code is None or not code.isascii() or not code.isdecimal():
        return Value.DONE
    return Value.TRUE if not code.strip("0") else Value.FALSE


def jump(name: str, code: str | None, reach: Reach, *, in_loop: bool) -> Status:
    """Return the outcome of `exit`, `return`, `break` or `continue` with this reach.

    `in_loop` tells that a loop encloses the command. Outside a loop, `break` and `continue` do nothing.
    """
    if reach is Reach.NEVER:
        return DONE
    if name in ("break", "continue"):
        if not in_loop:
            return TRUE
        return Status(Value.TRUE, Jump.LOOP if name == "break" else Jump.ROUND, reach is Reach.ALWAYS)
    value = exit_value(code)
    if reach is Reach.MAYBE and name == "exit" and value is Value.FALSE:
        return DONE  # a successful build didn't reach an exit with a failure
    return Status(value, Jump.SHELL if name == "exit" else Jump.CALL, reach is Reach.ALWAYS)


def runs_nothing(option: str) -> bool:
    """Return whether an option of `set` or of a shell makes the shell read commands without running them."""
    return re.match(_NO_EXECUTION, option) is not None


def found_everywhere(words: Sequence[str]) -> bool:
    """Return whether a command looks up programs that every shell and image has, as in `command -v sh`."""
    asks = words[:2] in (["command", "-v"], ["command", "-V"]) or words[:1] in (["which"], ["type"])
    names = [word for word in words[1:] if not word.startswith("-")]
    return asks and bool(names) and _EVERYWHERE.issuperset(names)


def succeeds(name: str, words: Sequence[str]) -> bool:
    """Return whether a program with these words succeeds in every successful build."""
    if name in ("apt", "apt-get"):
        # If `apt-get update` fails, nothing can be installed, so the commands after a failure don't matter.
        return words[-1:] == ["update"] and all(word.startswith("-") for word in words[1:-1])
    return name in ("command", "which", "type") and found_everywhere(words)


def of_program(name: str) -> Status:
    """Return the outcome of a program without further knowledge of it."""
    return {"true": TRUE, ":": TRUE, "false": FALSE}.get(name, CONDITION if name in _EITHER else DONE)
