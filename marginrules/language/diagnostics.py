"""What is wrong with a rule file: one record a problem, one way to show it."""

import difflib
from collections.abc import Iterable
from typing import Literal

from attrs import frozen

from marginrules.errors import MarginRulesError
from marginrules.language.source import Span

Severity = Literal["error", "warning"]


@frozen
class Diagnostic:
    """One problem of a rule file.

    Attributes:
        code: its name, as in `docs/checks/`.
        span: where it is.
        problem: what was found and what was expected.
        remedy: how to mend it.
        label: a word or two under the caret (a dimension, say).
        related: other places that take part, each with a note.
    """

    code: str
    span: Span
    problem: str
    remedy: str
    label: str = ""
    severity: Severity = "error"
    related: tuple[tuple[Span, str], ...] = ()

    def render(self) -> str:
        """The message with place, line and caret, as people read it."""
        lines = [f"{self.span}: {self.severity}[{self.code}]: {self.problem}", *_excerpt(self.span, self.label)]
        for span, note in self.related:
            lines.append(f"{span}: {note}")
            lines.extend(_excerpt(span, ""))
        lines.append(f"help: {self.remedy}")
        return "\n".join(lines)


_LONGEST = 240
"""Most characters of a line that an excerpt shows."""


def _excerpt(span: Span, label: str) -> list[str]:
    text = span.source.line(span.line)
    number = str(span.line)
    width = span.end_column - span.column if span.end_line == span.line else len(text) - span.column + 1
    column = span.column
    if len(text) > _LONGEST:
        # A line without end would bury the message: what stands around the place is enough.
        start = max(0, column - 1 - _LONGEST // 2)
        text = text[start : start + _LONGEST]
        column -= start
        width = min(width, len(text) - column + 1)
    # Tabs are kept in the margin so that the caret stands under the character it points at.
    margin = "".join("\t" if character == "\t" else " " for character in text[: column - 1])
    # A character that steers the terminal is shown, not obeyed.
    text = "".join(character if character.isprintable() or character in "\t\u00a0" else "�" for character in text)
    caret = f" {' ' * len(number)} | {margin}{'^' * max(1, width)} {label}".rstrip()
    return [f" {number} | {text}", caret]


class RuleFileError(MarginRulesError):
    """A rule file that cannot be used; holds every problem found, in the order of the text.

    Attributes:
        diagnostics: at least one of severity `error`.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__("\n\n".join(diagnostic.render() for diagnostic in self.diagnostics))


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The same problems, each once, in the order of the text."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda found: (found.span.source.name, found.span.start, found.code)))


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A sentence that proposes the nearest known names, or an empty one."""
    known = sorted(set(candidates))
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.6)
    if not near and len(name) > 2:  # noqa: PLR2004 - shorter beginnings fit anything
        near = [candidate for candidate in known if candidate.startswith(name)][:2]
    return f"did you mean {' or '.join(f'`{found}`' for found in near)}? " if near else ""
