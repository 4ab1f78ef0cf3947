"""What the programs called in a RUN are asked to do: one module a program."""
