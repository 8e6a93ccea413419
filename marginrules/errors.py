"""The root of every error that marginrules raises on purpose."""


class MarginRulesError(Exception):
    """Something the caller can mend; its text says what, where and how."""
