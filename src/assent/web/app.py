"""The web application; mounts, nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import Lifespan

from assent import __version__
from assent.services.demo_site import FurnishedSite
from assent.services.runtime import Runtime
from assent.web.errors import add_error_pages
from assent.web.pages import STATIC
from assent.web.protection import BodyLimits, Languages, ResponseHeaders, check_form_token
from assent.web.records import RequestRecords
from assent.web.routes import (
    account,
    account_tokens,
    administration,
    administration_settings,
    approvals,
    cases,
    demonstration,
    health,
    imports,
    invitations,
    invited,
    licences,
    mail_address,
    me,
    oversight,
    oversight_records,
    oversight_searches,
    people,
    people_checks,
    public,
    reviews,
    searches,
    sign_in,
    start,
    welcome,
)
from assent.web.routes.api.application import PREFIX, create_api
from assent.web.uploads import MEBIBYTE, keep_uploads_in_memory

PUBLIC_URL = "http://localhost:8000"

# Paths that take more than one photo: prefix and limit of the whole body.
LARGE_BODIES = (
    ("/imports", 512 * MEBIBYTE),
    ("/people", 128 * MEBIBYTE),
    ("/api/v1/people", 128 * MEBIBYTE),
    ("/i", 128 * MEBIBYTE),
    ("/me", 128 * MEBIBYTE),
)

# Every audience's pages, those asked for most often first; the demonstration's are mounted only where one is shown.
PAGES = (
    searches,
    start,
    people_checks,
    people,
    imports,
    invitations,
    invited,
    me,
    health,
    sign_in,
    welcome,
    account,
    administration,
    administration_settings,
    licences,
    oversight,
    oversight_searches,
    oversight_records,
    public,
    approvals,
    cases,
    mail_address,
    reviews,
    account_tokens,
)


def create_app(
    runtime: Runtime,
    *,
    public_url: str = PUBLIC_URL,
    furnished: FurnishedSite | None = None,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """Make the application for an open deployment, reached by people under `public_url`.

    A `furnished` deployment is the demonstration: the start page gives away its accounts and shows the way round.
    """
    keep_uploads_in_memory()
    app = FastAPI(
        title="Assent", version=__version__, openapi_url=None, docs_url=None, redoc_url=None,
        dependencies=[Depends(check_form_token)], lifespan=lifespan,
    )  # fmt: skip
    app.state.runtime = runtime
    app.state.public_url = public_url
    app.state.furnished = furnished
    one_photo = runtime.settings.max_image_bytes + MEBIBYTE

    def limit_for(path: str) -> int:
        return next((limit for prefix, limit in LARGE_BODIES if f"{path}/".startswith(f"{prefix}/")), one_photo)

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for routes in PAGES:
        app.include_router(routes.router)
    if furnished is not None:
        app.include_router(demonstration.router)
    app.mount(PREFIX, create_api(runtime, public_url=public_url), name="api")
    add_error_pages(app)
    # The last one added sees a request first.
    app.add_middleware(Languages)
    app.add_middleware(BodyLimits, limit_for=limit_for)
    app.add_middleware(ResponseHeaders, is_https=urlsplit(public_url).scheme == "https")
    app.add_middleware(RequestRecords)
    return app
