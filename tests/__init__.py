"""The tests of marginrules; they mirror the package."""
