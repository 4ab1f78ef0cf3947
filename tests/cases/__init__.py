"""The cases of every rule in `fixtures/<pack>/<rule>.toml`: reading, checking, and bringing them up to date."""
