"""The text of a rule file, and places in it."""

from attrs import field, frozen


@frozen
class Source:
    """A rule file's text and the name by which people know it.

    Attributes:
        name: path as the user gave it, or `<string>`.
        text: the whole text.
    """

    name: str
    text: str = field(repr=False)
    lines: tuple[str, ...] = field(init=False, repr=False, eq=False)

    @lines.default
    def _split(self) -> tuple[str, ...]:
        # Not `splitlines`, for which a form feed ends a line too: the parser counts line feeds.
        return tuple(line.removesuffix("\r") for line in self.text.split("\n"))

    def line(self, number: int) -> str:
        """The text of a line, counted from 1; empty beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@frozen
class Span:
    """A stretch of a source: where something stands.

    Attributes:
        line: first line, from 1.
        column: first column, from 1.
        end_line: line of the last character.
        end_column: column just after the last character.
        start: offset of the first character in the text.
        end: offset just after the last one.
    """

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"

    @property
    def text(self) -> str:
        """The text that stands there."""
        return self.source.text[self.start : self.end]

    @property
    def file_line(self) -> str:
        """`file:line`, as a report cites it."""
        return f"{self.source.name}:{self.line}"

    def through(self, last: "Span") -> "Span":
        """The stretch from here to the end of another."""
        return Span(self.source, self.line, self.column, last.end_line, last.end_column, self.start, last.end)
