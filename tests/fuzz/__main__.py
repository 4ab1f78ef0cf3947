"""Fuzz zr4lint: `python -m tests.fuzz --inputs 10000 --seed 1`; `make fuzz`."""

from __future__ import annotations

import argparse
import gc
import sys
import time
import traceback
from collections import Counter, defaultdict
from itertools import count

from tests.fuzz.inputs import Case, case
from tests.fuzz.trial import DEPTHS, stand

_COLLECTED = 1_000
"""Number of inputs between two garbage collections."""


def main() -> int:
    """Run the trials of a range of numbers; exit with 1 if an input fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, metavar="N")
    parser.add_argument("--hours", type=float, default=None, metavar="H", help="go on for so long, however many inputs")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--start", type=int, default=0, metavar="NUMBER", help="the number of the first input")
    parser.add_argument("--depth", choices=[*DEPTHS, "mixed"], default="mixed", help="how far; mixed is all of them")
    parser.add_argument("--most", type=int, default=20, metavar="N", help="stop after so many failures")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    spent: dict[str, float] = defaultdict(float)
    failures = 0
    gc.disable()  # as `zr4lint.startup.collect_nothing` does in the program
    began = time.monotonic()
    end = None if options.hours is None else began + 3600 * options.hours
    for number in range(options.start, options.start + options.inputs) if end is None else count(options.start):
        if end is not None and time.monotonic() > end:
            break
        depth = options.depth if options.depth != "mixed" else _mixed(number)
        made = case(options.seed, number, depth)
        counts[f"{made.kind} ({depth})"] += 1
        before = time.process_time()
        why = failure(made.data, depth)
        spent[depth] += time.process_time() - before
        if why is not None:
            failures += 1
            print(_told(options.seed, number, made, depth, why), flush=True)
            if failures >= options.most:
                break
        if number % _COLLECTED == 0:
            gc.collect()
            gc.freeze()  # exclude the packs from later collections
        if sum(counts.values()) % 20_000 == 0:
            print(f"{sum(counts.values())} inputs, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{sum(counts.values())} inputs, {failures} failures, {time.monotonic() - began:.0f} s, seed {options.seed}")
    print("\n".join(f"{tried:>9} {kind}" for kind, tried in sorted(counts.items())))
    for depth, seconds in sorted(spent.items()):
        tried = sum(n for kind, n in counts.items() if kind.endswith(f"({depth})"))
        print(f"{tried / max(seconds, 1e-9):>9.0f} a second of processor time: {depth}")
    return int(failures > 0)


def _mixed(number: int) -> str:
    """The trial for the input of a number. Longer trials get fewer inputs."""
    turn = number // 4 % 500
    if turn >= 480:
        return ("documents", "logs")[turn % 2]
    if turn < 60:
        return "fix" if turn == 0 else "report" if turn < 4 else "lint" if turn < 20 else "checks"
    return ("parser", "shell", "facts", "parse")[turn % 4]


def failure(data: bytes, depth: str) -> str | None:
    """Return what fails with an input, or None."""
    try:
        stand(data, depth)
    except Exception:
        return traceback.format_exc()
    return None


def smallest(data: bytes, depth: str, why: str) -> bytes:
    """Reduce an input to a minimal one whose failure has the same last line."""
    end = time.monotonic() + 30
    step = max(1, len(data) // 2)
    while step:
        at = 0
        while at < len(data) and time.monotonic() < end:
            shorter = data[:at] + data[at + step :]
            found = failure(shorter, depth)
            if found is not None and _kind(found) == _kind(why):
                data = shorter
            else:
                at += step
        step //= 2
    return data


def _kind(why: str) -> str:
    """Return what identifies a failure: the exception and where it was raised."""
    *_, place, last = [line for line in why.splitlines() if line.startswith("  File") or not line.startswith(" ")]
    return f"{place} {last.partition(':')[0]}"


def _told(seed: int, number: int, made: Case, depth: str, why: str) -> str:
    return (
        f"{why}python -m tests.fuzz --seed {seed} --start {number} --inputs 1 --depth {depth}\n"
        f"{made.kind}, the smallest with this failure: {smallest(made.data, depth, why)!r}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
