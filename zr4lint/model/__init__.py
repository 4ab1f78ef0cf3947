"""The records that all rooms share: source, span, finding, rule, report."""
