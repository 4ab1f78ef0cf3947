"""Findings of `prd check` on remedies and claims: each case edits one small document without findings."""

from __future__ import annotations

import pytest

from tests.documents.test_checking import PRD, found

DOCUMENT = """\
# Relay image

## Section 1: Software (Lines 1-9)

### Before

```dockerfile
# empty
```

### After

```dockerfile
FROM python:3.12-slim AS base
RUN apt-get update && apt-get install -y --no-install-recommends \\
    curl \\
    tini
RUN pip install --no-cache-dir "requests>=2.32,<3"
RUN git clone https://github.com/acme/relay.git /srv/relay
CMD ["python", "/srv/relay/main.py"]
```

### Verification 1.1

```bash
grep -q '"requests>=2.32,<3"' docker/Dockerfile || { echo "FAIL: requests"; exit 1; }
echo "PASS: requests"
```

### Error Recovery 1.1

```bash
# ERROR: an old requests
# Add the upper bound for requests
sed -i 's|requests>=2.32"|requests>=2.32,<3"|' docker/Dockerfile
```

## Section 2: Running

The total is said once. Confirm that the daemon runs: `docker info`.

```bash
# Build the layers
docker build -f docker/Dockerfile .
```

| Failure | Symptom | Solution |
|---|---|---|
| Slow build | it hangs | Add `--prefer-binary` |
"""
RECOVERY = "sed -i 's|requests>=2.32\"|requests>=2.32,<3\"|' docker/Dockerfile\n"


def codes(text: str) -> list[tuple[str, str]]:
    return [(f.code, f.message) for f in found(text) if f.code != "PD901"]


def test_the_document_has_no_finding() -> None:
    assert codes(DOCUMENT) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        (RECOVERY, "# Ask somebody.\n", "PD401", "this recovery has no command"),
        (RECOVERY, "grep requests docker/Dockerfile\n", "PD401", "this recovery only reads; it repairs nothing"),
        ("# Add the upper bound for requests", "# Add retry logic", "PD503",
         "the comment says `add retry logic`; this adds something else"),
        (RECOVERY, RECOVERY + "# Look at requirements.txt\ngrep requests docker/Dockerfile\n", "PD503",
         "the comment speaks of `requirements.txt`, which this does not read"),
        (RECOVERY, RECOVERY + "# - https://github.com/bmce/Relay.git\nsed -i 's|acme|bmce|' docker/Dockerfile\n",
         "PD503", "this gives `bmce/relay`; the comment says `Relay`"),
        (RECOVERY, RECOVERY + "sed -i 's|install -y|install -y curl|' docker/Dockerfile\n", "PD405",
         "on the target text this adds `curl` a second time"),
        (RECOVERY, RECOVERY + "# https://github.com/r\u00e9lai/relay.git\n", "PD506",
         "`r\u00e9lai` can't be the name of an owner on github.com"),
        ("docker build -f docker/Dockerfile .", "docker build -f docker/Dockerfile --target base .", "PD503",
         "`base` is the only stage; this builds the whole file"),
        ("`docker info`", "`docker --version`", "PD503", "`docker --version` does not ask the daemon"),
        ("Add `--prefer-binary`", "Add `--no-cache-dir`", "PD403", "the target text has `--no-cache-dir` already"),
        ("| it hangs | Add `--prefer-binary` |", "| exec format error | Use chmod |", "PD403",
         "`exec format error` is no lack of permission; chmod does not cure it"),
        ("Add `--prefer-binary`", "`sed -i 's|py[a-z]*|x|'`", "PD402",
         "this spoils the image of FROM in the target text"),
        ("The total is said once.", "It has 2+ recovery options per section.", "PD201",
         "section 1 has 1 recovery, not 2"),
        ('echo "PASS: requests"', 'echo "PASS: requests>=2.32,<4"', "PD503",
         "this claims `<4`, which no command of the script looks for"),
        ('echo "PASS: requests"', 'grep -q curl docker/Dockerfile && echo "PASS: after curl"', "PD503",
         "this command does not check the order"),
        (RECOVERY, RECOVERY + RECOVERY.replace(">=2.32\"", ">=2.32,<3\"").replace(",<3\"|'", ",<3.1\"|'")
         + "sed -i 's|,<3\"|,<3.2\"|' docker/Dockerfile\n", "PD404", "after the recovery on line"),
        ("| Failure | Symptom | Solution |",
         "It takes 90 min (build).\n\n| Step | Build time |\n|---|---|\n" + "| A | 10-20 min |\n" * 3 +
         "| Total | 30-60 min |\n\n| Failure | Symptom | Solution |", "PD101",
         "the build takes 90 minutes here, 30 to 60 in the table"),
    ],
)  # fmt: skip
def test_each_change_is_found(old: str, new: str, code: str, message: str) -> None:
    assert DOCUMENT.count(old) == 1
    assert any(c == code and m.startswith(message) for c, m in codes(DOCUMENT.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Add the upper bound for requests", "# Add retry logic for requests"),
        (RECOVERY, RECOVERY + "# See notes.txt\necho done\n"),
        (RECOVERY, RECOVERY + "# - https://github.com/acme/relay.git\n"),
        (RECOVERY, RECOVERY + "grep requests docker/Dockerfile\n"),
        ("docker build -f docker/Dockerfile .", "docker build -f docker/Dockerfile --progress=plain ."),
        ("`docker info`", "`docker info` and `docker --version`"),
        ("| it hangs |", "| permission denied |"),
        ('echo "PASS: requests"', 'echo "PASS: requests>=2.32,<3"'),
        ("The total is said once.", "It has 1+ recovery options per section."),
    ],
)
def test_near_misses_are_not_found(old: str, new: str) -> None:
    assert DOCUMENT.count(old) == 1
    assert codes(DOCUMENT.replace(old, new)) == []


def test_names_in_a_list_that_other_sections_have() -> None:
    text = DOCUMENT.replace(
        "grep -q '\"requests",
        'L=("curl" "tini")\nfor p in "${L[@]}"; do\n    grep -q "$p" docker/Dockerfile || exit 1\ndone\n'
        "grep -q '\"requests",
    )
    assert codes(text) == []
    other = "\n### After\n\n```dockerfile\n# Checked with curl.\n```\n"
    found_codes = codes(text.replace("## Section 2: Running\n", f"## Section 2: Running\n{other}"))
    assert ("PD304", "the check for `curl` also passes on another section") in found_codes


@pytest.mark.slow
@pytest.mark.skipif(not PRD.exists(), reason="the user's document is not in the repository")
@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("PD101", {1228}),
        ("PD201", {1137}),
        ("PD304", {209}),
        ("PD401", {424, 671, 758, 937, 944}),
        ("PD402", {1095}),
        ("PD403", {1049, 1050}),
        ("PD404", {417}),
        ("PD405", {323}),
        ("PD503", {402, 669, 675, 756, 963, 1085, 1088, 1188}),
        ("PD506", {755}),
    ],
)
def test_the_document_of_dockerfile_zr4(code: str, lines: set[int]) -> None:
    assert lines <= {finding.line for finding in found(PRD.read_text()) if finding.code == code}
