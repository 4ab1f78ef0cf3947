"""The state of the pass over the instructions: the stage, its state, and the facts so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile import Dockerfile, Instruction, values
from zr4lint.facts.fact import At, Fact
from zr4lint.facts.stage_state import StageState
from zr4lint.model.budgets import JOINED_LENGTH
from zr4lint.model.remark import Remark, too_large
from zr4lint.shell import Argument, Reach

if TYPE_CHECKING:
    from zr4lint.facts.collection import Stage
    from zr4lint.facts.context_files import ContextFiles, Included
    from zr4lint.filesystem.dockerignore import DockerIgnore
    from zr4lint.model.deadline import Deadline
    from zr4lint.model.source import Span


class BuildContext(Struct, frozen=True):
    """The folder of a build context; `assumed` tells that no setting names it."""

    folder: str
    assumed: bool = False


class Reading:
    """The state that the readers of instructions share.

    - `images` maps repositories to patterns of the variables that they are known to set.
    - `build_args` are the values that the build gives to ARGs.
    - `remarks` are found during the pass, before any rule runs.
    - `contexts` are the places of named contexts.
    - `copies` tells that something was copied so far.
    - `triggers` are the ONBUILD instructions of the current stage, and `stage_triggers` those of the earlier ones by
      number. `triggers_run` counts those that later stages run.
    - `runs` counts the RUNs, `commands` their commands, and `aliased` the commands that replaced aliases of git.
    - `appended` counts the characters and pieces of text that were copied to append to them.
    - `looked_at` counts the facts that look-ups of paths have read.
    """

    def __init__(
        self,
        dockerfile: Dockerfile,
        images: Mapping[str, tuple[str, ...]],
        build_args: Mapping[str, str | None],
        deadline: Deadline,
        context: BuildContext | None = None,
        contexts: Mapping[str, str | None] | None = None,
    ) -> None:
        self.contexts = {name.lower(): place for name, place in (contexts or {}).items()}
        self.dockerfile = dockerfile
        self.text = dockerfile.source.text
        self._context = context
        self.copies = False
        self.deadline = deadline
        self.remarks: list[Remark] = []
        self.build_args = build_args
        self.images = images
        self.facts: list[Fact] = []
        self.stages: list[Stage] = []
        self.states: list[StageState] = []
        self.depths: list[int] = []
        self.state = StageState.on_image(None)
        self.global_args: dict[str, str | None] = {}
        self.named: dict[str, Stage] = {}
        self.numbers: set[str] = set()
        self.triggers: list[Instruction] = []
        self.stage_triggers: dict[int | None, list[Instruction]] = {}
        self.triggers_run = 0
        self.in_trigger = False
        self.runs = 0
        self.commands = 0
        self.aliased = 0
        self.appended = 0
        self.looked_at = 0

    @cached_property
    def context_files(self) -> ContextFiles | None:
        """Return the files of the build context, or None if it is unknown."""
        if self._context is None:
            return None
        from zr4lint.facts.context_files import ContextFiles  # few commands read such files

        return ContextFiles(self._context.folder, self.dockerfile.source.path, self._context.assumed)

    @property
    def exhausted(self) -> DockerIgnore | None:
        """Return the rules of `.dockerignore` if they were asked about more paths than their budget, otherwise None."""
        files = vars(self).get("context_files")
        ignored = vars(files).get("ignored") if files is not None else None
        return ignored if ignored is not None and ignored.exhausted else None

    def files_for(self, instruction: Instruction) -> ContextFiles | None:
        """Return the files of the build context if a RUN may see them, otherwise None."""
        seen = self.copies or any(flag.name == "mount" for flag in instruction.flags)
        return self.context_files if seen else None

    @property
    def included(self) -> tuple[Included, ...]:
        """Return the files of the build context that commands have read."""
        files = vars(self).get("context_files")
        return tuple(files.included) if files is not None else ()

    @property
    def stage(self) -> int:
        """Return the number of the current stage, or -1 before the first FROM."""
        return len(self.stages) - 1

    def at(self, instruction: Instruction, used: frozenset[int] = frozenset()) -> At:
        """Return the place of the next fact; `used` are the instructions it depends on."""
        order, trigger = len(self.facts), self.in_trigger
        return At(order, self.stage, instruction, instruction.span, Reach.ALWAYS, used, "", trigger)

    def expand(self, raw: str) -> str | None:
        """Return a word's value in the current stage, or None if it is unknown."""
        return self.evaluate(raw, self.state.variables)

    def evaluate(
        self, raw: str, variables: Mapping[str, str | None], over: Callable[[], None] | None = None
    ) -> str | None:
        """Return a word's value with these variables, or None if it is unknown."""
        return values.expand(raw, variables, over=over, escape=self.dockerfile.escape)

    def too_long(self, span: Span) -> Callable[[], None]:
        """Return a callback that remarks that the value at this span is over the budget."""
        return lambda: self.remarks.append(too_large(span, "a value", f"{JOINED_LENGTH} characters"))

    def words(self, instruction: Instruction) -> list[Argument]:
        """Return the words of an instruction, or the strings of its JSON form, with their variables replaced."""
        return [Argument(self.expand(word.raw), word.span) for word in raw_words(instruction)]

    def whole(self, instruction: Instruction) -> tuple[str | None, Span]:
        """Return the arguments of an instruction as one word, and their span."""
        text = instruction.arguments
        return self.expand(text.text), text.span(0, len(text.text))

    def used(self, raws: Iterable[str]) -> frozenset[int]:
        """Return the instructions that set the variables of these words."""
        return self.state.users(name for raw in raws for name in values.names_in(raw))


def raw_words(instruction: Instruction) -> list[values.DockerWord]:
    """Return the words of an instruction as written, or the strings of its JSON form."""
    if instruction.json is not None:
        return [values.DockerWord(string.value, string.span) for string in instruction.json]
    return values.split(instruction.arguments)
