"""The interpreter of verification commands gives the same results as bash."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zr4lint.documents.interpreter import UNKNOWN, Shell, UnknownError

if TYPE_CHECKING:
    from pathlib import Path

LINES = ["FROM python:3.12 AS base", "ENV A=1", "RUN pip install a==1.0 b", "# a comment", 'CMD ["/x.sh"]', "", "x.y*z"]
PATTERNS = ["FROM", "^ENV", "a==1.0", 'CMD \\["', "x.y", "x\\.y\\*z", "^$", "b$", "[A-C]", "pip.*b", "A=[0-9]"]
EXTENDED = ["FROM|ENV", "(a|b)==", "^R.+b$", "A=[0-9]+", "x?y", "\\[", "[+--]y", "[]a-]=", "[^-0-9]$", "[a&&=]="]
TEXTS = st.lists(st.sampled_from(LINES), max_size=6).map(lambda lines: "".join(f"{line}\n" for line in lines))
GREPS = st.builds(
    lambda flags, pattern: f"grep {' '.join(flags)} '{pattern}' f".replace("  ", " "),
    st.lists(st.sampled_from(["-q", "-c", "-n", "-v", "-i", "-o"]), max_size=2, unique=True),
    st.sampled_from(PATTERNS),
) | st.builds(lambda pattern: f"grep -E '{pattern}' f", st.sampled_from(EXTENDED))
SEDS = st.sampled_from(
    [
        "sed -n '1p' f",
        "sed -n '2,3p' f",
        "sed '/ENV/d' f",
        "sed 's|a|b|g' f",
        "sed 's/a/[&]/' f",
        "sed '/FROM/a\\    ENV B=2 \\\\' f",
        "sed '1i top' f",
        "sed '$d' f",
        "sed 's|\\(A\\)=1|\\1=2|; s|b$|c|' f",
        "sed -i 's|python:[0-9.]*|python:3.13|' f; cat f",
        "sed '/ENV/,/CMD/d' f",
        "sed '2!d' f",
        "sed -E 's/(A)=([0-9]+)/\\2=\\1/' f",
    ]
)
READS = st.sampled_from(
    [
        "wc -l < f",
        "head -2 f",
        "tail -n 1 f",
        "head -n 1 f | cut -d' ' -f2",
        "cat f | wc -l",
        "ls f",
        "tail -1 f | head -1",
    ]
)
PARTS = GREPS | SEDS | READS
CHECKS = st.builds(
    lambda form, part, other: form.replace("PART", part).replace("OTHER", other),
    st.sampled_from(
        [
            "PART",
            "if PART > /dev/null; then echo PASS; else echo FAIL; exit 1; fi",
            "PART > /dev/null && echo ok || { echo FAIL; exit 2; }",
            'X=$(PART); echo "got: $X"; [ -n "$X" ] || echo empty',
            'N=$(grep -c "A" f); if [ "$N" -eq 1 ]; then echo 1; elif [ "$N" -gt 1 ]; then echo +; else echo 0; fi',
            "! PART > /dev/null; OTHER",
            "(PART; exit 3) || echo failed",
            "set -e\nPART\necho after",
            ('L=("FROM" "ENV" "x y")\nM=()\nfor w in "${L[@]}"; do if ! grep -q "$w" f; then M+=("$w"); fi; done\n'
            'if [ ${#M[@]} -eq 0 ]; then echo all; else echo "missing: ${M[*]}"; fi'),
            "{ PART; OTHER; } | wc -l",
            "cat > g << 'EOF'\nhello $X\nEOF\ncat g; echo more >> g; wc -l < g",
            '[ -f f ] && [ ! -f h ] && echo "files"',
            "test \"$(wc -l < f)\" = 3 && echo three",
            '[[ -n "$(OTHER)" && 1 -eq 1 ]] && echo yes',
        ]
    ),
    PARTS,
    PARTS,
)  # fmt: skip


def interpreted(script: str, text: str) -> tuple[str, int] | None:
    shell = Shell(script, {"f": text, "h": None})
    try:
        status = shell.run()
    except UnknownError:
        return None
    return "".join(line.text for line in shell.printed), status


def judged(script: str, text: str, folder: Path) -> tuple[str, int]:
    for path in folder.iterdir():
        path.unlink()
    (folder / "f").write_text(text)
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout, done.returncode


@pytest.mark.slow
def test_bash_agrees(tmp_path: Path) -> None:
    answered = unknown = 0

    @settings(derandomize=True, database=None, deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))
    @given(CHECKS, TEXTS)
    def agrees(script: str, text: str) -> None:
        nonlocal answered, unknown
        found = interpreted(script, text)
        if found is None:
            unknown += 1
            return
        answered += 1
        assert found == judged(script, text, tmp_path)

    agrees()
    assert answered >= 0.95 * (answered + unknown)


@pytest.mark.parametrize(
    "script",
    [
        "docker build . && echo ok",
        "if curl -f http://x; then echo a; fi",
        '[ -f other ] && echo "there"',
        'X=$(date); [ "$X" = "today" ] && echo x',
        "for i in *; do echo $i; done",
        "while true; do :; done",
        "eval echo a",
        "grep -P 'a' f",
        "awk '{print}' f",
        "grep -q '\\(a*\\)*b' f",
        "cat f g",
        "! { grep -q a f; } || exit 1",
    ],
)
def test_what_is_not_known_is_not_guessed(script: str) -> None:
    assert interpreted(script, "FROM x\n") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        "grep -qE '((a*))*b' f",
        "grep -qE '(a|a)+b' f",
        f"grep -qE '{'a?' * 40}' f",
        f"grep -q '{'a*' * 40}b' f",
        f"sed -i 's|{'.*' * 40}x|y|' f",
        "sed -i 's|a|aa|g' f; " * 60,
    ],
)
def test_no_pattern_and_no_text_takes_for_ever(script: str) -> None:
    with pytest.raises(UnknownError):
        Shell(script, {"f": "a" * 200 + "\n"}).run()


@pytest.mark.parametrize("pattern", ["^RUN pip .*a==.*b$", "a(b|c|d)?e", "(ab)+c", "[(*]x*"])
def test_patterns_of_documents_are_tried(pattern: str) -> None:
    assert Shell(f"grep -qE '{pattern}' f", {"f": "x\n"}).run() == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("pattern", ["[+--]", "[--a]", "[a&&b]", "[a||b]", "[~~]", "[[a]", "[a-]", "[]-]"])
def test_brackets_have_no_operators_of_other_languages(pattern: str, tmp_path: Path) -> None:
    script, text = f"grep -E -e '{pattern}' f", "\n".join("ab&|~[]-+,") + "\n"
    assert interpreted(script, text) == judged(script, text, tmp_path)


@pytest.mark.parametrize("pattern", ["[[.-.]]", "[[=a=]]"])
def test_collating_symbols_are_unknown(pattern: str) -> None:
    with pytest.raises(UnknownError):
        Shell(f"grep -E '{pattern}' f", {"f": "a\n"}).run()


@pytest.mark.parametrize(
    "script",
    [
        'fail() { echo "FAIL: $1"; exit 1; }\ngrep -q a f || fail base\ngrep -q b f || fail other\necho end',
        'has() { grep -q "$1" f; }\nif has a; then echo yes; fi\nhas b || echo no',
        "quiet() { return 3; }\nquiet || echo returned",
        'outer() { inner "$2"; echo "$1"; }\ninner() { echo "$1"; }\nouter x y',
        'A=x\nB=y\necho $A$B "$A/$B" "${A}$B"',
    ],
)
def test_functions(script: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\n")
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert interpreted(script, "a\n") == (done.stdout, done.returncode)


@pytest.mark.parametrize(
    "script",
    [
        "again() { again; }\nagain",
        "if grep -q a f; then\n" * 900 + "echo a\n" + "fi\n" * 900,
        "A=xx\n" + "A=$A$A\n" * 40,
        "A=xx\n" + 'A="$A$A"\n' * 40,
        "A=xx\n" + "A+=$A\n" * 40,
        "A=(x y)\n" + 'A+=("${A[@]}")\n' * 40,
        f"A={'x' * 60_000}\nfor i in {'a ' * 40}; do echo $A; done",
    ],
)
def test_what_goes_on_or_doubles_is_unknown(script: str) -> None:
    with pytest.raises(UnknownError):
        Shell(script, {"f": "a\n"}).run()


def test_a_listing_can_not_be_one_word() -> None:
    script = 'X=$(ls -la f && echo "EXISTS"); if [ "$X" = "EXISTS" ]; then echo PASS; else echo FAIL; fi'
    assert interpreted(script, "a\n") == ("FAIL\n", 0)


def test_an_option_without_its_value_is_unknown() -> None:
    with pytest.raises(UnknownError):
        Shell("grep -qe", {}).run()


def test_unknown_parts_stay_unknown() -> None:
    shell = Shell('echo "now: $(date)"', {})
    assert shell.run() == 0
    assert shell.printed[0].text == f"now: {UNKNOWN}\n"


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ('grep --count "--no-cache-dir" f', "grep takes `--no-cache-dir` for an option"),
        ("sed -i 's|a|b|'", "sed has no file to edit"),
    ],
)
def test_usage_errors(script: str, complaint: str) -> None:
    shell = Shell(script, {"f": "x\n"})
    shell.run()
    assert [*shell.complaints.values()] == [complaint]
