"""Apply fixes to a fixpoint, and prove the result."""
