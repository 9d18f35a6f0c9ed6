"""Languages: the words of a page, its dates and its numbers, in English, Dutch or French (gettext, CLDR by Babel).

Catalogues are read as they are written (`locales/*.po`), so that no compiled file can differ from its source.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = ("en", "nl", "fr")
_LOCALES = Path(__file__).parent / "locales"


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """One language: its sentences by their English text, a plural by both English forms."""

    language: str
    locale: Locale
    sentences: dict[str, str]
    plurals: dict[str, tuple[str, ...]]

    def gettext(self, message: str) -> str:
        """Say a sentence; one that was never translated stays English."""
        return self.sentences.get(message, message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Say a sentence about a number of things."""
        forms = self.plurals.get(singular)
        if forms is None:
            return singular if n == 1 else plural
        # French counts 0 as one; the catalogues of all three languages have two forms.
        return forms[0] if n == 1 or (n == 0 and self.language == "fr") else forms[1]


@cache
def load_words(language: str) -> Words:
    """Read a language's catalogue; English needs none."""
    sentences: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for path in sorted(_LOCALES.glob(f"{language}/*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if not message.id or message.fuzzy:
                    continue
                if isinstance(message.id, str) and isinstance(message.string, str) and message.string:
                    sentences[message.id] = message.string
                elif not isinstance(message.id, str) and not isinstance(message.string, str | None):
                    plurals[message.id[0]] = tuple(message.string)
    return Words(language, Locale("en", "GB") if language == "en" else Locale(language), sentences, plurals)


_SPOKEN: ContextVar[str] = ContextVar("assent_language", default=LANGUAGES[0])


def speak(language: str) -> None:
    """Choose the language for the rest of this request."""
    _SPOKEN.set(language if language in LANGUAGES else LANGUAGES[0])


def spoken() -> Words:
    """Read the language of this request."""
    return load_words(_SPOKEN.get())


def _(message: str) -> str:
    """Say a sentence in the language of this request; placeholders (`%(name)s`) are filled by the caller."""
    return spoken().gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Say a sentence about a number of things in the language of this request."""
    return spoken().ngettext(singular, plural, n)


def choose_language(wanted: str | None, accepted: str) -> str:
    """Choose by the reader's own choice, else by the `Accept-Language` header (RFC 9110, 12.5.4), else English."""
    if wanted in LANGUAGES:
        return str(wanted)
    weighted = []
    for position, part in enumerate(accepted.split(",")[:20]):
        tag, _sep, weight = part.strip().partition(";q=")
        try:
            weighted.append((-float(weight or 1), position, tag.split("-")[0].lower()))
        except ValueError:
            continue
    known = [tag for quality, _position, tag in sorted(weighted) if tag in LANGUAGES and quality < 0]
    return known[0] if known else LANGUAGES[0]


def show_day(value: date | datetime | None) -> str:
    """Write a date as the language does; nothing for none."""
    if value is None:
        return ""
    return format_date(value.astimezone(UTC) if isinstance(value, datetime) else value, "medium", spoken().locale)


def show_moment(value: datetime | None) -> str:
    """Write a date and time in UTC as the language does; nothing for none."""
    if value is None:
        return ""
    return f"{format_datetime(value.astimezone(UTC), 'medium', locale=spoken().locale)} UTC"


def show_number(value: float | None) -> str:
    """Write a number as the language does; nothing for none."""
    return "" if value is None else format_decimal(value, locale=spoken().locale)
