"""A golden Dockerfile frozen into a pack: what it does becomes rules of general kinds."""
