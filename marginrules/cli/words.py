"""Words of an action on the command line: a negative number among them is a word, and no option."""

import re
from typing import Any

import click

from marginrules.cli.command import Command

_NEGATIVE = re.compile(r"-\.?[0-9]")
_WORD = "\0"
"""Stands before a word that begins like an option; no argument of a program can hold it."""


class _Word(click.ParamType[str]):
    name = "word"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        del param, ctx
        return str(value).removeprefix(_WORD)


WORD = _Word()
"""The type of an argument that takes the words of an action."""


class WordsCommand(Command):
    """A command whose argument of type `WORD` takes negative numbers, wherever its options stand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Mark the negative numbers that are no value of an option."""
        marked: list[str] = []
        for place, text in enumerate(args):
            before = args[place - 1] if place else ""
            of_option = before.startswith("-") and not _NEGATIVE.match(before)
            marked.append(_WORD + text if _NEGATIVE.match(text) and not of_option else text)
        return super().parse_args(ctx, marked)
