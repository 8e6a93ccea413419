"""Text that is fit for a terminal."""

_CONTROL = {code: "?" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def printable(text: str) -> str:
    """Text without control characters: what stands in a document must not steer the terminal that shows it."""
    return text.translate(_CONTROL)
