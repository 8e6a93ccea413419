"""From text to a syntax tree, and back: source and spans, diagnostics, parser, nodes, formatter.

The only package that imports lark. `parser.parse` gives a `nodes.PolicyFile`; nothing here knows what a name means.
"""
