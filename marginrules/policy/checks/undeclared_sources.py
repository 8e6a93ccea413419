"""`undeclared-source`: a rule cites a source that the header does not declare; `unused-source` warns of the reverse."""

from collections.abc import Iterator
from typing import Any

import attrs

from marginrules.language import nodes
from marginrules.language.diagnostics import Diagnostic, did_you_mean
from marginrules.policy.checks.context import Checking


def undeclared_sources(checking: Checking) -> list[Diagnostic]:
    """Every citation names a declared source, and every source is cited."""
    found = []
    cited = set()
    for file in checking.rules.files:
        for citation in _citations(file):
            cited.add(citation.source)
            if citation.source not in checking.rules.sources:
                found.append(
                    Diagnostic(
                        "undeclared-source",
                        citation.span,
                        f"there is no source `{citation.source}`",
                        did_you_mean(citation.source, checking.rules.sources)
                        + f'declare it in the header: `source {citation.source} = "title" "address" read 2026-11-20`',
                    )
                )
    for name, source in checking.rules.sources.items():
        if name not in cited and source.span.source == checking.rules.header.span.source:
            found.append(
                Diagnostic(
                    "unused-source",
                    source.span,
                    f"no rule cites source `{name}`",
                    f'end the rules that come from it with `cites {name} "…"`',
                    severity="warning",
                )
            )
    return found


def _citations(node: Any) -> Iterator[nodes.Citation]:
    if isinstance(node, nodes.Citation):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from _citations(part)
    elif attrs.has(type(node)) and type(node).__module__ == nodes.__name__:
        for attribute in attrs.fields(type(node)):
            if attribute.name not in {"span", "comments", "closing"}:
                yield from _citations(getattr(node, attribute.name))
