"""The records that every room shares: source, span, finding, rule, report."""
