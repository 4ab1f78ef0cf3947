"""Write docs/prd-report.md, which compares each demand of the PRD with facts: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.rule_pages import cell
from zr4lint.app.assignment import load_packs

if TYPE_CHECKING:
    from zr4lint.packs.model import Amendment, Pack

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "prd-report.md"
HEAD = (
    "<!-- Written by `make docs` from rules/zr4.toml, rules/ml.toml and tests/prd_report.py; edits here are lost. -->"
)


class Remark(NamedTuple):
    """A demand of the PRD that is not about the Dockerfile's instructions."""

    demand: str
    verdict: str
    source: str


REMARKS = (
    Remark(
        "Verification 1.1 expects `EXISTS` from `ls ... && echo EXISTS`.",
        "It can never pass: the output of `ls` comes before that word.",
        "run by bash",
    ),
    Remark(
        'Final check 10 greps `CMD ["/workspace/start.sh"]` with its brackets unescaped.',
        "It can never pass: the brackets are a list of single characters to grep. Check 11.1 escapes them.",
        "run by bash",
    ),
    Remark(
        "Verification 2.1 accepts any line whose number has `1:` in it.",
        "It passes for a FROM on line 11 or 21 too. ZR0203 requires line 1.",
        "run by bash",
    ),
    Remark(
        "The syntax is checked by `docker build --dry-run`.",
        "There is no such option. Its error goes to /dev/null, and the script reports a failed check for every file. "
        "ZR0001 checks the syntax; `docker build --check` does where BuildKit is at hand.",
        "GPU facts 10: run with Docker CLI 28.2.2",
    ),
    Remark(
        "The image is built by `docker build -f docker/Dockerfile.zr4 .`",
        "The scripts lie in docker/, and COPY looks for them in the folder above: `not found`. "
        "`docker build -f docker/Dockerfile.zr4 docker` finds them.",
        "GPU facts 12.14",
    ),
    Remark(
        "Line ranges: a banner of three lines above FROM, FROM on line 1, and 127 lines in all.",
        "The blocks joined are 113 lines, and layer 2's alone has 26 for 13. FROM is on line 1 without a banner, and "
        "the package lists are packed several to a line.",
        "counted",
    ),
    Remark(
        "The comment in layer 7 says that ComfyUI's requirements leave torch and torchvision out.",
        "They name torch, torchvision and torchaudio, without versions.",
        "GPU facts 6.1: requirements.txt of ComfyUI",
    ),
    Remark(
        "Recovery 5.1a takes the cu121 or the cu122 index.",
        "There never was an index cu122; the base image has CUDA 12.4, so cu124 is right.",
        "GPU facts 2.3",
    ),
    Remark(
        "Recovery 6.1 takes flash-attn 2.7.2, and `--prefer-binary`.",
        "PyPI has 2.7.2.post1 and no 2.7.2, and no wheels that could be preferred.",
        "GPU facts 3.7",
    ),
    Remark(
        "Recovery 7.1a takes `https://download.openmmlab.com/mmcv/` for an index.",
        "It is none: OpenMMLab's pages are for --find-links, one for each CUDA and torch, and none is for torch 2.5.",
        "GPU facts 4.1 and 4.3",
    ),
    Remark(
        "Layer 5 compiles flash-attn for 10 to 20 minutes.",
        "Where github.com is reached, setup.py downloads the wheel for torch 2.5, and nothing is compiled.",
        "GPU facts 3.3",
    ),
    Remark(
        "Recoveries 2.1a, 3.1a, 4.1d and 6.1a edit the file by `sed`.",
        "Run on a file with the fault, several leave it broken or say a line twice. The fixes of the rules take "
        "their place.",
        "run by bash",
    ),
)


def page() -> str:
    """Return the text of the page."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    zr4, ml = load_packs(["zr4", "ml"])
    assert zr4.specification is not None
    amendments = zr4.specification.amendments
    amended = {amendment.requirement: amendment for amendment in amendments}
    broken = [a for a in amendments if _differs(zr4, a)]
    rewritten = [a for a in amendments if a not in broken and _warned(zr4, a.requirement)]
    yield HEAD
    yield "# Can the PRD of docker/Dockerfile.zr4 be built?"
    yield (
        f"Not as written. Of its {len(zr4.rules)} demands, {len(broken)} can't be met or do harm, and {len(rewritten)}"
        " can be met in another form only. `zr4lint --amended` accepts the amendments below, and"
        " `zr4lint new zr4 --amended` writes [a file that should build](../fixtures/zr4/amended/Dockerfile.zr4)."
        " No image was built for this report, and no registry but PyPI and Ubuntu's was used; each row has its source."
    )
    yield "## Demands that can't be met"
    yield _table(
        ("demand", "what happens", "instead", "source"),
        [
            (_link(zr4, a.requirement), a.reason, _instead(zr4, a), f"{a.source} {_rules(zr4, a.requirement)}")
            for a in broken
        ],
    )
    yield "## Demands that need another form"
    yield _table(
        ("demand", "what happens", "source"),
        [(_link(zr4, a.requirement), a.reason, f"{a.source} {_rules(zr4, a.requirement)}") for a in rewritten],
    )
    yield "## Each demand"
    names = {rule.rule.code: rule.rule.name for rule in ml.rules}
    for section in zr4.sections:
        rules = [rule.rule for rule in zr4.rules if rule.rule.section == section.number]
        rows = [
            (_link(zr4, rule.code), rule.summary, *_verdict(zr4, amended.get(rule.code), rule.code, names))
            for rule in rules
        ]
        yield f"### {section.number} {section.title}"
        yield _table(("", "demand", "verdict", "why", "source"), rows)
    yield "## Beyond the Dockerfile's instructions"
    yield _table(("the PRD says", "the world says", "source"), REMARKS)


def _verdict(pack: Pack, amendment: Amendment | None, code: str, names: dict[str, str]) -> tuple[str, str, str]:
    if amendment is not None and _differs(pack, amendment):
        return "can't hold", amendment.reason, amendment.source
    if amendment is not None:
        return "not as written" if _warned(pack, code) else "holds", amendment.reason, amendment.source
    if warned := _warned(pack, code):
        return "holds", f"See {', '.join(f'{rule} {names[rule]}' for rule in warned)}.", "pack ml"
    return "holds", "No conflict is known.", "no rule of pack ml warns of it"


def _warned(pack: Pack, code: str) -> list[str]:
    """Return the rules of other packs that warn about a demand, except rejected advice."""
    conflicts = pack.specification.conflicts if pack.specification is not None else ()
    return [rule for c in conflicts if c.requirement == code and not c.accepted for rule in c.rules]


def _differs(pack: Pack, amendment: Amendment) -> bool:
    """Return whether the amendment changes the demand, and not only its wording."""
    rule = next(rule for rule in pack.rules if rule.rule.code == amendment.requirement)
    return amendment.parameters != rule.parameters


def _instead(pack: Pack, amendment: Amendment) -> str:
    rule = next(rule for rule in pack.rules if rule.rule.code == amendment.requirement)
    if amendment.parameters is None:
        return "nothing"
    changed = {key: value for key, value in amendment.parameters.items() if rule.parameters.get(key) != value}
    return "; ".join(f"`{_words(value)}`" for value in changed.values())


def _words(value: object) -> str:
    match value:
        case dict():
            return " ".join(f"{name}={words}" for name, words in value.items())
        case list():
            return " ".join(map(str, value))
        case _:
            return str(value)


def _link(pack: Pack, code: str) -> str:
    name = next(rule.rule.name for rule in pack.rules if rule.rule.code == code)
    return f"[{code} {name}](rules/{code}.md)"


def _rules(pack: Pack, code: str) -> str:
    found = _warned(pack, code)
    return f"({', '.join(f'[{rule}](rules/{rule}.md)' for rule in found)})" if found else ""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(text if text.startswith('[') else _cell(text) for text in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.strip() if "](" in text else cell(text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
