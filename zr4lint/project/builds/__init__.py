"""Readers of compose files and bake files, which describe builds."""
