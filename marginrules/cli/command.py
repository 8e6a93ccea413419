"""What all commands have in common."""

from collections import Counter

import click


class Command(click.Command):
    """A command that refuses an option given twice where it takes one value: the last would win without a word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, after a look at how often each option stands there."""
        _, _, given = self.make_parser(ctx).parse_args(list(args))
        for option, times in Counter(given).items():
            single = isinstance(option, click.Option) and not option.multiple and not option.is_flag
            if single and times > 1:
                ctx.fail(f"{option.opts[0]} is given {times} times; `{ctx.info_name}` takes one")
        return super().parse_args(ctx, args)
