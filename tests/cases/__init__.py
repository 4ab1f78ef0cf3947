"""Read, check and update the cases of every rule in `fixtures/<pack>/<rule>.toml`."""
