"""Kinds of check for the pack `ml`: one kind per rule, and one module per topic.

The facts come from the tables of rules/data through zr4lint.knowledge. A check reports only what the file determines.
"""
