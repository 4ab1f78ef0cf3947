"""The vocabulary of the pack `ml`: one module a topic, each rule a check kind of its rule's name.

The facts come from the tables of rules/data through zr4lint.knowledge; what can't be known from the file is passed
over.
"""
