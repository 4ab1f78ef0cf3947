"""Parses the command lines of apt, pip, git and other programs."""
