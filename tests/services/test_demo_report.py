import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from assent.services.demo_report import TEMPLATES, format_day, place_on_scale, render_report
from assent.services.demo_story import Claim, SearchEnding, Tampering
from services.demo_builders import AT, a_search_for_nobody, a_story, a_told_search

LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3, for text of ordinary size


class PageReader(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def contrast(first: str, second: str) -> float:
    """WCAG 2.2's contrast ratio of two colours written as #rrggbb."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted([luminance(first), luminance(second)])
    return (lighter + 0.05) / (darker + 0.05)


def palettes() -> list[dict[str, str]]:
    """The light and the dark colours of the style sheet."""
    blocks = re.findall(r":root \{(.*?)\}", (TEMPLATES / "demo.css").read_text("utf-8"), re.DOTALL)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks]


def test_the_page_refers_to_nothing_outside_itself() -> None:
    page = render_report(a_story())

    read = PageReader(page)
    addresses = [tag.get("src") or tag.get("href") or "" for _, tag in read.tags if "src" in tag or "href" in tag]
    assert [address for address in addresses if not address.startswith(("data:image/jpeg;base64,", "#"))] == []
    assert addresses
    assert read.named("script", "link", "iframe", "object", "form") == []
    assert re.search(r"https?:|url\(|@import", page) is None


def test_every_picture_and_drawing_says_what_it_shows() -> None:
    read = PageReader(render_report(a_story()))

    assert read.named("img")
    assert all(image.get("alt") for image in read.named("img"))
    assert all(drawing.get("aria-label") or drawing.get("aria-hidden") for drawing in read.named("svg"))


def test_headings_start_with_one_of_the_first_level_and_skip_none() -> None:
    levels = [int(tag[1]) for tag, _ in PageReader(render_report(a_story())).tags if re.fullmatch("h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_table_names_its_columns() -> None:
    read = PageReader(render_report(a_story()))

    assert len(read.named("table")) == 2
    assert read.named("th")
    assert all(cell.get("scope") in {"col", "row"} for cell in read.named("th"))


def test_a_candidate_is_shown_as_a_lead_with_distance_and_threshold() -> None:
    page = render_report(a_story(searches=(a_told_search(),)))

    assert "A candidate is a lead, never an identification." in page
    assert "Nella Ashgrove at 0.250." in page
    assert "threshold 0.50" in page
    assert "Measured on volunteers." in page


def test_a_search_without_a_candidate_says_so() -> None:
    page = render_report(a_story(searches=(a_search_for_nobody(),)))

    assert "nobody lies below it" in page
    assert "the normal outcome of a search" in page


def test_a_refused_search_shows_no_picture() -> None:
    refused = a_told_search(
        title="Without saying why", ending=SearchEnding.REFUSED, picture=None, portrait=None, candidates=()
    )

    page = render_report(a_story(searches=(refused,), faces=()))

    card = page[page.index("Without saying why") :].split("</article>")[0]
    assert "<img" not in card
    assert "refused, counted" in page


def test_names_cannot_bring_markup_into_the_page() -> None:
    story = a_story(searches=(a_told_search(title="<script>alert(1)</script>"),))

    assert PageReader(render_report(story)).named("script") == []


def test_a_claim_that_did_not_come_true_is_the_first_thing_said() -> None:
    story = a_story(claims=(Claim("All entries verify.", holds=False),))

    page = render_report(story)

    assert "Not everything turned out as it must" in page
    assert page.index("All entries verify.") < page.index("Who may be found")
    assert "Not everything" not in render_report(a_story())


def test_a_falsified_copy_that_was_missed_is_shown_as_missed() -> None:
    missed = Tampering("One byte changed", "Entry 7 was changed.", 7, None, "The verification found nothing.")

    page = render_report(replace(a_story(), tamperings=(missed,)))

    assert "Expected at entry 7" in page
    assert "Noticed at entry" not in page


@pytest.mark.parametrize(
    ("distance", "place"), [(0.0, "10.0"), (0.5, "160.0"), (1.0, "310.0"), (1.4, "310.0")], ids=str
)
def test_a_distance_has_its_place_on_the_scale(distance: float, place: str) -> None:
    assert place_on_scale(distance) == place


def test_a_day_is_written_for_people() -> None:
    assert format_day(AT) == "4 March 2026"


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *[(text, ground) for text in ("ink", "soft") for ground in ("paper", "card", "sunk")],
        *[(text, ground) for text in ("lead", "none", "stop") for ground in ("card", f"{text}-wash")],
    ],
)
def test_text_stands_out_from_its_ground(palette: dict[str, str], text: str, ground: str) -> None:
    assert contrast(palette[text], palette[ground]) >= LEAST_CONTRAST
