"""Command lines of apt, pip, git and other programs: argument grammars."""
