"""A Dockerfile that stays within all budgets, but takes long to lint and uses more and more memory."""

SLOW = "FROM a\n" + ("RUN echo " + "$a " * 2_500 + "\n") * 900
