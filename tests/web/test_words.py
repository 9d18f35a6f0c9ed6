"""The catalogues of Dutch and French: complete, true to their placeholders, and heard on pages and in errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from html import unescape

import pytest
from babel.messages.catalog import Catalog, Message

from assent.errors import InvalidInput
from assent.web import errors, words
from catalogues.extracting import CATALOGUES, LANGUAGES, read_catalogue
from web.person_visits import enrol, follow, invite
from web.sites import Site

# Languages whose catalogues are to be complete.
COMPLETE = ("nl", "fr")

_PLACES = re.compile(r"%\([a-z_]+\)s|%%|\{[a-z0-9]+\}|</?[a-z][^>]*>")
_NEVER = re.compile(r"\b(match(es)?|hits?|treffers?|suspects?|verdachten?|correspondances?)\b", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    words.speak("en")


@cache
def _extract(name: str) -> Catalog:
    return CATALOGUES[name]()


def _texts(value: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [""])


def _entries(catalogue: Catalog) -> list[Message]:
    return [entry for entry in catalogue if entry.id]


@pytest.mark.parametrize("language", COMPLETE)
@pytest.mark.parametrize("name", CATALOGUES)
def test_catalogue_has_every_sentence_and_no_other(name: str, language: str) -> None:
    kept = read_catalogue(name, language)
    said = {str(entry.id) for entry in _entries(_extract(name))}
    translated = {str(entry.id) for entry in _entries(kept) if all(_texts(entry.string)) and not entry.fuzzy}

    assert translated - said == set(), "no page says this any more: make words"
    assert said - translated == set(), "not translated: make words, then write it"
    assert not kept.obsolete


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CATALOGUES)
def test_translation_keeps_places_and_forms(name: str, language: str) -> None:
    for entry in _entries(read_catalogue(name, language)):
        source, said = _texts(entry.id), _texts(entry.string)
        if not any(said):
            continue  # the test above finds it
        assert len(said) == len(source), entry.id
        assert set(_PLACES.findall(" ".join(said))) == set(_PLACES.findall(" ".join(source))), entry.id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CATALOGUES)
def test_no_catalogue_promises_certainty(name: str, language: str) -> None:
    for entry in _entries(read_catalogue(name, language)):
        for text in [*_texts(entry.id), *_texts(entry.string)]:
            assert not _NEVER.search(text), text


def test_person_reads_no_english_on_pages_in_dutch_or_french(bare_site: Site) -> None:
    invited = follow(bare_site, f"/i/{invite(bare_site).token}")
    enrolled, _link = enrol(bare_site)

    visits = ((invited, "/i"), (enrolled, "/me"), (bare_site.visit(), "/"), (bare_site.visit(), "/public"))
    for language in COMPLETE:
        for browser, path in visits:
            browser.post_form("/language", {"language": language, "next": path})
            answer = browser.get(path)
            page = re.sub(r"\s+", " ", unescape(answer.text))
            said = words.load_words(language).sentences
            # Short words may be the same in two languages, or part of another word.
            english = [text for text, other in said.items() if len(text) > 20 and other != text and "%(" not in text]

            assert answer.status_code == 200
            assert f'<html lang="{language}">' in page
            assert [text for text in english if text in page] == []


def test_days_and_numbers_are_written_as_the_language_does() -> None:
    written = []
    for language in words.LANGUAGES:
        words.speak(language)
        written.append((words.show_day(datetime(2026, 10, 5, tzinfo=UTC)), words.show_number(1234.5)))

    assert written == [
        ("5 Oct 2026", "1,234.5"),
        ("5 okt 2026", "1.234,5"),
        ("5 oct. 2026", "1\N{NARROW NO-BREAK SPACE}234,5"),
    ]


@pytest.mark.parametrize("language", COMPLETE)
def test_error_is_said_with_its_values(language: str) -> None:
    words.speak(language)
    error = InvalidInput("Licence l_7 covers reunite, not find.")

    assert errors.say_error(error) != str(error)
    assert re.search(r"l_7.+reunite.+find", errors.say_error(error))


def test_value_that_is_a_word_is_translated_too() -> None:
    words.speak("nl")

    assert errors.say_error(InvalidInput("This takes the role approver, or to have asked for the search.")) == (
        "Dit vraagt de rol goedkeurder, of dat u om de zoekopdracht vroeg."
    )
    assert errors.say_error(InvalidInput("One member cannot be both searcher and issuer; make two members.")) == (
        "Eén lid kan niet zowel zoeker als vergunner zijn; maak twee leden."
    )


def test_sentence_that_nobody_knows_stays_english() -> None:
    words.speak("nl")

    assert errors.say_error(InvalidInput("Nobody has ever said this.")) == "Nobody has ever said this."
