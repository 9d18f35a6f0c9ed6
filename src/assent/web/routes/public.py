"""For everybody: totals, the latest checkpoint, how to verify it, and the published ledger itself."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from assent.ledger import CHECKPOINT_CONTENT_TYPE, TILE_CONTENT_TYPE
from assent.services.serve_ledger import read_public_checkpoint, read_public_tile, read_verifying_page
from assent.services.show_public_account import LEAST_SHOWN, show_public_account
from assent.web.acting import MaybeMember, RuntimeHere
from assent.web.charts import lay_out_rows
from assent.web.oversight_words import NOT_NAMED
from assent.web.pages import absolute_url, render
from assent.web.standalone import serve_standalone
from assent.web.words import _

router = APIRouter()

# Everybody may read it from anywhere: the page that verifies may lie on another site.
_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_FOR_A_MOMENT = {**_OPEN, "Cache-Control": "public, max-age=5"}
# A tile's path names its width too, so what lies there never changes (c2sp.org/tlog-tiles).
_FOR_EVER = {**_OPEN, "Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/public")
def show_public_page(request: Request, runtime: RuntimeHere, _member: MaybeMember) -> Response:
    """Show what everybody may know, and how to check it."""
    account = show_public_account(runtime)
    return render(
        request,
        "public/public.html",
        account=account,
        purposes=sorted(account.by_purpose.items(), key=lambda item: (-item[1].asked, item[0] or "")),
        chart=lay_out_rows(
            (key or _(NOT_NAMED), tally.started, tally.refused) for key, tally in account.by_purpose.items()
        ),
        refusals=sorted(account.refusals.items(), key=lambda item: (-item[1], item[0])),
        years=sorted(account.by_year.items(), reverse=True),
        least=LEAST_SHOWN,
        not_named=NOT_NAMED,
        published=read_public_checkpoint(runtime),
        prefix=absolute_url(request, "/ledger"),
    )


@router.get("/ledger/checkpoint")
def serve_checkpoint(runtime: RuntimeHere) -> Response:
    """Serve the newest checkpoint that is meant for everybody."""
    return Response(read_public_checkpoint(runtime).note, media_type=CHECKPOINT_CONTENT_TYPE, headers=_FOR_A_MOMENT)


@router.get("/ledger/verify.html")
def serve_verifying_page() -> Response:
    """Serve the page that verifies the ledger in the reader's own browser."""
    return serve_standalone(read_verifying_page().decode(), {"Cache-Control": "public, max-age=3600"})


@router.get("/ledger/tile/{path:path}")
def serve_tile(runtime: RuntimeHere, path: str) -> Response:
    """Serve a tile of the tree, or a bundle of entries."""
    _address, content = read_public_tile(runtime, f"tile/{path}")
    return Response(content, media_type=TILE_CONTENT_TYPE, headers=_FOR_EVER)
