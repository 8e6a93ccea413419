"""A checked policy: what the engines take."""

from collections.abc import Mapping

from attrs import field, frozen

from marginrules.account.fields import FieldSpec
from marginrules.language.diagnostics import Diagnostic
from marginrules.policy.plan import Plan


@frozen(eq=False, repr=False)
class Policy:
    """A policy that passed every check; only `check.check` makes one.

    Attributes:
        plan: its meaning.
        warnings: what the checks found that does not stop it from being used.
        sources: text of each rule file it was made from, by name.
    """

    plan: Plan = field(repr=False)
    warnings: tuple[Diagnostic, ...] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)

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
