"""The feature files: documented behaviours, venues, and the language."""

from pytest_bdd import scenarios

scenarios("../../features")
