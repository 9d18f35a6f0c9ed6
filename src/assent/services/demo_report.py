"""The demonstration's report: one HTML page that carries its pictures and style and asks for nothing from outside."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assent.services.demo_story import DemoStory, SearchEnding, ToldSearch

TEMPLATES = Path(__file__).parent / "reports"
TEMPLATE = "demo.html.jinja"

# The scale under each search, in the units of its drawing: from distance 0 on the left to 1 on the right.
SCALE_START = 10
SCALE_LENGTH = 300


def render_report(story: DemoStory) -> str:
    """Write the report as one HTML page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = to_data_uri
    environment.filters["day"] = format_day
    environment.filters["place"] = place_on_scale
    return environment.get_template(TEMPLATE).render(
        story=story,
        found=_list_ending(story, SearchEnding.FOUND),
        nobody=_list_ending(story, SearchEnding.NOBODY),
        refused=_list_ending(story, SearchEnding.REFUSED),
        groups=[search for search in story.searches if search.is_group],
        broken=[claim for claim in story.claims if not claim.holds],
    )


def to_data_uri(picture: bytes) -> str:
    """Write a JPEG as an address that holds the picture itself."""
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()


def format_day(at: datetime) -> str:
    """Write a date for people, as `23 November 2026`."""
    return f"{at.day} {at:%B %Y}"


def place_on_scale(distance: float) -> str:
    """Return where a distance lies on the drawn scale; beyond either end it stays at that end."""
    return f"{SCALE_START + SCALE_LENGTH * min(max(distance, 0.0), 1.0):.1f}"


def _list_ending(story: DemoStory, ending: SearchEnding) -> list[ToldSearch]:
    return [search for search in story.searches if search.ending is ending and not search.is_group]
