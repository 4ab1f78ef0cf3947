"""The budgets: limits on the work for one file.

A few characters can stand for any amount of work: values that double, nested loops, functions that call functions.
Whatever exceeds a budget is treated as unknown, and the rule ZL005 reports the place.
"""

INSTRUCTIONS = 1_000
"""The most instructions of a file that are read; each takes 2 to 4 KB of memory, however short it is.

Overlay file systems mount at most 128 layers on Linux.
"""

VALUE_LENGTH = 65_536
"""The most characters of one value. The kernel allows at most 128 KB for one argument or variable."""

VARIABLES = 5_000
"""The most uses of variables in one instruction that rules look at."""

JOINED_LENGTH = 4_096
"""The most characters that variables add to a word with other text; each such value is a new string."""

WORDS = 10_000
"""The most words that one word expands to, by braces or by blanks in a variable."""

COPIED_WORDS = 2_000
"""The most words of a script that `$@` expands to: `set -- "$@" "$@"` doubles them."""

REPEATED_COMMANDS = 1_000
"""The most commands of a RUN from repeated rounds of loops and from function calls."""

ALIASED_COMMANDS = 500
"""The most commands of a file that aliases of git expand to."""

ALIASES = 20
"""The most nested aliases of git."""

APPENDED_TEXT = 2_000_000
"""The most characters of files that `>>` appends to, counted at each append; a separate piece counts 100."""

ROUNDS = 64
"""The most rounds of one loop."""

DEPTH = 60
"""The most commands around a command: loops, branches and groups count 1, calls and nested scripts 10."""

NESTING = 64
"""The most nested groups, branches and substitutions in a script, for the grammar's reader."""

SCRIPT_LENGTH = 131_072
"""The most characters of one script. A RUN passes its script as one argument; the kernel allows at most 128 KB."""

COMMANDS_OF_A_SCRIPT = 2_000
"""The most commands of one script; each takes 1 to 2 KB of memory."""

PIPES = 1_500
"""Pipes of one script; tree-sitter takes 3 KB for each where they are one pipeline."""

FUNCTIONS = 500
"""Pairs of parentheses of one script; tree-sitter takes the square of their number where no body follows."""

MARKS = 20_000
"""Quotes and brackets of one script; tree-sitter takes 200 bytes for each."""

COMMANDS = 5_000
"""The number of commands of a file after which no further RUN is followed."""

WORDS_OF_A_COMMAND = 5_000
"""The most words of one command; each takes 1 KB of memory."""

CHECKED_LENGTH = 10_000
"""The most characters of a script that ShellCheck checks: it takes 2 GB for 140 KB of nested arithmetic."""

CHECKED_RUNS = 400
"""RUNs of a file that ShellCheck is asked about: it takes 3 ms for the shortest script."""

CHECKER_MEMORY = 400_000_000
"""The address space of a ShellCheck process in bytes: a script of 500 characters can make it take 3 GB."""

CHECKER_SECONDS = 1.0
"""The processor time in seconds of a ShellCheck process for one script."""

CHECKER_LOST_SECONDS = 20.0
"""The processor time in seconds lost to ShellChecks over a limit before scripts are no longer checked one by one."""

PARSE_SECONDS = 1.0
"""The processor time in seconds of tree-sitter for one script. It needs 0.2 s for a million ordinary characters."""

OUTCOMES_OF_A_RULE = 2_000
"""The findings in one file after which a rule stops; comments and selection may then leave some out."""

FINDINGS_OF_A_RULE = 400
"""The most findings that one rule reports in one file. This bounds the size of every report."""

PATH_LENGTH = 4_096
"""The most characters of a path: PATH_MAX of Linux, which refuses longer ones."""

STAGES_OF_A_CHAIN = 128
"""The most stages that build on one another. Overlay file systems mount at most 128 layers on Linux."""

HISTORIES = 200
"""The most stages whose packages rules follow, installed in the stage or before it."""

LISTING_SIZE = 4_000_000
"""The most bytes of a file in the build context that a command reads, such as requirements.txt."""

LISTINGS = 50
"""The most files of the build context that the commands of one Dockerfile read."""

IGNORE_COMPARISONS = 500_000
"""The most comparisons of paths of the build context with patterns of `.dockerignore`."""

LISTED = 2_000
"""The most packages that one file lists."""

FIXED_INSTRUCTIONS = 300
"""The most instructions of a file whose fixes are tried in several orders, each of which lints the file again."""

TRIALS_OF_BUILDS = 60
"""The most texts that are linted in search of causes, for all builds of a compose or bake file together."""

DOCUMENT_LINES = 10_000
"""The most lines of a document that are read."""

DOCUMENT_NESTING = 16
"""The most quote and list markers at the start of a line; a document with more is refused."""

PROSE_LENGTH = 4_000
"""The most characters of a line whose paragraph is read, since sentences are compared with many patterns."""

RECOVERED_LINES = 20_000
"""The most lines of target text after the steps of recoveries, each of which is linted separately."""
