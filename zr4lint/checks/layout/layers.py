"""The layer of each instruction, by the requirements that it meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Layer, Subject
    from zr4lint.dockerfile import Instruction


def within(instruction: Instruction, layer: Layer) -> bool:
    """Return whether an instruction is within a layer's lines."""
    return layer.first <= instruction.line and instruction.end_line <= layer.last


def layers_of(subject: Subject) -> dict[int, set[int]]:
    """Return the layers of each instruction that meets a requirement of a layer, in the order of the file."""
    layers: dict[int, set[int]] = {}
    for result in subject.results.values():
        if result.layer is not None:
            for outcome in result.met:
                layers.setdefault(outcome.instruction.index, set()).add(result.layer)
    return dict(sorted(layers.items()))


def helpers(subject: Subject) -> dict[int, set[int]]:
    """Return the instructions that others rely on but that meet nothing themselves, with the layers that need them."""
    own = layers_of(subject)
    needed: dict[int, set[int]] = {}
    for result in subject.results.values():
        if result.layer is not None:
            for outcome in result.met:
                for index in outcome.supports - own.keys():
                    needed.setdefault(index, set()).add(result.layer)
    return dict(sorted(needed.items()))


def with_helpers(subject: Subject) -> dict[int, set[int]]:
    """Return `layers_of` and those helpers that precede a layer that needs them."""
    layers = layers_of(subject)
    for index, numbers in helpers(subject).items():
        following = next((layers[i] for i in layers if i > index), set())
        if numbers & following:
            layers[index] = numbers & following
    return dict(sorted(layers.items()))


def layer_of_each(subject: Subject) -> dict[int, int] | None:
    """Return one layer for each instruction of the file, in ascending order; None if the layers are out of order.

    An instruction that meets no requirement gets the layer of the next one that does. After the last of these, it gets
    the last one's layer.
    """
    own = layers_of(subject)
    count = len(subject.dockerfile.instructions)
    found: dict[int, int] = {}
    following = max((max(numbers) for numbers in own.values()), default=1)
    for index in reversed(range(count)):
        if index in own:
            if len(own[index]) > 1 or min(own[index]) > following:
                return None
            following = min(own[index])
        found[index] = following
    return found
