"""`undeclared-source`: a rule cites a source that the header does not declare; `unused-source` warns of the reverse."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

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


def _citations(file: nodes.PolicyFile) -> Iterator[nodes.Citation]:
    stack: list[Any] = [file]
    while stack:
        node = stack.pop()
        if isinstance(node, nodes.Citation):
            yield node
        elif isinstance(node, tuple):
            stack.extend(reversed(node))
        else:
            stack.extend([getattr(node, name) for name in _parts(node.__class__)])


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    """Where a node of the tree can hold others, the last of them first; no expression cites anything."""
    if not attrs.has(kind) or kind.__module__ != nodes.__name__ or kind in get_args(nodes.Expression):
        return ()
    names = [attribute.name for attribute in attrs.fields(kind)]
    return tuple(name for name in reversed(names) if name not in {"span", "comments", "closing"})
