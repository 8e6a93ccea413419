"""What is wrong with a text that does not parse: each broken statement, once.

The parser stops at the first token that cannot stand where it is. Its stack, cut back to the brace of the block, is as
it was before the broken statement; the text is skipped up to what begins the next one, and parsing goes on from there
with that stack. What begins a statement is read off the grammar: a line whose first word the block admits there, and
that is indented no deeper than the block's other statements; or the brace that ends the block.

No message may follow from an earlier one. So a statement is told of once; where the start of the next one is only
likely, it is told of only if what would mend it is known; and where braces do not match, nothing that stands after the
odd one is told.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, pairwise
from typing import Any

from attrs import define, evolve, field, frozen
from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from marginrules.language.diagnostics import Diagnostic, did_you_mean
from marginrules.language.grammar import grammar
from marginrules.language.mistakes import Repair, divided, keywords, misspelt, slips, stray_parenthesis
from marginrules.language.source import Source, Span

MAXIMUM_PROBLEMS = 100
"""Most syntax errors that are told of one file."""

_LISTED = 12
"""Most alternatives that a message lists."""

_REACH = 400
"""How far from where the parser stopped a slip is looked for, in characters."""

_LONGEST_WORD = 60
"""Most characters of a token that a message repeats."""

_LONGEST = 10_000
"""Longest statement, in characters, for which repairs are tried: each trial reads it anew."""

_TRIALS = 60
"""Most repairs that are tried for one problem."""

_WORDS = {
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "DOT": "`.`",
    "VBAR": "`|`",
    "NAME": "a name",
    "UPPER": "a currency or choice",
    "NUMBER": "a number",
    "STRING": 'a text in "quotes"',
    "DATE": "a date such as 2026-11-20",
    "POLICY_NAME": "the policy's name",
    "COMPARE": "a comparison",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "TIMES": "`*` or `/`",
    "ENTITY": "account, balance, position, order, instrument or asset",
    "MEMBERS": "positions or orders",
    "ON_CONTRACTS": "`on its contracts`",
    "HEADER_KEYWORD": "title, version or omits",
    "POOL_KEY": "settlement asset, underlying or instrument (a pool also: account or position)",
    "$END": "the end of the file",
    "__DOT2": "`..`",
    "__ANON_0": "`..`",
}

_LOOKED_BACK = 3
"""How many statements before the one where the parser stopped may be the broken one: each can swallow a word only."""

_INSERTED = (
    "EQUAL", "THEN", "WHEN", "COMMA", "BY", "RATE", "FROM", "AT", "OF", "TO", "PER", "ON", "COLON", "VBAR", "READ", "BECAUSE", "RPAR",
)  # fmt: skip
"""What is easily left out, in the order in which it is tried."""

_STARTERS = ("CONST", "REPLACE", "HEADER_KEYWORD", "STEP")
"""Terminals that only ever begin a statement, one for each kind of block."""

_ENDS = frozenset({"RBRACE", "$END"})
"""Terminals that can stand only where a statement may have ended."""

_HEADS = {
    "policy": "policy p {",
    "pool": "pool p {",
    "group": "group g by instrument {",
    "table": "table t {",
    "liquidation": "liquidation p {",
    **{entity: f"{entity} {{" for entity in ("account", "balance", "position", "order", "instrument", "asset")},
}
"""What the parser reads in place of a broken line that opens a block, so that the block itself is read."""

_LEXEMES = re.compile(r'"[^"\n]*"|#[^\n]*|(?P<brace>[{}])|(?P<line>^[^\S\n]*(?=[^\s#]))', re.MULTILINE)

_DEFINITION = re.compile(r"[a-z_]\w*\s*(?:\([^()\n]*\)\s*)?(?:from\s+[\d-]+\s*)?(?:until\s+[\d-]+\s*)?=(?![=<>])")

_OF_ITSELF = re.compile(
    rf"\s*(?:(?:publish|replace)\s+)*(?:(?P<name>(?={_DEFINITION.pattern})[a-z_]\w*)"
    r"|(?:const\s+[a-z_]\w*|source\s+[a-z_]\w*\s*=|threshold\s+[a-z_]\w*\s+when|input\s+[a-z]+\.[a-z_]\w*\s*:)"
    r"|(?:liquidate|allow|refuse|step|replenish|omits)\b)"
)
"""How statements begin that no other needs, but by the names that they define: not what a pool covers, say."""

_NAMELESS = re.compile(r"(?:^|\n)\s*=(?![=<>])")
"""A definition whose name is not there, so that it cannot be said what lacks."""

_NAMED = re.compile(
    r"(?<![\w.])([a-z_]\w*)(?=\s*(?:\([^()\n]*\)\s*)?(?:from\s+[\d-]+\s*)?(?:until\s+[\d-]+\s*)?=(?![=<>]))"
)
_DECLARED = re.compile(r"\b(?:publish|replace|const|source|threshold|input\s+\w+\s*\.)\s*([a-z_]\w*)")


@frozen
class _Mark:
    """A brace, or the first character of a line, outside of texts and comments."""

    offset: int
    kind: str
    indent: int


@frozen
class _Stack:
    """The parser's stack between two statements."""

    states: tuple[Any, ...] = ()
    values: tuple[Any, ...] = ()


@frozen
class _Part:
    """A token or a part of the tree on the parser's stack, with its place in the text."""

    kind: str
    start: int
    end: int


@frozen
class _Stop:
    """Where the parser met what cannot stand there.

    Attributes:
        start: offset of the token.
        end: offset just after it.
        word: the token, empty at the end of the text.
        accepts: the terminals that could stand there.
        stack: the parser's, before the statement that stops there.
        parts: what of that statement was read; nothing, where the token would be its first.
        last: the last two things that were read, of whichever statement.
    """

    start: int
    end: int
    word: str
    accepts: frozenset[str]
    stack: _Stack
    parts: tuple[_Part, ...]
    last: tuple[_Part, ...]

    @property
    def may_end(self) -> bool:
        """Whether what was read is whole."""
        return bool(self.accepts & _ENDS)


@frozen
class _Found:
    """A problem, with what deciding between it and an odd brace needs.

    Attributes:
        lacks_brace: whether a `{` could stand there.
        lacks_more: whether it is at the end of the file, and a `}` would not do there.
    """

    diagnostic: Diagnostic
    lacks_brace: bool = False
    lacks_more: bool = False


@frozen
class Unread:
    """What is not known of a file of which some statements could not be read.

    Attributes:
        words: all that stand in those statements; what is said of one of them may follow from what is broken.
        names: those of them that the statements may define.
    """

    words: frozenset[str]
    names: frozenset[str]


def recover(source: Source) -> tuple[Tree[Token] | None, list[Diagnostic], Unread | None]:
    """Every syntax error of a text, and the tree of what is left without the broken statements.

    Args:
        source: a text that does not parse.

    Returns:
        The tree, or None where the end could not be reached; at least one diagnostic; and what the tree lacks, None
        where that is more than single definitions, boundaries and rules.
    """
    recovery = _Recovery(source)
    tree, found = recovery.run()
    return tree, found, recovery.unread() if tree is not None else None


def error(source: Source, start: int, end: int, problem: str, remedy: str) -> Diagnostic:
    """A syntax error at a stretch of the text."""
    return Diagnostic("syntax", _span(source, start, end), problem, remedy)


def _span(source: Source, start: int, end: int) -> Span:
    start = min(start, len(source.text))
    line = source.text.count("\n", 0, start) + 1
    column = start - (source.text.rfind("\n", 0, start) + 1) + 1
    return Span(source, line, column, line, column + max(1, end - start), start, max(end, start + 1))


@define
class _Recovery:
    source: Source
    marks: list[_Mark] = field(init=False)
    found: list[_Found] = field(factory=list)
    _offset: int = 0
    _stack: _Stack = _Stack()
    _likely: bool = False
    """Whether the statement at the offset is only likely to begin there."""
    _broken: list[tuple[int, int]] = field(factory=list)
    """From where to where the text was not read."""
    _only_statements: bool = True
    """Whether no more than single statements was left out."""

    @marks.default
    def _find_marks(self) -> list[_Mark]:
        marks: list[_Mark] = []
        indent = 0
        for match in _LEXEMES.finditer(self.source.text):
            if match["line"] is not None:
                indent = len(match["line"].expandtabs())
                marks.append(_Mark(match.end(), "line", indent))
            elif match["brace"]:
                marks.append(_Mark(match.start(), match["brace"], indent))
        return marks

    def run(self) -> tuple[Tree[Token] | None, list[Diagnostic]]:
        """Parse, and go on behind each broken statement, to the end."""
        blank = re.sub(r"[^\n]", " ", self.source.text)
        tree: Tree[Token] | None = None
        while len(self.found) < MAXIMUM_PROBLEMS:
            parser = _parser(blank[: self._offset] + self.source.text[self._offset :], self._stack)
            stop = _first_stop(parser)
            if stop is None:
                tree = parser.result
                break
            if not self._next(evolve(stop, start=max(stop.start, self._offset))):
                break
        return tree, self._judged()

    # ------------------------------------------------------------ one stop

    def _next(self, stop: _Stop) -> bool:
        """Tell of a stop, and find where to go on; False where there is nothing left."""
        if "POLICY" in stop.accepts:
            return self._without_header(stop)
        admitted = _admitted(stop.stack)
        floor = max(self._offset, self._last_brace(stop.start) + 1)
        lines = self._lines(floor, stop.start + 1)
        indent = lines[0].indent if lines else self._indent_after(floor)
        starts = [mark.offset for mark in lines if mark.indent <= indent and self._begins(mark.offset, admitted)]
        first = self._first_after(floor, stop.start)
        starts = [first, *(start for start in starts if start > first)]
        for following, begin in islice(pairwise(reversed(starts)), _LOOKED_BACK):
            ended = self._stop_within(begin, following, stop.stack)
            if ended is not None and not ended.word and not ended.may_end:
                # A statement went on into the next one's line: it is the broken one, and that may be sound.
                self._tell(begin, ended, stop)
                self._broken.append((begin, following))
                return self._go_on(following, _without(stop.stack, begin))
        current = starts[-1]
        self._tell(current, stop, stop)
        stop = evolve(stop, stack=_without(stop.stack, current))
        goes_on = self._skip(stop, current, indent)
        self._broken.append((current, max(self._offset, stop.end)))
        return goes_on

    def unread(self) -> Unread | None:
        """What was left out, where that is single statements whose absence changes nothing but what they define."""
        text = self.source.text
        if not self._only_statements or self._odd_brace() is not None:
            return None
        words: set[str] = set()
        names: set[str] = set()
        for start, end in self._broken:
            part = re.sub(r'"[^"\n]*"?|#[^\n]*', " ", text[start:end])
            begins = _OF_ITSELF.match(part)
            if begins is None or begins["name"] in keywords() or "{" in part or _NAMELESS.search(part):
                return None
            words |= set(re.findall(r"[A-Za-z_]\w*", part))
            names |= {match[1] for pattern in (_NAMED, _DECLARED) for match in pattern.finditer(part)}
        return Unread(frozenset(words), frozenset(names))

    def _stop_within(self, begin: int, end: int, stack: _Stack) -> _Stop | None:
        """Where a part of the text stops being statements of a block; at its end, if nothing is wrong before."""
        return _first_stop(_parser(self.source.text[begin:end], stack), begin)

    def _tell(self, begin: int, stop: _Stop, reached: _Stop) -> None:
        """Report a statement.

        Args:
            begin: its offset.
            stop: where it stops being one: its end, where it lacks something.
            reached: where the parser stopped.
        """
        likely = self._likely and begin <= self._first_after(self._offset, len(self.source.text))
        self._likely = False
        if self.found and not stop.parts and stop.may_end and stop.word in {"", "}"}:
            # An odd brace, or one that an earlier problem left without its fellow.
            self._only_statements = False
            return
        repaired = self._repaired(begin, stop, reached)
        if repaired is None and likely:
            return
        diagnostic = repaired or self._explained(begin, stop, reached)
        lacks_more = not reached.word and not reached.may_end
        self.found.append(_Found(diagnostic, "LBRACE" in reached.accepts, lacks_more))

    def _repaired(self, begin: int, stop: _Stop, reached: _Stop) -> Diagnostic | None:
        """What in the statement would let the parser get beyond where it stopped, if something is known that would."""
        text = self.source.text
        if reached.end - begin > _LONGEST:
            return None
        for repair in islice(self._repairs(begin, stop, insert=stop is reached), _TRIALS):
            goal = max(reached.end, repair.end)
            changed = text[begin : repair.start] + repair.text + text[repair.end : goal]
            if _gets_beyond(changed, text[goal : goal + _REACH], stop.stack):
                end = repair.end if repair.end > repair.start else stop.end
                return error(self.source, repair.start, end, repair.problem, repair.remedy)
        return None

    def _repairs(self, begin: int, stop: _Stop, *, insert: bool) -> Iterator[Repair]:
        text = self.source.text
        start = max(begin, stop.end - _REACH)
        for repair in slips(text, start, stop.end + _REACH):
            if repair.start < stop.end:
                yield repair
        yield from stray_parenthesis(text, begin, stop.start)
        yield from misspelt(text, start, stop.end)
        yield from (repair for repair in divided(text, start, stop.end + _REACH) if repair.start < stop.end)
        # Behind a word of the language something else is missing than a comma.
        behind = re.search(r"([a-z_]+)\s+$", text[start : stop.start])
        in_list = behind is None or behind.group(1) not in keywords()
        for terminal in _INSERTED:
            if insert and stop.word not in {"", "}"} and terminal in stop.accepts and (in_list or terminal != "COMMA"):
                word = _literals()[terminal]
                problem = f"`{_short(stop.word)}` cannot stand here"
                yield Repair(stop.start, stop.start, f" {word} ", problem, f"write `{word}` before it")

    def _explained(self, begin: int, stop: _Stop, reached: _Stop) -> Diagnostic:
        """A stop of which no repair is known."""
        text = self.source.text
        if text.startswith('"', reached.start) and reached.word:
            line_end = text.find("\n", reached.start)
            if text.find('"', reached.start + 1, line_end if line_end >= 0 else len(text)) < 0:
                start = reached.start
                return error(self.source, start, start + 1, "a text is not closed", 'end it with `"` on the same line')
        astray = stop.parts[0].start if stop.parts else begin
        if begin < astray and not self._begins_line(astray):
            # A word that was taken for the beginning of the next statement, on the line of the last one.
            ended = self._stop_within(begin, astray, stop.stack)
            if ended is not None and not ended.word:
                word = _word_at(text, astray)
                return self._unexpected(evolve(ended, start=astray, end=astray + len(word), word=word))
        opened = _unclosed_parenthesis(stop.parts)
        if opened is not None and "RPAR" in stop.accepts and (stop is not reached or stop.word in {"}", ""}):
            return error(self.source, opened, opened + 1, "this `(` is not closed", "write the `)` that belongs to it")
        return self._unexpected(stop)

    def _unexpected(self, stop: _Stop) -> Diagnostic:
        text = self.source.text
        expected = _expected(stop)
        listed = ", ".join(expected[:_LISTED]) + (", …" if len(expected) > _LISTED else "")
        remedy = f"expected {listed}"
        if "ELSE" in stop.accepts:
            remedy = "an `if` has an `else`: write `if … then … else …`"
        elif "THEN" in stop.accepts and stop.word in {"", "else", "{", "}"}:
            remedy = "an `if` has a `then`: write `if … then … else …`"
        elif not stop.may_end and (said := _left_unsaid(stop)):
            remedy = said
        if not stop.word:
            if not text[stop.start :].strip():
                return error(self.source, stop.start, stop.start + 1, "the file ends too early", remedy)
            last = re.compile(r"(?:\w+|[^\w\s]+)$").search(text[max(0, stop.start - _REACH) : stop.start])
            found = last.group() if last else ""
            start = stop.start - max(1, len(found))
            return error(self.source, start, stop.start, f"the statement breaks off after `{_short(found)}`", remedy)
        if re.fullmatch("[<>]=?|[=!]=", stop.word) and stop.last and stop.last[0].kind == "COMPARE":
            middle = text[stop.last[-1].start : stop.last[-1].end]
            right = re.compile(r"\s*(-?[\w.]+%?)").match(text, stop.end)
            written = text[stop.start : right.end() if right else stop.end]
            better = f"and {middle} {stop.word} {right.group(1) if right else '…'}"
            remedy = f"comparisons do not chain: write `{better}` in place of `{written}`"
            return error(self.source, stop.start, stop.end, f"`{_short(stop.word)}` cannot stand here", remedy)
        words = [entry.strip("`") for entry in expected if entry.startswith("`")]
        near = did_you_mean(stop.word, words) if stop.word not in keywords() else ""
        return error(self.source, stop.start, stop.end, f"`{_short(stop.word)}` cannot stand here", near + remedy)

    # ------------------------------------------------------------ going on

    def _go_on(self, offset: int, stack: _Stack, *, likely: bool = False) -> bool:
        self._only_statements = self._only_statements and not likely
        self._offset, self._stack, self._likely = offset, stack, likely
        return True

    def _skip(self, stop: _Stop, begin: int, indent: int) -> bool:
        """Go on behind the broken statement: at the next one, at the brace that ends its block, or in its own block."""
        admitted = _admitted(stop.stack)
        depth = 0
        for mark in self.marks[self._mark_from(stop.start) :]:
            if mark.kind == "{":
                inside = self._opened(begin, mark.offset, stop.stack) if depth == 0 else None
                if inside is not None:
                    self._only_statements = False
                    return self._go_on(mark.offset + 1, inside)
                depth += 1
            elif mark.kind == "}" and depth > 0:
                depth -= 1
                if depth == 0:
                    return self._go_on(mark.offset + 1, stop.stack)
            elif mark.kind == "}" and "RBRACE" in admitted:
                return self._go_on(mark.offset, stop.stack)
            elif mark.kind == "}" and "$END" not in admitted:
                self._only_statements = False
                return self._go_on(mark.offset + 1, _cut_back(stop.stack.states[:-1], stop.stack.values[:-1]))
            elif mark.kind == "line" and depth == 0 and mark.offset > stop.start and mark.indent <= indent:
                if self._begins(mark.offset, admitted):
                    return self._go_on(mark.offset, stop.stack)
                if not self._continues(mark.offset):
                    return self._go_on(mark.offset, stop.stack, likely=True)
        return self._go_on(len(self.source.text), stop.stack) if "$END" in admitted else False

    def _opened(self, begin: int, brace: int, stack: _Stack) -> _Stack | None:
        """The stack inside a block whose first line is broken, if it can be seen what block it is."""
        for word in re.findall(r"[A-Za-z_]\w*", self.source.text[begin:brace])[:2]:
            near = re.search("`(.*?)`", did_you_mean(word.lower(), _HEADS))
            kind = word if word in _HEADS else near.group(1) if near else None
            parser = _parser(_HEADS[kind], stack) if kind is not None else None
            if parser is not None:
                stop = _first_stop(parser)
                if stop is not None and not stop.word:
                    return stop.stack
        return None

    def _without_header(self, stop: _Stop) -> bool:
        """The file does not begin with `policy NAME {`, which is told once."""
        self._only_statements = False
        word = stop.word
        problem, remedy = f"`{_short(word)}` cannot stand here", "a rule file begins with `policy NAME { … }`"
        near = did_you_mean(word.lower(), ["policy"]) if word not in keywords() else ""
        if not word:
            problem = "the file is empty"
        elif word.lower() == "policy":
            problem, near = "the words of the language have small letters", "write `policy`: "
        self.found.append(_Found(error(self.source, stop.start, stop.end, problem, near + remedy)))
        if not word:
            return False
        if near:
            return self._skip(stop, stop.start, 0)
        parser = _parser("policy p { }", stop.stack)
        parser.exhaust_lexer()
        behind = _between_statements(parser)[0]
        if self._begins(stop.start, _admitted(behind)):
            return self._go_on(stop.start, behind)
        return self._skip(evolve(stop, stack=behind), stop.start, 0)

    # ------------------------------------------------------------ places in the text

    def _lines(self, start: int, end: int) -> list[_Mark]:
        """The lines that begin between two offsets."""
        chosen = self.marks[self._mark_from(start) : self._mark_from(end)]
        return [mark for mark in chosen if mark.kind == "line"]

    def _mark_from(self, offset: int) -> int:
        """The number of the first mark at an offset or behind it."""
        return bisect_left(self.marks, offset, key=lambda mark: mark.offset)

    def _last_brace(self, offset: int) -> int:
        marks = reversed(self.marks[: self._mark_from(offset)])
        return next((mark.offset for mark in marks if mark.kind != "line"), -1)

    def _indent_after(self, offset: int) -> int:
        return next((mark.indent for mark in self.marks[self._mark_from(offset) :] if mark.kind == "line"), 0)

    def _first_after(self, offset: int, limit: int) -> int:
        match = re.compile(r"(?:\s|#[^\n]*)*").match(self.source.text, offset)
        return min(match.end() if match else offset, limit)

    def _begins_line(self, offset: int) -> bool:
        return not self.source.text[self.source.text.rfind("\n", 0, offset) + 1 : offset].strip()

    def _begins(self, offset: int, admitted: frozenset[str]) -> bool:
        """Whether what stands at an offset begins a statement of a block."""
        text = self.source.text
        if "NAME" in admitted and _DEFINITION.match(text, offset):
            return True
        return any(pattern.match(text, offset) for name, pattern in _beginnings().items() if name in admitted)

    def _continues(self, offset: int) -> bool:
        """Whether what stands at an offset is no word, or one that goes on with a statement."""
        word = _word_at(self.source.text, offset)
        return not word[:1].isalpha() or word in keywords()

    # ------------------------------------------------------------ braces

    def _odd_brace(self) -> _Found | None:
        """The first brace without its fellow, as the indentation shows; None where all match."""
        opened: list[_Mark] = []
        unclosed: _Mark | None = None
        closing: _Mark | None = None
        begins = {mark.offset for mark in self.marks if mark.kind == "line"}
        for mark in self.marks:
            if mark.kind == "{":
                opened.append(mark)
            elif mark.kind == "}":
                if not opened:
                    extra = closing or mark
                    return _Found(
                        error(self.source, extra.offset, extra.offset + 1, "this `}` closes nothing", "leave it out")
                    )
                if mark.offset in begins:
                    if mark.indent < opened[-1].indent and any(other.indent == mark.indent for other in opened):
                        unclosed = unclosed or opened[-1]
                    elif mark.indent > opened[-1].indent:
                        closing = closing or mark
                opened.pop()
        if not opened:
            return None
        opener = unclosed or opened[0]
        later = [mark for mark in self.marks if mark.offset > opener.offset and mark.kind == "line"]
        after = next((mark for mark in later if mark.indent <= opener.indent), None)
        if later[:1] == [after]:
            # Nothing is indented, so that says nothing.
            after = None
        found = error(
            self.source,
            opener.offset,
            opener.offset + 1,
            "this `{` is not closed",
            "write `}` "
            + (f"before line {_span(self.source, after.offset, 0).line}" if after else "where the block ends"),
        )
        if after is not None:
            place = _span(self.source, after.offset, after.offset + len(_word_at(self.source.text, after.offset)))
            found = evolve(found, related=((place, "the block has ended before this"),))
        return _Found(found)

    def _judged(self) -> list[Diagnostic]:
        """What was found, without what may only follow from an odd brace."""
        odd = self._odd_brace()
        if odd is None:
            return [entry.diagnostic for entry in self.found]
        place = odd.diagnostic.span.start
        if self.source.text[place] == "}":
            lacking = next((number for number, entry in enumerate(self.found) if entry.lacks_brace), None)
            if lacking is not None and self.found[lacking].diagnostic.span.start < place:
                return [entry.diagnostic for entry in self.found[: lacking + 1]]
        elif len(self.found) == 1 and self.found[0].lacks_more:
            opened = (odd.diagnostic.span, "and this `{` is not closed")
            return [evolve(self.found[0].diagnostic, related=(opened,))]
        return [entry.diagnostic for entry in self.found if entry.diagnostic.span.start < place] + [odd.diagnostic]


# ---------------------------------------------------------------- the parser


def _parser(text: str, stack: _Stack) -> InteractiveParser:
    """The parser before a text, with a stack."""
    parser = grammar().parse_interactive(text)
    if stack.states:
        parser.parser_state.state_stack[:] = stack.states
        parser.parser_state.value_stack[:] = _copied(stack.values)
    return parser


def _copied(values: Sequence[Token | Tree[Token]]) -> list[Token | Tree[Token]]:
    """Values of the stack for another parser: lark extends the children of lists in place."""
    return [
        Tree(value.data, list(value.children), value.meta) if isinstance(value, Tree) else value for value in values
    ]


def _first_stop(parser: InteractiveParser, shift: int = 0) -> _Stop | None:
    """Where the parser stops, at the end of the text if not before; None if a file may end there.

    Args:
        parser: before a text.
        shift: offset of that text in the file.
    """
    state = parser.parser_state
    tokens = parser.lexer_thread.lex(state)  # type: ignore[no-untyped-call]
    end = 0
    try:
        while True:
            states = tuple(state.state_stack)
            token = next(tokens, None)
            if token is None:
                break
            end = token.end_pos or 0
            parser.feed_token(token)
        parser.result = parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedToken as found:
        place, word = (end, "") if found.token.type == "$END" else (found.token.start_pos or 0, str(found.token))
    except UnexpectedCharacters as found:
        # lark types it as None on the base class.
        place, word = found.pos_in_stream or 0, found.char  # type: ignore[redundant-expr]
    else:
        return None
    # What the token made the parser put together before it was refused hides what else could stand there.
    accepts = _accepts(_parser("", _Stack(states, (None,) * (len(states) - 1))))
    stack, values = _between_statements(parser)
    last, parts = _parts(state.value_stack[-2:], shift), _parts(values, shift)
    start = shift + place
    return _Stop(start, start + max(1, len(word)), word, accepts, stack, parts, last)


def _accepts(parser: InteractiveParser) -> frozenset[str]:
    return frozenset(parser.accepts())  # type: ignore[no-untyped-call]


def _parts(values: Sequence[Token | Tree[Token]], shift: int) -> tuple[_Part, ...]:
    return tuple(part for part in (_part(value, shift) for value in values) if part is not None)


def _part(value: Token | Tree[Token], shift: int) -> _Part | None:
    if isinstance(value, Token):
        return _Part(value.type, shift + (value.start_pos or 0), shift + (value.end_pos or 0))
    # Parentheses belong to a part, though not to its node.
    start = getattr(value.meta, "container_start_pos", getattr(value.meta, "start_pos", None))
    end = getattr(value.meta, "container_end_pos", getattr(value.meta, "end_pos", None))
    return None if start is None or end is None else _Part(str(value.data), shift + start, shift + end)


def _between_statements(parser: InteractiveParser) -> tuple[_Stack, Sequence[Token | Tree[Token]]]:
    """The parser's stack before the statement that it is in, and what it has read of that."""
    accepts = _accepts(parser)
    for starter in _STARTERS:
        if starter in accepts:
            # Nothing is begun; what is whole is put together when the next statement is seen.
            ahead: InteractiveParser = parser.copy(deepcopy_values=False)  # type: ignore[no-untyped-call]
            state = ahead.parser_state
            state.value_stack[:] = _copied(state.value_stack)
            ahead.feed_token(Token(starter, ""))
            return _Stack(tuple(state.state_stack[:-1]), tuple(state.value_stack[:-1])), ()
    state = parser.parser_state
    stack = _cut_back(state.state_stack, state.value_stack)
    return stack, state.value_stack[len(stack.values) :]


def _cut_back(states: Sequence[Any], values: Sequence[Any]) -> _Stack:
    """A stack up to the brace of its innermost block and the whole statements behind it."""
    for depth in range(len(values), 0, -1):
        value, below = values[depth - 1], values[depth - 2] if depth > 1 else None
        holds = isinstance(value, Tree) and str(value.data).startswith("__") and (depth == 2 or _opens(below))  # noqa: PLR2004 - on the header
        if holds or _opens(value):
            return _Stack(tuple(states[: depth + 1]), tuple(values[:depth]))
    return _Stack(tuple(states[:1]), ())


def _without(stack: _Stack, begin: int) -> _Stack:
    """A stack without the whole statements that begin at an offset or behind it: they were misread."""
    if not stack.values or not isinstance(stack.values[-1], Tree) or _opens(stack.values[-1]):
        return stack
    listed = stack.values[-1]
    kept = [child for child in listed.children if getattr(getattr(child, "meta", None), "start_pos", 0) < begin]
    return evolve(stack, values=(*stack.values[:-1], Tree(listed.data, kept, listed.meta)))


def _opens(value: Any) -> bool:
    """Whether statements may follow on a value of the stack."""
    if isinstance(value, Token):
        return value.type == "LBRACE"
    return isinstance(value, Tree) and value.data in {"header", "table_head"}


def _gets_beyond(changed: str, rest: str, stack: _Stack) -> bool:
    """Whether the parser takes a text, and a token of what follows it."""
    parser = _parser(changed + rest, stack)
    taken: int | None = None
    try:
        for token in parser.iter_parse():
            if taken is not None:
                return True
            if (token.start_pos or 0) >= len(changed.rstrip()):
                taken = token.start_pos
    except UnexpectedToken as found:
        return taken is not None and (found.token.start_pos or 0) > taken
    except UnexpectedCharacters as found:
        return taken is not None and (found.pos_in_stream or 0) > taken  # type: ignore[redundant-expr]
    return taken is not None or bool(_accepts(parser) & _ENDS)


def _admitted(stack: _Stack) -> frozenset[str]:
    """The terminals with which a statement, or the end of the block, may begin."""
    return _accepts(_parser("", stack))


# ---------------------------------------------------------------- words


@cache
def _literals() -> Mapping[str, str]:
    """The terminals that are one word or sign."""
    return {terminal.name: terminal.pattern.value for terminal in grammar().terminals if terminal.pattern.type == "str"}


@cache
def _beginnings() -> Mapping[str, re.Pattern[str]]:
    """How a statement that begins with a terminal looks."""
    words = {name: rf"{word}(?![\w.])" for name, word in _literals().items() if word.isalpha()}
    others = {"ENTITY": r"[a-z]+\s*\{", "HEADER_KEYWORD": r'(?:title|version|omits)\s*"', "VBAR": r"\|"}
    return {name: re.compile(pattern) for name, pattern in (words | others).items()}


def _expected(stop: _Stop) -> list[str]:
    """What could stand at a stop, as messages put it."""
    admitted = _admitted(stop.stack)
    more = stop.accepts - admitted
    names = more if stop.may_end and more else stop.accepts
    found = sorted({_WORDS.get(name) or f"`{_literals().get(name, name.lower())}`" for name in names})
    return [*found, "the next statement"] if names is more and stop.may_end else found


def _left_unsaid(stop: _Stop) -> str:
    """What a statement of the kind must say and does not; empty where it is another mistake."""
    kinds = {part.kind for part in stop.parts}
    if "INPUT" in kinds and "STRING" in stop.accepts and "EQUAL" not in stop.accepts:
        return 'an input ends with what it is, in quotes: `"…"`'
    if "REFUSE" in kinds and "BECAUSE" in stop.accepts:
        return 'a `refuse` says why: `because "…"`'
    if "IMPOSSIBLE" in kinds and "BECAUSE" in stop.accepts:
        return 'what is impossible is said with its reason: `because "…"`'
    if "TABLE" in kinds and stop.word == "cites":
        return "what a table cites stands behind its rows, or its file"
    return ""


def _word_at(text: str, offset: int) -> str:
    match = re.compile(r"[A-Za-z_]\w*").match(text, offset)
    return match.group() if match else text[offset : offset + 1]


def _short(word: str) -> str:
    shown = "".join(character if character.isprintable() else "�" for character in word[:_LONGEST_WORD])
    return shown if len(word) <= _LONGEST_WORD else f"{shown}…"


def _unclosed_parenthesis(parts: Sequence[_Part]) -> int | None:
    opened = [part.start for part in parts if part.kind == "LPAR"]
    return opened[-1] if opened else None
