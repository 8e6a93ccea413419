"""What an importer is: a name, what it needs, and a reader from parsed JSON to an account state."""

from collections.abc import Callable

from attrs import frozen

from marginrules.account.state import AccountState


@frozen
class Importer:
    """How the payload of one venue is read.

    Attributes:
        name: what `--from` calls it; the policy of that name reads the result.
        title: the venue, for people.
        needs: which answers of the venue's API the payload holds, in words.
        read: parsed JSON (numbers `Decimal` or text) and a name for errors, to an account state.
    """

    name: str
    title: str
    needs: str
    read: Callable[[object, str], AccountState]
