"""Sentences of errors in the reader's language: recognised by their shape, said with their values put in.

An error is raised with a whole English sentence, which may hold values. The catalogues `errors.po` hold such sentences
with `{0}`, `{1}` where the values stand, so that no part below the pages has to know of languages.
"""

from __future__ import annotations

import re
from functools import cache

from assent.web.words import Words, spoken

_PLACE = re.compile(r"\{(\d)\}")
_DEEPEST = 3


@cache
def _shapes(words: Words) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compile the sentences with values; the one with most words of its own comes first."""
    found = [(source, said) for source, said in words.sentences.items() if _PLACE.search(source)]
    found.sort(key=lambda pair: (-len(_PLACE.sub("", pair[0])), pair[0]))
    return tuple((_compile(source), said) for source, said in found)


def _compile(source: str) -> re.Pattern[str]:
    parts = _PLACE.split(source)
    # Every second part is the number of a place.
    return re.compile(
        "".join(f"(?P<v{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)), re.DOTALL
    )


def say_sentence(sentence: str, depth: int = 0) -> str:
    """Say a sentence in the language of this request; one that nobody knows stays English."""
    words = spoken()
    if sentence in words.sentences or depth > _DEEPEST:
        return words.gettext(sentence)
    for shape, said in _shapes(words):
        found = shape.fullmatch(sentence)
        if found:
            values = {name: say_sentence(value, depth + 1) for name, value in found.groupdict().items()}
            return "".join(values[f"v{part}"] if index % 2 else part for index, part in enumerate(_PLACE.split(said)))
    return sentence
