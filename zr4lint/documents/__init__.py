"""Checks Markdown specifications, compiles packs from them or golden Dockerfiles, and traces requirements."""
