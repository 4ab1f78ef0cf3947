"""The pipeline that turns facts into findings."""
