"""The budgets: how much of a file zr4lint follows.

A few characters can stand for any amount of work: values that double, loops in loops, functions that call functions.
What goes over one of these budgets is unknown from there on, and the rule ZL005 says where.
"""

INSTRUCTIONS = 4_000
"""Instructions of a file that are read; each takes 2 to 4 KB of memory, however short it is."""

VALUE_LENGTH = 65_536
"""Characters of one value. The kernel takes at most 128 KB for one argument or variable."""

JOINED_LENGTH = 4_096
"""Characters that variables bring to one word with further words around them: each such value is text of its own."""

WORDS = 10_000
"""Words that one word expands to, by braces or by blanks in a variable."""

COPIED_WORDS = 2_000
"""Words of a script that `$@` brings: `set -- "$@" "$@"` doubles them."""

REPEATED_COMMANDS = 2_000
"""Commands of a RUN that come from further rounds of loops and from calls of functions."""

ALIASED_COMMANDS = 500
"""Commands of a file that are read because aliases of git stand for them."""

ALIASES = 20
"""Aliases of git within one another."""

APPENDED_TEXT = 2_000_000
"""Characters of the files that `>>` adds to, each time that it does; a piece of its own in a file counts 100."""

ROUNDS = 64
"""Rounds of one loop."""

DEPTH = 60
"""Commands around a command: loops, branches and groups count 1, calls and scripts in scripts 10."""

NESTING = 64
"""Groups, branches and substitutions around a place in a script, for the reader of the grammar."""

SCRIPT_LENGTH = 131_072
"""Characters of one script. A RUN hands its script over as one argument, of which the kernel takes at most 128 KB."""

COMMANDS_OF_A_SCRIPT = 4_000
"""Commands of one script; each takes 1 to 2 KB of memory."""

PIPES = 2_000
"""Pipes of one script; tree-sitter takes 3 KB for each where they are one pipeline."""

FUNCTIONS = 500
"""Pairs of parentheses of one script; tree-sitter takes the square of their number where no body follows."""

MARKS = 20_000
"""Quotes and brackets of one script; tree-sitter takes 200 bytes for each."""

COMMANDS = 10_000
"""Commands of a file, above which no further RUN is followed."""

WORDS_OF_A_COMMAND = 5_000
"""Words of one command; each takes 1 KB of memory."""

CHECKED_LENGTH = 10_000
"""Characters of a script that ShellCheck is asked about: it takes 2 GB for 140 KB of nested arithmetic."""

CHECKED_RUNS = 400
"""RUNs of a file that ShellCheck is asked about: it takes 3 ms for the shortest script."""

CHECKER_MEMORY = 400_000_000
"""Bytes of address space of a ShellCheck: a script of 500 characters can make it take 3 GB."""

CHECKER_SECONDS = 1.0
"""Processor time of a ShellCheck that is asked about one script."""

CHECKER_LOST_SECONDS = 20.0
"""Processor time that ShellChecks over a limit may take until scripts are no longer asked about one by one."""

PARSE_SECONDS = 1.0
"""Processor time that tree-sitter may take for one script. It needs 0.2 s for a million ordinary characters."""

FINDINGS_OF_A_RULE = 1_000
"""Findings that one rule reports in one file. They bound the size of every report."""

RUNS = 2_000
"""RUNs of a file whose scripts are read. Overlay file systems mount at most 128 layers on Linux."""

PATH_LENGTH = 4_096
"""Characters of a path: PATH_MAX of Linux, which refuses longer ones."""

STAGES_OF_A_CHAIN = 128
"""Stages that build on one another. Overlay file systems mount at most 128 layers on Linux."""

HISTORIES = 200
"""Stages of which rules follow what was installed before and in them."""

LISTING_SIZE = 4_000_000
"""Bytes of a file in the build context that a command reads, such as requirements.txt."""

LISTINGS = 50
"""Files of the build context that the commands of one Dockerfile read."""

IGNORE_COMPARISONS = 500_000
"""Comparisons of a path of the build context with a pattern of `.dockerignore`."""

LISTED = 2_000
"""Packages that one file lists."""

DOCUMENT_LINES = 10_000
"""Lines of a document that are read."""

DOCUMENT_NESTING = 16
"""Marks of quotes and lists at the start of a line of a document, above which it is refused."""

PROSE_LENGTH = 4_000
"""Characters of a line of a document whose paragraph is read; sentences are compared with many patterns."""

RECOVERED_LINES = 20_000
"""Lines of the target text after the steps of recoveries, each of which is linted by itself."""
