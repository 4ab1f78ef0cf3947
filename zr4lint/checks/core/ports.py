"""Checks for the ports that the image exposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.checks.core.instruction_lists import looked_at
from zr4lint.checks.edits import SAFE, UNSAFE, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.facts import PortExposed
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.checks.parameters import PortRange


@check("ports", stages="all", needs="allowed format protocol-case")
def ports(
    subject: Subject,
    *,
    allowed: list[PortRange] | None = None,
    format: bool = False,  # noqa: A002
    protocol_case: bool = False,
) -> Outcomes:
    """Each EXPOSE names allowed ports, in the form PORT or PORT/PROTOCOL.

    `allowed` lists ports and ranges such as `8080` and `9000-9010`. With `format`, no EXPOSE has an address or maps
    host ports to container ports. With `protocol-case`, protocols are in lower case.
    """
    ranges = [_bounds(words) for words in allowed] if allowed is not None else None
    for port in subject.facts.of(PortExposed, looked_at(subject), triggers=True):
        if port.value is None:
            continue
        number, _, protocol = port.value.partition("/")
        mapping = ":" in number
        if format and mapping:
            container = number.rpartition(":")[2]
            plain = f"{container}/{protocol}" if protocol else container
            yield Unmet(
                f"EXPOSE takes no host part: {code(port.value)}",
                port.span,
                notes=("The host's port is chosen by `docker run --publish`.",),
                help=f"Write the container's port: `{plain}`",
                fix=replace(port.span, plain, f"Expose {plain}", UNSAFE) if container else None,
            )
        elif protocol_case and protocol != protocol.lower():
            fixed = f"{number}/{protocol.lower()}"
            fix = replace(port.span, fixed, f"Write {protocol.lower()}", SAFE) if port.raw == port.value else None
            yield Unmet(f"the protocol {code(protocol, 40)} is not in lower case", port.span, fix=fix)
        elif ranges is not None and not mapping and not _allowed(number, ranges):
            listed = ", ".join(allowed or ())
            yield Unmet(f"port {code(number)} is not allowed", port.span, expected=f"ports from {listed}")
        else:
            yield met(port.at, port.span)


def _bounds(words: str) -> tuple[int, int]:
    """Return the first and the last port of "8080" or "9000-9010"; (-1, -1) if they are not numbers."""
    first, _, last = words.partition("-")
    last = last or first
    if not (first.isascii() and first.isdecimal() and last.isascii() and last.isdecimal()):
        return -1, -1
    return _number(first), _number(last)


def _number(digits: str) -> int:
    """Return the number of a port, from at most 6 digits after leading zeros."""
    return int(digits.lstrip("0")[:6] or 0)


def _allowed(number: str, ranges: list[tuple[int, int]]) -> bool:
    """Return whether all ports of a number or range are in one of the ranges. Other text is accepted."""
    first, last = _bounds(number)
    return first < 0 or any(low <= first and last <= high for low, high in ranges)
