"""A checked policy: what the engines take."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from attrs import field, frozen

from marginrules.account.fields import FieldSpec
from marginrules.language.diagnostics import Diagnostic
from marginrules.policy.plan import Plan


def today() -> date:
    """The day it is, in UTC: whose rules hold for an account that names no day."""
    return datetime.now(UTC).date()


@frozen(eq=False, repr=False)
class Policy:
    """A policy that passed every check; only `check.check` makes one.

    Attributes:
        plan: its meaning, with the rules of the last of its periods.
        warnings: what the checks found that does not stop it from being used.
        sources: text of each rule file it was made from, by name.
    """

    plan: Plan = field(repr=False)
    warnings: tuple[Diagnostic, ...] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)
    versions: "tuple[tuple[date, Policy], ...]" = field(default=(), repr=False)
    """Where rules changed on a day: the policy of each period with a day in it, in order. The last is this one."""

    def on(self, day: date | None) -> "Policy":
        """The policy with the rules that held on a day; with those of today, in UTC, where no day is said."""
        found = self
        if self.versions:
            moment = day if day is not None else today()
            for since, policy in self.versions:
                if since <= moment or policy is self.versions[0][1]:
                    found = policy
        return found

    def __repr__(self) -> str:
        return f"<Policy {self.plan.name} {self.plan.version} {self.plan.digest[:19]}>"

    @property
    def name(self) -> str:
        """Its name, as the file's header gives it."""
        return self.plan.name

    @property
    def version(self) -> str:
        """The version that the header gives."""
        return self.plan.version

    @property
    def digest(self) -> str:
        """`sha256:…` over everything it was made from."""
        return self.plan.digest

    @property
    def inputs(self) -> tuple[FieldSpec, ...]:
        """What it declares beyond the names every venue shares, for the reader of documents."""
        return self.plan.inputs
