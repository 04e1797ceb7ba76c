"""Mutation testing of the modules that guard: `python -m tests.mutants` (docs/testing.md).

cosmic-ray makes the mutants and keeps the sessions; what is ours is the speed. A process that has
everything loaded forks for each mutant, puts the changed code into the functions that are there,
and runs the tests that reach the changed line, until one fails.
"""
