"""A link that is told once: as text, and as a code to print that a telephone reads (ISO/IEC 18004, by segno)."""

from __future__ import annotations

from typing import Any

import segno
from fastapi import Request, Response
from markupsafe import Markup

from assent.web.pages import absolute_url, render


def show_link(request: Request, path: str, template: str, **context: Any) -> Response:
    """Render the page that shows a link; it is kept nowhere, so this page cannot be shown again."""
    url = absolute_url(request, path)
    drawn = segno.make(url, error="m", micro=False).svg_inline(scale=5, border=4, svgclass="code", lineclass=None)
    # Drawn from our own address; nothing that anybody typed stands in it.
    code = Markup(drawn)  # noqa: S704
    return render(request, template, url=url, code=code, **context)
