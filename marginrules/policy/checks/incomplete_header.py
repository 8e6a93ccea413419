"""`incomplete-header`: a policy without title, version or pools."""

from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic
from marginrules.policy.checks.context import Checking


def incomplete_header(checking: Checking) -> list[Diagnostic]:
    """A policy has a title and a version (its own, or those it extends), and at least one pool."""
    files = checking.rules.files
    header = files[0].header
    found = []
    for keyword in ("title", "version"):
        given = [
            item
            for file in files
            for item in file.header.items
            if isinstance(item, nodes.HeaderText) and item.keyword == keyword and item.value.strip()
        ]
        if not given:
            found.append(
                Diagnostic(
                    "incomplete-header",
                    header.span,
                    f"the policy has no {keyword}",
                    f'write `{keyword} "…"` in its header',
                )
            )
    if not checking.rules.pools:
        found.append(
            Diagnostic(
                "incomplete-header",
                header.span,
                "the policy has no pool",
                "say what backs positions: `pool cross { … }`",
            )
        )
    return found
