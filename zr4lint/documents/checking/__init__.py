"""The checks of a document: its statements, numbers, scripts, recoveries and references."""
