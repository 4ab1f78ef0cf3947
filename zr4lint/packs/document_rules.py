"""The rules on documents that specify a Dockerfile: what `zr4lint prd check` looks for."""

from __future__ import annotations

from zr4lint.model.finding import Rule, Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def _rule(code: str, name: str, severity: Severity, summary: str, why: str, bad: str = "", good: str = "") -> Rule:
    return Rule(code, name, severity, summary, why, "", None, "zr4lint prd check", bad, good, None)


STATEMENTS_DISAGREE = _rule(
    "PD101",
    "statements-disagree",
    _ERROR,
    "The document says one thing of each subject.",
    "Whoever follows one statement breaks the other. The author has to decide which one stands.",
    "## Section 3: Packages (Layer 2, Lines 3-15)\n\n| Layer | Fix |\n|---|---|\n| Layer 2 | Edit Lines 17-30 |\n",
    "## Section 3: Packages (Layer 2, Lines 3-15)\n\n| Layer | Fix |\n|---|---|\n| Layer 2 | Edit Lines 3-15 |\n",
)
COUNT_DIFFERS = _rule(
    "PD201",
    "count-differs",
    _ERROR,
    "Numbers in the text are those of what they count.",
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
    "Where all lines are said to belong to a section, they do.",
    "Nothing says what stands in the other lines.",
)
NEVER_PASSES = _rule(
    "PD301",
    "check-never-passes",
    _ERROR,
    "A verification command passes on the text that the document itself asks for.",
    "Nobody can meet both the text and the check. A check that always fails is soon ignored.",
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
    "The check says that the work is done before it has begun.",
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
    "A build system looks at the status alone, and takes the failure for a success.",
    '### Verification\n\n```bash\ngrep -q torch Dockerfile || echo "FAIL: no torch"\n```\n',
    '### Verification\n\n```bash\ngrep -q torch Dockerfile || { echo "FAIL: no torch"; exit 1; }\n```\n',
)
RESULT_UNUSED = _rule(
    "PD306",
    "result-unused",
    _WARNING,
    "What a verification script reads decides something.",
    "A value that is only printed has to be judged by a person, each time.",
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
    "A recovery leaves a healthy file healthy.",
    "Whoever runs the recovery on a file that is as the document asks ends with one that is not.",
)
REPAIRS_NOTHING = _rule(
    "PD403",
    "recovery-repairs-nothing",
    _ERROR,
    "A recovery repairs the fault that it is for.",
    "A line that is inserted behind its own copy is only inserted where it is not missing.",
    "### Error Recovery\n\n```bash\nsed -i '/tzdata/a\\    tzdata \\\\' Dockerfile\n```\n",
    "### Error Recovery\n\n```bash\nsed -i '/libsm6/a\\    tzdata \\\\' Dockerfile\n```\n",
)
DUPLICATES = _rule(
    "PD405",
    "recovery-duplicates",
    _WARNING,
    "A recovery adds nothing that is there already.",
    "Whoever runs the recovery on a healthy file, or twice, ends with the line twice.",
)
UNDONE = _rule(
    "PD404",
    "recovery-undone",
    _INFO,
    "One recovery does not undo another.",
    "The two can't both be what the document wants.",
)
NO_SUCH_SECTION = _rule(
    "PD501",
    "no-such-section",
    _ERROR,
    "Sections that are referred to exist.",
    "The reader finds nothing there.",
    "## Section 1: Base\n\nSee Section 4.\n",
    "## Section 1: Base\n\nSee Section 1.\n",
)
NO_SUCH_LINE = _rule(
    "PD502",
    "no-such-line",
    _ERROR,
    "Lines that are referred to are lines that the file has.",
    "The document says how many lines the file has, and these are behind its end.",
)
LABEL_DIFFERS = _rule(
    "PD503",
    "label-differs",
    _WARNING,
    "A command beside the number of a verification is that verification's.",
    "The number and the command name two different things; the reader does one of them.",
)
NO_SUCH_STAGE = _rule(
    "PD504",
    "no-such-stage",
    _ERROR,
    "Stages that are built exist.",
    "`docker build --target` refuses the name.",
)
NO_SUCH_PATH = _rule(
    "PD505",
    "path-of-one-machine",
    _WARNING,
    "Scripts and folders that are named exist wherever the document is used.",
    "A path in somebody's home folder is on one machine alone.",
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
    "A file that is as the document asks can't be built. The rules of pack ml find this in the target text.",
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
    "Demands are such that a machine can hold a Dockerfile to them.",
    "The text of a Dockerfile does not tell. A demand on sizes, times or a running container needs a built image.",
)
DOCUMENT_RULES = (
    STATEMENTS_DISAGREE, COUNT_DIFFERS, BLOCK_OVERFLOWS, SUM_DIFFERS, LINES_NOT_COVERED, NEVER_PASSES, PASSES_BEFORE,
    MET_BY_COMMENT, MET_ELSEWHERE, FAILS_WITH_ZERO, RESULT_UNUSED, NUMBER_UNANCHORED, MISUSED, PARTIAL, EDITS_NOTHING,
    BREAKS_TARGET, REPAIRS_NOTHING, UNDONE, DUPLICATES, NO_SUCH_SECTION, NO_SUCH_LINE, LABEL_DIFFERS, NO_SUCH_STAGE,
    NO_SUCH_PATH, NO_SUCH_REPOSITORY, CANNOT_BUILD, NO_SUCH_OPTION, NOT_COMPILED,
)  # fmt: skip
