"""Finds the failing line, the cause, the rule and the fix from the log of a failed build.

The stages are: bytes, lines, events of one format, steps, failures, causes, findings of the linter, report. The readers
of formats are independent of the later stages. The signatures of causes are data.
"""
