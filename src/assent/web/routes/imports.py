"""For the steward: a table of signed forms and a ZIP file of photos, imported in the background with a report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from assent.errors import InvalidInput
from assent.people.paper_forms import COLUMNS, MOST_BYTES, OPTIONAL_COLUMNS
from assent.services.runtime import Runtime
from assent.services.sessions import SignedIn
from assent.services.start_import import list_imports, show_import, start_import, write_import_report
from assent.web import steward_words
from assent.web.acting import RuntimeHere, Steward
from assent.web.errors import say_error
from assent.web.pages import redirect, render
from assent.web.uploads import MEBIBYTE, read_upload
from assent.web.words import _

router = APIRouter()

ImportPath = Annotated[str, Path(pattern=r"^j_[a-z2-7]{16}$")]
MOST_ARCHIVE_BYTES = 440 * MEBIBYTE


@router.get("/imports")
def show_list(request: Request, runtime: RuntimeHere, steward: Steward) -> Response:
    """List imports, and ask for another."""
    return _list(request, runtime, steward)


@router.post("/imports")
def start(request: Request, runtime: RuntimeHere, steward: Steward, table: UploadFile, photos: UploadFile) -> Response:
    """Start an import; its page shows how far it is."""
    try:
        rows, archive = read_upload(table, MOST_BYTES), read_upload(photos, MOST_ARCHIVE_BYTES)
        run = start_import(runtime, steward.actor, rows, archive)
    except InvalidInput as error:
        return _list(request, runtime, steward, say_error(error))
    return redirect(request, f"/imports/{run}", _("The import has started."))


@router.get("/imports/{run}")
def show_one(request: Request, runtime: RuntimeHere, steward: Steward, run: ImportPath) -> Response:
    """Show how far an import is, and the rows that it left out."""
    return render(request, "imports/show.html", page=show_import(runtime, steward.actor, run), say=steward_words)


@router.get("/imports/{run}/progress")
def show_progress(runtime: RuntimeHere, steward: Steward, run: ImportPath) -> Response:
    """Give the numbers that the page keeps up with."""
    page = show_import(runtime, steward.actor, run)
    return JSONResponse(
        {
            "state": "interrupted" if page.is_interrupted else page.run.state.value,
            "done": page.run.done,
            "rows": page.run.rows,
        }
    )


@router.get("/imports/{run}/report.csv")
def download_report(runtime: RuntimeHere, steward: Steward, run: ImportPath) -> Response:
    """Give the refused rows as a table to correct the forms by."""
    text = write_import_report(show_import(runtime, steward.actor, run))
    disposition = {"content-disposition": 'attachment; filename="refused.csv"'}
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=disposition)


def _list(request: Request, runtime: Runtime, steward: SignedIn, error: str = "") -> Response:
    return render(
        request,
        "imports/list.html",
        422 if error else 200,
        imports=list_imports(runtime, steward.actor),
        columns=", ".join(COLUMNS),
        optional_columns=", ".join(OPTIONAL_COLUMNS),
        error=error,
        say=steward_words,
    )
