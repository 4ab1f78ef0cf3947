"""A Dockerfile that takes long, and more memory the longer it is linted, within all budgets."""

SLOW = "FROM a\n" + ("RUN echo " + "$a " * 1_500 + "\n") * 1_500
