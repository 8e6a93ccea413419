"""Gherkin steps for margin policies, the runner of feature files, and the runner of conformance cases.

`plugin` is a pytest plugin (entry point `marginrules`): with it, a feature file needs no Python of its own.
"""
