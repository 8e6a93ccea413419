"""What is said of a step that there is not: where it stands, and which steps are like it."""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

_GROUP = re.compile(r"\((?:\?P<(\w+)>|\?:)([^()]*)\)(\??)")
_LEAST_LIKENESS = 0.5
_SHOWN = 2


def readable(pattern: str, parts: Mapping[str, str]) -> str:
    """A step's pattern as people write it: `an account with AMOUNT ASSET`.

    Args:
        pattern: a regular expression, or a text with `{names}`.
        parts: words for expressions that patterns are put together from.
    """
    text = re.sub(r"\{([a-z]\w*)\}", lambda found: found[1].upper(), pattern)
    for part, word in parts.items():
        text = text.replace(part, word)
    while (shorter := _GROUP.sub(_group, text)) != text:
        text = shorter
    return re.sub(r"(?<=s)\?", "", text.replace("an? ", "a ")).replace("\\", "")


def _group(found: re.Match[str]) -> str:
    name, inside, optional = found.groups()
    text = inside if name is None or re.fullmatch(r"[\w |]+", inside) else name.upper()
    return f"[{text}]" if optional else text


def _plain(step: str) -> list[str]:
    """The words of a step that are no names and no placeholders; any figure is an AMOUNT. What may be left out is."""
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", step)) != step:
        step = shorter
    words = re.findall(r"[A-Za-z]+", re.sub(r"AMOUNT|-?\d[\d,_]*(?:\.\d+)?", " AMOUNT ", step))
    return [word for word in words if word == "AMOUNT" or (word.islower() and len(word) > 1)]


def nearest(step: str, known: Iterable[str]) -> list[str]:
    """The steps most like one, the most alike first."""
    words = _plain(step)
    likeness = {
        entry: SequenceMatcher(None, " ".join(words), " ".join(_plain(entry))).ratio() for entry in sorted(set(known))
    }
    near = sorted(
        (entry for entry in likeness if likeness[entry] >= _LEAST_LIKENESS), key=lambda entry: -likeness[entry]
    )
    return near[:_SHOWN]


def no_such_step(place: str, keyword: str, step: str, contexts: Iterable[Any], parts: Mapping[str, str]) -> str:
    """One message of a step that there is not.

    Args:
        place: `file:line`.
        keyword: `given`, `when` or `then`.
        step: its text.
        contexts: the steps that there are, as pytest-bdd keeps them.
        parts: as for `readable`.
    """
    known = list(contexts)
    other = sorted({str(entry.type) for entry in known if entry.parser.is_matching(step)})
    if other:
        remedy = f"this step is one of {' and '.join(word.capitalize() for word in other)}; "
    else:
        near = nearest(step, [readable(entry.parser.name, parts) for entry in known])
        remedy = f"did you mean {' or '.join(f'`{entry}`' for entry in near)}? " if near else ""
    return f"{place}: there is no step `{keyword.capitalize()} {step}`\nhelp: {remedy}docs/testing.md lists the steps"
