"""The aliases of core's rules: hadolint or BuildKit finds a case of the zr4lint rule with the same code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cases.judging import rule_of
from tests.judge.peers import cases, hadolint, tally, written

if TYPE_CHECKING:
    from tests.cases.case import RuleCase

Peer = Callable[[Sequence[Path]], Mapping[Path, set[str]]]

NOT_ALONE = {
    "DL1001", "DL3026", "DL3049", "DL3050", "DL3051", "DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058",
    "DL3057",
}  # fmt: skip
"""Codes of hadolint that need a configuration, or that no output names."""

NOT_IN_TALLY = {
    "CopyIgnoredFile", "FromPlatformFlagConstDisallowed", "InvalidBaseImagePlatform", "InvalidDefinitionDescription",
    "UndefinedArgInFrom",
}  # fmt: skip
"""Checks of BuildKit that need a context, a registry or a directive, or that tally leaves out on these cases."""

_MOST = 3
"""The number of bad cases of a rule that a peer checks."""


def asked(wanted: Callable[[str], bool]) -> dict[str, list[RuleCase]]:
    """Return some bad cases for each code of a peer."""
    found: dict[str, list[RuleCase]] = defaultdict(list)
    for item in cases():
        for alias in rule_of(item.pack, item.rule).aliases:
            if item.kind == "bad" and wanted(alias) and len(found[alias]) < _MOST:
                found[alias].append(item)
    return found


@pytest.mark.parametrize(
    ("peer", "wanted", "left_out"),
    [
        (hadolint, lambda alias: alias.startswith("DL"), NOT_ALONE),
        (tally, lambda alias: alias.isalpha(), NOT_IN_TALLY),
    ],
    ids=["hadolint", "tally"],
)
def test_each_alias_is_found_by_its_peer(
    peer: Peer, wanted: Callable[[str], bool], left_out: set[str], tmp_path: Path
) -> None:
    by_code = asked(wanted)
    items = list(dict.fromkeys((item.pack, item.rule, item.case.text) for group in by_code.values() for item in group))
    whole = {(i.pack, i.rule, i.case.text): i for group in by_code.values() for i in group}
    files = dict(zip(items, written([whole[key] for key in items], tmp_path), strict=True))
    answers = peer(list(files.values()))
    missed = {
        code
        for code, group in by_code.items()
        if not any(code in answers.get(files[i.pack, i.rule, i.case.text], set()) for i in group)
    }
    assert missed <= left_out
