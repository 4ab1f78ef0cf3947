"""The builds that compose files and bake files describe."""
