"""The rules on documents that specify a Dockerfile, which `zr4lint prd check` reports."""

from __future__ import annotations

from zr4lint.model.finding import Rule, Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def _rule(code: str, name: str, severity: Severity, summary: str, why: str, bad: str = "", good: str = "") -> Rule:
    return Rule(code, name, severity, summary, why, "", None, "zr4lint prd check", bad, good, None)


STATEMENTS_DISAGREE = _rule(
    "PD101",
    "statements-disagree",
    _ERROR,
    "The document does not contradict itself.",
    "A file that follows one statement breaks the other. The author has to decide which one is right.",
    "## Section 3: Packages (Layer 2, Lines 3-15)\n\n| Layer | Fix |\n|---|---|\n| Layer 2 | Edit Lines 17-30 |\n",
    "## Section 3: Packages (Layer 2, Lines 3-15)\n\n| Layer | Fix |\n|---|---|\n| Layer 2 | Edit Lines 3-15 |\n",
)
COUNT_DIFFERS = _rule(
    "PD201",
    "count-differs",
    _ERROR,
    "Counts in the text are right.",
    "A reader who trusts the number leaves something out, or looks for something that is not there.",
    "## Section 2: Packages\n\nInstall 3 packages.\n\n### After\n\n"
    "```dockerfile\nRUN apt-get install -y git curl\n```\n",
    "## Section 2: Packages\n\nInstall 2 packages.\n\n### After\n\n"
    "```dockerfile\nRUN apt-get install -y git curl\n```\n",
)
BLOCK_OVERFLOWS = _rule(
    "PD202",
    "block-overflows-lines",
    _ERROR,
    "A target block fits the lines that its heading gives it.",
    "The file can't have both the block and the line numbers of the sections that follow.",
    "### After (Line 1)\n\n```dockerfile\n# The base image.\nFROM debian:12\n```\n",
    "### After (Lines 1-2)\n\n```dockerfile\n# The base image.\nFROM debian:12\n```\n",
)
SUM_DIFFERS = _rule(
    "PD203",
    "sum-differs",
    _WARNING,
    "The total of a table is the sum of its rows.",
    "One of the rows or the total is out of date.",
    "| Step | Time |\n|---|---|\n| A | 2 min |\n| B | 3 min |\n| Total | 9 min |\n",
    "| Step | Time |\n|---|---|\n| A | 2 min |\n| B | 3 min |\n| Total | 5 min |\n",
)
LINES_NOT_COVERED = _rule(
    "PD204",
    "lines-not-covered",
    _WARNING,
    "Each line belongs to a section if the document says so.",
    "The document does not define the other lines.",
)
NEVER_PASSES = _rule(
    "PD301",
    "check-never-passes",
    _ERROR,
    "A verification command passes on the document's own target text.",
    "No file can have the text and pass the check. A check that always fails is soon ignored.",
    '### After\n\n```dockerfile\nCMD ["/start.sh"]\n```\n\n### Verification\n\n'
    "```bash\ngrep -q 'CMD [\"/start.sh\"]' Dockerfile || exit 1\n```\n",
    '### After\n\n```dockerfile\nCMD ["/start.sh"]\n```\n\n### Verification\n\n'
    "```bash\ngrep -q 'CMD \\[\"/start.sh\"\\]' Dockerfile || exit 1\n```\n",
)
PASSES_BEFORE = _rule(
    "PD302",
    "check-passes-before",
    _ERROR,
    "A verification command fails on the text before the change.",
    "The check passes before the change is made, so it proves nothing.",
)
MET_BY_COMMENT = _rule(
    "PD303",
    "check-met-by-comment",
    _WARNING,
    "A verification command is not met by a comment.",
    "The check still passes when the instruction is gone and its comment is left.",
)
MET_ELSEWHERE = _rule(
    "PD304",
    "check-met-elsewhere",
    _WARNING,
    "The verification command of a section is not met by the text of another one.",
    "The check still passes when the whole section is missing.",
)
FAILS_WITH_ZERO = _rule(
    "PD305",
    "failure-exits-zero",
    _ERROR,
    "A verification script that reports a failure exits with a status that is not 0.",
    "CI reads the exit status only, so the failure counts as a success.",
    '### Verification\n\n```bash\ngrep -q torch Dockerfile || echo "FAIL: no torch"\n```\n',
    '### Verification\n\n```bash\ngrep -q torch Dockerfile || { echo "FAIL: no torch"; exit 1; }\n```\n',
)
RESULT_UNUSED = _rule(
    "PD306",
    "result-unused",
    _WARNING,
    "A verification script compares the values that it reads.",
    "A person has to judge a printed value each time.",
    '### Verification\n\n```bash\nCOUNT=$(grep -c ENV Dockerfile)\necho "$COUNT (target: 5)"\n```\n',
    '### Verification\n\n```bash\nCOUNT=$(grep -c ENV Dockerfile)\n[ "$COUNT" -eq 5 ] || exit 1\n```\n',
)
NUMBER_UNANCHORED = _rule(
    "PD307",
    "line-number-unanchored",
    _WARNING,
    "A pattern for a line number does not match other line numbers.",
    "`1:` is also in `11:` and `21:`, and may be in the line itself.",
    '### Verification\n\n```bash\ngrep -n "^FROM" Dockerfile | grep -q "1:" || exit 1\n```\n',
    '### Verification\n\n```bash\ngrep -n "^FROM" Dockerfile | grep -q "^1:" || exit 1\n```\n',
)
MISUSED = _rule(
    "PD308",
    "command-misused",
    _ERROR,
    "The programs of the document accept their arguments.",
    "The command ends with a usage error and does nothing.",
    '### Verification\n\n```bash\ngrep --count "--no-cache-dir" Dockerfile\n```\n',
    '### Verification\n\n```bash\ngrep --count -e "--no-cache-dir" Dockerfile\n```\n',
)
PARTIAL = _rule(
    "PD309",
    "check-partial",
    _WARNING,
    "A check that lists packages lists all of its section.",
    "The check passes without the packages that it leaves out.",
)
NEVER_FAILS = _rule(
    "PD310",
    "check-never-fails",
    _ERROR,
    "A verification command fails on some files.",
    "The check passes whatever the file says, so it verifies nothing.",
    "### After\n\n```dockerfile\nFROM debian:12\n```\n\n### Verification\n\n```bash\n"
    'if grep -c "debian" Dockerfile || true; then\n    echo "PASS"\nelse\n    echo "FAIL"\n    exit 1\nfi\n```\n',
    "### After\n\n```dockerfile\nFROM debian:12\n```\n\n### Verification\n\n```bash\n"
    'if grep -q "^FROM debian" Dockerfile; then\n    echo "PASS"\nelse\n    echo "FAIL"\n    exit 1\nfi\n```\n',
)
EDITS_NOTHING = _rule(
    "PD401",
    "recovery-edits-nothing",
    _ERROR,
    "A recovery changes something.",
    "The recovery leaves every file as it is.",
    "### Error Recovery\n\n```bash\nsed -i 's|torch==2.5.1|torch==2.5.1|' Dockerfile\n```\n",
)
BREAKS_TARGET = _rule(
    "PD402",
    "recovery-breaks-target",
    _ERROR,
    "A recovery does not break a correct file.",
    "The recovery changes a file that conforms to the document into one that does not.",
)
REPAIRS_NOTHING = _rule(
    "PD403",
    "recovery-repairs-nothing",
    _ERROR,
    "A recovery repairs its fault.",
    "A line that is inserted after its own copy is never inserted when it is missing.",
    "### Error Recovery\n\n```bash\nsed -i '/tzdata/a\\    tzdata \\\\' Dockerfile\n```\n",
    "### Error Recovery\n\n```bash\nsed -i '/libsm6/a\\    tzdata \\\\' Dockerfile\n```\n",
)
DUPLICATES = _rule(
    "PD405",
    "recovery-duplicates",
    _WARNING,
    "A recovery adds no line a second time.",
    "On a correct file, or when it is run twice, the recovery adds the line a second time.",
)
UNDONE = _rule(
    "PD404",
    "recovery-undone",
    _INFO,
    "One recovery does not undo another.",
    "The document can't require both results.",
)
NO_SUCH_SECTION = _rule(
    "PD501",
    "no-such-section",
    _ERROR,
    "References to sections name existing sections.",
    "The reader finds nothing there.",
    "## Section 1: Base\n\nSee Section 4.\n",
    "## Section 1: Base\n\nSee Section 1.\n",
)
NO_SUCH_LINE = _rule(
    "PD502",
    "no-such-line",
    _ERROR,
    "References to lines are within the file.",
    "By the document's own count, these lines are beyond the end of the file.",
)
LABEL_DIFFERS = _rule(
    "PD503",
    "label-differs",
    _WARNING,
    "The number and the command of a verification match.",
    "The number and the command name two different verifications, and a reader follows one of them.",
)
NO_SUCH_STAGE = _rule(
    "PD504",
    "no-such-stage",
    _ERROR,
    "Stages that are named exist.",
    "`docker build --target` refuses the name. For `COPY --from`, BuildKit pulls an image of that name.",
)
NO_SUCH_PATH = _rule(
    "PD505",
    "no-such-path",
    _WARNING,
    "Paths of scripts and folders are valid on every machine.",
    "A path in a home folder exists on one machine only, and a misspelt file on none.",
)
NO_SUCH_REPOSITORY = _rule(
    "PD506",
    "no-such-repository",
    _ERROR,
    "Repositories that are named can exist.",
    "git asks for a user name and fails: names of owners on GitHub are letters, digits and hyphens.",
    "### After\n\n```dockerfile\nFROM debian:12\n```\n\nSee https://github.com/acm\u00e9/relay.git.\n",
    "### After\n\n```dockerfile\nFROM debian:12\n```\n\nSee https://github.com/acme/relay.git.\n",
)
CANNOT_BUILD = _rule(
    "PD601",
    "target-cannot-work",
    _ERROR,
    "The target text names images, packages and indexes that exist.",
    "A file that conforms to the document can't be built. The rules of pack ml find this in the target text.",
)
NO_SUCH_OPTION = _rule(
    "PD602",
    "no-such-option",
    _ERROR,
    "Options of programs exist.",
    "The program refuses the option. BuildKit's parser is run by `docker build --check`.",
    "### Verification\n\n```bash\ndocker build --dry-run .\n```\n",
    "### Verification\n\n```bash\ndocker build --check .\n```\n",
)
NOT_COMPILED = _rule(
    "PD901",
    "not-compiled",
    _INFO,
    "A machine can check each requirement in a Dockerfile.",
    "The text of a Dockerfile cannot show it. Sizes, times and running containers need a built image.",
)
DOCUMENT_RULES = (
    STATEMENTS_DISAGREE, COUNT_DIFFERS, BLOCK_OVERFLOWS, SUM_DIFFERS, LINES_NOT_COVERED, NEVER_PASSES, PASSES_BEFORE,
    MET_BY_COMMENT, MET_ELSEWHERE, FAILS_WITH_ZERO, RESULT_UNUSED, NUMBER_UNANCHORED, MISUSED, PARTIAL, NEVER_FAILS,
    EDITS_NOTHING,
    BREAKS_TARGET, REPAIRS_NOTHING, UNDONE, DUPLICATES, NO_SUCH_SECTION, NO_SUCH_LINE, LABEL_DIFFERS, NO_SUCH_STAGE,
    NO_SUCH_PATH, NO_SUCH_REPOSITORY, CANNOT_BUILD, NO_SUCH_OPTION, NOT_COMPILED,
)  # fmt: skip
