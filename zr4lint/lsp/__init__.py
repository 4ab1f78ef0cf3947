"""The language server, which lints open texts for editors."""
