"""Fuzzing: input of any shape goes through everything, and nothing may raise, hang or steer a terminal."""
