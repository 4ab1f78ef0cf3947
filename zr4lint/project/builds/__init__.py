"""What compose files and bake files build."""
