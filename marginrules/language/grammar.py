"""The grammar file, loaded into a parser once a process."""

from functools import cache

from lark import Lark

from marginrules.resources import grammar_text


@cache
def grammar() -> Lark:
    """The LALR parser of `grammar/margin.lark`; it holds no state between parses and may be shared by threads."""
    return Lark(grammar_text(), parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=True)
