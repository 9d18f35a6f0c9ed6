"""Pages that carry their own style and script, as they are written for people without a server."""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import Response

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def serve_standalone(page: str, headers: dict[str, str] | None = None) -> Response:
    """Serve such a page: by their digests exactly its own style and script may run (CSP 3, 2.3.1), and no other."""
    policy = (
        f"default-src 'none'; style-src {_list_digests(_STYLE, page)}; script-src {_list_digests(_SCRIPT, page)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Response(
        page, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy, **(headers or {})}
    )


def _list_digests(parts: re.Pattern[str], page: str) -> str:
    digests = [
        f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts.findall(page)
    ]
    return " ".join(digests) or "'none'"
