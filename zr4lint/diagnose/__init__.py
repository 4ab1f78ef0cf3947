"""From the log of a failed build to the line, the cause, the rule and the fix.

A log goes one way: bytes, lines, events of one format, steps, failures, causes, findings of the linter, report. The
readers of formats and what is behind them know nothing of each other; signatures of causes are data.
"""
